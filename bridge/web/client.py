"""A request -> who sent it and whether a browser reads the answer; believed from trusted proxies only (contract 3)."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from aiohttp import web

from bridge.config import Config
from bridge.web.negotiate import accept_of

#: Answers below these addresses are read by programs.
_FOR_PROGRAMS = (
    "/inbox",
    "/actor/",
    "/activity/",
    "/instance",
    "/.well-known/",
    "/nodeinfo/",
    "/webmention",
    "/pingback",
)
_LONGEST_CHAIN = 20


def address_of(request: web.Request, config: Config) -> str:
    """The client's IP address, after the proxies that the configuration trusts; "" where nobody says which.

    That is so on a Unix socket with no proxy named, and where a trusted proxy writes something that is not an address.
    """
    if not config.blog.url.startswith("https://"):
        return request.remote or ""
    chain = [part.strip() for value in request.headers.getall("X-Forwarded-For", []) for part in value.split(",")]
    here = request.remote or ""
    for before in reversed(chain[-_LONGEST_CHAIN:]):
        if here and not _is_among(here, config.server.trusted_proxies):
            break
        here = _bare(before)
        if not _is_address(here):
            return ""  # a proxy that says `unknown` leaves somebody unknown, not itself
    return here


def is_proxy(address: str, config: Config) -> bool:
    """Whether an address is one of ours that many clients stand behind."""
    return config.blog.url.startswith("https://") and _is_among(address, config.server.trusted_proxies)


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """What is limited together: one IPv4 address, or the /64 that one IPv6 customer has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def is_browser(request: web.Request) -> bool:
    """Whether a person reads the answer, so that even a refusal should be a page."""
    accept = accept_of(request).lower()
    return "text/html" in accept and not request.path.startswith(_FOR_PROGRAMS) and not request.path.endswith(".json")


def _is_among(address: str, trusted: Sequence[str]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in ipaddress.ip_network(network, strict=False) for network in trusted)


def _bare(hop: str) -> str:
    """The address of a hop; some proxies write its port, too (RFC 7239 6)."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
