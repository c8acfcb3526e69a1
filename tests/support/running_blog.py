"""A whole blog on loopback in a thread of its own, with its database at hand: for tests of pages and of browsers."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Coroutine, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any, Self, TypeVar

from bridge.app import App, opened
from bridge.config import config_from
from bridge.conversation import sanitize
from bridge.demo.stage import free_port
from bridge.signature.key_files import ED25519_KEY_FILE, INSTANCE_KEY_FILE, RSA_KEY_FILE, make_key_file
from bridge.store import changes, entries, issues
from bridge.store.database import Transaction
from bridge.web.server import listening
from tests.support.databases import new_sqlite
from tests.support.repositories import Checkout

T = TypeVar("T")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ACTIVITY = "application/activity+json"


@dataclass(frozen=True)
class Answer:
    """What an address said; redirects are not followed."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: object) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)


class RunningBlog:
    """Started by `with`; `write` changes its database, `get` and `post` ask it as others do."""

    def __init__(self, folder: Path, stock: Path, **settings: Any) -> None:
        self.folder = folder
        self._stock = stock
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._stack = ExitStack()
        self.app: App
        self.origin = ""

    def __enter__(self) -> Self:
        shutil.copytree(self._stock, self.folder / "keys")
        self.issues = Checkout(self.folder / "issues")
        (self.folder / "data").mkdir()
        shutil.move(self.folder / "keys" / "rundbrief.db", self.folder / "data")
        host = f"127.0.0.1:{free_port()}"
        self.origin = f"http://{host}"
        blog = {"handle": "links", "title": "Krumme Wege", "language": "de", "timezone": "Europe/Berlin"}
        table: dict[str, Any] = {
            "server": {"listen": host, **self._settings.get("server", {})},
            "federation": {"allow_private_addresses": True},
        }
        table |= {key: value for key, value in self._settings.items() if key not in ("blog", "server")}
        table["blog"] = [{"url": self.origin, **blog, **self._settings.get("blog", {})}]
        self.config = config_from(table, folder=self.folder)
        self._thread.start()
        self._stack.callback(self._thread.join)
        self._stack.callback(lambda: self._loop.call_soon_threadsafe(self._loop.stop))
        opening = opened(self.config)
        self.app = self.run(opening.__aenter__())
        self._stack.callback(lambda: self.run(opening.__aexit__(None, None, None)))
        serving = listening(self.app.site(), host)
        self.run(serving.__aenter__())
        self._stack.callback(lambda: self.run(serving.__aexit__(None, None, None)))
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it in the blog's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self.run(self.app.database.write(work))

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self.run(self.app.database.read(work))

    def publish(self, files: Mapping[str, str], *, remove: tuple[str, ...] = ()) -> None:
        """Write and commit issue files (or remove them), and publish."""
        for path in remove:
            (self.issues.folder / path).unlink()
        self.issues.commit({path: text.encode() for path, text in files.items()})
        report = self.run(self.app.publisher.publish(allow_delete=True))
        assert [fault for step in report.steps for fault in step.faults] == []

    def issue_id(self, slug: str) -> int:
        found = self.read(lambda tx: issues.find_by_slug(tx, self.app.blog.id, slug))
        assert found is not None
        return found.id

    def say(self, slug: str, html: str, **values: Any) -> str:
        """Put a comment under an issue, as if the inbox had taken it; its own id."""
        number = self.issue_id(slug)
        row = said(html, blog_id=self.app.blog.id, issue_id=number, **values)

        def put(tx: Transaction) -> None:
            entries.add(tx, row)
            tx.touch(changes.issue(number))

        self.write(put)
        return str(row["token"])

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask(path, None, headers)

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        return self._ask(path, urllib.parse.urlencode(form).encode(), headers)

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        """By any method, without a body."""
        return self._ask(path, None, headers, method=method)

    def _ask(self, path: str, body: bytes | None, headers: Mapping[str, str], method: str | None = None) -> Answer:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("http") else self.origin + path
        asked = urllib.request.Request(url, data=body, headers={"Accept": BROWSER, **names}, method=method)
        try:
            with _OPENER.open(asked, timeout=30) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())


def make_stock(folder: Path) -> Path:
    """Keys and an empty database that every blog of a test run begins with: making them takes a while."""
    new_sqlite(folder)
    make_key_file(folder / RSA_KEY_FILE, "rsa")
    make_key_file(folder / ED25519_KEY_FILE, "ed25519")
    make_key_file(folder / INSTANCE_KEY_FILE, "rsa")
    return folder


def said(html: str, *, blog_id: int, issue_id: int, name: str = "Bruno", **values: Any) -> dict[str, Any]:
    """The columns of one comment; the text goes through the sanitiser as the inbox would have sent it."""
    digest = hashlib.sha256(repr((html, name, sorted(values.items()))).encode()).hexdigest()[:12]
    at = values.pop("at", datetime.now(UTC) - timedelta(minutes=5))
    return {
        "token": digest,
        "blog_id": blog_id,
        "issue_id": issue_id,
        "kind": "reply",
        "object_id": f"https://social.example/notes/{digest}",
        "url": f"https://social.example/@bruno/{digest}",
        "in_reply_to": None,
        "actor_id": f"https://social.example/users/{hashlib.sha256(name.encode()).hexdigest()[:6]}",
        "author_name": name,
        "author_handle": "@bruno@social.example",
        "author_url": "https://social.example/@bruno",
        "content_html": sanitize.clean(html),
        "text": sanitize.text_of(html),
        "language": "de",
        "pictures": [],
        "visibility": "public",
        "state": "shown",
        "ways": ["inbox"],
        "published": at,
        "received_at": at,
        "changed_at": at,
        **values,
    }
