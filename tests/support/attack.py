"""A real blog in a process of its own, towns of strangers who hold keys, and requests sent to it byte for byte."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bridge.demo.stage import Child, free_port, request, wait_until
from bridge.signature.integrity_proof import add_proof
from bridge.signature.keys import Signer, private_key
from bridge.signature.request import SignedRequest
from bridge.terms import KeyId
from tests.support.signing import EdKey, RsaKey, cavage_request, ed_key, pem_of, post_headers, rsa_key

AS2 = "application/activity+json"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = "https://www.w3.org/ns/activitystreams"
#: Tables that change without a stranger's doing.
_RESTLESS = frozenset({"changes", "jobs", "alembic_version", "sqlite_sequence"})
#: What was refused is put on record a moment later, for `rundbrief why`, and of strangers in a table that cannot grow;
#: it is no effect.
_KEPT = {"received": " WHERE status = 202", "refused_strangers": " WHERE status NOT IN (401, 503)"}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back; status 0 where the connection was closed without an answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)


class Town:
    """A server of strangers in a thread: it answers what a test puts there, and keeps what it was asked."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.posted: list[tuple[str, dict[str, str], bytes]] = []
        town = self

        class Answering(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                town.asked.append(self.path)
                self.answer(*town.pages.get(self.path, (404, {}, b"")))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                town.posted.append((self.path, dict(self.headers.items()), body))
                self.answer(202, {}, b"")

            def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                return None

        self._server = ThreadingHTTPServer((host, 0), Answering)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.authority = f"{host}:{self._server.server_address[1]}"
        self.origin = f"http://{self.authority}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serves(self, path: str, document: object, *, status: int = 200, media_type: str = AS2, **more: str) -> str:
        """Let a path answer a document; gives its address."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.pages[path] = (status, {"Content-Type": media_type, **more}, body)
        return self.origin + path

    def person(self, name: str, *, shown: bool = True) -> Person:
        """Somebody with an RSA key and an Ed25519 key; `shown`: the actor can be fetched."""
        person = Person(town=self, name=name, key=rsa_key(name), ed=ed_key(name))
        if shown:
            self.serves(person.path, person.document())
        return person


@dataclass(frozen=True, kw_only=True)
class Person:
    """A stranger who signs."""

    town: Town
    name: str
    key: RsaKey
    ed: EdKey

    @property
    def path(self) -> str:
        return f"/people/{self.name}"

    @property
    def id(self) -> str:
        return self.town.origin + self.path

    @property
    def key_id(self) -> str:
        return f"{self.id}#main-key"

    @property
    def ed_signer(self) -> Signer:
        return Signer(key_id=KeyId(f"{self.id}#ed25519-key"), key=private_key(self.ed))

    def document(self, **more: object) -> dict[str, Any]:
        multikey = {
            "id": f"{self.id}#ed25519-key",
            "type": "Multikey",
            "controller": self.id,
            "publicKeyMultibase": self.ed_signer.key.public.multibase,
        }
        return {
            "@context": CONTEXT,
            "id": self.id,
            "type": "Person",
            "preferredUsername": self.name,
            "inbox": f"{self.id}/inbox",
            "publicKey": {"id": self.key_id, "owner": self.id, "publicKeyPem": pem_of(self.key)},
            "assertionMethod": [multikey],
            **more,
        }

    def note(self, blog: RunningBlog, text: str, **more: object) -> dict[str, Any]:
        """A public reply to the blog's issue."""
        return {
            "id": f"{self.id}/notes/{time.monotonic_ns()}",
            "type": "Note",
            "attributedTo": self.id,
            "inReplyTo": blog.note,
            "content": f"<p>{text}</p>",
            "published": datetime.now(UTC).isoformat(timespec="seconds"),
            "to": [PUBLIC],
            "cc": [blog.actor],
            **more,
        }

    def act(self, kind: str, about: object, **more: object) -> dict[str, Any]:
        """An activity of this person."""
        number = time.monotonic_ns()
        return {
            "@context": CONTEXT,
            "id": f"{self.id}/acts/{number}",
            "type": kind,
            "actor": self.id,
            "object": about,
            "to": [PUBLIC],
            **more,
        }

    def proven(self, activity: dict[str, Any]) -> dict[str, Any]:
        """The activity with an integrity proof."""
        return add_proof(activity, signer=self.ed_signer, now=datetime.now(UTC))


@dataclass(frozen=True, kw_only=True)
class RunningBlog:
    """The server under attack."""

    origin: str
    folder: Path
    server: Child
    actor: str = ""
    note: str = ""

    @property
    def authority(self) -> str:
        return self.origin.partition("://")[2]

    @property
    def page(self) -> str:
        return f"{self.origin}/issues/nebel"

    def get(self, path: str, accept: str = AS2) -> Any:
        """A document of ours."""
        return request(path if "://" in path else self.origin + path, accept=accept).json()

    def comments(self) -> str:
        """All that readers see, as programs get it."""
        return request(f"{self.page}/comments.json").text

    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "rundbrief.db", timeout=10)) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                name: connection.execute(f'SELECT count(*) FROM "{name}"{_KEPT.get(name, "")}').fetchone()[0]
                for name in names
                if name not in _RESTLESS
            }

    def asked(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the database."""
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "rundbrief.db", timeout=10)) as connection:
            return connection.execute(statement, values).fetchall()

    def verdict(self, activity: Mapping[str, Any]) -> tuple[str, str] | None:
        """What the record says of an activity: verdict and reason."""
        found = self.asked("SELECT verdict, reason FROM received WHERE activity_id = ?", activity["id"])
        return found[0] if found else None

    def say(self, raw: bytes, *, seconds: float = 15) -> Reply:
        """Send bytes, read one answer."""
        return exchange(self.authority, raw, seconds=seconds)

    def send(self, asked: SignedRequest) -> Reply:
        """Send a signed request as it stands."""
        return self.say(wire_of(asked))

    def signed(self, person: Person, activity: object, **how: Any) -> SignedRequest:
        """A good request; `how` goes to `cavage_request`, and bends it."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        headers = post_headers(body=body, host=self.authority, date=datetime.now(UTC)) | how.pop("fields", {})
        values = {"headers": headers, "body": body, "key": person.key, "key_id": person.key_id, **how}
        return cavage_request(**values)

    def post(self, person: Person, activity: object, **how: Any) -> Reply:
        """Sign and send."""
        return self.send(self.signed(person, activity, **how))


def wire_of(asked: SignedRequest) -> bytes:
    """The bytes of a request."""
    lines = [f"{asked.method} {asked.target} HTTP/1.1", *(f"{name}: {value}" for name, value in asked.headers)]
    return "\r\n".join([*lines, "connection: close", "", ""]).encode("utf-8", "surrogateescape") + (asked.body or b"")


def exchange(authority: str, raw: bytes, *, seconds: float = 15, network: str = "127.0.0.1") -> Reply:
    """Send bytes to host:port from an address of this machine, read one answer."""
    host, _, port = authority.partition(":")
    with socket.create_connection((host, int(port)), timeout=seconds, source_address=(network, 0)) as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(raw)
        return read_reply(line)


def read_reply(line: socket.socket) -> Reply:
    """One answer from a connection; the body as far as Content-Length says."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while b"\r\n\r\n" not in received:
            if not (piece := line.recv(65536)):
                break
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        if len(lines[0].split()) < 2:
            return Reply(status=0)
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        while len(body) < int(headers.get("content-length", 0)):
            if not (piece := line.recv(65536)):
                break
            body += piece
        return Reply(status=int(lines[0].split()[1]), headers=headers, body=body)
    return Reply(status=0)


@contextmanager
def running_blog(
    place: Path, *, changes: Mapping[str, str] | None = None, url: str | None = None
) -> Iterator[RunningBlog]:
    """Make a blog and serve it. `changes`: patterns of lines in its config and what stands there instead."""
    port, folder = free_port(), place / "blog"
    origin = f"http://127.0.0.1:{port}"
    rundbrief = [sys.executable, "-m", "bridge"]
    subprocess.run(
        [*rundbrief, "init", str(folder), "--url", url or origin, "--handle", "links", "--title", "Krumme Wege"],
        check=True,
        capture_output=True,
    )
    config = folder / "config.toml"
    text = re.sub(r"(?m)^listen = .*$", f'listen = "127.0.0.1:{port}"', config.read_text())
    for pattern, line in (changes or {}).items():
        text, found = re.subn(pattern, line, text)
        assert found == 1, pattern
    config.write_text(text)
    child = Child([*rundbrief, "serve", "--config", str(config)], log=place / "server.log")
    try:
        wait_until("the blog is ready", lambda: _is_ready(child, origin), seconds=30)
        yield RunningBlog(origin=origin, folder=folder, server=child)
    finally:
        child.stop()


def with_issue(blog: RunningBlog, place: Path) -> RunningBlog:
    """Publish one issue, and find out what its ids are."""
    work = place / "work"
    issue = "---\ntitle: Nebel\n---\n\nNebel im Moor und [ein Link](https://moor.example/).\n"
    for command in (
        ["git", "clone", "--quiet", str(blog.folder / "issues"), str(work)],
        ["git", "-C", str(work), "add", "nebel.md"],
        ["git", "-C", str(work), "commit", "--quiet", "--message", "Nebel"],
        ["git", "-C", str(work), "push", "--quiet", "origin", "HEAD:main"],
    ):
        if "add" in command:
            (work / "nebel.md").write_text(issue)
        subprocess.run(command, check=True, capture_output=True)
    note = wait_until("the issue is out", lambda: blog.get("/issues/nebel"), seconds=30)
    return replace(blog, actor=note["attributedTo"], note=note["id"])


@contextmanager
def blog_with_issue(place: Path) -> Iterator[RunningBlog]:
    """A blog with one issue out, whose server must not have logged a traceback in the end."""
    with running_blog(place) as running:
        yield with_issue(running, place)
        log = (place / "server.log").read_text()
        assert "Traceback" not in log, log[log.index("Traceback") - 500 :][:3000]


def _is_ready(child: Child, origin: str) -> bool:
    assert child.exit_status() is None, child.tail()
    return request(f"{origin}/readyz").status == 200


def said(blog: RunningBlog, person: Person, text: str) -> dict[str, Any]:
    """A comment that is on the page."""
    note = person.note(blog, text)
    assert blog.post(person, person.act("Create", note)).status == 202
    assert text in blog.comments()
    return note
