"""A post, by whatever way it came -> an entry under an issue, once, in the state that the author's rules give it.

The inbox keeps what is sent here, and what it fetches because somebody named it; `repair` keeps what it crawls. All
is prepared outside of the transaction (`arrival_of`), judged and written in it (`keep`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bridge.activity.ids import new_token
from bridge.activity.incoming_note import Note
from bridge.activity.remote_actor import RemoteActor
from bridge.conversation import approval
from bridge.conversation.comment import Kind, State
from bridge.conversation.linkback import RANKS, source_key
from bridge.conversation.sanitize import has_words
from bridge.inbox.context import Context
from bridge.inbox.entry_values import not_ahead, values_from
from bridge.inbox.own_posts import place_at, post_meant
from bridge.inbox.result import Done, Ignored, Result, verdict_of
from bridge.store import actors, blocks, changes, entries, facts, issues, linkbacks, parked, places, received
from bridge.store.database import Transaction, WakeUp
from bridge.store.entries import EntryRow
from bridge.store.places import Place
from bridge.terms import ActorId
from bridge.urls import host_of

_HREF = re.compile(r'href="([^"]*)"')
_MOST_LINKS = 50


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A post ready to be kept. `links` are the addresses of ours in its text; `way` is how it came."""

    note: Note
    actor: RemoteActor
    values: Mapping[str, Any]
    links: tuple[str, ...]
    names_us: bool
    is_creator: bool
    way: str

    @property
    def text(self) -> str:
        """What a reader would see of it, for the author's word list."""
        return f"{self.values['text']} {self.note.content_warning or ''}"


def arrival_of(
    note: Note, actor: RemoteActor, context: Context, *, way: str = "inbox", is_creator: bool = False
) -> Arrival:
    """Clean the post. That its author wrote it must be proven already."""
    values = values_from(note, actor, blog_id=context.blog.id, now=context.now)
    return Arrival(
        note=note,
        actor=actor,
        values={**values, "ways": [way], "is_author": is_creator},
        links=_links(note, str(values["content_html"]), context),
        names_us=context.is_named_by(note),
        is_creator=is_creator,
        way=way,
    )


def _links(note: Note, cleaned: str, context: Context) -> tuple[str, ...]:
    if not note.object_links and context.blog.addresses.hostname not in cleaned.lower():
        return ()
    found = (*note.object_links, *(html.unescape(href) for href in _HREF.findall(cleaned)[:_MOST_LINKS]))
    return tuple(dict.fromkeys(href for href in found if context.blog.addresses.is_ours(href)))


def unfit(note: Note) -> str | None:
    """Why a post is no comment whatever it answers; None for one that may be."""
    if note.is_poll_vote:
        return "a vote in a poll; we have none"
    if note.kind == "ChatMessage":
        return "a chat message, which is for nobody else to read; the blog does not chat"
    return None


def keep(tx: Transaction, arrival: Arrival, context: Context) -> Result:
    """Find where the post belongs, judge it, and keep it in whatever state it is."""
    note, blog = arrival.note, context.blog
    url = note.url or note.id
    face = arrival.actor.icon_url
    known = facts.of_post(tx, blog.id, object_id=note.id, url=url, actor_id=note.attributed_to, face=face)
    same = entries.find_same(tx, blog.id, note.id, url) if known.is_here else None
    if same is None and known.has_linkbacks:
        same = _copy(tx, note, context)
    if same is not None and (same.object_id == note.id or same.state == "deleted"):
        return _again(tx, same, arrival)
    if known.is_deleted:
        return Ignored(verdict="deleted", reason="its author deleted it before it arrived")
    if known.is_forgotten:
        return Ignored(verdict="hidden", reason=FORGOTTEN)
    # What its own author sends was judged at the door; what others name or we find is judged here (S42).
    blocked = None if arrival.way == "inbox" else _blocked(tx, arrival, context)
    if blocked is not None:
        return Ignored(verdict="blocked", reason=f"the author blocks {blocked}")
    if note.also_answers:
        arrival = _answering_one(tx, arrival, context)
        note = arrival.note
    found = place_of(tx, arrival, context)
    if found is None:
        return _parked_or_not(tx, arrival, context)
    kind, place = found
    if place is None:
        return Ignored(reason="it speaks to the blog, but no issue is published that it could stand under")
    judged = approval.verdict(
        approval.Asked(
            visibility=note.visibility,
            text=arrival.text,
            known=known.was_shown,
            closed=place.closed(context.now),
            declined=arrival.actor.no_blog,
            asks_itself=note.no_blog,
            blocks_us=known.blocks_us,
            is_empty=is_empty(arrival, kind),
            is_creator=arrival.is_creator,
        ),
        policy=context.comments.approval,
        words=context.comments.words,
    )
    values = {**arrival.values, "kind": kind, "issue_id": place.issue_id, "section": place.section}
    if note.in_reply_to is not None and place.post not in (None, note.in_reply_to):
        values["in_reply_to"] = post_meant(tx, note.in_reply_to, context)
    if known.handle is not None:
        values["author_handle"] = f"@{known.handle}"
    elif not known.was_shown:
        tx.wake(WakeUp(kind=actors.PROVE_HANDLE, key=note.attributed_to))
    if same is not None:
        return _upgrade(tx, same, values, judged, place)
    told = {"token": new_token(), "state": judged.state, "reason": judged.reason}
    entries.add(tx, {**values, **told}, has_face=known.has_face)
    if known.is_awaited:
        parked.wake_answers_to(tx, note.id)
    verdict, reason = verdict_of(judged.state), _told(kind, judged.reason)
    if known.is_parked:  # it waited for its parents, and came by another way
        parked.remove(tx, note.id)
        received.settle(tx, note.id, verdict=verdict, reason=reason, issue_id=place.issue_id)
    if judged.state == "shown":
        tx.touch(changes.issue(place.issue_id))
    return Done(verdict=verdict, reason=reason, issue_id=place.issue_id)


def is_empty(arrival: Arrival, kind: str) -> bool:
    """Whether a reader would see nothing of a post; a quote without words still says who quotes."""
    said = has_words(str(arrival.values["text"])) or "<a " in str(arrival.values["content_html"])
    return kind != "quote" and not (said or arrival.values["pictures"] or arrival.note.content_warning)


def _blocked(tx: Transaction, arrival: Arrival, context: Context) -> str | None:
    listed = blocks.listed(tx, context.blog.id, context.blocked)
    return listed.holds(arrival.actor.id, arrival.note.id)


def may_stand_under(tx: Transaction, note: Note, context: Context) -> bool:
    """Whether what the post answers, or the issue it quotes, is here: then it need not wait for a parent."""
    addresses = (note.in_reply_to, *note.also_answers, note.quotes)
    return any(address is not None and _place(tx, address, context) is not None for address in addresses)


def _parked_or_not(tx: Transaction, arrival: Arrival, context: Context) -> Result:
    """A public reply to something unknown may belong to us by a parent that nobody sent here: `repair` looks."""
    note = arrival.note
    if note.in_reply_to is None or not note.is_public or context.blog.addresses.is_ours(note.in_reply_to):
        return Ignored(reason=_nowhere(note))
    waits = parked.add(
        tx,
        context.blog.id,
        object_id=note.id,
        in_reply_to=note.in_reply_to,
        server=host_of(note.id),
        now=context.now,
    )
    if not waits:
        return Ignored(reason=f"{_nowhere(note)}, and its server has too many such replies waiting already")
    if parked.is_waiting(tx, note.id):
        return Ignored(verdict="parked", reason=f"{_nowhere(note)}; that was looked for before, and is waited for")
    return Ignored(verdict="parked", reason=f"{_nowhere(note)}; what it answers is being looked for")


def _answering_one(tx: Transaction, arrival: Arrival, context: Context) -> Arrival:
    """Of several posts that it answers the first that is here counts; where none is, the first of all."""
    addresses = (str(arrival.note.in_reply_to), *arrival.note.also_answers)
    parent = next((address for address in addresses if _place(tx, address, context) is not None), addresses[0])
    note = arrival.note._replace(in_reply_to=parent, also_answers=())
    return replace(arrival, note=note, values={**arrival.values, "in_reply_to": parent})


def place_of(tx: Transaction, arrival: Arrival, context: Context) -> tuple[Kind, Place | None] | None:
    """What the post is to us and where it stands; None when it is nothing to us.

    A reply to something here is a reply; what quotes an issue is a quote, or a reply where it answers something too;
    else it is a mention of the issue that it links, or of the newest one where it only names the blog.
    """
    note = arrival.note
    answered = None if note.in_reply_to is None else _place(tx, note.in_reply_to, context)
    if answered is not None:
        return "reply", answered
    quoted = None if note.quotes is None else _place(tx, note.quotes, context)
    if quoted is not None and quoted.is_ours:
        return ("quote" if note.in_reply_to is None else "reply"), quoted
    for link in arrival.links:
        linked = _place(tx, link, context)
        if linked is not None and linked.is_ours:
            return "mention", linked
    if arrival.names_us and note.in_reply_to is None:
        return "mention", places.newest(tx, context.blog.id)
    return None


def _place(tx: Transaction, address: str, context: Context) -> Place | None:
    ours = context.blog.addresses.kind_of(address)
    if ours is not None and ours.kind == "page":
        return places.of_page(tx, context.blog.id, ours.token)
    found = place_at(tx, address, context)
    return found if found is not None or ours is not None else places.of_entry_page(tx, context.blog.id, address)


def _nowhere(note: Note) -> str:
    if note.in_reply_to is not None:
        return f"it answers {note.in_reply_to}, which is not here"
    return "it neither answers, quotes, links nor names anything of this blog"


def _told(kind: Kind, reason: str) -> str:
    return reason if kind == "reply" else f"It came as a {kind}. {reason}"


def _copy(tx: Transaction, note: Note, context: Context) -> EntryRow | None:
    """A bridge's page that showed this post before it came itself; one the author decided about stays apart."""
    token = linkbacks.find_copy(tx, context.blog.id, {source_key(note.id), source_key(note.url or note.id)})
    copy = None if token is None else entries.find_by_token(tx, context.blog.id, token)
    return copy if copy is not None and copy.state in ("shown", "held") else None


def _again(tx: Transaction, same: EntryRow, arrival: Arrival) -> Result:
    """The same thing by another way, or once more."""
    if same.state == "deleted":
        return Ignored(verdict="deleted", reason="its author had deleted it", issue_id=same.issue_id)
    if arrival.way not in same.ways:
        entries.change(tx, same.id, {"ways": [*same.ways, arrival.way]})
    return Ignored(verdict="duplicate", reason="the same post is here already", issue_id=same.issue_id)


def _upgrade(tx: Transaction, same: EntryRow, values: dict[str, Any], judged: approval.Verdict, place: Place) -> Result:
    """The page came as a webmention or pingback before: one entry of the higher kind (contract section 7)."""
    ways = list(dict.fromkeys([*same.ways, *values["ways"]]))
    if RANKS[same.kind] >= RANKS[values["kind"]]:
        entries.change(tx, same.id, {"ways": ways})
        return Ignored(verdict="duplicate", reason="the same page is here already", issue_id=same.issue_id)
    decided = same.state in ("spam", "hidden", "blocked")
    state, reason = (same.state, same.reason) if decided else (judged.state, judged.reason)
    kept = {name: value for name, value in values.items() if name != "received_at"}
    entries.change(tx, same.id, {**kept, "ways": ways, "state": state, "reason": reason})
    tx.touch(changes.issue(same.issue_id))
    tx.touch(changes.issue(place.issue_id))
    told = f"It was here as a {same.kind} already, and is one entry with it. {reason}"
    return Done(verdict=verdict_of(state), reason=told, issue_id=place.issue_id)


def edit(tx: Transaction, entry: EntryRow, arrival: Arrival, context: Context) -> Result:
    """The author of the entry wrote it anew: its text, and who may see it, are judged again."""
    note = arrival.note
    if entry.state == "deleted":
        return Ignored(verdict="deleted", reason="its author had deleted it", issue_id=entry.issue_id)
    known = None if entry.updated is None or entry.updated > context.now else entry.updated
    if known is not None and note.updated is not None and note.updated < known:
        return Ignored(reason="an older edit than the one that is here", issue_id=entry.issue_id)
    judged = approval.verdict(
        approval.Asked(
            visibility=note.visibility,
            text=arrival.text,
            known=entries.approved_before(tx, context.blog.id, note.attributed_to),
            # Who was in time may still correct a word.
            closed=entry.state == "closed",
            declined=arrival.actor.no_blog,
            asks_itself=note.no_blog,
            blocks_us=actors.blocks_us(tx, note.attributed_to),
            is_empty=is_empty(arrival, entry.kind),
            is_creator=entry.is_author,
        ),
        policy=_policy_for_edit(entry, arrival, context.comments.approval),
        words=context.comments.words,
    )
    # Without a time, and with the same words, it tells of something else, such as the votes in a poll (Mastodon).
    edited_at = context.now if _differs(entry, arrival) else entry.updated
    decided = entry.state == "spam" or (entry.state == "hidden" and entry.reason == HIDDEN_BY_AUTHOR)
    state: State = judged.state
    reason = judged.reason
    if decided or (entry.state == "held" and judged.state == "shown"):
        state, reason = entry.state, entry.reason
    elif judged.word == "approval-all" and entry.state == "shown":
        reason = "Its author changed it, and every change waits for the author's approval."
    entries.change(
        tx,
        entry.id,
        {
            **{name: arrival.values[name] for name in _EDITED},
            "visibility": note.visibility,
            "updated": not_ahead(note.updated, context.now) or edited_at,
            "state": state,
            "reason": reason,
            "changed_at": context.now,
        },
    )
    tx.touch(changes.issue(entry.issue_id))
    return Done(verdict=verdict_of(state), reason=f"Edited by its author. {reason}", issue_id=entry.issue_id)


def judge_again(tx: Transaction, entry: EntryRow, context: Context, *, declined: bool) -> None:
    """What hid an entry by its author's own wish is no more: it is judged as when it came."""
    issue = issues.find(tx, entry.issue_id)
    judged = approval.verdict(
        approval.Asked(
            visibility=entry.visibility,
            text=f"{entry.text} {entry.content_warning or ''}",
            known=entries.approved_before(tx, context.blog.id, str(entry.actor_id)),
            closed=issue is not None and issue.closed(entry.received_at),
            declined=declined,
            blocks_us=actors.blocks_us(tx, ActorId(str(entry.actor_id))),
            is_creator=entry.is_author,
        ),
        policy=context.comments.approval,
        words=context.comments.words,
    )
    values = {"state": judged.state, "reason": judged.reason, "changed_at": context.now}
    entries.change(tx, entry.id, values)
    tx.touch(changes.issue(entry.issue_id))


def is_edited(entry: EntryRow, arrival: Arrival, now: datetime) -> bool:
    """Whether a copy that was fetched is newer than what is here; or is another, if it claims to be of the future."""
    said = arrival.note.updated
    if said is None:
        return False
    if said > now:
        return _differs(entry, arrival)
    return entry.updated is None or entry.updated > now or said > entry.updated


def _differs(entry: EntryRow, arrival: Arrival) -> bool:
    return any(arrival.values[name] != getattr(entry, name) for name in _VISIBLE)


def _policy_for_edit(entry: EntryRow, arrival: Arrival, policy: approval.Policy) -> approval.Policy:
    """What is shown stays shown, unless the author wants to see every word of it before."""
    if entry.state != "shown":
        return policy
    return "all" if policy == "all" and _differs(entry, arrival) else "none"


FORGOTTEN = "the author had this person forgotten, and keeps nothing new of them"
#: The reason that stands with an entry which the author hid, so that an edit does not bring it back.
HIDDEN_BY_AUTHOR = "The author of the blog hid it."
_VISIBLE = ("content_html", "content_warning", "pictures", "sensitive")
_EDITED = (*_VISIBLE, "text", "language", "author_name", "author_avatar")
