"""What we know of other servers' health and habits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.schema import servers
from bridge.store.upsert import put, put_many
from bridge.terms import Server


@dataclass(frozen=True, kw_only=True)
class ServerRow:
    """One server; see `schema.servers`."""

    server: Server
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    suspended_at: datetime | None = None
    not_before: datetime | None = None
    last_seen_at: datetime | None = None
    scheme: str | None = None
    scheme_until: datetime | None = None
    reason: str = ""

    def with_scheme(self, scheme: str | None, *, until: datetime | None) -> ServerRow:
        """The same server, with another signature scheme remembered."""
        return replace(self, scheme=scheme, scheme_until=until)


#: How long a server's signature scheme is believed to be its choice before the first one is tried again.
SCHEME_HOLDS = timedelta(days=7)

#: Of a server that fails and never answers in between: no more than a daily probe; and nothing at all.
SUSPENDED_AFTER = timedelta(days=7)
DEAD_AFTER = timedelta(days=30)
#: What we know of a server of which nothing was heard or tried for so long is forgotten.
_FORGOTTEN_AFTER = timedelta(days=180)

_COLUMNS = tuple(ServerRow.__dataclass_fields__)


def find(tx: Transaction, server: Server) -> ServerRow:
    """The server's row; an empty one for a server we never met."""
    row = tx.execute(sa.select(servers).where(servers.c.server == server)).first()
    return ServerRow(server=server) if row is None else _from_row(row)


def find_many(tx: Transaction, names: Sequence[Server]) -> dict[Server, ServerRow]:
    """The rows of those that have one."""
    found = tx.execute(sa.select(servers).where(servers.c.server.in_(names)))
    return {Server(row.server): _from_row(row) for row in found}


def _from_row(row: sa.Row[Any]) -> ServerRow:
    return ServerRow(**{name: getattr(row, name) for name in _COLUMNS})


def change(tx: Transaction, server: Server, **values: Any) -> None:
    """Set columns of a server's row, making the row if need be."""
    put(tx, servers, {"server": server}, {"failures": 0, "reason": "", **values} if "failures" in values else values)


def keep(tx: Transaction, rows: Sequence[ServerRow]) -> None:
    """Write whole rows, except what the inbox says (`last_seen_at`)."""
    if rows:
        columns = [name for name in _COLUMNS if name != "last_seen_at"]
        put_many(tx, servers, ["server"], [{name: getattr(row, name) for name in columns} for row in rows])


def revive(tx: Transaction, server: Server, *, now: datetime) -> bool:
    """It sent us something, so it lives. True if it was thought to fail."""
    values = {
        "last_seen_at": now,
        "failures": 0,
        "failing_since": None,
        "suspended_at": None,
        "not_before": None,
        "reason": "",
    }
    failing = sa.and_(servers.c.server == server, servers.c.failing_since.is_not(None))
    if tx.execute(sa.select(servers.c.server).where(failing)).first() is None:
        return False
    tx.execute(sa.update(servers).where(servers.c.server == server).values(**values))
    return True


def clear_pauses(tx: Transaction, server: Server | None) -> None:
    """By the author's wish this server, or every one, is tried now whatever it did before."""
    query = sa.update(servers).values(failing_since=None, suspended_at=None, not_before=None, failures=0)
    tx.execute(query if server is None else query.where(servers.c.server == server))


def forget_old(tx: Transaction, *, now: datetime) -> int:
    """Drop rows of servers that nothing was heard of for half a year; how many."""
    before = now - _FORGOTTEN_AFTER
    moments = (servers.c.last_success_at, servers.c.last_failure_at, servers.c.last_seen_at)
    old = sa.and_(*[sa.or_(moment.is_(None), moment < before) for moment in moments])
    return tx.execute(sa.delete(servers).where(old)).rowcount


def all_of(tx: Transaction) -> list[ServerRow]:
    """Every server we know."""
    return [_from_row(row) for row in tx.execute(sa.select(servers).order_by(servers.c.server))]


def schemes(tx: Transaction, *, now: datetime) -> dict[Server, str]:
    """Every scheme that is remembered: few, because the first choice needs no memory."""
    query = sa.select(servers.c.server, servers.c.scheme).where(servers.c.scheme_until > now)
    return {Server(row.server): str(row.scheme) for row in tx.execute(query) if row.scheme is not None}


def remember_scheme(tx: Transaction, server: Server, scheme: str | None, *, now: datetime) -> None:
    """The server took this scheme; None: what was remembered no longer opens."""
    change(tx, server, scheme=scheme, scheme_until=None if scheme is None else now + SCHEME_HOLDS)
