"""Make the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.columns import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "blogs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("actor_token", sa.Text(), nullable=False),
        sa.Column("acct", sa.Text(), nullable=False),
        sa.Column("profile_digest", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("published_commit", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blogs")),
        sa.UniqueConstraint("actor_token", name=op.f("uq_blogs_actor_token")),
        sa.UniqueConstraint("url", name=op.f("uq_blogs_url")),
    )
    op.create_table(
        "changes",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_changes")),
    )
    op.create_table(
        "expired",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_expired")),
    )
    op.create_index(op.f("ix_expired_at"), "expired", ["at"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("leased_until", Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_due", "jobs", ["due_at"], unique=False)
    op.create_table(
        "login_links",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_login_links")),
    )
    op.create_table(
        "received",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("blog_id", sa.Integer(), nullable=True),
        sa.Column("seen_key", sa.Text(), nullable=True),
        sa.Column("activity_id", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received")),
        sa.UniqueConstraint("seen_key", name=op.f("uq_received_seen_key")),
    )
    op.create_index(op.f("ix_received_activity_id"), "received", ["activity_id"], unique=False)
    op.create_index(op.f("ix_received_actor_id"), "received", ["actor_id"], unique=False)
    op.create_index(op.f("ix_received_issue_id"), "received", ["issue_id"], unique=False)
    op.create_index(op.f("ix_received_object_id"), "received", ["object_id"], unique=False)
    op.create_index("ix_received_server", "received", ["server", "received_at"], unique=False)
    op.create_index(op.f("ix_received_url"), "received", ["url"], unique=False)
    op.create_table(
        "remote_actors",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("preferred_username", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("summary_text", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("icon_url", sa.Text(), nullable=True),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("shared_inbox", sa.Text(), nullable=True),
        sa.Column("outbox", sa.Text(), nullable=True),
        sa.Column("followers", sa.Text(), nullable=True),
        sa.Column("featured", sa.Text(), nullable=True),
        sa.Column("webfinger", sa.Text(), nullable=True),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("also_known_as", sa.JSON(), nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.Column("no_blog", sa.Boolean(), nullable=False),
        sa.Column("fetched_at", Moment(), nullable=False),
        sa.Column("gone_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_actors")),
    )
    op.create_index(op.f("ix_remote_actors_server"), "remote_actors", ["server"], unique=False)
    op.create_table(
        "servers",
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("last_success_at", Moment(), nullable=True),
        sa.Column("last_failure_at", Moment(), nullable=True),
        sa.Column("failing_since", Moment(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("suspended_at", Moment(), nullable=True),
        sa.Column("not_before", Moment(), nullable=True),
        sa.Column("last_seen_at", Moment(), nullable=True),
        sa.Column("scheme", sa.Text(), nullable=True),
        sa.Column("scheme_until", Moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("server", name=op.f("pk_servers")),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("form_token", sa.Text(), nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_table(
        "tombstones",
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("deleted_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("object_id", "actor_id", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "blocks",
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_blocks_blog_id")),
        sa.PrimaryKeyConstraint("blog_id", "target", name=op.f("pk_blocks")),
    )
    op.create_table(
        "consents",
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("commit_id", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_consents_blog_id")),
        sa.PrimaryKeyConstraint("blog_id", "commit_id", name=op.f("pk_consents")),
    )
    op.create_table(
        "followers",
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("follow_id", sa.Text(), nullable=True),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("shared_inbox", sa.Text(), nullable=True),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_followers_blog_id")),
        sa.PrimaryKeyConstraint("blog_id", "actor_id", name=op.f("pk_followers")),
    )
    op.create_index("ix_followers_server", "followers", ["blog_id", "server", "since"], unique=False)
    op.create_table(
        "forgotten",
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_forgotten_blog_id")),
        sa.PrimaryKeyConstraint("blog_id", "actor_id", name=op.f("pk_forgotten")),
    )
    op.create_table(
        "handles",
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("acct", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_handles_blog_id")),
        sa.PrimaryKeyConstraint("blog_id", "acct", name=op.f("pk_handles")),
    )
    op.create_table(
        "issues",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("page_html", sa.Text(), nullable=False),
        sa.Column("teaser_html", sa.Text(), nullable=False),
        sa.Column("teaser_text", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("date", Moment(), nullable=False),
        sa.Column("published_at", Moment(), nullable=True),
        sa.Column("updated_at", Moment(), nullable=True),
        sa.Column("comments_close_at", Moment(), nullable=True),
        sa.Column("comments_open", sa.Boolean(), nullable=True),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_issues_blog_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issues")),
        sa.UniqueConstraint("blog_id", "slug", name=op.f("uq_issues_blog_id_slug")),
    )
    op.create_index("ix_issues_list", "issues", ["blog_id", "state", "date"], unique=False)
    op.create_table(
        "parked",
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("in_reply_to", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_parked_blog_id")),
        sa.PrimaryKeyConstraint("object_id", name=op.f("pk_parked")),
    )
    op.create_index(op.f("ix_parked_in_reply_to"), "parked", ["in_reply_to"], unique=False)
    op.create_index(op.f("ix_parked_server"), "parked", ["server"], unique=False)
    op.create_table(
        "pictures",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("blurhash", sa.Text(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_pictures_blog_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_pictures")),
        sa.UniqueConstraint("blog_id", "kind", "content", name=op.f("uq_pictures_blog_id_kind_content")),
    )
    op.create_table(
        "publications",
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("commit_id", sa.Text(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_publications_blog_id")),
        sa.PrimaryKeyConstraint("blog_id", "commit_id", name=op.f("pk_publications")),
    )
    op.create_table(
        "quote_stamps",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("instrument_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("given_at", Moment(), nullable=False),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_quote_stamps_blog_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_quote_stamps")),
        sa.UniqueConstraint("object_id", "instrument_id", name=op.f("uq_quote_stamps_object_id_instrument_id")),
    )
    op.create_index(op.f("ix_quote_stamps_actor_id"), "quote_stamps", ["actor_id"], unique=False)
    op.create_index(op.f("ix_quote_stamps_instrument_id"), "quote_stamps", ["instrument_id"], unique=False)
    op.create_table(
        "remote_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["remote_actors.id"], name=op.f("fk_remote_keys_actor_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_keys")),
    )
    op.create_index(op.f("ix_remote_keys_actor_id"), "remote_keys", ["actor_id"], unique=False)
    op.create_table(
        "remote_pictures",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fetched_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_remote_pictures_blog_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_remote_pictures")),
        sa.UniqueConstraint(
            "blog_id", "actor_id", "entry_id", "url", name=op.f("uq_remote_pictures_blog_id_actor_id_entry_id_url")
        ),
    )
    op.create_index(op.f("ix_remote_pictures_entry_id"), "remote_pictures", ["entry_id"], unique=False)
    op.create_table(
        "activities",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_activities_blog_id")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_activities_issue_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_activities")),
        sa.UniqueConstraint("id", name=op.f("uq_activities_id")),
    )
    op.create_index(op.f("ix_activities_issue_id"), "activities", ["issue_id"], unique=False)
    op.create_index(op.f("ix_activities_object_id"), "activities", ["object_id"], unique=False)
    op.create_index("ix_activities_outbox", "activities", ["blog_id", "public", "number"], unique=False)
    op.create_table(
        "announcements",
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_announcements_blog_id")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_announcements_issue_id")),
        sa.PrimaryKeyConstraint("blog_id", "address", name=op.f("pk_announcements")),
    )
    op.create_index(op.f("ix_announcements_issue_id"), "announcements", ["issue_id"], unique=False)
    op.create_table(
        "crawls",
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("checked_at", Moment(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("unread", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_crawls_issue_id")),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_crawls")),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("in_reply_to", sa.Text(), nullable=True),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_handle", sa.Text(), nullable=False),
        sa.Column("author_url", sa.Text(), nullable=False),
        sa.Column("author_avatar", sa.Text(), nullable=True),
        sa.Column("content_html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("content_warning", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("pictures", sa.JSON(), nullable=False),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("is_author", sa.Boolean(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("own_series", sa.Boolean(), nullable=False),
        sa.Column("ways", sa.JSON(), nullable=False),
        sa.Column("published", Moment(), nullable=True),
        sa.Column("updated", Moment(), nullable=True),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_entries_blog_id")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_entries_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint("blog_id", "object_id", name=op.f("uq_entries_blog_id_object_id")),
        sa.UniqueConstraint("token", name=op.f("uq_entries_token")),
    )
    op.create_index("ix_entries_actor", "entries", ["actor_id", "blog_id", "state"], unique=False)
    op.create_index("ix_entries_in_reply_to", "entries", ["in_reply_to", "blog_id"], unique=False)
    op.create_index(op.f("ix_entries_issue_id"), "entries", ["issue_id"], unique=False)
    op.create_index("ix_entries_state", "entries", ["blog_id", "state", "received_at"], unique=False)
    op.create_index("ix_entries_url", "entries", ["url", "blog_id"], unique=False)
    op.create_table(
        "issue_pictures",
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_issue_pictures_issue_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["token"], ["pictures.token"], name=op.f("fk_issue_pictures_token")),
        sa.PrimaryKeyConstraint("issue_id", "token", name=op.f("pk_issue_pictures")),
    )
    op.create_index(op.f("ix_issue_pictures_token"), "issue_pictures", ["token"], unique=False)
    op.create_table(
        "linkback_sends",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("is_linked", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("was_told", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("day_began_at", Moment(), nullable=False),
        sa.Column("told_that_day", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_linkback_sends_blog_id")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_linkback_sends_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linkback_sends")),
        sa.UniqueConstraint("issue_id", "target", name=op.f("uq_linkback_sends_issue_id_target")),
    )
    op.create_index("ix_linkback_sends_due", "linkback_sends", ["due_at", "server"], unique=False)
    op.create_table(
        "linkbacks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("ways", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("claims_key", sa.Text(), nullable=True),
        sa.Column("entry_token", sa.Text(), nullable=True),
        sa.Column("reaction", sa.Text(), nullable=True),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("first_at", Moment(), nullable=False),
        sa.Column("fetched_at", Moment(), nullable=True),
        sa.Column("check_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_linkbacks_blog_id")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_linkbacks_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linkbacks")),
        sa.UniqueConstraint("blog_id", "issue_id", "source_key", name=op.f("uq_linkbacks_blog_id_issue_id_source_key")),
    )
    op.create_index(op.f("ix_linkbacks_claims_key"), "linkbacks", ["claims_key"], unique=False)
    op.create_index("ix_linkbacks_due", "linkbacks", ["check_at", "server"], unique=False)
    op.create_index(op.f("ix_linkbacks_entry_token"), "linkbacks", ["entry_token"], unique=False)
    op.create_index("ix_linkbacks_server", "linkbacks", ["server", "state"], unique=False)
    op.create_index("ix_linkbacks_source", "linkbacks", ["source_key"], unique=False)
    op.create_table(
        "objects",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("published_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=True),
        sa.Column("deleted_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_objects_blog_id")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_objects_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objects")),
    )
    op.create_index(op.f("ix_objects_issue_id"), "objects", ["issue_id"], unique=False)
    op.create_table(
        "reactions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("activity_id", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_reactions_blog_id")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_reactions_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reactions")),
        sa.UniqueConstraint("issue_id", "actor_id", "kind", name=op.f("uq_reactions_issue_id_actor_id_kind")),
    )
    op.create_index(op.f("ix_reactions_activity_id"), "reactions", ["activity_id"], unique=False)
    op.create_index(op.f("ix_reactions_actor_id"), "reactions", ["actor_id"], unique=False)
    op.create_table(
        "redirects",
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_redirects_blog_id")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_redirects_issue_id")),
        sa.PrimaryKeyConstraint("blog_id", "slug", name=op.f("pk_redirects")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("activity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issue_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["activity"], ["activities.number"], name=op.f("fk_deliveries_activity")),
        sa.ForeignKeyConstraint(["blog_id"], ["blogs.id"], name=op.f("fk_deliveries_blog_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("activity", "inbox", name=op.f("uq_deliveries_activity_inbox")),
    )
    op.create_index("ix_deliveries_due", "deliveries", ["server", "state", "due_at"], unique=False)
    op.create_index("ix_deliveries_issue", "deliveries", ["issue_id", "server"], unique=False)
