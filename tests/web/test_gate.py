"""Who is let in to the inbox: refused requests and requests under way, for each network (security S61, S77, S81)."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from bridge.errors import KeyUnavailable, Refusal, TooMany, Unauthenticated
from bridge.web.gate import Gate
from tests.support.clocks import Watch

NETWORK, OTHER = "198.51.100.7", "198.51.100.8"


def refused(gate: Gate, network: str = NETWORK, *, by: type[Refusal] = Unauthenticated) -> None:
    with pytest.raises(by), gate.request(network):
        raise by("no")


def test_s77_refused_requests_use_up_what_a_network_has_and_time_gives_it_back() -> None:
    watch = Watch()
    gate = Gate(refused_a_minute=3, clock=watch)
    for _ in range(3):
        refused(gate)

    with pytest.raises(TooMany) as stopped, gate.request(NETWORK):
        pass
    assert stopped.value.retry_after is not None
    with gate.request(OTHER):
        pass
    watch.now += stopped.value.retry_after.total_seconds()
    with gate.request(NETWORK):
        pass


def test_requests_that_are_taken_or_fail_through_others_cost_nothing() -> None:
    gate = Gate(refused_a_minute=3, clock=Watch())
    for _ in range(10):
        with gate.request(NETWORK):
            pass
        refused(gate, by=KeyUnavailable)


def test_s81_a_network_has_so_many_requests_under_way_and_no_more() -> None:
    gate = Gate(refused_a_minute=3, at_once=2, clock=Watch())
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(gate.request(NETWORK))
        with pytest.raises(TooMany), gate.request(NETWORK):
            pass
        with gate.request(OTHER):
            pass
    with gate.request(NETWORK):
        pass


def test_nothing_is_limited_on_one_machine() -> None:
    gate = Gate(refused_a_minute=None, at_once=1, clock=Watch())
    with gate.request(NETWORK), gate.request(NETWORK):
        pass
    for _ in range(100):
        refused(gate)
