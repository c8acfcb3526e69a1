"""Two indexes less to write for each reply: by sender in the record, and of shown entries by their state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.drop_index("ix_received_actor_id", "received")
    op.drop_index("ix_entries_state", "entries")
    not_shown = sa.text("state != 'shown'")
    op.create_index(
        "ix_entries_state",
        "entries",
        ["blog_id", "state", "received_at"],
        sqlite_where=not_shown,
        postgresql_where=not_shown,
    )
