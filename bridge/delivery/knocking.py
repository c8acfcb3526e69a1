"""How our fetches are signed: in the scheme that a server is known to take, else in each that one might."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.activity.ids import Blog
from bridge.clock import Clock
from bridge.remote.knock import Knock, Scheme
from bridge.remote.scheme_memory import SchemeMemory
from bridge.signature import cavage, rfc9421
from bridge.signature.keys import PrivateKey, Signer
from bridge.urls import Url


def knock_of(blog: Blog, instance_key: PrivateKey, schemes: SchemeMemory, clock: Clock) -> Knock:
    """Sign by the instance actor, whose key anybody may read unsigned."""
    signer = Signer(key_id=blog.addresses.instance_key_id, key=instance_key)

    def sign(method: str, url: Url) -> Mapping[str, str]:
        return cavage.sign(method=method, url=url, signer=signer, now=clock())

    def without_query(method: str, url: Url) -> Mapping[str, str] | None:
        if "?" not in url.target:
            return None
        return cavage.sign(method=method, url=url, signer=signer, now=clock(), with_query=False)

    def sign_messages(method: str, url: Url) -> Mapping[str, str]:
        return rfc9421.sign(method=method, url=url, signer=signer, now=clock())

    return Knock(
        schemes=(
            Scheme(name="cavage", sign=sign),
            Scheme(name="cavage-bare", sign=without_query),
            Scheme(name="rfc9421", sign=sign_messages),
        ),
        remembered=schemes.remembered,
        remember=schemes.remember,
    )
