"""An activity's bytes -> the same bytes with their digests, made once for all servers that get them."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.signature.digest import content_digest_of, digest_of


@dataclass(frozen=True)
class Letter:
    """What every server gets."""

    body: bytes
    digest: str = field(init=False)  #: for draft-cavage
    content_digest: str = field(init=False)  #: for RFC 9421

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", digest_of(self.body))
        object.__setattr__(self, "content_digest", content_digest_of(self.body))
