"""Other servers that only take posts: at once, after a while, or never; and a blog in processes that they follow."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from bench.processes import new_blog
from bridge.app import opened
from bridge.clock import utc_now
from bridge.config import read_config
from bridge.demo.stage import Child, free_port, request, wait_until
from bridge.jobs.engine import open_store
from bridge.store import deliveries, followers
from bridge.store.database import Transaction
from bridge.store.followers import Follower
from bridge.terms import ActorId, InboxUrl
from bridge.urls import host_of
from tests.support.repositories import Checkout


class FarServers:
    """Servers at 127.0.1.1, 127.0.1.2 …; each answers 202 `seconds` after `may_answer` is set."""

    def __init__(self, count: int, *, seconds: float = 0.0) -> None:
        self.taken: Counter[str] = Counter()  #: posts, by the address they came to
        self.asked = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.seconds = seconds
        far = self

        class Taking(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                far.taken[self.connection.getsockname()[0]] += 1
                far.asked.set()
                if not far.may_answer.wait(30) or threading.Event().wait(far.seconds):
                    return
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                return None

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args: object) -> None:
                """Whoever asked was killed."""

        self._server = Server(("0.0.0.0", 0), Taking)
        port = self._server.server_address[1]
        self.origins = [f"http://127.0.1.{number + 1}:{port}" for number in range(count)]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class BlogApart:
    """A blog on either engine, followed on these servers; its halves are started and stopped one by one."""

    folder: Path
    origins: list[str]
    database: str | None = None
    concurrency: int = 64
    children: list[Child] = field(default_factory=list)

    def __enter__(self) -> Self:
        port = free_port()
        self.origin = f"http://127.0.0.1:{port}"
        self.config = new_blog(self.folder, port=port, database=self.database)
        text = self.config.read_text(encoding="utf-8")
        assert "concurrency = 64" in text
        self.config.write_text(text.replace("concurrency = 64", f"concurrency = {self.concurrency}"), encoding="utf-8")
        asyncio.run(self._be_followed())
        return self

    def __exit__(self, *error: object) -> None:
        for child in self.children:
            child.kill()

    def start(self, command: str) -> Child:
        """`serve`, `web` or `work`; those that answer do so when this returns."""
        log = self.folder / f"{command}-{len(self.children)}.log"
        child = Child([sys.executable, "-m", "bridge", command, "--config", str(self.config)], log=log)
        self.children.append(child)
        if command != "work":
            wait_until("the blog answers", lambda: request(f"{self.origin}/readyz").status == 200, seconds=60)
        return child

    def commit(self, slug: str) -> None:
        """One more issue, which whoever works sees and publishes."""
        Checkout(self.folder / "issues").commit({f"{slug}.md": f"---\ntitle: {slug}\n---\n\nHallo.\n".encode()})

    def counts(self) -> dict[str, int]:
        """How many deliveries are in each state."""

        async def read() -> dict[str, int]:
            database = open_store((config := read_config(self.config)).database, folder=config.folder)
            try:
                return await database.read(deliveries.counts)
            finally:
                await database.close()

        return asyncio.run(read())

    async def _be_followed(self) -> None:
        def add(tx: Transaction, blog_id: int) -> None:
            for origin in self.origins:
                person = ActorId(f"{origin}/users/jo")
                follower = Follower(
                    actor_id=person,
                    follow_id=None,
                    server=host_of(person),
                    inbox=InboxUrl(f"{origin}/users/jo/inbox"),
                    shared_inbox=InboxUrl(f"{origin}/inbox"),
                    since=utc_now(),
                )
                followers.add(tx, blog_id, follower)

        async with opened(read_config(self.config)) as app:
            await app.database.write(lambda tx: add(tx, app.blog.id))
