"""The table of permissions to quote (FEP-044f); `quote_stamps` is its module."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.columns import Moment
from bridge.store.schema import metadata

#: Leave to quote (FEP-044f): one stamp for each object of ours and post that quotes it.
quote_stamps = sa.Table(
    "quote_stamps",
    metadata,
    sa.Column("token", sa.Text, primary_key=True),
    sa.Column("blog_id", sa.Integer, sa.ForeignKey("blogs.id"), nullable=False),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("instrument_id", sa.Text, nullable=False, index=True),
    sa.Column("actor_id", sa.Text, nullable=False, index=True),
    sa.Column("inbox", sa.Text, nullable=False),
    sa.Column("given_at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
    sa.UniqueConstraint("object_id", "instrument_id"),
)
