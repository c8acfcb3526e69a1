"""What the author blocks -> whether an address falls under it: an actor, its host, or a domain above that.

Asked when something comes in, for everything that is fetched, and whenever a page is made (security S42).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from bridge.terms import Server
from bridge.urls import BadUrl, host_of


def domains_of(server: Server) -> list[str]:
    """The server, its host, and each domain above it but the last: `a.b.example` is blocked with `b.example`."""
    host = server.rpartition(":")[0] if server.rpartition(":")[2].isdigit() else server
    labels = host.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels) - 1)] or [host]
    return list(dict.fromkeys([str(server), host, *above]))


@lru_cache(maxsize=2048)
def addresses_of(address: str) -> tuple[str, ...]:
    """Every target that would block this address, the narrowest first."""
    try:
        return address, *domains_of(host_of(address))
    except BadUrl:
        return (address,)


class BlockList:
    """Actor ids and domains. Asking an empty one, the usual case, costs nothing."""

    def __init__(self, targets: Iterable[str] = ()) -> None:
        self._targets = frozenset(targets)

    def holds(self, *addresses: str | None) -> str | None:
        """The blocked actor or domain that one of the addresses belongs to; None when none is blocked."""
        if not self._targets:
            return None
        return next((found for address in addresses if address and (found := self._holds(address))), None)

    def _holds(self, address: str) -> str | None:
        return next((target for target in addresses_of(address) if target in self._targets), None)
