"""How long a server asks to be left alone (security S129)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.remote.retry_after import LONGEST, SHORTEST, retry_after_of

NOW = datetime(2024, 8, 5, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 5 ", timedelta(seconds=5)),
        ("Mon, 05 Aug 2024 07:10:00 GMT", timedelta(minutes=10)),
        ("Mon, 05 Aug 2024 07:10:00 -0000", timedelta(minutes=10)),
        ("0", SHORTEST),
        ("Mon, 05 Aug 2024 06:00:00 GMT", SHORTEST),
        ("86401", LONGEST),
        ("9" * 5000, LONGEST),
        ("Mon, 05 Aug 2999 06:00:00 GMT", LONGEST),
    ],
)
def test_a_wait_is_read_and_kept_between_a_second_and_a_day(text: str, wait: timedelta) -> None:
    assert retry_after_of({"Retry-After": text}, now=NOW) == wait


@pytest.mark.parametrize(
    "text", ["", "soon", "-5", "1e12", "1.5", "٣", "Mon, 99 Aug 2024", "Mon, 05 Aug 99999 06:00:00 GMT"]
)
def test_what_cannot_be_read_asks_for_nothing(text: str) -> None:
    assert retry_after_of({"Retry-After": text}, now=NOW) is None


def test_no_header_asks_for_nothing() -> None:
    assert retry_after_of({}, now=NOW) is None


@given(st.text(max_size=100))
def test_any_text_is_a_wait_within_bounds_or_none(text: str) -> None:
    wait = retry_after_of({"Retry-After": text}, now=NOW)
    assert wait is None or SHORTEST <= wait <= LONGEST
