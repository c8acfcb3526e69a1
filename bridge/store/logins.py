"""Links that let the author in once, and the sessions they begin; `web.admin.sessions` uses it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.login_tables import login_links, sessions


@dataclass(frozen=True, kw_only=True)
class Session:
    """A browser that is let in. `digest` is of the cookie's value."""

    digest: str
    form_token: str
    began_at: datetime
    expires_at: datetime


def add_link(tx: Transaction, digest: str, *, now: datetime, expires_at: datetime) -> None:
    """Keep a new link; drop those that are too old."""
    tx.execute(sa.delete(login_links).where(login_links.c.expires_at <= now))
    tx.execute(sa.insert(login_links).values(digest=digest, expires_at=expires_at))


def works(tx: Transaction, digest: str, *, now: datetime) -> bool:
    """Whether the link would open the door."""
    fresh = sa.select(login_links.c.digest).where(login_links.c.digest == digest, login_links.c.expires_at > now)
    return tx.execute(fresh).first() is not None


def use_link(tx: Transaction, digest: str, *, now: datetime) -> bool:
    """Open the door with the link, which is used up by that; False if it does not work."""
    used = sa.delete(login_links).where(login_links.c.digest == digest, login_links.c.expires_at > now)
    return tx.execute(used).rowcount > 0


def add_session(tx: Transaction, session: Session) -> None:
    """Let a browser in; drop sessions that are over."""
    tx.execute(sa.delete(sessions).where(sessions.c.expires_at <= session.began_at))
    tx.execute(
        sa.insert(sessions).values(
            digest=session.digest,
            form_token=session.form_token,
            began_at=session.began_at,
            expires_at=session.expires_at,
        )
    )


def find_session(tx: Transaction, digest: str, *, now: datetime) -> Session | None:
    """The session with this digest that is not over."""
    row = tx.execute(sa.select(sessions).where(sessions.c.digest == digest, sessions.c.expires_at > now)).first()
    if row is None:
        return None
    return Session(digest=row.digest, form_token=row.form_token, began_at=row.began_at, expires_at=row.expires_at)


def end_session(tx: Transaction, digest: str) -> None:
    """Stop letting this browser in."""
    tx.execute(sa.delete(sessions).where(sessions.c.digest == digest))
