"""An object of ours -> the ids that its collections list: public members only (contract section 6)."""

from __future__ import annotations

from bridge.conversation.comment import is_public, order_of
from bridge.conversation.reaction import Tally
from bridge.store.published import ObjectRow
from bridge.web import gather
from bridge.web.conversations import Conversation
from bridge.web.site import Site

#: What has an id in the fediverse that a server can ask for.
_KINDS = ("reply", "quote", "mention")


async def conversation_of(site: Site, row: ObjectRow) -> Conversation | None:
    """The conversation that an object of ours belongs to; None if it belongs to no issue."""
    return None if row.issue_id is None else await gather.said_under(site, row.issue_id)


def reply_ids(said: Conversation, row: ObjectRow) -> list[str]:
    """The answers to this very object: those of a thread's sections that are its own, then the shown ones by time."""
    own: list[str] = [one.id for one in said.sections if one.document.get("inReplyTo") == row.id]
    return [*own, *(entry for entry, answers in _shown(said) if answers == row.id)]


def context_ids(said: Conversation, row: ObjectRow) -> list[str]:
    """The whole conversation: the object with its thread first, then what was said, in order (FEP-f228)."""
    first = said.issue.object_id or row.id
    thread = (one.id for one in said.sections)
    return list(dict.fromkeys([first, *thread, row.id, *(entry for entry, _ in _shown(said))]))


def like_ids(said: Conversation, row: ObjectRow) -> list[str]:
    """Who liked; only the count is told."""
    return [one.person.actor_id for one in _tally(said, row).likes]


def share_ids(said: Conversation, row: ObjectRow) -> list[str]:
    """Who boosted; only the count is told."""
    return [one.person.actor_id for one in _tally(said, row).boosts]


def _tally(said: Conversation, row: ObjectRow) -> Tally:
    """Of an issue that is a thread its first post has its own, and each later one too."""
    return said.of_first if row.kind == "issue" else said.of_posts.get(row.id, Tally())


def _shown(said: Conversation) -> list[tuple[str, str | None]]:
    """Object id and what it answers, of what strangers may read, by time."""
    shown = [entry for entry in said.entries if is_public(entry) and entry.kind in _KINDS]
    shown.sort(key=lambda entry: order_of(entry, since=said.issue.date))
    return [(entry.object_id, entry.in_reply_to) for entry in shown]
