"""What a handler may know besides the activity; made by `receive` for each activity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.activity.ids import Blog
from bridge.config import CommentsConfig


@dataclass(frozen=True, kw_only=True)
class Context:
    """`new_followers_per_hour` is None where there is no limit."""

    blog: Blog
    now: datetime
    comments: CommentsConfig
    new_followers_per_hour: int | None

    def is_us(self, url: str | None) -> bool:
        """Whether the address means the blog: its actor id, or one of its pages."""
        if url is None:
            return False
        ours = self.blog.addresses.kind_of(url)
        return ours is not None and (
            ours.kind == "blog" or (ours.kind == "actor" and ours.token == self.blog.actor_token)
        )
