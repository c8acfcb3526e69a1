"""A string from the wire -> a web address we may believe to be one, and its origin.

Every parser of this folder and the inbox's origin checks use it, so that there is exactly one URL parser between what
is compared and what is fetched (RFC 3986; the origin test of FEP-fe34).
"""

from __future__ import annotations

import ipaddress
import re

import idna

#: Longest address we keep, in characters (security case S73).
LONGEST_URL = 2048

# No blanks, controls, quotes, brackets, backslashes or invisible direction marks anywhere: browsers, proxies and
# parsers disagree about them, and no server mints ids with them.
_REST = '[^\\x00-\\x20\\x7f-\\xa0"<>\\\\^`{|}\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]*'
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]{2,45}\]|[^\s/?#@:\[\]%\\]{1,253})(?::(?P<port>[0-9]{1,5}))?"
    rf"(?P<rest>(?:[/?#]{_REST})?)\Z",
    re.IGNORECASE,
)
_PLAIN_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


def web_url(value: object) -> str | None:
    """The value itself if it is an http or https address without user and password, else None."""
    if not isinstance(value, str) or len(value) > LONGEST_URL:
        return None
    return value if _parts(value) is not None else None


def origin_of(url: str) -> str | None:
    """`scheme://host[:port]` with host in lower case and IDNA, default port left out; None if it is no web address."""
    parts = _parts(url) if len(url) <= LONGEST_URL else None
    if parts is None:
        return None
    scheme, host, port = parts
    return f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"


def host_of(url: str) -> str | None:
    """The host without port, in lower case and IDNA; None if it is no web address."""
    parts = _parts(url) if len(url) <= LONGEST_URL else None
    return parts[1] if parts else None


def same_origin(one: str, other: str) -> bool:
    """Whether scheme, host and port agree. Two broken addresses never agree."""
    origin = origin_of(one)
    return origin is not None and origin == origin_of(other)


def plain_host(host: str) -> str | None:
    """A host name in lower case and IDNA, or None if it is none (empty label, trailing dot, forbidden sign)."""
    lowered = host.lower()
    if _PLAIN_HOST.match(lowered):
        return lowered
    if lowered.startswith("["):
        return _plain_ipv6(lowered)
    if lowered.isascii():
        return None
    try:
        encoded = idna.encode(lowered, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None
    return encoded if _PLAIN_HOST.match(encoded) else None


def _plain_ipv6(bracketed: str) -> str | None:
    try:
        return f"[{ipaddress.IPv6Address(bracketed.strip('[]')).compressed}]"
    except ValueError:
        return None


def _parts(url: str) -> tuple[str, str, str] | None:
    """Scheme, normal host, and the port where it is not the scheme's own ("" else)."""
    match = _URL.match(url)
    if match is None:
        return None
    scheme, port = match["scheme"].lower(), (match["port"] or "").lstrip("0")
    if match["port"] and not 0 < int(match["port"]) < 65536:
        return None
    host = plain_host(match["host"])
    if host is None:
        return None
    return scheme, host, "" if port == _DEFAULT_PORTS[scheme] else port
