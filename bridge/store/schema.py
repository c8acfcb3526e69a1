"""The first tables, as SQLAlchemy Core knows them; `tables` knows all, and the migrations make the same.

Rows that belong to a blog carry its id. Addresses (actor, object, activity ids) are kept as text.
"""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.columns import Json, Moment, Number

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


def blog_id_column() -> sa.Column[int]:
    return sa.Column("blog_id", sa.Integer, sa.ForeignKey("blogs.id"), nullable=False)


blogs = sa.Table(
    "blogs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("url", sa.Text, nullable=False, unique=True),
    sa.Column("actor_token", sa.Text, nullable=False, unique=True),
    sa.Column("acct", sa.Text, nullable=False),  #: handle@domain as last told to the world
    sa.Column("profile_digest", sa.Text, nullable=False, default=""),  #: of the actor document last sent
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("published_commit", sa.Text),
)

#: Handles the blog had before; WebFinger answers them with the new subject.
handles = sa.Table(
    "handles",
    metadata,
    blog_id_column(),
    sa.Column("acct", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("blog_id", "acct"),
)

issues = sa.Table(
    "issues",
    metadata,
    sa.Column("id", Number, primary_key=True),
    blog_id_column(),
    sa.Column("slug", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  #: published | waiting | withdrawn | deleted
    sa.Column("digest", sa.Text, nullable=False),  #: of the file as last published
    sa.Column("source", Json, nullable=False),  #: the front matter's values, see outbox/record
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("number", sa.Integer),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("visibility", sa.Text, nullable=False),
    sa.Column("page_html", sa.Text, nullable=False),
    sa.Column("teaser_html", sa.Text, nullable=False),
    sa.Column("teaser_text", sa.Text, nullable=False),
    sa.Column("tags", Json, nullable=False),
    sa.Column("links", Json, nullable=False),
    sa.Column("object_id", sa.Text),  #: the first or only object in the fediverse; None for a page only
    sa.Column("date", Moment, nullable=False),  #: what the page shows and the lists sort by
    sa.Column("published_at", Moment),
    sa.Column("updated_at", Moment),
    sa.Column("comments_close_at", Moment),  #: None: never
    sa.Column("comments_open", sa.Boolean),  #: the author's own word, before any date; None: by the date
    sa.Column("changed_at", Moment, nullable=False),
    sa.UniqueConstraint("blog_id", "slug"),
)
sa.Index("ix_issues_list", issues.c.blog_id, issues.c.state, issues.c.date)

#: What publishing a commit did, for the author who asks after the server was faster.
publications = sa.Table(
    "publications",
    metadata,
    blog_id_column(),
    sa.Column("commit_id", sa.Text, nullable=False),
    sa.Column("lines", Json, nullable=False),
    sa.Column("report", Json, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("is_told", sa.Boolean, nullable=False),
    sa.PrimaryKeyConstraint("blog_id", "commit_id"),
)

#: Commits whose pusher said `-o delete`: whoever publishes them may take several issues back.
consents = sa.Table(
    "consents",
    metadata,
    blog_id_column(),
    sa.Column("commit_id", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.PrimaryKeyConstraint("blog_id", "commit_id"),
)

#: Slugs an issue had before.
redirects = sa.Table(
    "redirects",
    metadata,
    blog_id_column(),
    sa.Column("slug", sa.Text, nullable=False),
    sa.Column("issue_id", Number, sa.ForeignKey("issues.id"), nullable=False),
    sa.PrimaryKeyConstraint("blog_id", "slug"),
)

#: What we made: an issue's Note or Article, a section of a thread, an answer of the author.
objects = sa.Table(
    "objects",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    blog_id_column(),
    sa.Column("issue_id", Number, sa.ForeignKey("issues.id"), index=True),
    sa.Column("kind", sa.Text, nullable=False),  #: issue | section | answer
    sa.Column("position", sa.Integer, nullable=False, default=0),
    sa.Column("section", sa.Text),  #: the section's key
    sa.Column("document", Json, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),  #: of what followers see
    sa.Column("published_at", Moment, nullable=False),
    sa.Column("updated_at", Moment),
    sa.Column("deleted_at", Moment),
)

activities = sa.Table(
    "activities",
    metadata,
    sa.Column("number", Number, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    blog_id_column(),
    sa.Column("issue_id", Number, sa.ForeignKey("issues.id"), index=True),
    sa.Column("object_id", sa.Text, index=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("public", sa.Boolean, nullable=False),  #: stands in the outbox
    sa.Column("body", sa.LargeBinary, nullable=False),  #: the bytes every server gets
    sa.Column("created_at", Moment, nullable=False),
)
sa.Index("ix_activities_outbox", activities.c.blog_id, activities.c.public, activities.c.number)

#: The outgoing half of the ledger: which activity, which inbox, which state, why.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", Number, primary_key=True),
    blog_id_column(),
    sa.Column("activity", Number, sa.ForeignKey("activities.number"), nullable=False),
    sa.Column("issue_id", Number),
    sa.Column("object_id", sa.Text),
    sa.Column("server", sa.Text, nullable=False),
    sa.Column("inbox", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  #: waiting | delivered | refused | gone | given-up | needless
    sa.Column("priority", sa.Integer, nullable=False, default=0),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.UniqueConstraint("activity", "inbox"),
)
sa.Index("ix_deliveries_due", deliveries.c.server, deliveries.c.state, deliveries.c.due_at)
sa.Index("ix_deliveries_issue", deliveries.c.issue_id, deliveries.c.server)

followers = sa.Table(
    "followers",
    metadata,
    blog_id_column(),
    sa.Column("actor_id", sa.Text, nullable=False),
    sa.Column("follow_id", sa.Text),
    sa.Column("server", sa.Text, nullable=False),
    sa.Column("inbox", sa.Text, nullable=False),
    sa.Column("shared_inbox", sa.Text),
    sa.Column("since", Moment, nullable=False),
    sa.PrimaryKeyConstraint("blog_id", "actor_id"),
)
sa.Index("ix_followers_server", followers.c.blog_id, followers.c.server, followers.c.since)

remote_actors = sa.Table(
    "remote_actors",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("server", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("preferred_username", sa.Text, nullable=False),
    sa.Column("handle", sa.Text),  #: user@domain after the two-way check; None until then
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("summary_text", sa.Text, nullable=False, default=""),
    sa.Column("url", sa.Text),
    sa.Column("icon_url", sa.Text),
    sa.Column("inbox", sa.Text, nullable=False),
    sa.Column("shared_inbox", sa.Text),
    sa.Column("outbox", sa.Text),
    sa.Column("followers", sa.Text),
    sa.Column("featured", sa.Text),
    sa.Column("webfinger", sa.Text),
    sa.Column("keys", Json, nullable=False),
    sa.Column("also_known_as", Json, nullable=False),
    sa.Column("moved_to", sa.Text),
    sa.Column("no_blog", sa.Boolean, nullable=False, default=False),
    sa.Column("blocks_us", sa.Boolean, nullable=False, default=False),
    sa.Column("fetched_at", Moment, nullable=False),
    sa.Column("gone_at", Moment),
)

#: Which actor a key id belongs to.
remote_keys = sa.Table(
    "remote_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("actor_id", sa.Text, sa.ForeignKey("remote_actors.id", ondelete="CASCADE"), nullable=False, index=True),
)

#: What we know of a server's health, as sender and as receiver.
servers = sa.Table(
    "servers",
    metadata,
    sa.Column("server", sa.Text, primary_key=True),
    sa.Column("last_success_at", Moment),
    sa.Column("last_failure_at", Moment),
    sa.Column("failing_since", Moment),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("suspended_at", Moment),
    sa.Column("not_before", Moment),  #: Retry-After or the back-off of the whole server
    sa.Column("last_seen_at", Moment),  #: when it last sent us something
    sa.Column("scheme", sa.Text),  #: the signature scheme it took, until `scheme_until`
    sa.Column("scheme_until", Moment),
    sa.Column("reason", sa.Text, nullable=False, default=""),
)

#: What appears under an issue: replies, mentions, quotes, linkbacks, and our own answers.
entries = sa.Table(
    "entries",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("token", sa.Text, nullable=False, unique=True),
    blog_id_column(),
    sa.Column("issue_id", Number, sa.ForeignKey("issues.id"), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("in_reply_to", sa.Text),
    sa.Column("actor_id", sa.Text),
    sa.Column("author_name", sa.Text, nullable=False, default=""),
    sa.Column("author_handle", sa.Text, nullable=False, default=""),
    sa.Column("author_url", sa.Text, nullable=False, default=""),
    sa.Column("author_avatar", sa.Text),
    sa.Column("content_html", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False, default=""),
    sa.Column("content_warning", sa.Text),
    sa.Column("sensitive", sa.Boolean, nullable=False, default=False),  #: its pictures are covered until asked for
    sa.Column("language", sa.Text),
    sa.Column("pictures", Json, nullable=False),
    sa.Column("section", sa.Text),
    sa.Column("visibility", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("is_author", sa.Boolean, nullable=False, default=False),
    sa.Column("ours", sa.Boolean, nullable=False, default=False),
    sa.Column("own_series", sa.Boolean, nullable=False, default=False),
    sa.Column("ways", Json, nullable=False),
    sa.Column("published", Moment),
    sa.Column("updated", Moment),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.UniqueConstraint("blog_id", "object_id"),
)
# With all that a search names, or SQLite takes the index of states and reads every entry of the blog.
sa.Index("ix_entries_in_reply_to", entries.c.in_reply_to, entries.c.blog_id)
sa.Index("ix_entries_url", entries.c.url, entries.c.blog_id)
sa.Index("ix_entries_actor", entries.c.actor_id, entries.c.blog_id, entries.c.state)
sa.Index("ix_entries_state", entries.c.blog_id, entries.c.state, entries.c.received_at)

#: Likes and boosts: of a person each reaction to each object, as one may be taken back without the others.
reactions = sa.Table(
    "reactions",
    metadata,
    sa.Column("id", Number, primary_key=True),
    blog_id_column(),
    sa.Column("issue_id", Number, sa.ForeignKey("issues.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  #: like | boost
    sa.Column("actor_id", sa.Text, nullable=False, index=True),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("activity_id", sa.Text, index=True),
    sa.Column("content", sa.Text, nullable=False, default=""),  #: the emoji of a reaction; "" for a plain one
    sa.Column("name", sa.Text, nullable=False, default=""),  #: of who did it on a page; else their profile has it
    sa.Column("since", Moment, nullable=False),
)
sa.Index("ix_reactions_issue", reactions.c.issue_id, reactions.c.actor_id, reactions.c.kind)

#: The record of what came in, and the proof that we saw it before. An index more is a page more to write for each
#: activity, which is most of what one costs: so there is none for what `why` alone asks, and what one actor sent is
#: looked for among what its server sent.
received = sa.Table(
    "received",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("blog_id", sa.Integer),
    sa.Column("seen_key", sa.Text, unique=True),  #: None for a request that was refused
    sa.Column("activity_id", sa.Text),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("actor_id", sa.Text),
    sa.Column("server", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text, index=True),
    sa.Column("url", sa.Text),  #: the page for people, by which an author asks
    sa.Column("issue_id", Number, index=True),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("way", sa.Text, nullable=False, default="inbox"),
    sa.Column("repeats", sa.Integer, nullable=False, default=0),
    sa.Column("received_at", Moment, nullable=False),
)
sa.Index("ix_received_server", received.c.server, received.c.received_at)

#: Refused requests of servers of which we know nothing; see `strangers`.
refused_strangers = sa.Table(
    "refused_strangers",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("blog_id", sa.Integer, nullable=False),
    sa.Column("activity_id", sa.Text),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("actor_id", sa.Text),
    sa.Column("server", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("repeats", sa.Integer, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
)

#: Remote objects that were deleted, perhaps before we ever saw them.
tombstones = sa.Table(
    "tombstones",
    metadata,
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column("actor_id", sa.Text, nullable=False),
    sa.Column("deleted_at", Moment, nullable=False),
    sa.PrimaryKeyConstraint("object_id", "actor_id"),
)

#: People whom the author made us forget; what they say later is not kept.
forgotten = sa.Table(
    "forgotten",
    metadata,
    blog_id_column(),
    sa.Column("actor_id", sa.Text, nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.PrimaryKeyConstraint("blog_id", "actor_id"),
)

#: Addresses whose record has expired, as digests: enough to say so, and nothing more.
expired = sa.Table(
    "expired",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
)

#: Actors and domains the author does not want to hear from.
blocks = sa.Table(
    "blocks",
    metadata,
    blog_id_column(),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("since", Moment, nullable=False),
    sa.PrimaryKeyConstraint("blog_id", "target"),
)

#: What readers can see has changed: each web process reads on from the number it knows and drops those cached bytes.
changes = sa.Table(
    "changes",
    metadata,
    sa.Column("number", Number, primary_key=True),
    sa.Column("topic", sa.Text, nullable=False),  #: see `store/changes`
    sa.Column("at", Moment, nullable=False),
)

#: The embedded jobs engine (SQLite); PostgreSQL uses PgQueuer's own tables.
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("leased_until", Moment),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
)
sa.Index("ix_jobs_due", jobs.c.due_at)
