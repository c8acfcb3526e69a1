"""What strangers together may make us ask of one server (security S56, S61, S102)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.remote.budget import Budget, Cause
from bridge.remote.door import Door
from bridge.remote.hops import Hops, Wanted
from bridge.remote.target_pace import OF_ALL, OF_ONE, TargetBusy, TargetPace
from tests.support.clocks import Watch
from tests.support.local_servers import Peer
from tests.support.signed_fetches import OWN

NETWORK = Cause(name="203.0.113.7")


def proven(name: str) -> Cause:
    return Cause(name=name, is_proven=True)


def test_s61_one_network_sends_us_to_one_server_a_few_dozen_times_and_then_now_and_then() -> None:
    watch = Watch()
    pace = TargetPace(clock=watch)
    for _ in range(OF_ONE.burst):
        pace.take("h.example", NETWORK)
    with pytest.raises(TargetBusy) as busy:
        pace.take("h.example", NETWORK)
    assert timedelta(0) < busy.value.retry_after <= OF_ONE.every
    pace.take("else.example", NETWORK)
    pace.take("h.example", Cause(name="198.51.100.9"))
    watch.now += OF_ONE.every.total_seconds()
    pace.take("h.example", NETWORK)
    with pytest.raises(TargetBusy):
        pace.take("h.example", NETWORK)


def test_s56_a_thousand_servers_together_are_no_hammer_either_and_keep_nobody_from_a_new_key() -> None:
    pace = TargetPace(clock=Watch())
    sent = 0
    for number in range(1000):
        try:
            pace.take("victim.example", proven(f"x{number}.evil.example"))
            sent += 1
        except TargetBusy:
            pass
    assert sent == OF_ALL.burst
    pace.take("victim.example", NETWORK)


async def test_s56_redirects_count_at_the_server_they_lead_to(door: Door, peer: Peer, other_peer: Peer) -> None:
    """However many addresses lead there: what is asked of a server is counted where it is asked."""
    hops = Hops(door, own_servers={OWN}, pace=TargetPace(clock=Watch()))
    other_peer.answers("/victim", "hier")
    wanted = Wanted(accept="*/*", cap_bytes=1000)
    for number in range(OF_ONE.burst):
        peer.redirects(f"/{number}", f"{other_peer.origin}/victim")
        if number % 2 == 0:
            await hops.fetch(f"{peer.origin}/{number}", wanted, budget=Budget(cause=proven("evil.example")))
        else:
            await hops.fetch(f"{other_peer.origin}/victim", wanted, budget=Budget(cause=proven("evil.example")))
    for _ in range(5):
        with pytest.raises(TargetBusy):
            await hops.fetch(f"{other_peer.origin}/victim", wanted, budget=Budget(cause=proven("evil.example")))
    assert len(other_peer.asked) == OF_ONE.burst
    await hops.fetch(f"{other_peer.origin}/victim", wanted, budget=Budget())
