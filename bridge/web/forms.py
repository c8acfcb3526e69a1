"""A form as a browser sends it -> its fields; the admin pages and the linkback endpoints read bodies through here.

Not aiohttp's own reader: that one waits for a body as long as its sender likes, keeps files that nobody asked for, and
raises whatever comes to it over bytes that are no form (security S75, S81).
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from bridge.errors import Refusal, TooLarge, WrongType

TYPE = "application/x-www-form-urlencoded"
#: How long a body may take, and its bytes: room for a long answer of the author's.
TIME = timedelta(seconds=10)
MOST_BYTES = 64 * 1024
_MOST_FIELDS = 20


class NoForm(Refusal):
    """Bytes that no form makes."""

    public = "the form cannot be read"


class _TooSlow(Refusal):
    """A sender that trickles (security S81)."""

    status = 408
    public = "the body took too long"


async def read_form(request: web.Request, *, most_bytes: int = MOST_BYTES) -> MultiDictProxy[str]:
    """The fields in their order. Raises WrongType, TooLarge, NoForm, or a Refusal with 408."""
    if request.content_type != TYPE:
        raise WrongType(f"the type {request.content_type}")
    body = await read_body(request, most_bytes=most_bytes)
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise NoForm("a form that is not written as one") from error
    return MultiDictProxy(MultiDict(fields))


async def read_body(request: web.Request, *, most_bytes: int) -> bytes:
    """The whole body within the cap and `TIME`. Raises TooLarge, or a Refusal with 408."""
    if (request.content_length or 0) > most_bytes:
        raise TooLarge(f"a body of {request.content_length} bytes")
    pieces = bytearray()
    try:
        async with asyncio.timeout(TIME.total_seconds()):
            async for chunk in request.content.iter_any():
                pieces += chunk
                if len(pieces) > most_bytes:
                    raise TooLarge(f"a body over {most_bytes} bytes")
    except TimeoutError as error:
        raise _TooSlow("the body did not come in time") from error
    return bytes(pieces)
