"""POST to an inbox -> proven, applied, 202; or a refusal (contract section 8). 202 means: it is committed."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from aiohttp import web

from bridge import metrics
from bridge.errors import Malformed, NoSuchThing, Refusal, TooLarge, WrongType
from bridge.inbox.authenticate import NothingToDo
from bridge.signature.request import SignedRequest
from bridge.web.client import address_of, network_of
from bridge.web.site import SITE, Site

_MOST_BYTES = 1024 * 1024
_BODY_SECONDS = 30
Body = TypeVar("Body", bytes, bytearray)
_PROFILE = "https://www.w3.org/ns/activitystreams"


async def shared_inbox(request: web.Request) -> web.StreamResponse:
    """The inbox of the whole server."""
    site = request.app[SITE]
    network = network_of(address_of(request, site.config))
    with site.gate.request(network):
        return await _take(request, site, network)


async def actor_inbox(request: web.Request) -> web.StreamResponse:
    """The blog's own inbox."""
    site = request.app[SITE]
    network = network_of(address_of(request, site.config))
    with site.gate.request(network):
        if request.match_info["token"] != site.blog.actor_token:
            raise NoSuchThing("no such actor")
        return await _take(request, site, network)


async def _take(request: web.Request, site: Site, network: str) -> web.Response:
    _check_type(request)
    signed = SignedRequest(
        method=request.method,
        target=_target(request),
        headers=tuple(request.headers.items()),
        body=await _body(request),
    )
    try:
        verified = await site.authenticator.authenticate(signed, network=network)
        await site.inbox.receive(verified)
    except NothingToDo:
        pass
    except Refusal as refusal:
        metrics.inbox(type(refusal).__name__)
        site.refusals.add(signed.body or b"", refusal)
        raise
    except RecursionError as error:
        raise Malformed("nested too deep") from error
    return web.Response(status=202)


def _check_type(request: web.Request) -> None:
    """Raises WrongType for anything but an ActivityStreams document that is not compressed."""
    codings = request.headers.getall("Content-Encoding", [])
    if any(coding.strip().lower() != "identity" for coding in codings):
        raise WrongType("a compressed body")
    kind, _, parameters = request.headers.get("Content-Type", "").partition(";")
    kind = kind.strip().lower()
    if kind == "application/activity+json":
        return
    if kind == "application/ld+json":
        profile = parameters.partition("profile=")[2]
        if not profile or _PROFILE in profile:
            return
    raise WrongType(f"the type {kind}")


def _target(request: web.Request) -> str:
    """Path and query as on the request line; only the origin form is taken (security S84)."""
    if not request.raw_path.startswith("/"):
        raise Malformed("the request target is no path")
    return request.raw_path


async def _body(request: web.Request) -> bytes:
    """The whole body within the cap and the time. Raises TooLarge, or a Refusal with 408."""
    if (request.content_length or 0) > _MOST_BYTES:
        raise TooLarge(f"a body of {request.content_length} bytes")
    if request.content.is_eof():  # it came with the head, as most do
        return _within_cap(request.content.read_nowait())
    pieces = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.content.iter_any():
                pieces += chunk
                _within_cap(pieces)
    except TimeoutError as error:
        raise _TooSlow("the body did not come within 30 seconds") from error
    return bytes(pieces)


def _within_cap(body: Body) -> Body:
    if len(body) > _MOST_BYTES:
        raise TooLarge("a body over 1 MiB")
    return body


class _TooSlow(Refusal):
    """A sender that trickles (security S81)."""

    status = 408
    public = "the body took too long"
