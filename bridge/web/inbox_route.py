"""POST to an inbox -> proven, applied, 202; or a refusal (contract section 8). 202 means: it is committed."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from bridge import metrics
from bridge.errors import Malformed, NoSuchThing, Refusal, WrongType
from bridge.inbox.authenticate import NothingToDo
from bridge.signature.request import SignedRequest
from bridge.web.body import read_body
from bridge.web.client import address_of, network_of
from bridge.web.site import SITE, Site

_MOST_BYTES = 1024 * 1024
_BODY_TIME = timedelta(seconds=30)
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
        body=await read_body(request, cap_bytes=_MOST_BYTES, time_allowed=_BODY_TIME),
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
