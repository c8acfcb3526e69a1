"""Which signature scheme a server took: remembered for a week, over a restart, and unlearned (protocol sheet 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from bridge.clock import utc_now
from bridge.remote.budget import Budget
from bridge.remote.documents import Documents
from bridge.remote.door import Door
from bridge.remote.hops import Hops
from bridge.remote.knock import Knock, Scheme
from bridge.remote.scheme_memory import SchemeMemory
from bridge.signature import cavage, rfc9421
from bridge.store import servers
from bridge.store.database import Database
from bridge.terms import Server
from bridge.urls import Url
from tests.support.local_servers import Peer
from tests.support.signed_fetches import OWN, SIGNER, note

HOST = Server("fern.example")


def sign_cavage(method: str, url: Url) -> Mapping[str, str]:
    return cavage.sign(method=method, url=url, signer=SIGNER, now=utc_now())


def sign_messages(method: str, url: Url) -> Mapping[str, str]:
    return rfc9421.sign(method=method, url=url, signer=SIGNER, now=utc_now())


async def test_a_server_that_takes_only_message_signatures_is_asked_in_them_the_next_time(
    door: Door, database: Database, peer: Peer
) -> None:
    memory = SchemeMemory(database, kept=("rfc9421",), clock=utc_now)
    schemes = (Scheme(name="cavage", sign=sign_cavage), Scheme(name="rfc9421", sign=sign_messages))
    knock = Knock(schemes=schemes, remembered=memory.remembered, remember=memory.remember)
    documents = Documents(Hops(door, own_servers={OWN}), knock=knock)
    peer.answers("/note", status=401)
    script = peer.scripts["/note"]
    peer.serves("/note", note(f"{peer.origin}/note"))
    shown = peer.scripts["/note"]
    peer.scripts["/note"] = lambda request: (shown if "Signature-Input" in request.headers else script)(request)

    for _ in range(2):
        await documents.fetch_document(f"{peer.origin}/note", budget=Budget())
    await memory.close()

    assert ["Signature-Input" in request.headers for request in peer.asked] == [False, True, True]
    assert await database.read(servers.all_of) == [], "a server that was only asked something leaves no row (S62)"


async def test_what_a_known_server_took_is_remembered_over_a_restart_for_a_week(database: Database) -> None:
    now = [utc_now()]
    await database.write(lambda tx: servers.change(tx, HOST, last_success_at=now[0]))
    memory = SchemeMemory(database, kept=("rfc9421",), clock=lambda: now[0])
    memory.remember(HOST, "rfc9421")
    await memory.close()

    again = SchemeMemory(database, kept=("rfc9421",), clock=lambda: now[0])
    await again.load()
    assert again.remembered(HOST) == "rfc9421"
    now[0] += timedelta(days=8)
    assert again.remembered(HOST) is None


async def test_a_scheme_that_no_longer_opens_is_unlearned(database: Database) -> None:
    await database.write(lambda tx: servers.change(tx, HOST, last_success_at=utc_now()))
    memory = SchemeMemory(database, kept=("rfc9421",), clock=utc_now)
    memory.remember(HOST, "rfc9421")
    memory.remember(HOST, None)
    await memory.close()

    assert memory.remembered(HOST) is None
    assert await database.read(lambda tx: servers.schemes(tx, now=utc_now())) == {}


async def test_s62_the_memory_of_schemes_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.remote.scheme_memory._MOST_SERVERS", 100)
    memory = SchemeMemory(database, kept=("rfc9421",), clock=utc_now)
    hosts = [Server(f"h{number}.example") for number in range(300)]
    for host in hosts:
        memory.remember(host, "cavage")
    await memory.close()

    assert [host for host in hosts if memory.remembered(host)] == hosts[-100:], "the longest unused are forgotten"
