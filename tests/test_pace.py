"""A burst, then one more at a time: what limits servers, visitors, and the servers that we are sent to (S62, S77)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.errors import TooMany
from bridge.pace import Limit, Pace, per_minute
from tests.support.clocks import Watch

ONE, OTHER = "far.example", "else.example"


def test_after_a_burst_one_more_is_let_through_at_a_time() -> None:
    watch = Watch()
    pace = Pace(Limit(burst=3, every=timedelta(seconds=2)), clock=watch)
    for _ in range(3):
        pace.take(ONE)
    for _ in range(5):
        with pytest.raises(TooMany, match="more than 3 requests in 6 seconds from far.example") as refused:
            pace.take(ONE)
        assert refused.value.retry_after == timedelta(seconds=2)

    pace.take(OTHER)
    watch.now += 2
    pace.take(ONE)
    with pytest.raises(TooMany):
        pace.take(ONE)


def test_a_rest_gives_the_whole_burst_back_and_no_more() -> None:
    watch = Watch()
    pace = Pace(per_minute(4), clock=watch)
    for _ in range(4):
        pace.take(ONE)

    watch.now += 3600

    for _ in range(4):
        pace.take(ONE)
    with pytest.raises(TooMany):
        pace.take(ONE)


def test_to_check_costs_nothing() -> None:
    pace = Pace(Limit(burst=1, every=timedelta(seconds=2)), clock=Watch())
    for _ in range(5):
        pace.check(ONE)
    assert pace.wait(ONE) == timedelta()

    pace.take(ONE)

    assert pace.wait(ONE) == timedelta(seconds=2)
    with pytest.raises(TooMany):
        pace.check(ONE)


def test_where_nothing_is_limited_all_come_through() -> None:
    pace = Pace(None, clock=Watch())
    for _ in range(1000):
        pace.take(ONE)


def test_s62_the_memory_of_names_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was counted longest ago is forgotten first, and so has the whole burst again."""
    monkeypatch.setattr("bridge.pace._MOST_NAMES", 100)
    pace = Pace(per_minute(1), clock=Watch())
    pace.take(ONE)
    pace.take(OTHER)
    for number in range(99):
        pace.take(f"h{number}.example")

    assert pace.wait(ONE) == timedelta()
    assert pace.wait(OTHER) > timedelta()
