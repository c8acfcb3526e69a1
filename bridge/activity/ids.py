"""A public origin and a token -> the permanent address of everything of ours; and back.

Every stage that mints or recognises an address of ours comes here. Ids are opaque (contract section 6): a new handle,
title or slug changes none of them. They are built from the configuration only, never from a request (security S84).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal, NamedTuple, cast
from urllib.parse import quote, unquote

from bridge.activity.outgoing import wire_bytes
from bridge.terms import ActivityId, ActorId, Document, InboxUrl, KeyId, ObjectId, Slug
from bridge.urls import LONGEST, BadUrl, Url, origin_of, parse_url

Kind = Literal[
    "actor", "inbox", "outbox", "followers", "following", "featured", "key",
    "object", "replies", "likes", "shares", "context",
    "activity", "stamp", "media", "page", "tag", "instance", "shared_inbox", "blog",
]  # fmt: skip

RSA_KEY = "main-key"
ED25519_KEY = "ed25519-key"

# Lower case only: a token survives systems that fold the case of an address.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_TOKEN_LENGTH = 22

_ID = re.compile(
    r"/(?:(?P<thing>actor|object|activity|stamp)/(?P<token>[0-9A-Za-z_-]{1,64})(?:/(?P<part>[a-z]{1,16}))?"
    r"|(?P<single>instance(?:/outbox)?|inbox))\Z"
)
_KEY = re.compile(rf"/(?:actor/(?P<token>[0-9A-Za-z_-]{{1,64}})|instance)#(?:{RSA_KEY}|{ED25519_KEY})\Z")
_PLACE = re.compile(r"/(?:(?P<folder>issues|tags|media)/(?P<name>[^/]{1,600}?)/?)?\Z")
_PATH_END = re.compile(r"[?#]")
_AUTHORITY_END = re.compile(r"[/?#]")
_PARTS: Mapping[str, frozenset[str]] = {
    "actor": frozenset({"inbox", "outbox", "followers", "following", "featured"}),
    "object": frozenset({"replies", "likes", "shares", "context"}),
}
_SINGLES: Mapping[str, Kind] = {"instance": "instance", "instance/outbox": "outbox", "inbox": "shared_inbox"}
_PLACES: Mapping[str, Kind] = {"issues": "page", "tags": "tag", "media": "media"}


class Ours(NamedTuple):
    """What one address of ours stands for. `token` is "" for what belongs to the instance actor or the origin."""

    kind: Kind
    token: str


def new_token() -> str:
    """Twenty-two characters of 32, so 110 bits that nobody can guess."""
    # One byte a character, of which five bits count: `secrets.choice` would ask the system for each character.
    return "".join([_ALPHABET[byte & 31] for byte in secrets.token_bytes(_TOKEN_LENGTH)])


@dataclass(frozen=True)
class Addresses:
    """All addresses below one public origin, such as `https://links.example`."""

    origin: str

    def __post_init__(self) -> None:
        try:
            url = parse_url(self.origin, allow_http=True)
        except BadUrl as error:
            raise ValueError(f"not an origin: it {error}") from error
        if url.target != "/" or url.fragment is not None:
            raise ValueError("not an origin: something follows the host")
        object.__setattr__(self, "origin", url.origin)

    @cached_property
    def _below(self) -> str:
        return f"{self.origin}/"

    @cached_property
    def _url(self) -> Url:
        return parse_url(self.origin, allow_http=True)

    @property
    def host(self) -> str:
        """The host, with the port where it is not the scheme's own."""
        return self._url.authority

    @property
    def hostname(self) -> str:
        """The host without port."""
        return self._url.host

    @property
    def blog(self) -> str:
        return self._below

    @property
    def shared_inbox(self) -> InboxUrl:
        return InboxUrl(f"{self.origin}/inbox")

    @property
    def instance_actor(self) -> ActorId:
        """The Application that signs our fetches; its inbox is the shared one."""
        return ActorId(f"{self.origin}/instance")

    @property
    def instance_outbox(self) -> str:
        """Always empty; some servers read no actor without one."""
        return f"{self.instance_actor}/outbox"

    @property
    def instance_key_id(self) -> KeyId:
        """The RSA key of the instance actor."""
        return KeyId(f"{self.instance_actor}#{RSA_KEY}")

    def actor(self, token: str) -> ActorId:
        return ActorId(f"{self.origin}/actor/{token}")

    def object(self, token: str) -> ObjectId:
        return ObjectId(f"{self.origin}/object/{token}")

    def replies(self, token: str) -> str:
        """The collection of answers to `object(token)`; likes, shares and context likewise."""
        return f"{self.object(token)}/replies"

    def likes(self, token: str) -> str:
        return f"{self.object(token)}/likes"

    def shares(self, token: str) -> str:
        return f"{self.object(token)}/shares"

    def context(self, token: str) -> str:
        return f"{self.object(token)}/context"

    def activity(self, token: str) -> ActivityId:
        return ActivityId(f"{self.origin}/activity/{token}")

    def stamp(self, token: str) -> ObjectId:
        """A QuoteAuthorization (FEP-044f)."""
        return ObjectId(f"{self.origin}/stamp/{token}")

    def media(self, name: str) -> str:
        return f"{self.origin}/media/{quote(name, safe='')}"

    def page(self, slug: Slug | str) -> str:
        """The page of an issue, for people."""
        return f"{self.origin}/issues/{quote(slug, safe='')}"

    def tag_page(self, tag: str) -> str:
        """The page of a hashtag; `tag` without the number sign."""
        return f"{self.origin}/tags/{quote(tag, safe='')}"

    def is_ours(self, url: str) -> bool:
        """Whether the address has our origin: scheme, host and port."""
        return self._path_of(url) is not None

    def spelled(self, url: str) -> str:
        """The address as we write it, where others write our host in capitals or name its port; all else as it is."""
        path = self._path_of(url)
        return url if path is None else f"{self.origin}{path}"

    def kind_of(self, url: str) -> Ours | None:
        """What the address stands for; None if it is not ours or none that we mint.

        An id is taken literally: with a query or a fragment it is not an id of ours, except the fragments of our keys.
        A place for people (blog, issue, tag) is known with query, fragment or a slash at its end too.
        """
        path = self._path_of(url)
        if path is None:
            return None
        if ours := _id_in(path):
            return ours
        place = _PLACE.match(_PATH_END.split(path, maxsplit=1)[0] or "/")
        if place is None:
            return None
        folder = place["folder"]
        return Ours(_PLACES[folder], unquote(place["name"])) if folder else Ours("blog", "")

    def _path_of(self, url: str) -> str | None:
        """What follows our origin, raw; None for an address elsewhere."""
        if url.startswith(self._below) and len(url) <= LONGEST and url.isprintable():
            return url[len(self._below) - 1 :]
        if url.isascii() and self.hostname not in url.lower():  # most addresses are, and then nothing need be split
            return None
        try:
            if origin_of(url) != self.origin:
                return None
        except BadUrl:
            return None
        rest = url.partition("://")[2]
        end = _AUTHORITY_END.search(rest)
        return rest[end.start() :] if end else ""


def _id_in(path: str) -> Ours | None:
    if key := _KEY.match(path):
        return Ours("key", key["token"] or "")
    match = _ID.match(path)
    if match is None:
        return None
    if single := match["single"]:
        return Ours(_SINGLES[single], "")
    thing, token, part = match["thing"], match["token"], match["part"]
    if part is None:
        return Ours(cast("Kind", thing), token)
    return Ours(cast("Kind", part), token) if part in _PARTS.get(thing, ()) else None


@dataclass(frozen=True, kw_only=True)
class Blog:
    """The blog as the wire and the pages know it: what the configuration says plus what was minted once."""

    id: int
    url: str  #: the public origin
    handle: str
    title: str
    language: str  #: BCP 47
    actor_token: str
    created: datetime
    account_domain: str = ""  #: the handle's domain; "" means the url's own host (with its port, if any)
    description_html: str = ""
    actor_type: str = "Person"
    fields: tuple[tuple[str, str], ...] = ()  #: name and value as the author wrote them
    also_known_as: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    icon_url: str | None = None
    icon_type: str = "image/png"
    header_url: str | None = None
    header_type: str = "image/jpeg"
    old_handles: tuple[str, ...] = ()
    #: An activity of the blog -> its bytes on the wire, with the proof that the blog made it (`outbox.seal`).
    seal: Callable[[Document], bytes] = field(default=wire_bytes, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.account_domain:
            object.__setattr__(self, "account_domain", self.addresses.host)

    @cached_property
    def addresses(self) -> Addresses:
        return Addresses(self.url)

    @property
    def page(self) -> str:
        """The blog's own page, for people."""
        return self.addresses.blog

    @property
    def acct(self) -> str:
        """The handle without the leading @, such as `links@example`."""
        return f"{self.handle}@{self.account_domain}"

    @cached_property
    def actor_id(self) -> ActorId:
        return self.addresses.actor(self.actor_token)

    @property
    def inbox(self) -> InboxUrl:
        return InboxUrl(f"{self.actor_id}/inbox")

    @property
    def outbox(self) -> str:
        return f"{self.actor_id}/outbox"

    @property
    def followers(self) -> str:
        return f"{self.actor_id}/followers"

    @property
    def following(self) -> str:
        return f"{self.actor_id}/following"

    @property
    def featured(self) -> str:
        return f"{self.actor_id}/featured"

    @property
    def rsa_key_id(self) -> KeyId:
        return KeyId(f"{self.actor_id}#{RSA_KEY}")

    @property
    def ed25519_key_id(self) -> KeyId:
        return KeyId(f"{self.actor_id}#{ED25519_KEY}")

    def accepts_host(self, host: str) -> bool:
        """Whether a handle at this host may mean the blog: its account domain, its url's host with port or without."""
        wanted = self._origin_at(host)
        known = (self.account_domain, self.addresses.host, self.addresses.hostname)
        return wanted is not None and wanted in map(self._origin_at, known)

    def _origin_at(self, host: str) -> str | None:
        if _AUTHORITY_END.search(host):
            return None
        try:
            return origin_of(f"{self.addresses.origin.partition(':')[0]}://{host}")
        except BadUrl:
            return None
