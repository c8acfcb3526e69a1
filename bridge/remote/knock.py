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
#: What a server answers to a scheme that it does not read.
_LOST_ON = frozenset({400, 500})


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

    def once_more(self, server: Server, scheme: str, status: int) -> Scheme | None:
        """The first choice, for a server that took another scheme last and answers 400 or 500 to it now.

        It may not know that scheme any more: who reads draft-cavage alone answers others so, as Mastodon's early code
        for RFC 9421 did (https://github.com/fedify-dev/fedify CHANGES.md 1.6.2). What is said to the first choice is
        meant; so is a 404, and a 503 is of no signature.
        """
        first = self.schemes[0]
        is_learned = scheme != first.name and scheme == self.remembered(server)
        return first if is_learned and status in _LOST_ON else None

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
