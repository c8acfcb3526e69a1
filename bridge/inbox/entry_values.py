"""A post of another server -> the columns of its entry: sanitised here, outside of any transaction."""

from __future__ import annotations

from datetime import datetime

from bridge.activity.incoming_note import Note
from bridge.activity.remote_actor import RemoteActor
from bridge.conversation import sanitize
from bridge.urls import host_of


def values_from(note: Note, actor: RemoteActor, *, blog_id: int, now: datetime) -> dict[str, object]:
    """All columns that the post itself decides; the issue, token and state are the caller's."""
    return {
        "blog_id": blog_id,
        "kind": "reply",
        "object_id": note.id,
        "url": note.url or note.id,
        "in_reply_to": note.in_reply_to,
        "actor_id": actor.id,
        "author_name": actor.name or host_of(actor.id),
        "author_handle": shown_handle(actor),
        "author_url": actor.url or actor.id,
        "author_avatar": actor.icon_url,
        **text_values(note),
        "visibility": note.visibility,
        "published": note.published,
        "updated": note.updated,
        "received_at": now,
        "changed_at": now,
        "ways": ["inbox"],
    }


def text_values(note: Note) -> dict[str, object]:
    """The columns that an edit changes."""
    content_html, text = sanitize.clean_and_text(note.content_html)
    return {
        "content_html": content_html,
        "text": text,
        "content_warning": note.content_warning,
        "language": note.language,
        "pictures": [
            {"url": a.url, "alt": a.alt, "width": a.width, "height": a.height, "type": a.media_type}
            for a in note.attachments
            if a.kind == "image"
        ],
    }


def shown_handle(actor: RemoteActor) -> str:
    """`@user@host` of the actor's own host: what needs no second server to be true (security S41)."""
    host = host_of(actor.id)
    return f"@{actor.preferred_username}@{host}" if actor.preferred_username else f"@{host}"
