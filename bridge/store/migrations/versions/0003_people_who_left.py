"""Keep each reaction of a person, who blocks the blog, how long a parked reply waits, what strangers were refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.columns import Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "refused_strangers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("blog_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_strangers")),
    )
    op.add_column("parked", sa.Column("waits_until", Moment(), nullable=True))
    op.add_column("parked", sa.Column("height", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("remote_actors", sa.Column("blocks_us", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE reactions SET content = '' WHERE content IS NULL")
    op.create_index("ix_reactions_issue", "reactions", ["issue_id", "actor_id", "kind"])
    with op.batch_alter_table("reactions") as table:
        table.alter_column("content", existing_type=sa.Text(), nullable=False)
        table.drop_constraint("uq_reactions_issue_id_actor_id_kind", type_="unique")
