"""What a handler may know and ask besides the activity; made by `receive` for each activity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.activity.ids import Blog
from bridge.activity.incoming_note import Note
from bridge.config import CommentsConfig
from bridge.inbox.creators import Creators
from bridge.inbox.sources import Sources


@dataclass(frozen=True, kw_only=True)
class Context:
    """`blocked` is what the configuration blocks; `new_followers_per_hour` is None where there is no limit."""

    blog: Blog
    now: datetime
    comments: CommentsConfig
    sources: Sources
    creators: Creators
    blocked: Sequence[str] = ()
    new_followers_per_hour: int | None = None
    is_creator: bool = False  #: the sender is one of the author's own accounts

    def is_us(self, url: str | None) -> bool:
        """Whether the address means the blog: its actor id, or one of its pages."""
        if url is None:
            return False
        ours = self.blog.addresses.kind_of(url)
        return ours is not None and (
            ours.kind == "blog" or (ours.kind == "actor" and ours.token == self.blog.actor_token)
        )

    def is_named_by(self, note: Note) -> bool:
        """Whether a post mentions the blog: by its address, or where that is missing by its handle."""
        handle = f"@{self.blog.acct}".lower()
        return any(
            self.is_us(tag.href) if tag.href is not None else tag.name.lower() in (handle, handle[1:])
            for tag in note.mentions
        )
