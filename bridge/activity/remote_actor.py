"""An actor or key document of another server -> RemoteActor or KeyEntry, or Malformed.

Called for every actor and every keyId that we fetch, and for the profile in an Update. Protocol sheet sections 2.2,
2.4 and 3; FEP-521a, FEP-fe34. Whether a document's id belongs to the address it came from is `remote`'s question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from bridge.activity.incoming_note import page_of
from bridge.activity.plain_text import one_line, text_from_html
from bridge.activity.shapes import (
    embedded,
    first,
    id_of,
    ids_of,
    members,
    natural_text,
    objects_in,
    required_id,
    text_of,
    type_of,
    web_url,
)
from bridge.activity.wire_names import plain_keys
from bridge.errors import Malformed
from bridge.terms import ActorId, Document, InboxUrl, KeyId
from bridge.urls import same_origin, same_site

ACTOR_TYPES = frozenset({"Person", "Service", "Application", "Group", "Organization"})

LONGEST_NAME = 200  #: characters, here and below
LONGEST_SUMMARY = 1000
MOST_KEYS = 16
MOST_ALIASES = 50
# An RSA key of 8,192 bits is 1,500 characters of PEM.
_LONGEST_KEY = 4000
_MOST_TAGS = 50

_USERNAME = re.compile(r"[\w.~+-]{1,100}")
_WEBFINGER = re.compile(r"@?([^@\s/]{1,200}@[^@\s/]{1,255})")
_PUBLIC_PEM = re.compile(r"\s*-----BEGIN (?:RSA )?PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END (?:RSA )?PUBLIC KEY-----\s*")
# base58-btc of the multicodec prefix 0xed01 and 32 bytes
_ED25519_MULTIBASE = re.compile(r"z6Mk[1-9A-HJ-NP-Za-km-z]{44}")
_NO_BLOG = re.compile(r"#(?:noblog|nobridge)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyEntry:
    """A public key as a document lists it. `material` is PEM for rsa and multibase for ed25519."""

    id: KeyId
    owner: ActorId
    kind: Literal["rsa", "ed25519"]
    material: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteActor:
    """Somebody elsewhere. Texts are plain; addresses are well formed and may be on any host unless said otherwise."""

    id: ActorId
    kind: str
    preferred_username: str  #: "" where there is none that may be shown: then show the host (security S41)
    name: str  #: never empty unless preferred_username is
    summary_text: str
    url: str | None  #: the profile page, on the id's own host
    icon_url: str | None
    inbox: InboxUrl
    shared_inbox: InboxUrl | None
    outbox: str | None
    followers: str | None
    featured: str | None
    keys: tuple[KeyEntry, ...]
    also_known_as: tuple[ActorId, ...]
    moved_to: ActorId | None
    webfinger: str | None  #: `user@host` as it claims (FEP-2c59); believed after the two-way check only
    no_blog: bool  #: #noblog or #nobridge in the profile

    def key(self, key_id: KeyId) -> KeyEntry | None:
        """The key of this id, if the actor lists it: the proof that the key is the actor's."""
        return next((entry for entry in self.keys if entry.id == key_id), None)


def remote_actor_from(document: Document) -> RemoteActor:
    """Read an actor. Raises Malformed if it is not one or has no inbox."""
    document = plain_keys(document)
    kind = type_of(document)
    if kind not in ACTOR_TYPES:
        raise Malformed(f"{kind} is no actor")
    actor_id = ActorId(required_id(document, "id"))
    username = _username(document)
    summary = text_from_html(natural_text(document, "summary"), LONGEST_SUMMARY)
    endpoints = embedded(document.get("endpoints")) or {}
    shared_inbox = web_url(first(endpoints.get("sharedInbox", document.get("sharedInbox"))))
    moved_to = id_of(document.get("movedTo"))
    return RemoteActor(
        id=actor_id,
        kind=kind,
        preferred_username=username,
        name=one_line(natural_text(document, "name"), LONGEST_NAME) or username,
        summary_text=summary,
        url=page_of(document.get("url"), actor_id),
        icon_url=_picture(document.get("icon")),
        inbox=InboxUrl(required_id(document, "inbox")),
        # A shared inbox elsewhere would make our deliveries somebody else's burden (S79).
        shared_inbox=InboxUrl(shared_inbox) if shared_inbox and same_site(shared_inbox, actor_id) else None,
        outbox=id_of(document.get("outbox")),
        followers=id_of(document.get("followers")),
        featured=id_of(document.get("featured")),
        keys=keys_of(document),
        also_known_as=tuple(map(ActorId, ids_of(document.get("alsoKnownAs"), MOST_ALIASES))),
        moved_to=ActorId(moved_to) if moved_to else None,
        webfinger=_webfinger(document),
        no_blog=_asks_no_blog(document, summary),
    )


def keys_of(document: Document) -> tuple[KeyEntry, ...]:
    """The keys that an actor's document, or GoToSocial's stub of one, lists as the actor's own.

    A key with another owner, or on another origin than the actor, is left out (S3, S5); so is what is broken.
    """
    owner = web_url(document.get("id"))
    if owner is None:
        return ()
    return tuple(islice(_listed_keys(document, ActorId(owner)), MOST_KEYS))


def is_in_document_of(actor_id: ActorId, key_id: KeyId) -> bool:
    """Whether the key's address is a place in the actor's own document, so that nobody else can have a say in it."""
    return key_id.partition("#")[0] == actor_id


def key_from(document: Document, *, key_id: KeyId) -> KeyEntry:
    """The key of this id in the document fetched for it: an actor, GoToSocial's stub, or a bare key.

    Nothing is proven by it: the owner named must list the same key (`RemoteActor.key`), unless the document is the
    owner's own. Raises Malformed if the key is not there under exactly this id (S4).
    """
    document = plain_keys(document)
    bare = _bare_key(document)
    entries = (bare,) if bare else keys_of(document)
    for entry in entries:
        if entry.id == key_id:
            return entry
    raise Malformed("the document does not hold the key asked for")


def _bare_key(document: Document) -> KeyEntry | None:
    owner = id_of(document.get("owner", document.get("controller")))
    if owner is None:
        return None
    return _rsa_key(document, ActorId(owner)) or _ed25519_key(document, ActorId(owner))


def _listed_keys(document: Document, owner: ActorId) -> Iterator[KeyEntry]:
    # FEP-521a keeps Ed25519 in assertionMethod; publicKey is the older place of the RSA key, or of a list.
    for key in objects_in(document.get("publicKey"), MOST_KEYS):
        if entry := _rsa_key(plain_keys(key), owner):
            yield entry
    for key in objects_in(document.get("assertionMethod"), MOST_KEYS):
        if entry := _ed25519_key(plain_keys(key), owner):
            yield entry


def _rsa_key(key: Document, owner: ActorId) -> KeyEntry | None:
    pem = key.get("publicKeyPem")
    if not isinstance(pem, str) or len(pem) > _LONGEST_KEY or not _PUBLIC_PEM.fullmatch(pem):
        return None
    return _owned(key, owner, claimed=key.get("owner", key.get("controller", owner)), kind="rsa", material=pem)


def _ed25519_key(key: Document, owner: ActorId) -> KeyEntry | None:
    multibase = key.get("publicKeyMultibase")
    is_multikey = "Multikey" in members(key.get("type"))
    if not is_multikey or not isinstance(multibase, str) or not _ED25519_MULTIBASE.fullmatch(multibase):
        return None
    return _owned(key, owner, claimed=key.get("controller"), kind="ed25519", material=multibase)


def _owned(
    key: Document, owner: ActorId, *, claimed: object, kind: Literal["rsa", "ed25519"], material: str
) -> KeyEntry | None:
    key_id = web_url(key.get("id"))
    if key_id is None or id_of(claimed) != owner or not same_origin(key_id, owner):
        return None
    return KeyEntry(id=KeyId(key_id), owner=owner, kind=kind, material=material)


def _username(document: Document) -> str:
    """A name that can stand in a handle; FEP-2c59 `webfinger` serves where preferredUsername is missing."""
    name = one_line(text_of(document.get("preferredUsername")), LONGEST_NAME)
    if _USERNAME.fullmatch(name):
        return name
    claimed = (_webfinger(document) or "").partition("@")[0]
    return claimed if _USERNAME.fullmatch(claimed) else ""


def _webfinger(document: Document) -> str | None:
    match = _WEBFINGER.fullmatch(one_line(text_of(document.get("webfinger")), 2 * LONGEST_NAME))
    return match[1] if match else None


def _picture(value: object) -> str | None:
    """The address of an icon: an Image, a list of them, a Link or a plain string."""
    value = first(value)
    if isinstance(value, dict):
        value = first(value.get("url", value.get("href")))
    if isinstance(value, dict):
        value = value.get("href")
    return web_url(value)


def _asks_no_blog(document: Document, summary: str) -> bool:
    tags = (text_of(tag.get("name")).lower() for tag in objects_in(document.get("tag"), _MOST_TAGS))
    return _NO_BLOG.search(summary) is not None or any(tag in ("#noblog", "#nobridge") for tag in tags)
