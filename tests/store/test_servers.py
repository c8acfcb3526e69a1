"""What we remember of other servers: habits that end, health that changes."""

from __future__ import annotations

from bridge.store import servers
from bridge.store.database import Database
from bridge.store.servers import SCHEME_HOLDS
from bridge.terms import Server
from tests.support.engines import NOW

FAR = Server("far.example")


async def test_a_scheme_is_remembered_for_a_while_and_then_not(database: Database) -> None:
    await database.write(lambda tx: servers.remember_scheme(tx, FAR, "rfc9421", now=NOW))

    assert await database.read(lambda tx: servers.schemes(tx, now=NOW).get(FAR)) == "rfc9421"
    assert await database.read(lambda tx: servers.schemes(tx, now=NOW)) == {FAR: "rfc9421"}
    assert await database.read(lambda tx: servers.schemes(tx, now=NOW + SCHEME_HOLDS).get(FAR)) is None


async def test_a_scheme_that_stops_working_is_unlearned(database: Database) -> None:
    await database.write(lambda tx: servers.remember_scheme(tx, FAR, "rfc9421", now=NOW))
    await database.write(lambda tx: servers.remember_scheme(tx, FAR, None, now=NOW))

    assert await database.read(lambda tx: servers.schemes(tx, now=NOW).get(FAR)) is None
