"""What goes wrong while answering -> a page for people, one short JSON problem (RFC 9457) for programs.

Nothing internal leaks; what happened is in the log (security S125). Headers that all answers have are set here (S127).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from bridge.errors import DatabaseFault, Refusal
from bridge.store import changes
from bridge.web import gather, view
from bridge.web.client import is_browser
from bridge.web.negotiate import HTML_TYPE
from bridge.web.ready import Page
from bridge.web.site import SITE

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: Pages elsewhere may read the answer; nothing in it depends on who asks (security S127).
OPEN = {"Access-Control-Allow-Origin": "*"}
#: What a browser asks before it lets a page elsewhere ask: `Accept` with a profile in quotes is reason enough.
_PREFLIGHT = {**OPEN, "Access-Control-Allow-Headers": "Accept", "Access-Control-Max-Age": "86400"}
_FOR_PAGES_ELSEWHERE = ("/.well-known/", "/nodeinfo/", "/actor/", "/object/", "/activity/", "/stamp/", "/instance")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def problem(status: int, detail: str, *, retry_after_seconds: int | None = None) -> web.Response:
    """A problem document."""
    headers = {"Cache-Control": "no-store"}
    if retry_after_seconds is not None:
        headers["Retry-After"] = str(retry_after_seconds)
    body = json.dumps({"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail})
    return web.Response(
        status=status, body=body.encode(), headers=headers, content_type="application/problem+json", charset="utf-8"
    )


@web.middleware
async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into an answer that says no more than it should, and set the headers that all answers have."""
    try:
        response = await handler(request)
    except Refusal as refusal:
        wait = None if refusal.retry_after is None else max(1, int(refusal.retry_after.total_seconds()))
        response = await _answer(request, refusal.status, refusal.public, wait)
        if not request.content.is_eof():
            response.force_close()  # the rest of the body is not wanted
    except web.HTTPException as error:
        if error.status < 400:
            for name, value in _HEADERS.items():
                error.headers.setdefault(name, value)
            if _is_open(request):
                error.headers.update(OPEN)
            raise
        methods = error.headers.get("Allow", "")
        if request.method == "OPTIONS" and "GET" in methods and _is_open(request):
            response = web.Response(status=204, headers={**_PREFLIGHT, "Access-Control-Allow-Methods": methods})
        else:
            response = await _answer(request, error.status, error.reason.lower())
        if methods:
            response.headers["Allow"] = methods
    except DatabaseFault:
        log.exception("the database failed while answering %s", request.path)
        response = await _answer(request, 503, "try again in a moment", 30)
    except Exception:
        log.exception("a fault of ours while answering %s", request.path)
        response = await _answer(request, 500, "a fault of ours; it is in the log")
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if _is_open(request):
        response.headers.update(OPEN)
    return response


def _is_open(request: web.Request) -> bool:
    """Whether pages elsewhere may read the answer, also when it says no: `embed.js`, and clients in a browser."""
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        return False
    return request.path.startswith(_FOR_PAGES_ELSEWHERE) or request.path.endswith("/comments.json")


async def _answer(
    request: web.Request, status: int, detail: str, retry_after_seconds: int | None = None
) -> web.StreamResponse:
    if is_browser(request):
        try:
            response = await _page(request, status)
        except Exception:
            log.exception("could not show the page for %d", status)
        else:
            if retry_after_seconds is not None:
                response.headers["Retry-After"] = str(retry_after_seconds)
            return response
    return problem(status, detail, retry_after_seconds=retry_after_seconds)


async def _page(request: web.Request, status: int) -> web.StreamResponse:
    """What people see; made once for each status."""
    site = request.app[SITE]

    async def render() -> Page:
        blog = gather.blog_view(site)
        if status == 404:
            text = view.render_missing(site.templates, blog)
        elif status == 410:
            text = view.render_gone(site.templates, blog)
        else:
            text = view.render_fault(site.templates, blog, status)
        headers = {"Content-Security-Policy": view.CONTENT_SECURITY_POLICY, "Cache-Control": "no-store"}
        topics = frozenset({changes.BLOG})
        return Page(body=text.encode(), content_type=HTML_TYPE, topics=topics, status=status, headers=headers)

    return await site.ready.get(request, f"fault {status}", render)
