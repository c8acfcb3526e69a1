"""Our clock against the Date headers of others (security S134)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from bridge.clock import http_time
from bridge.remote.peer_clocks import PeerClocks
from bridge.terms import Server

NOW = datetime(2024, 8, 5, 7, tzinfo=UTC)


def told(*seconds: int) -> PeerClocks:
    """Our clock says NOW; the others are so many seconds behind us."""
    clocks = PeerClocks(lambda: NOW)
    for number, behind in enumerate(seconds):
        clocks.note(Server(f"s{number}.example"), http_time(NOW - timedelta(seconds=behind)))
    return clocks


def test_s134_a_clock_that_most_others_contradict_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        clocks = told(90, 91, 92, 90, 89)

    assert abs((clocks.skew() or timedelta(0)) - timedelta(seconds=90)) < timedelta(seconds=2)
    assert len(caplog.messages) == 1
    assert "ahead of" in caplog.messages[0]


def test_one_peer_with_a_wrong_clock_says_nothing_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert told(7200).skew() is None
        assert abs(told(7200, 0, 1, 0).skew() or timedelta(0)) < timedelta(seconds=2)
    assert caplog.messages == []


@pytest.mark.parametrize("date", [None, "", "gestern", "x" * 5000, "Mon, 99 Aug 2024 07:00:00 GMT"])
def test_a_date_that_cannot_be_read_says_nothing(date: str | None) -> None:
    clocks = PeerClocks(lambda: NOW)
    for number in range(5):
        clocks.note(Server(f"s{number}.example"), date)

    assert clocks.skew() is None


def test_what_is_remembered_is_bounded() -> None:
    clocks = told(*([0] * 5000))

    assert len(clocks._ahead) < 50
