"""The tables of pictures: the author's and other people's, kept in `DIR/data/media`, and who shows them."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.columns import Json, Moment, Number
from bridge.store.schema import metadata

#: Pictures of the author: in issues, and of the profile. One row for each content.
pictures = sa.Table(
    "pictures",
    metadata,
    sa.Column("token", sa.Text, primary_key=True),
    sa.Column("blog_id", sa.Integer, sa.ForeignKey("blogs.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  #: issue | icon | header
    sa.Column("content", sa.Text, nullable=False),  #: git's blob id, or a digest
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("files", Json, nullable=False),  #: [name, width, height], the narrowest first
    sa.Column("blurhash", sa.Text, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.UniqueConstraint("blog_id", "kind", "content"),
)

#: Which issue shows which of them.
issue_pictures = sa.Table(
    "issue_pictures",
    metadata,
    sa.Column("issue_id", Number, sa.ForeignKey("issues.id", ondelete="CASCADE"), nullable=False),
    sa.Column("token", sa.Text, sa.ForeignKey("pictures.token"), nullable=False, index=True),
    sa.PrimaryKeyConstraint("issue_id", "token"),
)

#: Pictures of other people, encoded again: faces (entry 0) and pictures in comments. Also what could not be had.
remote_pictures = sa.Table(
    "remote_pictures",
    metadata,
    sa.Column("token", sa.Text, primary_key=True),
    sa.Column("blog_id", sa.Integer, sa.ForeignKey("blogs.id"), nullable=False),
    sa.Column("actor_id", sa.Text, nullable=False),
    sa.Column("entry_id", Number, nullable=False, index=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("name", sa.Text),  #: of the file; None: it could not be had
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("bytes", sa.Integer, nullable=False, default=0),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("fetched_at", Moment, nullable=False),
    sa.UniqueConstraint("blog_id", "actor_id", "entry_id", "url"),
)
