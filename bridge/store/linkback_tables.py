"""The tables of Webmention and Pingback; `tables` joins them to the others."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.columns import Json, Moment, Number
from bridge.store.schema import blog_id_column, metadata

#: Pages elsewhere that say they link to an issue, by Webmention or Pingback: one row for each page and issue.
linkbacks = sa.Table(
    "linkbacks",
    metadata,
    sa.Column("id", Number, primary_key=True),
    blog_id_column(),
    sa.Column("issue_id", Number, sa.ForeignKey("issues.id"), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("source_key", sa.Text, nullable=False),  #: `conversation.linkback.source_key` of it
    sa.Column("target", sa.Text, nullable=False),  #: as it was sent: this very address must stand in the page
    sa.Column("server", sa.Text, nullable=False),
    sa.Column("ways", Json, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  #: waiting | accepted | refused | withdrawn
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("claims_key", sa.Text, index=True),  #: of the address that the page names as its original
    sa.Column("entry_token", sa.Text, index=True),  #: of the entry it became or joined; None for likes and boosts
    sa.Column("reaction", sa.Text),  #: like | boost
    sa.Column("actor_id", sa.Text),  #: who said it, as far as its own server vouches for it
    sa.Column("checks", sa.Integer, nullable=False, default=0),  #: how often it was seen to be still there
    sa.Column("failures", sa.Integer, nullable=False, default=0),  #: fetches in a row that got no answer
    sa.Column("first_at", Moment, nullable=False),
    sa.Column("fetched_at", Moment),
    sa.Column("check_at", Moment),  #: when to look at the page; None: no more
    sa.UniqueConstraint("blog_id", "issue_id", "source_key"),
)
sa.Index("ix_linkbacks_due", linkbacks.c.check_at, linkbacks.c.server)
sa.Index("ix_linkbacks_source", linkbacks.c.source_key)
sa.Index("ix_linkbacks_server", linkbacks.c.server, linkbacks.c.state)

#: The links of our issues to other sites, and what those made of our telling them.
linkback_sends = sa.Table(
    "linkback_sends",
    metadata,
    sa.Column("id", Number, primary_key=True),
    blog_id_column(),
    sa.Column("issue_id", Number, sa.ForeignKey("issues.id"), nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("server", sa.Text, nullable=False),
    sa.Column("is_linked", sa.Boolean, nullable=False),  #: False: the link was taken out, and they are told so
    sa.Column("digest", sa.Text, nullable=False),  #: of the issue that is told
    sa.Column("state", sa.Text, nullable=False),  #: waiting | accepted | shown | none | failed
    sa.Column("way", sa.Text, nullable=False, default=""),  #: webmention | pingback
    sa.Column("endpoint", sa.Text, nullable=False, default=""),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("was_told", sa.Boolean, nullable=False, default=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("looks", sa.Integer, nullable=False, default=0),  #: how often we looked whether they show it
    sa.Column("day_began_at", Moment, nullable=False),
    sa.Column("told_that_day", sa.Integer, nullable=False, default=0),
    sa.Column("due_at", Moment),
    sa.Column("changed_at", Moment, nullable=False),
    sa.UniqueConstraint("issue_id", "target"),
)
sa.Index("ix_linkback_sends_due", linkback_sends.c.due_at, linkback_sends.c.server)
