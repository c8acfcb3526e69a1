"""One thing said that came by several ways -> one entry of the highest kind (contract section 7).

The inbox and linkbacks ask before they add an entry.
"""

from __future__ import annotations

from bridge.conversation.comment import Kind
from bridge.urls import BadUrl, parse_url

#: Of two kinds of one thing the higher is shown.
RANKS: dict[Kind, int] = {"reply": 4, "quote": 3, "mention": 2, "webmention": 1, "pingback": 0}


def source_key(url: str) -> str:
    """The page behind an address, comparable: without scheme, `www.`, fragment and the last slash."""
    try:
        parsed = parse_url(url, allow_http=True)
    except BadUrl:
        return url
    host = parsed.authority.removeprefix("www.")
    query = "" if parsed.query is None else f"?{parsed.query}"
    return host + parsed.path.rstrip("/") + query
