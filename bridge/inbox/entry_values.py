"""A post of another server -> the columns of its entry: sanitised here, outside any transaction."""

from __future__ import annotations

import html
from datetime import datetime

from bridge.activity.incoming_note import Attachment, Note
from bridge.activity.remote_actor import RemoteActor
from bridge.conversation import sanitize
from bridge.conversation.weblink import shown_host
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
        "updated": not_ahead(note.updated, now),
        "received_at": now,
        "changed_at": now,
        "ways": ["inbox"],
    }


def not_ahead(said: datetime | None, now: datetime) -> datetime | None:
    """A time of another server, but none of the future: it would hold up every later edit (security S80)."""
    return None if said is None else min(said, now)


def text_values(note: Note) -> dict[str, object]:
    """The columns that an edit changes."""
    content_html, text = _said(note)
    return {
        "content_html": content_html,
        "text": text,
        "content_warning": note.content_warning,
        "sensitive": note.sensitive,
        "language": note.language,
        "pictures": [
            {"url": a.url, "alt": a.alt, "width": a.width, "height": a.height, "type": a.media_type}
            for a in note.attachments
            if a.kind == "image"
        ],
    }


def _said(note: Note) -> tuple[str, str]:
    """The text as HTML and as plain text, with all else that a reader should know of: title, choices, other media."""
    content, text = sanitize.clean_and_text(note.content_html)
    parts = [(content, text)]
    title = _title(note)
    if title and not text.casefold().startswith(title.casefold()):
        parts.insert(0, sanitize.clean_and_text(f"<p><strong>{html.escape(title)}</strong></p>"))
    if not text and note.summary and note.content_warning is None:
        parts.append(sanitize.clean_and_text(f"<p>{html.escape(note.summary)}</p>"))
    if note.poll:
        choices = "".join(f"<li>{html.escape(option.name)}</li>" for option in note.poll)
        parts.append(sanitize.clean_and_text(f"<ul>{choices}</ul>"))
    parts += [sanitize.clean_and_text(_link(one)) for one in note.attachments if _is_worth_a_link(one, note)]
    if len(parts) == 1:
        return content, text
    return "".join(made for made, _ in parts), "\n".join(plain for _, plain in parts if plain)


def _title(note: Note) -> str:
    """What is called something: an article, a video; a note only where it says nothing else."""
    has_title = note.kind not in ("Note", "Question", "ChatMessage")
    return note.name if has_title or not note.content_html else ""


def _is_worth_a_link(attachment: Attachment, note: Note) -> bool:
    """Everything but pictures, which are shown, and what the text links already."""
    return attachment.kind != "image" and html.escape(attachment.url) not in note.content_html


def _link(attachment: Attachment) -> str:
    words = " ".join(attachment.alt.split()) or shown_host(attachment.url)
    return f'<p><a href="{html.escape(attachment.url)}">{html.escape(words)}</a></p>'


def shown_handle(actor: RemoteActor) -> str:
    """`@user@host` of the actor's own host: what needs no second server to be true (security S41)."""
    host = host_of(actor.id)
    return f"@{actor.preferred_username}@{host}" if actor.preferred_username else f"@{host}"
