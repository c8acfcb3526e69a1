"""A Blog and its public keys -> the actor document that other servers read; the instance actor's too.

Served by the web's federation routes, unsigned and to everybody, and sent in an Update when the profile changes.
Protocol sheet sections 3 and 14; FEP-2c59, FEP-521a, FEP-5feb, FEP-2677.
"""

from __future__ import annotations

import html
from collections.abc import Mapping

from bridge.activity.ids import Addresses, Blog
from bridge.activity.shapes import web_url
from bridge.activity.wire_names import ACTIVITYSTREAMS
from bridge.clock import wire_time
from bridge.terms import ActorId, Document, KeyId

#: Rows of a profile that Mastodon shows.
MOST_FIELDS = 4

_SECURITY = "https://w3id.org/security/v1"
# Terms of FEP-521a. Every context named here is one that peers carry along; none of them has to fetch another.
_MULTIKEY = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
# `http://schema.org#` is not a namespace of schema.org, but it is what Mastodon and so everybody writes and reads.
_TERMS: Mapping[str, object] = {
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "toot": "http://joinmastodon.org/ns#",
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "attributionDomains": {"@id": "toot:attributionDomains", "@type": "@id"},
    "schema": "http://schema.org#",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
}


def actor_document(blog: Blog, *, rsa_pem: str, ed25519_multibase: str | None) -> Document:
    """The blog as an actor. `rsa_pem` is the public key in SPKI PEM."""
    multikey_contexts = _MULTIKEY if ed25519_multibase else ()
    document: Document = {
        "@context": [ACTIVITYSTREAMS, _SECURITY, *multikey_contexts, dict(_TERMS)],
        "id": blog.actor_id,
        "type": blog.actor_type,
        "preferredUsername": blog.handle,
        "webfinger": blog.acct,
        "name": blog.title,
        "summary": blog.description_html,
        "url": blog.page,
        "inbox": blog.inbox,
        "outbox": blog.outbox,
        "followers": blog.followers,
        "following": blog.following,
        "featured": blog.featured,
        "endpoints": {"sharedInbox": blog.addresses.shared_inbox},
        "manuallyApprovesFollowers": False,
        "discoverable": True,
        "indexable": True,
        "published": wire_time(blog.created),
        "attributionDomains": [blog.addresses.hostname],
        "attachment": [_field(name, value) for name, value in blog.fields[:MOST_FIELDS]],
        "publicKey": _rsa_key(blog.rsa_key_id, blog.actor_id, rsa_pem),
    }
    if blog.icon_url:
        document["icon"] = _image(blog.icon_url, blog.icon_type)
    if blog.header_url:
        document["image"] = _image(blog.header_url, blog.header_type)
    if blog.also_known_as:
        document["alsoKnownAs"] = list(blog.also_known_as)
    if ed25519_multibase:
        document["assertionMethod"] = [_multikey(blog.ed25519_key_id, blog.actor_id, ed25519_multibase)]
    return document


def instance_actor_document(addresses: Addresses, *, rsa_pem: str) -> Document:
    """The Application that signs our fetches, so that no fetch needs another signed fetch (protocol sheet 2.6)."""
    actor_id = addresses.instance_actor
    return {
        "@context": [ACTIVITYSTREAMS, _SECURITY, dict(_TERMS)],
        "id": actor_id,
        "type": "Application",
        "preferredUsername": instance_handle(addresses),
        "url": addresses.blog,
        "inbox": addresses.shared_inbox,
        "outbox": addresses.instance_outbox,
        "endpoints": {"sharedInbox": addresses.shared_inbox},
        "manuallyApprovesFollowers": True,
        "discoverable": False,
        "indexable": False,
        "publicKey": _rsa_key(addresses.instance_key_id, actor_id, rsa_pem),
    }


def instance_handle(addresses: Addresses) -> str:
    """The instance actor's name: the host itself, which no author can choose as a handle."""
    return addresses.hostname


def _field(name: str, value: str) -> Document:
    return {"type": "PropertyValue", "name": name, "value": _field_html(value)}


def _field_html(value: str) -> str:
    """A web address as a link with rel=me, so that peers can verify it; anything else as text."""
    if web_url(value.strip()) is None:
        return html.escape(value, quote=False)
    url = value.strip()
    shown = url.partition("://")[2].removesuffix("/")
    link = f'<a href="{html.escape(url)}" rel="me nofollow noopener" target="_blank">'
    return f"{link}{html.escape(shown, quote=False)}</a>"


def _image(url: str, media_type: str) -> Document:
    return {"type": "Image", "mediaType": media_type, "url": url}


def _rsa_key(key_id: KeyId, owner: ActorId, pem: str) -> Document:
    return {"id": key_id, "owner": owner, "publicKeyPem": pem}


def _multikey(key_id: KeyId, controller: ActorId, multibase: str) -> Document:
    return {"id": key_id, "type": "Multikey", "controller": controller, "publicKeyMultibase": multibase}
