"""What was said under an issue -> gathered once for all that is made of it, until it changes.

The page, `comments.json`, the feed and each page of each collection show the same; in a long conversation gathering it
costs as much as writing any of them. `gather.said_under` asks.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.clock import Clock
from bridge.conversation.comment import Entry
from bridge.conversation.reaction import Tally
from bridge.store import changes
from bridge.store.issues import IssueRow
from bridge.store.published import ObjectRow
from bridge.web.news import News

#: What is kept of all conversations together, in characters of text; strangers decide how long theirs are.
_MOST_CHARACTERS = 16 * 1024 * 1024
#: An entry's addresses, names and times take as much as so many characters.
_BESIDE_TEXT = 1_200


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """An issue with everything said about it.

    `tally` are all who liked or boosted the issue, whichever post of its thread. `sections` are that thread's later
    posts, in order. `of_first` and `of_posts` are for the collections of ActivityPub: who liked and boosted the first
    post alone, and each other one by its id; the author's answers, too, whose likes say nothing of the issue.
    """

    issue: IssueRow
    entries: tuple[Entry, ...]
    tally: Tally
    closed: bool
    closes: datetime | None = None  #: when it closes by itself
    of_first: Tally = field(default_factory=Tally)
    of_posts: Mapping[str, Tally] = field(default_factory=dict)
    sections: tuple[ObjectRow, ...] = ()


#: Reads a conversation from the database.
Read = Callable[[], Awaitable[Conversation]]


@dataclass(frozen=True, kw_only=True)
class _Gathering:
    """A conversation that is being read as it was after so many changes."""

    began: int
    task: asyncio.Task[Conversation]


class Conversations:
    """The conversations of lately read issues; the longest unused go first."""

    def __init__(self, news: News, *, clock: Clock) -> None:
        self._news = news
        self._clock = clock
        self._kept: OrderedDict[int, Conversation] = OrderedDict()
        self._gathering: dict[int, _Gathering] = {}
        news.tell(self._forget)

    async def get(self, issue_id: int, read: Read) -> Conversation:
        """The conversation as it is after every change heard of so far. Raises what `read` does."""
        kept = self._kept.get(issue_id)
        if kept is not None and (kept.closes is None or self._clock() < kept.closes):
            self._kept.move_to_end(issue_id)
            return kept
        gathering = self._gathering.get(issue_id)
        if gathering is None or gathering.began < self._news.count:
            gathering = self._begin(issue_id, read)
        return await asyncio.shield(gathering.task)  # others may wait for it when this reader is gone

    def _begin(self, issue_id: int, read: Read) -> _Gathering:
        began = self._news.count
        task = asyncio.ensure_future(self._gather(issue_id, read, began))
        gathering = self._gathering[issue_id] = _Gathering(began=began, task=task)
        task.add_done_callback(lambda _: self._end(issue_id, gathering))
        return gathering

    def _end(self, issue_id: int, gathering: _Gathering) -> None:
        if self._gathering.get(issue_id) is gathering:
            del self._gathering[issue_id]

    async def _gather(self, issue_id: int, read: Read, began: int) -> Conversation:
        said = await read()
        if self._news.are_unchanged((changes.issue(issue_id), changes.BLOG), since=began):
            self._keep(said)
        return said

    def _keep(self, said: Conversation) -> None:
        self._kept[said.issue.id] = said
        self._kept.move_to_end(said.issue.id)
        while sum(map(_weight, self._kept.values())) > _MOST_CHARACTERS:
            self._kept.popitem(last=False)

    def _forget(self, topics: frozenset[str]) -> None:
        if not topics.isdisjoint((changes.BLOG, changes.ANYTHING)):
            self._kept.clear()
        for issue_id in [issue_id for issue_id in self._kept if changes.issue(issue_id) in topics]:
            del self._kept[issue_id]


def _weight(said: Conversation) -> int:
    return sum(len(entry.content_html) + _BESIDE_TEXT for entry in said.entries)
