"""Keep whether a reply's pictures are to be covered; drop two indexes of the record that only `why` used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("entries", sa.Column("sensitive", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_index("ix_received_activity_id", "received")
    op.drop_index("ix_received_url", "received")
