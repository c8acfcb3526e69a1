"""One index less to write for each thing that comes in: what an actor sent is found among what its server sent."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.drop_index("ix_received_actor_id", "received")
