"""The peer's people, posts and acts -> ActivityStreams JSON, as Mastodon writes it.

Called by `doors` (documents to be fetched) and `control` (activities to be sent). ActivityPub section 3;
the key in the actor document is the Security Vocabulary's `publicKey`.
"""

from __future__ import annotations

from html import escape
from typing import Any

from bridge.clock import wire_time
from bridge.demo.people import Person, Post
from bridge.terms import Document

AS2 = "https://www.w3.org/ns/activitystreams"
PUBLIC = AS2 + "#Public"
ACTIVITY_JSON = "application/activity+json"
_CONTEXT = [AS2, "https://w3id.org/security/v1"]


def actor_document(person: Person, *, origin: str, public_key_pem: str) -> Document:
    """One person, with everything that a server needs to follow, answer and verify."""
    return {
        "@context": _CONTEXT,
        "id": person.id,
        "type": "Person",
        "preferredUsername": person.name,
        "name": person.display_name,
        "summary": "",
        "url": f"{origin}/@{person.name}",
        "inbox": person.inbox,
        "outbox": f"{person.id}/outbox",
        "followers": f"{person.id}/followers",
        "following": f"{person.id}/following",
        "manuallyApprovesFollowers": False,
        "discoverable": True,
        "endpoints": {"sharedInbox": f"{origin}/inbox"} if person.shared_inbox else {},
        "publicKey": {"id": f"{person.id}#main-key", "owner": person.id, "publicKeyPem": public_key_pem},
    }


def instance_document(*, origin: str, public_key_pem: str) -> Document:
    """The server itself, which signs fetches; open to all, so that two careful servers do not wait in a ring."""
    actor = f"{origin}/actor"
    return {
        "@context": _CONTEXT,
        "id": actor,
        "type": "Application",
        "preferredUsername": origin.partition("://")[2],
        "inbox": f"{origin}/inbox",
        "outbox": f"{actor}/outbox",
        "publicKey": {"id": f"{actor}#main-key", "owner": actor, "publicKeyPem": public_key_pem},
    }


def webfinger_document(person: Person, *, origin: str) -> Document:
    """RFC 7033's JRD for one handle."""
    page = f"{origin}/@{person.name}"
    return {
        "subject": f"acct:{person.name}@{origin.partition('://')[2]}",
        "aliases": [page, person.id],
        "links": [
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page},
            {"rel": "self", "type": ACTIVITY_JSON, "href": person.id},
        ],
    }


def note_document(post: Post) -> Document:
    """A post, or the Tombstone that stands in its place."""
    if post.deleted is not None:
        return {
            "@context": AS2,
            "id": post.id,
            "type": "Tombstone",
            "formerType": "Note",
            "deleted": wire_time(post.deleted),
        }
    note: Document = {
        "@context": AS2,
        "id": post.id,
        "type": "Note",
        "attributedTo": post.author,
        "to": list(post.to),
        "cc": list(post.cc),
        "published": wire_time(post.published),
        "url": post.url,
        "content": post.content,
        "contentMap": {"de": post.content},
        "inReplyTo": post.in_reply_to,
        "tag": [{"type": "Mention", "href": actor, "name": name} for actor, name in post.mentions],
        "attachment": [],
        "replies": {
            "id": f"{post.id}/replies",
            "type": "Collection",
            "first": {
                "type": "CollectionPage",
                "next": f"{post.id}/replies?page=1",
                "partOf": f"{post.id}/replies",
                "items": [],
            },
        },
    }
    if post.updated is not None:
        note["updated"] = wire_time(post.updated)
    return note


def replies_document(post: Post, *, page: bool) -> Document:
    """The answers to a post, by id: the collection, or its one page."""
    collection = f"{post.id}/replies"
    items = {"type": "CollectionPage", "id": f"{collection}?page=1", "partOf": collection, "items": list(post.replies)}
    return (
        {"@context": AS2, **items}
        if page
        else {"@context": AS2, "id": collection, "type": "Collection", "first": items}
    )


def collection_document(collection: str, items: list[Any], *, listed: bool = True) -> Document:
    """An OrderedCollection in one piece; only counted when not `listed`."""
    document: Document = {"@context": AS2, "id": collection, "type": "OrderedCollection", "totalItems": len(items)}
    return document | ({"orderedItems": items} if listed else {})


def create(post: Post) -> Document:
    """The Create of a post."""
    return _around(post, f"{post.id}/activity", "Create", note_document(post))


def update(post: Post) -> Document:
    """The Update of a post that was edited; its id is new for each edit."""
    assert post.updated is not None
    return _around(post, f"{post.id}#updates/{post.edits}", "Update", note_document(post))


def delete(post: Post) -> Document:
    """The Delete of a post, to everyone who may have it."""
    return {
        "@context": AS2,
        "id": f"{post.id}#delete",
        "type": "Delete",
        "actor": post.author,
        "to": [PUBLIC],
        "object": {"id": post.id, "type": "Tombstone"},
    }


def act(kind: str, *, activity: str, actor: str, target: str | Document, **more: Any) -> Document:
    """Follow, Like, Announce, Accept: one who does, one thing it is done to."""
    return {"@context": AS2, "id": activity, "type": kind, "actor": actor, "object": target, **more}


def undo(activity: Document) -> Document:
    """The Undo of what was sent before, with the original inside, as Mastodon does."""
    inner = {name: value for name, value in activity.items() if name != "@context"}
    return act("Undo", activity=f"{activity['id']}/undo", actor=activity["actor"], target=inner)


def text_to_html(text: str, mentions: tuple[tuple[str, str], ...]) -> str:
    """What Mastodon makes of typed text: paragraphs, line breaks, the mentions in front."""
    front = "".join(
        f'<span class="h-card"><a href="{escape(actor)}" class="u-url mention">'
        f"@<span>{escape(name.split('@')[1])}</span></a></span> "
        for actor, name in mentions
    )
    paragraphs = [escape(part, quote=False).replace("\n", "<br>") for part in text.strip().split("\n\n")]
    return "<p>" + front + "</p><p>".join(paragraphs) + "</p>"


def _around(post: Post, activity: str, kind: str, note: Document) -> Document:
    inner = {name: value for name, value in note.items() if name != "@context"}
    return {
        "@context": AS2,
        "id": activity,
        "type": kind,
        "actor": post.author,
        "published": wire_time(post.updated or post.published),
        "to": list(post.to),
        "cc": list(post.cc),
        "object": inner,
    }
