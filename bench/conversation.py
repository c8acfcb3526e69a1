"""CPU a request of the inbox, from socket to committed row: `PYTHONPATH=. python bench/conversation.py [replies]`.

A whole server runs in a process of its own, and its own CPU time is what counts (all its threads, the database's
work included); the requests are signed beforehand. SQLite, 16 requests in flight.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import aiohttp
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from bridge.demo.stage import request, wait_until
from bridge.signature import cavage
from bridge.signature.digest import digest_of
from bridge.signature.keys import Signer, private_key
from bridge.terms import KeyId
from bridge.urls import parse_url
from tests.support.authors_blog import AuthorsBlog

_PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_IN_FLIGHT = 16
_TYPE = "application/activity+json"
_TEXT = "<p>Danke für den Brief! " + "Am Wegrand stand heute ein Handschuh und winkte. " * 5 + "</p>"


class Sender:
    """A person on a small server of their own, whose key signs."""

    def __init__(self) -> None:
        self._key = private_key(generate_private_key(65537, 2048))
        documents: dict[str, bytes] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = documents.get(self.path, b"")
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", _TYPE)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.id = f"http://127.0.0.1:{self._server.server_port}/users/ann"
        self._signer = Signer(key_id=KeyId(f"{self.id}#main-key"), key=self._key)
        key = {"id": f"{self.id}#main-key", "owner": self.id, "publicKeyPem": self._key.public.pem}
        actor = {"id": self.id, "type": "Person", "preferredUsername": "ann", "inbox": f"{self.id}/inbox"}
        documents["/users/ann"] = json.dumps(actor | {"publicKey": key}).encode()

    def signed(self, inbox: str, activity: dict[str, object]) -> tuple[bytes, dict[str, str]]:
        """Body and headers of one delivery."""
        body = json.dumps({"@context": "https://www.w3.org/ns/activitystreams", **activity}).encode()
        headers = cavage.sign(
            method="POST",
            url=parse_url(inbox, allow_http=True),
            signer=self._signer,
            now=datetime.now(UTC),
            digest=digest_of(body),
            content_type=_TYPE,
        )
        return body, headers

    def reply(self, note: str, number: int) -> dict[str, object]:
        """A Create of a public reply."""
        post = {
            "id": f"{self.id}/statuses/{number}", "type": "Note", "attributedTo": self.id, "inReplyTo": note,
            "to": [_PUBLIC], "cc": [f"{self.id}/followers"], "content": _TEXT, "url": f"{self.id}/{number}",
            "published": "2026-11-01T10:00:00Z",
        }  # fmt: skip
        return {"id": f"{post['id']}/activity", "type": "Create", "actor": self.id, "object": post}


async def send(inbox: str, requests: list[tuple[bytes, dict[str, str]]], expected: int) -> None:
    """Post them all, a few at a time."""
    waiting: Iterator[tuple[bytes, dict[str, str]]] = iter(requests)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_IN_FLIGHT)) as session:

        async def lane() -> None:
            for body, headers in waiting:
                async with session.post(inbox, data=body, headers=headers) as answer:
                    if answer.status != expected:
                        raise SystemExit(f"{answer.status} {await answer.text()}")

        await asyncio.gather(*(lane() for _ in range(_IN_FLIGHT)))


@contextmanager
def measured(name: str, pid: int, number: int, limit: str) -> Iterator[None]:
    """Print the process's CPU milliseconds for each of `number` things."""
    before, start = cpu_seconds(pid), time.monotonic()
    yield
    cpu, wall = cpu_seconds(pid) - before, time.monotonic() - start
    print(f"{name:<44}{cpu / number * 1000:>8.3f} ms CPU each ({number / wall:>6.0f}/s)   {limit}")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(number: int) -> None:
    """Measure replies, repeats and Deletes of unknown actors."""
    with tempfile.TemporaryDirectory() as folder, AuthorsBlog(Path(folder)) as blog:
        blog.publish("eins", "---\ntitle: Eins\n---\nHallo.\n")
        note = blog.object("eins")["id"]
        actor = request(f"{blog.origin}/", accept=_TYPE).json()
        inbox, pid, ann = actor["inbox"], blog.server.pid, Sender()
        asyncio.run(send(inbox, [ann.signed(inbox, ann.reply(note, 0))], 202))
        replies = [ann.signed(inbox, ann.reply(note, each)) for each in range(1, number + 1)]
        with measured("a reply from a known actor", pid, number, "wanted: 0.5"):
            asyncio.run(send(inbox, replies, 202))
        with measured("the same once more", pid, number, ""):
            asyncio.run(send(inbox, replies, 202))
        gone = [f"https://gone{each}.example/users/x" for each in range(number)]
        deletes = [
            ann.signed(inbox, {"id": f"{one}#delete", "type": "Delete", "actor": one, "object": one}) for one in gone
        ]
        with measured("a Delete of an unknown actor", pid, number, "wanted: 0.15"):
            asyncio.run(send(inbox, deletes, 202))
        wait_until("the page", lambda: request(f"{blog.origin}/issues/eins").status == 200, seconds=60)
        with measured("comments.json of all of them, from cache", pid, 200, "wanted: 5 for 2,000"):
            for _ in range(200):
                request(f"{blog.origin}/issues/eins/comments.json")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
