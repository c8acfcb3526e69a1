"""Keep the name of who likes or reposts on a page of their own: no profile tells it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("reactions", sa.Column("name", sa.Text(), nullable=False, server_default=sa.text("''")))
