"""A whole blog in this process: its folder as `init` makes it, its parts joined, its pages on a real socket."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import aiohttp
from multidict import CIMultiDictProxy

from bridge.app import App, opened
from bridge.cli import operator
from bridge.config import read_config
from bridge.demo.stage import free_port
from bridge.web.server import listening
from tests.support.repositories import Checkout
from tests.support.running_blog import make_stock


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What a reader's browser got."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True, kw_only=True)
class OpenBlog:
    """`issues` is the author's folder; `app` everything behind the pages."""

    app: App
    issues: Checkout
    session: aiohttp.ClientSession

    @property
    def url(self) -> str:
        return self.app.blog.url

    async def publish(self, files: dict[str, bytes] | None = None, **options: bool) -> list[str]:
        """Commit the files and publish; what happened, as `ACTION PATH`, and the faults."""
        self.issues.commit(files)
        report = await self.app.publisher.publish(**options)
        faults = [str(fault) for step in report.steps for fault in step.faults]
        return [f"{step.action} {step.path}" for step in report.steps if not step.faults] + faults

    async def get(self, path: str, **headers: str) -> Answered:
        """Ask for a path below the blog, or for a whole address of it."""
        address = path if path.startswith("http") else self.url + path
        async with self.session.get(address, headers=headers, allow_redirects=False) as answer:
            return Answered(status=answer.status, headers=answer.headers, body=await answer.read())


@cache
def _made_once() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="rundbrief-stock-") as stock:
        return {path.name: path.read_bytes() for path in make_stock(Path(stock)).iterdir()}


def lay_out(folder: Path) -> None:
    """Put real keys and empty tables where `init` will find them: making them anew is most of its work.

    They are the same for all blogs of a process. That `init` makes its own is tested where commands are processes.
    """
    for name, content in _made_once().items():
        part = folder / ("data" if name.endswith(".db") else "keys")
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
        (part / name).write_bytes(content)
        (part / name).chmod(0o600)


@asynccontextmanager
async def open_blog(folder: Path, *, config: str = "", blog_config: str = "") -> AsyncIterator[OpenBlog]:
    """A new blog in `folder`; `config` is TOML that is put behind, `blog_config` lines of `[[blog]]`."""
    port = free_port()
    lay_out(folder)
    await asyncio.to_thread(operator.init, folder, f"http://127.0.0.1:{port}", "links", "Links & Rechts", "de")
    path = folder / "config.toml"
    text = path.read_text(encoding="utf-8")
    if blog_config:
        text = text.replace("[[blog]]", f"[[blog]]\n{blog_config}", 1)
    path.write_text(text + config, encoding="utf-8")
    settings = read_config(path)
    async with (
        opened(settings) as app,
        aiohttp.ClientSession(trust_env=False) as session,
        listening(app.site(), settings.server.listen),
    ):
        yield OpenBlog(app=app, issues=Checkout(settings.issues_folder), session=session)
