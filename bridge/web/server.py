"""A site and an address to listen on -> a running HTTP server; the serving commands use it."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web, web_response

from bridge.errors import UserFault
from bridge.web.client import is_proxy
from bridge.web.connection import connections_of
from bridge.web.routes import application
from bridge.web.site import Site

_BACKLOG = 512

#: What we run on is nobody's business; aiohttp would name its version and Python's in every answer.
web_response.SERVER_SOFTWARE = "Rundbrief"  # type: ignore[attr-defined]


@asynccontextmanager
async def listening(site: Site, listen: str) -> AsyncIterator[None]:
    """Serve on `host:port` or `unix:/path` until the block ends. Raises UserFault when the address cannot be had."""
    runner = web.AppRunner(application(site), access_log=None, handle_signals=False)
    await runner.setup()
    try:
        server = await _start(runner, site, listen)
        try:
            yield
        finally:
            server.close()
    finally:
        await runner.cleanup()


async def _start(runner: web.AppRunner, site: Site, listen: str) -> asyncio.Server:
    if runner.server is None:
        raise RuntimeError("the runner is not set up")
    config = site.config
    unlimited = config.federation.allow_private_addresses
    connections = connections_of(runner.server, may_share=lambda address: unlimited or is_proxy(address, config))
    loop = asyncio.get_running_loop()
    try:
        if listen.startswith("unix:"):
            path = Path(listen.removeprefix("unix:"))
            await _make_room(path)
            server = await loop.create_unix_server(connections, str(path), backlog=_BACKLOG)
            # As open to this machine as a port of its own would be; whoever wants less sets the folder's mode.
            path.chmod(0o666)
            return server
        host, _, port = listen.rpartition(":")
        return await loop.create_server(connections, host.strip("[]"), int(port), backlog=_BACKLOG)
    except OSError as error:
        # asyncio's own sentence names the address once more.
        why = os.strerror(error.errno) if error.errno else error
        raise UserFault(f"cannot listen on {listen}: {why}; stop what uses it, or change [server] listen") from error


async def _make_room(path: Path) -> None:
    """Remove a socket that nobody listens on any more. Raises UserFault for one in use, and for anything else there."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise UserFault(f"cannot listen on unix:{path}: there is something else by that name; change [server] listen")
    try:
        _, caller = await asyncio.wait_for(asyncio.open_unix_connection(str(path)), timeout=1)
    except ConnectionRefusedError:
        path.unlink()
        return
    caller.close()
    raise UserFault(f"cannot listen on unix:{path}: it is in use; stop what uses it, or change [server] listen")
