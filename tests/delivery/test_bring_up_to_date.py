"""One server brought up to date: in order, each outcome kept, each failure told with its next try."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from aiohttp import web

from bridge.delivery.health import is_about_the_server
from bridge.delivery.outcome import TryLater
from bridge.store import blocks, deliveries, jobs, servers
from bridge.store.servers import ServerRow
from bridge.terms import InboxUrl, Server
from bridge.urls import host_of
from tests.support.engines import NOW
from tests.support.local_servers import Peer

from .conftest import Office


def _notes_bodies(peer: Peer, path: str = "/inbox", *, status: int = 202) -> list[bytes]:
    bodies: list[bytes] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        bodies.append(await request.read())
        return web.Response(status=status)

    peer.scripts[path] = answer
    return bodies


async def test_everything_due_goes_out_in_its_order(office: Office, peer: Peer) -> None:
    bodies = _notes_bodies(peer)
    for kind in ("Create", "Update", "Delete"):
        await office.post(f"{peer.origin}/inbox", kind)

    assert await office.deliver(peer.authority) is None

    assert [kind for body in bodies for kind in ("Create", "Update", "Delete") if kind.encode() in body] == [
        "Create",
        "Update",
        "Delete",
    ]
    assert await office.states() == ["delivered"] * 3


async def test_many_inboxes_of_one_server_all_get_theirs(office: Office, peer: Peer) -> None:
    for number in range(12):
        peer.answers(f"/users/{number}/inbox", status=202)
        await office.post(f"{peer.origin}/users/{number}/inbox")

    assert await office.deliver(peer.authority) is None

    assert sorted(peer.paths) == sorted(f"/users/{number}/inbox" for number in range(12))
    assert await office.states() == ["delivered"] * 12


async def test_s79_one_server_gets_no_more_than_a_few_posts_at_once(office: Office, peer: Peer) -> None:
    """However many inboxes it names: nobody can aim us at it."""
    under_way, most = 0, 0

    async def answer(_request: web.BaseRequest) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        return web.Response(status=202)

    for number in range(24):
        peer.scripts[f"/users/{number}/inbox"] = answer
        await office.post(f"{peer.origin}/users/{number}/inbox")

    await office.deliver(peer.authority)

    assert await office.states() == ["delivered"] * 24
    assert 2 <= most <= 4


async def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(office: Office, peer: Peer) -> None:
    peer.answers("/inbox", "later", status=503, headers={"Retry-After": "7200"})
    await office.post(f"{peer.origin}/inbox")
    await office.post(f"{peer.origin}/inbox", object_id="https://links.example/object/2")

    wait = await office.deliver(peer.authority)

    assert wait is not None
    assert wait >= timedelta(hours=1)
    assert len(peer.asked) == 1
    first, second = await office.ledger()
    assert (first.state, first.status, first.reason) == ("waiting", 503, "it answered 503: later")
    assert first.due_at >= NOW + timedelta(hours=2)
    assert (second.state, second.attempts) == ("waiting", 0)
    # It waits for the same server, so for the same moment and reason.
    assert (second.reason, second.due_at) == ("it answered 503: later", NOW + timedelta(hours=2))


async def test_after_four_days_it_is_given_up_with_its_reason(office: Office, peer: Peer) -> None:
    peer.answers("/inbox", "broken", status=500)
    await office.post(f"{peer.origin}/inbox")
    tries = 0
    while await office.states() == ["waiting"]:
        wait = await office.deliver(peer.authority)
        office.clock.turn(wait or timedelta(0))
        tries += 1
        assert tries < 20

    (row,) = await office.ledger()
    assert (row.state, row.reason) == ("given-up", "it answered 500: broken")
    assert 8 <= tries <= 10
    assert timedelta(days=3, hours=12) <= office.clock() - NOW <= timedelta(days=5)


async def test_what_is_refused_is_not_tried_again(office: Office, peer: Peer) -> None:
    peer.answers("/inbox", "no thanks", status=400)
    await office.post(f"{peer.origin}/inbox")

    assert await office.deliver(peer.authority) is None
    assert await office.states() == ["refused"]


async def test_gone_asks_the_actors_and_drops_nobody_by_itself(office: Office, peer: Peer) -> None:
    """S131."""
    inbox = f"{peer.origin}/inbox"
    peer.answers("/inbox", status=410)
    await office.post(inbox)

    await office.deliver(peer.authority)

    assert await office.states() == ["gone"]
    assert await office.database.read(lambda tx: jobs.queued_keys(tx, "recheck")) == {inbox}


async def _tries_until_the_end(office: Office, peer: Peer) -> int:
    """How often it is tried before it is settled."""
    tries = 0
    while await office.states() == ["waiting"]:
        office.clock.turn(await office.deliver(peer.authority) or timedelta(0))
        tries += 1
        assert tries < 20
    return tries


async def test_s130_a_redirect_waits_for_its_actors_word_and_is_given_up_after_four_days(
    office: Office, peer: Peer
) -> None:
    inbox, reason = f"{peer.origin}/inbox", "it answered 301 and redirects to {}; its actor is asked for the inbox"
    peer.redirects("/inbox", "https://far.example/inbox", status=301)
    await office.post(inbox)

    await office.deliver(peer.authority)

    (row,) = await office.ledger()
    assert (row.state, row.reason) == ("waiting", reason.format("https://far.example/inbox"))
    assert await office.database.read(lambda tx: jobs.queued_keys(tx, "recheck")) == {inbox}
    await _tries_until_the_end(office, peer)
    (row,) = await office.ledger()
    assert (row.state, row.status) == ("given-up", 301)
    assert office.clock() - NOW >= timedelta(days=3, hours=12)


async def test_an_inbox_that_is_not_found_is_tried_for_two_days(office: Office, peer: Peer) -> None:
    """S131: it may be of today only."""
    peer.answers("/inbox", status=404)
    await office.post(f"{peer.origin}/inbox")

    assert 5 <= await _tries_until_the_end(office, peer) <= 9

    assert await office.states() == ["gone"]
    assert timedelta(days=1) <= office.clock() - NOW <= timedelta(days=3)


async def test_a_blocked_server_gets_nothing(office: Office, peer: Peer) -> None:
    """S132: blocked by a command or by the configuration."""
    await office.database.write(lambda tx: blocks.add(tx, 1, "127.0.0.1", reason="", now=NOW))
    await office.post(f"{peer.origin}/inbox")
    await office.post("http://a.blocked.example/inbox")

    await office.deliver(peer.authority)
    await office.deliver("a.blocked.example")

    assert peer.asked == []
    assert {row.reason for row in await office.ledger()} == {"the author blocks this server"}


async def test_the_scheme_that_opened_is_remembered_and_unlearned(office: Office, peer: Peer) -> None:
    async def only_new(request: web.BaseRequest) -> web.Response:
        return web.Response(status=202 if "Signature-Input" in request.headers else 401)

    peer.scripts["/inbox"] = only_new
    for number in range(2):
        await office.post(f"{peer.origin}/inbox", object_id=f"https://links.example/object/{number}")
        await office.deliver(peer.authority)
    server = Server(peer.authority)

    assert len(peer.asked) == 3
    assert await office.database.read(lambda tx: servers.schemes(tx, now=NOW).get(server)) == "rfc9421"

    peer.answers("/inbox", status=401)
    await office.post(f"{peer.origin}/inbox")
    await office.deliver(peer.authority)

    assert await office.database.read(lambda tx: servers.schemes(tx, now=NOW).get(server)) is None


async def test_a_server_that_fails_for_a_week_is_probed_once_a_day(office: Office, peer: Peer) -> None:
    peer.answers("/inbox", status=502)
    failing = ServerRow(server=Server(peer.authority), failing_since=NOW - timedelta(days=8), failures=9)
    await office.database.write(lambda tx: servers.keep(tx, [failing]))
    await office.post(f"{peer.origin}/inbox")

    assert await office.deliver(peer.authority) == timedelta(days=1)

    row = await office.database.read(lambda tx: servers.find(tx, Server(peer.authority)))
    assert row.suspended_at == NOW


async def test_a_server_that_fails_for_a_month_is_not_asked(office: Office, peer: Peer) -> None:
    dead = ServerRow(server=Server(peer.authority), failing_since=NOW - timedelta(days=31), failures=30)
    await office.database.write(lambda tx: servers.keep(tx, [dead]))
    await office.post(f"{peer.origin}/inbox")

    await office.deliver(peer.authority)

    (row,) = await office.ledger()
    assert (row.state, row.reason) == ("given-up", "the server has not answered since 2026-10-22")
    assert peer.asked == []


async def test_one_answer_makes_a_failing_server_whole(office: Office, peer: Peer) -> None:
    peer.answers("/inbox", status=202)
    failing = ServerRow(server=Server(peer.authority), failing_since=NOW - timedelta(days=2), failures=5)
    await office.database.write(lambda tx: servers.keep(tx, [failing]))
    await office.post(f"{peer.origin}/inbox")

    await office.deliver(peer.authority)

    row = await office.database.read(lambda tx: servers.find(tx, Server(peer.authority)))
    assert (row.failing_since, row.failures) == (None, 0)


async def test_a_delete_that_comes_while_its_create_is_under_way_follows_it(office: Office, peer: Peer) -> None:
    """The Delete finds the Create unsent and sends nothing; if it arrives all the same, the Delete must too."""
    inbox, made = InboxUrl(f"{peer.origin}/inbox"), "https://links.example/object/1"
    bodies: list[bytes] = []

    async def delete_meanwhile(request: web.BaseRequest) -> web.Response:
        bodies.append(await request.read())
        if len(bodies) == 1:
            await office.database.write(lambda tx: deliveries.drop_waiting(tx, made, now=NOW, reason="deleted"))
            await office.post("http://127.0.0.8:9/inbox", "Delete")
        return web.Response(status=202)

    peer.scripts["/inbox"] = delete_meanwhile
    await office.post(inbox)
    await office.deliver(host_of(inbox))

    assert [b"Delete" in body for body in bodies] == [False, True]


async def test_a_stopping_worker_begins_nothing_more(office: Office, peer: Peer) -> None:
    peer.answers("/inbox", status=202)
    await office.post(f"{peer.origin}/inbox")
    office.deliver.lanes.close()

    assert await office.deliver(peer.authority) == timedelta(0)
    assert peer.asked == []
    assert await office.states() == ["waiting"]


@pytest.mark.parametrize("status", [None, 429, 503])
def test_what_is_about_the_server_stops_its_turn(status: int | None) -> None:
    assert is_about_the_server(TryLater(status, "busy"))
    assert not is_about_the_server(TryLater(500, "this one"))


async def test_who_is_silent_is_in_the_ledger_before_the_lane_goes_to_others(office: Office, peer: Peer) -> None:
    """Killed now, it would be tried again in a minute as if it had failed (docs/decisions/0006)."""
    was_asked, ends = asyncio.Event(), asyncio.Event()

    async def silent(_request: web.BaseRequest) -> web.Response:
        was_asked.set()
        await ends.wait()
        return web.Response(status=202)

    for _ in range(8):
        office.deliver.lanes.learn(0.001)
    peer.scripts["/inbox"] = silent
    await office.post(f"{peer.origin}/inbox")
    delivering = asyncio.create_task(office.deliver(peer.authority))
    await was_asked.wait()
    async with asyncio.timeout(10), AsyncExitStack() as stack:
        for _ in range(8):  # all of them: the silent one has handed its own on
            await stack.enter_async_context(office.deliver.lanes.lane())

    (row,) = await office.ledger()
    assert (row.state, row.reason, row.due_at) == ("waiting", "sent, no answer yet", NOW + timedelta(minutes=1))
    ends.set()
    assert await delivering is None
    (row,) = await office.ledger()
    assert (row.state, row.attempts, row.reason) == ("delivered", 1, "")
