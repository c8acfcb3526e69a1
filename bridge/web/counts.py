"""How many comments stand under each issue, counted again only where something was said since.

The front page, the archive and the tags' pages change with every comment under any of their issues; a blog of many
years has tens of thousands of comments. `gather.lines` asks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bridge.store import changes
from bridge.web.news import News

#: Counts the comments under some issues; one that has none may be left out.
Read = Callable[[Sequence[int]], Awaitable[Mapping[int, int]]]


class Counts:
    """Two numbers for every issue that was ever in a list."""

    def __init__(self, news: News) -> None:
        self._news = news
        self._kept: dict[int, tuple[int, int]] = {}  #: of each issue its comments, after so many changes

    async def of(self, issue_ids: Sequence[int], read: Read) -> Mapping[int, int]:
        """How many there are under each, after every change heard of so far. Raises what `read` does."""
        began = self._news.count
        known = {issue_id: count for issue_id in issue_ids if (count := self._known(issue_id)) is not None}
        unknown = [issue_id for issue_id in issue_ids if issue_id not in known]
        if unknown:
            found = await read(unknown)
            counted = {issue_id: found.get(issue_id, 0) for issue_id in unknown}
            self._kept.update((issue_id, (count, began)) for issue_id, count in counted.items())
            known |= counted
        return known

    def _known(self, issue_id: int) -> int | None:
        kept = self._kept.get(issue_id)
        if kept is None or not self._news.are_unchanged((changes.issue(issue_id), changes.BLOG), since=kept[1]):
            return None
        return kept[0]
