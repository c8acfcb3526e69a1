"""URL and address -> may we connect there? The door asks at three moments: for the URL, for the name, for the socket.

A remote URL never chooses where we connect. The connector resolves a name once and connects to what was judged, so an
answer that changes between look and leap (DNS rebinding) gains nothing. Facts about `ipaddress` that this rests on
are pinned by tests, because they changed between patch releases of Python.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bridge.errors import FetchRefused
from bridge.urls import Url, parse_url

#: `is_global` says yes to all of these; none of them is a place for a public server.
_NOT_PLACES_4 = tuple(map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))
_NOT_PLACES_6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "64:ff9b::/96",  # NAT64: an IPv4 address in disguise
            "64:ff9b:1::/48",
            "2002::/16",  # 6to4
            "2001::/23",  # Teredo and other assignments to protocols
            "fec0::/10",  # site-local
            "3fff::/20",  # documentation
            "5f00::/16",  # segment routing
        ),
    )
)
#: The only part of IPv6 that IANA gives to hosts; leaves out IPv4-compatible, translated and whatever comes next.
_UNICAST_6 = ipaddress.IPv6Network("2000::/3")
#: What "private" means where it is allowed: this machine and its own network, but no link-local metadata service.
_PRIVATE_4 = tuple(map(ipaddress.IPv4Network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_PRIVATE_6 = tuple(map(ipaddress.IPv6Network, ("::1/128", "fc00::/7")))


class AddressRefused(FetchRefused, OSError):
    """An address where we do not connect. Also an OSError, because only those pass unharmed through the connector."""


def _is_public(place: IPv4Address | IPv6Address) -> bool:
    if not place.is_global or place.is_multicast:
        return False
    if isinstance(place, IPv4Address):
        return not any(place in net for net in _NOT_PLACES_4)
    return place in _UNICAST_6 and not any(place in net for net in _NOT_PLACES_6)


@lru_cache(maxsize=8192)
def may_connect(address: str | IPv4Address | IPv6Address, *, allow_private: bool) -> bool:
    """Whether there may be a public server, or with `allow_private` (tests, demos) one of this machine or its network.

    What is not an address is neither.
    """
    place = _plain(address)
    if place is None:
        return False
    if allow_private and any(place in net for net in (_PRIVATE_4 if isinstance(place, IPv4Address) else _PRIVATE_6)):
        return True
    return _is_public(place)


def _plain(address: str | IPv4Address | IPv6Address) -> IPv4Address | IPv6Address | None:
    """The address itself: IPv4 that is wrapped in IPv6 comes out; one with a zone is refused."""
    try:
        place = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(place, IPv6Address):
        return None if place.scope_id else place.ipv4_mapped or place
    return place


@lru_cache(maxsize=4096)
def judge_url(text: str, *, allow_private: bool, plain_http: bool = False) -> Url:
    """The address as it will be asked, whose `wire` is what a signature must cover. Raises FetchRefused.

    https at port 443 only; http at port 80 with `plain_http`, any port only with `allow_private`. A literal address
    must be public, and what `bridge.urls` refuses (user names, IPv4 written in octal or decimal) is refused here too.
    """
    try:
        url = parse_url(text, allow_http=allow_private or plain_http)
        # The client drops what it thinks means nothing, such as an empty query; what is signed must be what is sent.
        sent = str(URL(url.wire, encoded=True))
        url = url if sent == url.wire else parse_url(sent, allow_http=allow_private or plain_http)
    except ValueError as error:
        raise FetchRefused(f"{text[:200]!r} {error}") from error
    if not allow_private and url.port != (443 if url.scheme == "https" else 80):
        raise FetchRefused(f"{text[:200]!r} names a port")
    # As text, which is what the socket is judged by: the second look is then one into the memory of the first.
    if url.is_address and not may_connect(url.host.strip("[]"), allow_private=allow_private):
        raise AddressRefused(f"{text[:200]!r} is not at a public address")
    return url


class GuardedResolver(AbstractResolver):
    """Another resolver, whose answer counts only if every address in it may be connected to."""

    def __init__(self, resolver: AbstractResolver, *, allow_private: bool) -> None:
        self._resolver = resolver
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The judged addresses. One bad address condemns the name: a mixed answer is an attack or a mistake."""
        found = await self._resolver.resolve(host, port, family)
        for place in found:
            if not may_connect(place["host"], allow_private=self._allow_private):
                raise AddressRefused(f"{host} is at {place['host']}, which is not a public address")
        return found

    async def close(self) -> None:
        """Close the resolver inside."""
        await self._resolver.close()


def guarded_socket_factory(*, allow_private: bool) -> Callable[[AddrInfoType], socket.socket]:
    """Makes sockets for judged addresses only: the last look, which literal addresses get as well as names."""

    def make(found: AddrInfoType) -> socket.socket:
        family, kind, proto, _, place = found
        if not may_connect(str(place[0]), allow_private=allow_private):
            raise AddressRefused(f"not a public address: {place[0]}")
        return socket.socket(family=family, type=kind, proto=proto)

    return make
