"""What we know of other servers' health and habits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.schema import servers
from bridge.store.upsert import put
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


_COLUMNS = tuple(ServerRow.__dataclass_fields__)


def find(tx: Transaction, server: Server) -> ServerRow:
    """The server's row; an empty one for a server we never met."""
    row = tx.execute(sa.select(servers).where(servers.c.server == server)).first()
    return ServerRow(server=server) if row is None else _from_row(row)


def _from_row(row: sa.Row[Any]) -> ServerRow:
    return ServerRow(**{name: getattr(row, name) for name in _COLUMNS})


def change(tx: Transaction, server: Server, **values: Any) -> None:
    """Set columns of a server's row, making the row if need be."""
    put(tx, servers, {"server": server}, {"failures": 0, "reason": "", **values} if "failures" in values else values)


def all_of(tx: Transaction) -> list[ServerRow]:
    """Every server we know."""
    return [_from_row(row) for row in tx.execute(sa.select(servers).order_by(servers.c.server))]
