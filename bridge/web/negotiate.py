"""An Accept header -> whether an ActivityStreams document is wanted; HTML by default (security S85)."""

from __future__ import annotations

from aiohttp import web

AS2_TYPE = "application/activity+json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"

_LONGEST = 8_192
_AS2 = ("application/activity+json", "application/ld+json")


def accept_of(request: web.Request) -> str:
    """What the asker accepts; it may be told in several lines, which are one list (RFC 9110 5.3)."""
    return ", ".join(request.headers.getall("Accept", ()))


def wants_activity(accept: str | None) -> bool:
    """Whether the asker named an ActivityStreams type with a weight that HTML does not beat."""
    if not accept or len(accept) > _LONGEST:
        return False
    best_as2, best_html = 0.0, 0.0
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = _weight(parameters)
        if name in _AS2:
            best_as2 = max(best_as2, weight)
        elif name in ("text/html", "application/xhtml+xml"):
            best_html = max(best_html, weight)
    return best_as2 > 0 and best_as2 >= best_html


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
