"""The body of a request -> its bytes, within a cap and a time, for what strangers POST (security S81)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TypeVar

from aiohttp import web

from bridge.errors import Refusal, TooLarge

Body = TypeVar("Body", bytes, bytearray)


class TooSlow(Refusal):
    """A sender that trickles."""

    status = 408
    public = "the body took too long"


async def read_body(request: web.Request, *, cap_bytes: int, time_allowed: timedelta) -> bytes:
    """The whole body. Raises TooLarge or TooSlow."""
    if (request.content_length or 0) > cap_bytes:
        raise TooLarge(f"a body of {request.content_length} bytes")
    if request.content.is_eof():  # it came with the head, as most do
        return _within(cap_bytes, request.content.read_nowait())
    pieces = bytearray()
    try:
        async with asyncio.timeout(time_allowed.total_seconds()):
            async for chunk in request.content.iter_any():
                pieces += chunk
                _within(cap_bytes, pieces)
    except TimeoutError as error:
        raise TooSlow(f"the body did not come within {time_allowed.total_seconds():.0f} seconds") from error
    return bytes(pieces)


def _within(cap_bytes: int, body: Body) -> Body:
    if len(body) > cap_bytes:
        raise TooLarge(f"a body over {cap_bytes} bytes")
    return body
