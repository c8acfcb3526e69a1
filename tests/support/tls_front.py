"""What stands before a server on the internet: it ends TLS and says by X-Forwarded-* who asked and how."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST_HEAD = 64 * 1024


@contextmanager
def tls_front(tls: ssl.SSLContext, *, port: int, behind: int) -> Iterator[None]:
    """Take TLS connections on 127.0.0.1:`port` and hand each one's request on to 127.0.0.1:`behind`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    front = _Front(behind)
    try:
        asyncio.run_coroutine_threadsafe(front.open(tls, port), loop).result(10)
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(front.close(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


class _Front:
    """One request a connection: enough for a test, and nothing to keep in step."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    async def open(self, tls: ssl.SSLContext, port: int) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", port, ssl=tls, limit=_LONGEST_HEAD)

    async def close(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._hand_on(reader, writer)
        writer.close()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        ours = (b"connection:", b"x-forwarded-for:", b"x-forwarded-proto:")
        kept = [line for line in lines if not line.lower().startswith(ours)]
        kept += [b"Connection: close", b"X-Forwarded-For: 127.0.0.1", b"X-Forwarded-Proto: https"]
        inner, outer = await asyncio.open_connection("127.0.0.1", self._behind)
        outer.write(b"\r\n".join([first, *kept, b"", b""]))
        upward = asyncio.create_task(_pour(reader, outer))
        try:
            await _pour(inner, writer)
        finally:
            upward.cancel()
            outer.close()


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while piece := await source.read(_LONGEST_HEAD):
        sink.write(piece)
        await sink.drain()
