"""What failed lately is not asked again at once, and what that may not stop (security S61, S62)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.errors import FetchFailed, FetchGone, FetchNotFound
from bridge.remote.budget import Cause
from bridge.remote.failures import Failures, Lately
from tests.support.clocks import Watch


def test_s61_a_verdict_is_believed_for_ten_minutes() -> None:
    watch = Watch()
    failures = Failures(clock=watch)
    failures.add("key", "h.example", FetchGone("410"))
    watch.now += 599
    with pytest.raises(FetchGone, match="410"):
        failures.check("key", "h.example")
    watch.now += 1
    failures.check("key", "h.example")


def test_s61_a_silence_is_believed_for_half_a_minute_because_gotosocial_gives_up_after_four() -> None:
    watch = Watch()
    failures = Failures(clock=watch)
    failures.add("key", "h.example", FetchFailed("no answer", retry_after=timedelta(seconds=7)))
    with pytest.raises(FetchFailed) as failed:
        failures.check("key", "h.example")
    assert failed.value.retry_after == timedelta(seconds=7)
    watch.now += 30
    failures.check("key", "h.example")


def test_s61_one_bad_key_stops_nobody_and_many_stop_who_named_them() -> None:
    watch = Watch()
    failures = Failures(clock=watch)
    liar = Cause(name="203.0.113.7")
    for number in range(59):
        failures.add(f"key{number}", "h.example", FetchNotFound("404"), liar)
    failures.check("other", "h.example", liar)
    failures.add("key59", "h.example", FetchNotFound("404"), liar)
    with pytest.raises(FetchFailed, match="60 times in vain"):
        failures.check("other", "h.example", liar)
    failures.check("other", "else.example", liar)
    failures.check("other", "h.example", Cause(name="198.51.100.9"))
    failures.check("other", "h.example")
    watch.now += 600
    failures.check("other", "h.example", liar)


def test_s62_the_memory_of_failures_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.remote.failures._MOST_FAILURES", 100)
    failures, lately = Failures(clock=Watch()), Lately(clock=Watch())
    for number in range(1000):
        failures.add(f"key{number}", f"h{number}.example", FetchNotFound("404"))
        lately.add(f"key{number}")
    assert len(failures._of_key) == len(failures._of_host) == 100
    assert len(lately._ends) <= 101


def test_lately_is_ten_minutes() -> None:
    watch = Watch()
    lately = Lately(clock=watch)
    assert not lately.has("key")
    assert lately.add("key")
    watch.now += 599
    assert lately.has("key")
    assert not lately.add("key")
    assert lately.add("other")
    watch.now += 1
    assert not lately.has("key")
    assert lately.add("key")
