"""A page's headers and HTML -> where it takes Webmentions and Pingbacks; pure.

`send` calls it (W3C Webmention 3.1.2, Pingback 1.0 section 2; security S106, S107).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from bridge.linkback.markup import Start, scan

#: How much of Link headers and of a page is read, in characters.
_MOST_HEADER = 16 * 1024
_MOST_PAGE = 1024 * 1024
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_PARAMETER = re.compile(r";\s*([\w*-]+)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s;,\"']+)")


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Absolute addresses as the page names them, unjudged; None where there is none."""

    webmention: str | None = None
    pingback: str | None = None


def endpoints_of(
    *, url: str, link_headers: Iterable[str], pingback_headers: Iterable[str], page: str | None
) -> Endpoints:
    """The endpoints of the page found at `url` (after redirects); `page` is None for what is not HTML.

    A header goes before the page, and in the page the first element in its order, be it `link` or `a`.
    """
    webmention = next(_in_headers(link_headers, "webmention"), None)
    pingback = next((value.strip() for value in pingback_headers if value.strip()), None)
    start = url
    if page is not None and (webmention is None or pingback is None):
        for element in scan(page[:_MOST_PAGE]):
            if not isinstance(element, Start) or element.name not in ("link", "a", "base"):
                continue
            href = element.attributes.get("href")
            if href is None:
                continue
            if element.name == "base":
                start = start if start != url else _joined(url, href) or url
                continue
            rel = element.tokens("rel")
            if webmention is None and "webmention" in rel:
                webmention = _joined(start, href)
            if pingback is None and element.name == "link" and "pingback" in rel and href.strip():
                pingback = _joined(start, href)
            if webmention is not None and pingback is not None:
                break
    return Endpoints(
        webmention=None if webmention is None else _joined(url, webmention),
        pingback=None if pingback is None else _joined(url, pingback),
    )


def _in_headers(headers: Iterable[str], wanted: str) -> Iterator[str]:
    """The targets with this relation, in order (RFC 8288); what is not a link is skipped."""
    for header in headers:
        for target, parameters in _LINK.findall(header[:_MOST_HEADER]):
            named = {name.lower(): value for name, value in reversed(_PARAMETER.findall(parameters))}
            if wanted in named.get("rel", "").strip("\"'").lower().split():
                yield target


def _joined(url: str, href: str) -> str | None:
    """The absolute address; an empty one is the page itself. None for what no parser takes."""
    href = href.strip()
    if not href.isprintable():
        return None
    try:
        return urljoin(url, href) if href else url
    except ValueError:
        return None
