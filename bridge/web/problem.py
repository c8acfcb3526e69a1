"""What goes wrong while answering -> one short JSON problem (RFC 9457) or a plain page; nothing internal leaks."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from bridge.errors import DatabaseFault, Refusal

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

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
    """Turn every error into an answer that says no more than it should, and set the headers all answers have."""
    try:
        response = await handler(request)
    except Refusal as refusal:
        wait = None if refusal.retry_after is None else max(1, int(refusal.retry_after.total_seconds()))
        response = problem(refusal.status, refusal.public, retry_after_seconds=wait)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = problem(error.status, error.reason.lower())
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
    except DatabaseFault:
        log.exception("the database failed while answering %s", request.path)
        response = problem(503, "try again in a moment", retry_after_seconds=30)
    except Exception:
        log.exception("a fault of ours while answering %s", request.path)
        response = problem(500, "a fault of ours; it is in the log")
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
