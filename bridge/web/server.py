"""A site and an address to listen on -> a running HTTP server; the serving commands use it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web, web_response

from bridge.errors import UserFault
from bridge.web.routes import application
from bridge.web.site import Site

#: What we run on is nobody's business; aiohttp would name its version and Python's in every answer.
web_response.SERVER_SOFTWARE = "Rundbrief"  # type: ignore[attr-defined]


@asynccontextmanager
async def listening(site: Site, listen: str) -> AsyncIterator[None]:
    """Serve on `host:port` or `unix:/path` until the block ends. Raises UserFault when the address cannot be had."""
    runner = web.AppRunner(application(site), access_log=None, handle_signals=False)
    await runner.setup()
    try:
        await _start(runner, listen)
        yield
    finally:
        await runner.cleanup()


async def _start(runner: web.AppRunner, listen: str) -> None:
    try:
        if listen.startswith("unix:"):
            path = Path(listen.removeprefix("unix:"))
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            await web.UnixSite(runner, str(path)).start()
        else:
            host, _, port = listen.rpartition(":")
            await web.TCPSite(runner, host.strip("[]"), int(port)).start()
    except OSError as error:
        raise UserFault(
            f"cannot listen on {listen}: {error.strerror or error}; stop what uses it, or change [server] listen"
        ) from error
