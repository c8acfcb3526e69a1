"""The tables of the author's door: links that `rundbrief login` printed, and the browsers they opened it for.

Of what opens the door only digests are kept, so a copy of the database opens nothing (security S115, S124).
"""

from __future__ import annotations

import sqlalchemy as sa

from bridge.store.columns import Moment
from bridge.store.schema import metadata

login_links = sa.Table(
    "login_links",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("expires_at", Moment, nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("form_token", sa.Text, nullable=False),  #: what every form of this session holds
    sa.Column("began_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)
