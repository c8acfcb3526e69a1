"""The tables of `repair`: what waits for its parents, what is announced elsewhere, what was looked for."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.columns import Moment, Number
from bridge.store.schema import blog_id_column, metadata

#: Replies whose parent is not here. `in_reply_to` is the post that is missing: its parent, or one further above.
parked = sa.Table(
    "parked",
    metadata,
    blog_id_column(),
    sa.Column("object_id", sa.Text, primary_key=True),
    sa.Column("in_reply_to", sa.Text, nullable=False, index=True),
    sa.Column("server", sa.Text, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("waits_until", Moment),  #: nobody looks for what is missing, but it may still be sent
    sa.Column("height", sa.Integer, nullable=False, default=0),  #: posts between it and the reply that led here
)

#: The author's own posts elsewhere about an issue, by the url of its file and by the object id once it is known.
announcements = sa.Table(
    "announcements",
    metadata,
    blog_id_column(),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("issue_id", Number, sa.ForeignKey("issues.id"), nullable=False, index=True),
    sa.PrimaryKeyConstraint("blog_id", "address"),
)

#: The last search for an issue's conversation on other servers.
crawls = sa.Table(
    "crawls",
    metadata,
    sa.Column("issue_id", Number, sa.ForeignKey("issues.id"), primary_key=True),
    sa.Column("checked_at", Moment, nullable=False),
    sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("found", sa.Integer, nullable=False),
    sa.Column("unread", sa.Text, nullable=False),
)
