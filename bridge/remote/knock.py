"""A URL -> signed headers, in the scheme its host takes: the double knock of SWICG "ActivityPub and HTTP Signatures".

`hops` tries the signers in order on 401 and 403, and tells here which one opened, so that the next request begins
with it. `app` fills the list: draft-cavage, the same without the query (GoToSocial), RFC 9421.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bridge.terms import Server
from bridge.urls import Url

#: What a signer is given (method, URL) and gives: the headers of a signed request, or None where it does not apply.
SignRequest = Callable[[str, Url], Mapping[str, str] | None]

#: More tries than this look like an attack to the other side.
_MOST_KNOCKS = 3


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """One way to sign. `name` is what is remembered of a host."""

    name: str
    sign: SignRequest


def _nothing_remembered(_server: Server) -> str | None:
    return None


def _not_kept(_server: Server, _scheme: str | None) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Knock:
    """The schemes we have, in the order in which a stranger is tried, and the memory of who took which.

    `remembered` names the scheme a server took last, `remember` keeps it; None means that it took none any more.
    """

    schemes: Sequence[Scheme]
    remembered: Callable[[Server], str | None] = _nothing_remembered
    remember: Callable[[Server, str | None], None] = _not_kept

    def tries(self, server: Server) -> Sequence[Scheme]:
        """The schemes to try there, the remembered one first."""
        known = self.remembered(server)
        ordered = sorted(self.schemes, key=lambda scheme: scheme.name != known)
        return ordered[:_MOST_KNOCKS]

    def opened(self, server: Server, scheme: str) -> None:
        """This scheme was taken. What is in its place already, and the first choice, need no memory."""
        known = self.remembered(server)
        if scheme != known and (known is not None or scheme != self.schemes[0].name):
            self.remember(server, scheme)

    def failed(self, server: Server) -> None:
        """No scheme was taken: what was remembered is wrong by now."""
        if self.remembered(server) is not None:
            self.remember(server, None)


#: For what is fetched unsigned: WebFinger, pages, pictures.
UNSIGNED = Knock(schemes=(Scheme(name="unsigned", sign=lambda _method, _url: {}),))
