"""A form as a browser sends it -> its fields; the admin pages and the linkback endpoints read forms through here.

Not aiohttp's own reader: that one waits for a body as long as its sender likes, keeps files that nobody asked for, and
raises whatever comes to it over bytes that are no form (security S75, S81).
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from bridge.errors import Refusal, WrongType
from bridge.web.body import read_body

TYPE = "application/x-www-form-urlencoded"
#: How long a form may take, and its bytes: room for a long answer of the author's.
TIME = timedelta(seconds=10)
CAP_BYTES = 64 * 1024
_MOST_FIELDS = 20


class NoForm(Refusal):
    """Bytes that no form makes."""

    public = "the form cannot be read"


async def read_form(request: web.Request, *, cap_bytes: int = CAP_BYTES) -> MultiDictProxy[str]:
    """The fields in their order. Raises WrongType, TooLarge, TooSlow or NoForm."""
    if request.content_type != TYPE:
        raise WrongType(f"the type {request.content_type}")
    body = await read_body(request, cap_bytes=cap_bytes, time_allowed=TIME)
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise NoForm("a form that is not written as one") from error
    return MultiDictProxy(MultiDict(fields))
