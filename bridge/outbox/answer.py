"""The author's answer to a comment -> a quiet public Note in reply, for the people of the branch and their servers.

`cli` and the admin pages call it: `compose` before the transaction, the rest inside one. An answer to something that
was said in private is private too. Contract section 4, ActivityPub 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any

from bridge.activity.context import PUBLIC, with_context
from bridge.activity.ids import Blog, new_token
from bridge.activity.outgoing import create_of, delete_of, federated_digest, update_of, wire_bytes
from bridge.activity.post import audience, tags
from bridge.clock import wire_time
from bridge.conversation import sanitize
from bridge.errors import UserFault
from bridge.issues.fediverse_html import FediverseHtml
from bridge.issues.markdown_rules import html_from_markdown
from bridge.issues.page_html import PageTree, sanitised
from bridge.issues.rendered import Hashtag, Mention
from bridge.outbox import stamps
from bridge.outbox.audience import TO_A_FEW, deliver
from bridge.outbox.people import People
from bridge.store import actors, changes, deliveries, entries, issues, published, quote_stamps
from bridge.store.database import Transaction
from bridge.store.entries import EntryRow
from bridge.store.issues import IssueRow
from bridge.store.published import NewActivity, ObjectRow
from bridge.terms import ActorId, Document, InboxUrl, ObjectId

_LONGEST = 20_000
_MOST_ABOVE = 200


@dataclass(frozen=True, kw_only=True)
class Said:
    """An answer that is out: the entry's id, its object, and how many servers it goes to."""

    token: str
    object_id: ObjectId
    deliveries: int


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What an answer says, as HTML that the fediverse keeps; what it names, and the handles that lead to nobody."""

    html: str
    mentions: tuple[Mention, ...] = ()
    hashtags: tuple[Hashtag, ...] = ()
    missing: tuple[str, ...] = ()


async def compose(text: str, blog: Blog, people: People) -> Wording:
    """Make the author's Markdown ready, and find whom it names. Raises UserFault."""
    if not text.strip():
        raise UserFault("an answer needs a text")
    if len(text) > _LONGEST:
        raise UserFault(f"the answer is longer than {_LONGEST} characters; shorten it")
    handles: dict[str, str] = {}
    if "@" in text:
        html_from_markdown(
            text, mention=lambda handle: handles.update({handle.casefold(): handle}), tag_url=blog.addresses.tag_page
        )
    met = {handle.casefold(): one for handle, one in (await people.find(set(handles.values()))).items()}
    converted = html_from_markdown(
        text, mention=lambda handle: met.get(handle.casefold()), tag_url=blog.addresses.tag_page
    )
    tree = PageTree(sanitised(converted.html), page_url=blog.page, served=lambda _: None)
    return Wording(
        html=FediverseHtml(page_url=blog.page, language=blog.language, known=tree.pictures).write(tree.blocks),
        mentions=tuple(dict.fromkeys(converted.mentions)),
        hashtags=tuple(dict.fromkeys(converted.hashtags)),
        missing=tuple(handle for key, handle in handles.items() if key not in met),
    )


def say(tx: Transaction, blog: Blog, answered: EntryRow, wording: Wording, *, now: datetime) -> Said:
    """Answer an entry. Raises UserFault where nobody could be answered."""
    issue = issues.find(tx, answered.issue_id)
    if issue is None or answered.state in ("deleted", "spam"):
        raise UserFault("this comment is gone, so it cannot be answered")
    if not answered.ours and answered.kind not in ("reply", "mention", "quote"):
        raise UserFault(f"this came as a {answered.kind}, which nobody can answer from here; answer at {answered.url}")
    token, object_id = new_token(), blog.addresses.object(new_token())
    person = _mention_of(answered)
    content = _with_mention(wording, person)
    is_private = answered.visibility in ("followers", "direct")
    # People who are only named in an answer to something private are not told of it.
    named = _named(person, () if is_private else wording.mentions)
    branch = list(dict.fromkeys([*_branch(tx, blog, answered), *(one.actor_id for one in named)]))
    document = with_context(
        {
            "id": object_id,
            "type": "Note",
            "attributedTo": blog.actor_id,
            "inReplyTo": answered.object_id,
            **_addressed(blog, answered, branch),
            "published": wire_time(now),
            "url": f"{blog.addresses.page(issue.slug)}#c-{token}",
            "content": content,
            "contentMap": {blog.language: content},
            "tag": tags(named, wording.hashtags),
            "replies": f"{object_id}/replies",
            "likes": f"{object_id}/likes",
            "shares": f"{object_id}/shares",
        }
        | ({} if issue.object_id is None else {"context": f"{issue.object_id}/context"})
    )
    published.add(tx, _object_row(blog, issue, document, answered, now))
    entries.add(tx, _entry_values(blog, answered, document, wording.html, token=token, now=now))
    made = _send(tx, blog, issue.id, document, "Create", actors.inboxes_of(tx, branch), now=now)
    tx.touch(changes.issue(issue.id))
    return Said(token=token, object_id=object_id, deliveries=made)


def change(tx: Transaction, blog: Blog, entry: EntryRow, wording: Wording, *, now: datetime) -> int | None:
    """Edit an answer everywhere it went; to how many servers that goes, or None where it says that already.

    Raises UserFault.
    """
    row = _own(tx, entry)
    html = wording.html
    answered = entries.find_by_object(tx, blog.id, entry.in_reply_to or "")
    person = None if answered is None else _mention_of(answered)
    content = _with_mention(wording, person)
    if content == row.document["content"]:
        return None
    named = _named(person, wording.mentions if PUBLIC in row.document["cc"] else ())
    people = [one.actor_id for one in named]
    last = row.updated_at or row.published_at
    updated = max(now, last + timedelta(seconds=1))
    document = {
        **row.document,
        "content": content,
        "contentMap": {blog.language: content},
        "tag": tags(named, wording.hashtags),
        "cc": list(dict.fromkeys([*row.document["cc"], *people])) if PUBLIC in row.document["cc"] else [],
        "updated": wire_time(updated),
    }
    values = {"document": document, "digest": federated_digest(document), "updated_at": updated}
    published.change(tx, row.id, values)
    shown = {"content_html": sanitize.clean(html), "text": sanitize.text_of(html), "updated": now, "changed_at": now}
    entries.change(tx, entry.id, shown)
    inboxes = [*(inbox for inbox, _ in deliveries.inboxes_of(tx, row.id)), *actors.inboxes_of(tx, people)]
    tx.touch(changes.issue(entry.issue_id))
    return _send(tx, blog, entry.issue_id, document, "Update", list(dict.fromkeys(inboxes)), now=now)


def take_back(tx: Transaction, blog: Blog, entry: EntryRow, *, now: datetime) -> int:
    """Delete an answer everywhere it went; returns to how many servers that goes. Raises UserFault."""
    row = _own(tx, entry)
    never_sent = set(deliveries.drop_waiting(tx, row.id, now=now, reason="deleted before it was sent"))
    published.delete(tx, row.id, now=now)
    stamps.revoke(tx, blog, quote_stamps.of_object(tx, row.id), now=now)
    entries.empty(tx, entry.id, reason="deleted by the author", now=now)
    inboxes = [inbox for inbox, _ in deliveries.inboxes_of(tx, row.id) if inbox not in never_sent]
    tx.touch(changes.issue(entry.issue_id))
    return _send(tx, blog, entry.issue_id, row.document, "Delete", inboxes, now=now)


def _own(tx: Transaction, entry: EntryRow) -> ObjectRow:
    row = published.find(tx, entry.object_id) if entry.ours else None
    if row is None or row.kind != "answer":
        raise UserFault("this is not an answer of yours; only those can be edited or deleted")
    if row.deleted_at is not None:
        raise UserFault("this answer is deleted already")
    return row


def _mention_of(entry: EntryRow) -> Mention | None:
    """The person who is answered; nobody where that is the author."""
    if entry.ours or entry.actor_id is None:
        return None
    return Mention(
        handle=entry.author_handle.lstrip("@"), actor_id=entry.actor_id, url=entry.author_url or entry.actor_id
    )


def _with_mention(wording: Wording, person: Mention | None) -> str:
    """The person's name in front, in the form by which servers know a mention, unless the text names them."""
    html = wording.html
    if person is None or person.actor_id in {one.actor_id for one in wording.mentions}:
        return html
    name = escape(person.handle.partition("@")[0])
    link = f'<span class="h-card"><a href="{escape(person.url)}" class="u-url mention">@<span>{name}</span></a></span> '
    return html.replace("<p>", f"<p>{link}", 1) if html.startswith("<p>") else f"<p>{link}</p>{html}"


def _branch(tx: Transaction, blog: Blog, answered: EntryRow) -> list[ActorId]:
    """Who spoke in the branch, from the comment answered up to the issue."""
    people: dict[ActorId, None] = {}
    here: EntryRow | None = answered
    for _ in range(_MOST_ABOVE):
        if here is None:
            break
        if here.actor_id is not None and not here.ours and here.state not in ("deleted", "spam", "blocked"):
            people[here.actor_id] = None
        here = None if here.in_reply_to is None else entries.find_by_object(tx, blog.id, here.in_reply_to)
    return list(people)


def _named(person: Mention | None, mentions: Iterable[Mention]) -> list[Mention]:
    """The person who is answered, and whom else the text names; each once."""
    everybody = [*([] if person is None else [person]), *mentions]
    return list({one.actor_id: one for one in reversed(everybody)}.values())[::-1]


def _addressed(blog: Blog, answered: EntryRow, people: Sequence[ActorId]) -> dict[str, list[str]]:
    """Unlisted for all who can read the branch; to the one person where that person spoke in private."""
    if answered.visibility in ("followers", "direct"):
        return {"to": [] if answered.actor_id is None else [answered.actor_id], "cc": []}
    quiet = audience("unlisted", blog.followers, ())
    return {"to": quiet["to"], "cc": [*quiet["cc"], *people]}


def _object_row(blog: Blog, issue: IssueRow, document: Document, answered: EntryRow, now: datetime) -> ObjectRow:
    return ObjectRow(
        id=ObjectId(document["id"]),
        blog_id=blog.id,
        issue_id=issue.id,
        kind="answer",
        position=0,
        section=answered.section,
        document=document,
        digest=federated_digest(document),
        published_at=now,
        updated_at=None,
        deleted_at=None,
    )


def _entry_values(
    blog: Blog, answered: EntryRow, document: Document, html: str, *, token: str, now: datetime
) -> dict[str, Any]:
    public = PUBLIC in document["cc"]
    return {
        "token": token,
        "blog_id": blog.id,
        "issue_id": answered.issue_id,
        "kind": "reply",
        "object_id": document["id"],
        "url": document["url"],
        "in_reply_to": answered.object_id,
        "actor_id": blog.actor_id,
        "author_name": blog.title,
        "author_handle": f"@{blog.acct}",
        "author_url": blog.page,
        "author_avatar": None,
        "content_html": sanitize.clean(html),
        "text": sanitize.text_of(html),
        "content_warning": None,
        "language": blog.language,
        "pictures": [],
        "section": answered.section,
        "visibility": "public" if public else "direct",
        "state": "shown" if public else "private",
        "reason": "It is the author's own answer." if public else "It answers something said in private.",
        "is_author": True,
        "ours": True,
        "own_series": False,
        "published": now,
        "updated": None,
        "received_at": now,
        "changed_at": now,
        "ways": ["answer"],
    }


def _send(
    tx: Transaction,
    blog: Blog,
    issue_id: int,
    document: Document,
    kind: str,
    inboxes: Sequence[InboxUrl],
    *,
    now: datetime,
) -> int:
    activity_id = blog.addresses.activity(new_token())
    match kind:
        case "Create":
            activity = create_of(document, activity_id)
        case "Update":
            activity = update_of(document, activity_id)
        case _:
            activity = delete_of(document, activity_id, deleted=now)
    new = NewActivity(
        id=activity_id,
        blog_id=blog.id,
        type=kind,
        body=wire_bytes(activity),
        issue_id=issue_id,
        object_id=ObjectId(document["id"]),
    )
    return deliver(tx, new, inboxes, now=now, priority=TO_A_FEW)
