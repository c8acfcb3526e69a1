"""CPU a request of the inbox, from socket to committed row, and of the conversation that is read back.

`python -m bench inbox`, or `python -m bench.conversation [replies]`. A whole server runs in a process of its own, and
its own CPU time is what counts (all its threads, the database's work and the jobs that follow included); the requests
are signed beforehand, by people of several servers whom it knows. SQLite, 16 requests in flight on kept connections.
The note of each row says what it would be where an RSA signature costs 0.30 ms, as on the machine of the figures; a
reply is measured by turns with the least that any server must do for it (`inbox_floor`), and scaled by that as well.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

import aiohttp
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from bench.cases import Result
from bench.inbox_floor import QUIET_FLOOR_MS
from bench.report import line_of
from bench.speed import QUIET_SIGNING_MS, signing_ms
from bridge.demo.stage import Child, free_port, request, wait_until
from bridge.signature import cavage
from bridge.signature.digest import digest_of
from bridge.signature.keys import Signer, private_key
from bridge.terms import KeyId
from bridge.urls import parse_url
from tests.support.authors_blog import AuthorsBlog

_PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_IN_FLIGHT = 16
_SENDERS = 8
_TURN = 200
_READS = 300
_REBUILDS = 10
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
        actor["icon"] = {"type": "Image", "url": f"{self.id}/face.png"}
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

    @property
    def public_key(self) -> tuple[str, str]:
        """The id of the key, and the key."""
        return f"{self.id}#main-key", self._key.public.pem

    def reply(self, note: str, number: int) -> dict[str, object]:
        """A Create of a public reply."""
        post = {
            "id": f"{self.id}/statuses/{number}", "type": "Note", "attributedTo": self.id, "inReplyTo": note,
            "to": [_PUBLIC], "cc": [f"{self.id}/followers"], "content": _TEXT, "url": f"{self.id}/{number}",
            "published": "2026-11-01T10:00:00Z",
        }  # fmt: skip
        return {"id": f"{post['id']}/activity", "type": "Create", "actor": self.id, "object": post}


async def send(inbox: str, requests: list[tuple[bytes, dict[str, str]]]) -> None:
    """Post them all, a few at a time."""
    waiting: Iterator[tuple[bytes, dict[str, str]]] = iter(requests)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_IN_FLIGHT)) as session:

        async def lane() -> None:
            for body, headers in waiting:
                async with session.post(inbox, data=body, headers=headers) as answer:
                    if answer.status != 202:
                        raise SystemExit(f"{answer.status} {await answer.text()}")

        await asyncio.gather(*(lane() for _ in range(_IN_FLIGHT)))


async def read(url: str, times: int, *, packed: bool) -> int:
    """Fetch it so often over one connection; how many bytes it has on the way."""
    headers = {"Accept-Encoding": "gzip" if packed else "identity"}
    async with aiohttp.ClientSession(headers=headers, auto_decompress=False) as session:
        for _ in range(times):
            async with session.get(url) as answer:
                body = await answer.read()
    return len(body)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True)
class Meter:
    """Measures what one process uses while something is asked of it."""

    pid: int
    scale: float  #: from this machine to the one of the figures

    def taken(self, case: str, wanted: float, number: int, ask: Coroutine[None, None, object]) -> Iterator[Result]:
        """The row of `number` requests."""
        before, began = cpu_seconds(self.pid), time.monotonic()
        asyncio.run(ask)
        each, rate = (cpu_seconds(self.pid) - before) / number * 1000, number / (time.monotonic() - began)
        note = f"{rate:.0f}/s; scaled {each * self.scale:.2f} ms"
        yield Result(case=case, value=each, wanted=wanted, unit="ms CPU", note=note)

    def read(self, case: str, wanted: float, url: str, *, packed: bool) -> Iterator[Result]:
        """The row of an answer that is ready."""
        size = asyncio.run(read(url, 3, packed=packed)) // 1024
        yield from self.taken(f"{case}, {size} KB", wanted, _READS, read(url, _READS, packed=packed))


def cases(number: int = 2000) -> Iterator[Result]:
    """Replies, repeats, Deletes of unknown actors, and the conversation of `number` comments."""
    with tempfile.TemporaryDirectory() as folder, AuthorsBlog(Path(folder)) as blog:
        blog.publish("eins", "---\ntitle: Eins\n---\nHallo.\n")
        note = blog.object("eins")["id"]
        inbox = request(f"{blog.origin}/", accept=_TYPE).json()["inbox"]
        senders = [Sender() for _ in range(_SENDERS)]
        asyncio.run(send(inbox, [one.signed(inbox, one.reply(note, 0)) for one in senders]))
        meter = Meter(pid=blog.server.pid, scale=QUIET_SIGNING_MS / signing_ms())
        replies = [one.signed(inbox, one.reply(note, each)) for each in range(number // _SENDERS) for one in senders]
        fresh = replies[_SENDERS:]
        yield from beside_floor(meter, Path(folder), senders, inbox, fresh)
        yield from meter.taken("the same reply once more", 0.5, len(fresh), send(inbox, fresh))
        deletes = [senders[0].signed(inbox, delete_of(f"https://gone{each}.example/users/x")) for each in range(number)]
        yield from meter.taken("a Delete of an unknown actor", 0.15, number, send(inbox, deletes))
        document = f"{blog.origin}/issues/eins/comments.json"
        yield from meter.read("comments as JSON, ready", 5, document, packed=False)
        yield from meter.read("the same, packed", 0.15, document, packed=True)
        more = [senders[0].signed(inbox, senders[0].reply(note, number + each)) for each in range(_REBUILDS)]

        async def rebuild() -> None:
            for one in more:
                await send(inbox, [one])
                await read(document, 1, packed=False)

        yield from meter.taken("comments as JSON, made anew", 200, _REBUILDS, rebuild())
        yield from meter.read("their page, packed", 0.15, f"{blog.origin}/issues/eins", packed=True)
        yield from meter.read("an object", 0.15, note, packed=False)


def beside_floor(
    meter: Meter, folder: Path, senders: list[Sender], inbox: str, replies: list[tuple[bytes, dict[str, str]]]
) -> Iterator[Result]:
    """The row of a reply, with the floor in its note: batches of both by turns, so that a slow moment is of both."""
    (folder / "keys.json").write_text(json.dumps(dict(one.public_key for one in senders)))
    port = free_port()
    bare_inbox = f"http://127.0.0.1:{port}/inbox"
    note = "https://links.example/object/1"
    bare = [
        one.signed(bare_inbox, one.reply(note, each)) for each in range(len(replies) // _SENDERS) for one in senders
    ]
    child = Child([sys.executable, "-m", "bench.inbox_floor", str(folder), str(port)], log=folder / "floor.log")
    try:
        wait_until("it answers", lambda: request(f"http://127.0.0.1:{port}/").status == 404, seconds=30)
        ours: list[float] = []
        floor: list[float] = []
        for start in range(0, len(replies), _TURN):
            for pid, costs, url, batch in (
                (child.pid, floor, bare_inbox, bare[start : start + _TURN]),
                (meter.pid, ours, inbox, replies[start : start + _TURN]),
            ):
                before = cpu_seconds(pid)
                asyncio.run(send(url, batch))
                costs.append((cpu_seconds(pid) - before) / len(batch) * 1000)
        each, least = median(ours), median(floor)
    finally:
        child.stop()
    told = (
        f"{each / least:.2f} x the floor of {least:.2f}; scaled {each * meter.scale:.2f} ms by RSA, "
        f"{each / least * QUIET_FLOOR_MS:.2f} by the floor"
    )
    yield Result(case="a reply from a known actor", value=each, wanted=0.5, unit="ms CPU", note=told)


def delete_of(actor: str) -> dict[str, object]:
    """What an account says when it goes."""
    return {"id": f"{actor}#delete", "type": "Delete", "actor": actor, "object": actor}


def main(number: int) -> None:
    """Print the rows."""
    for result in cases(number):
        print(line_of(result), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
