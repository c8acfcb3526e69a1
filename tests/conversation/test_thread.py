"""Whatever order things arrive in, the tree that is shown is the same and whole."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.conversation.comment import Entry, is_public, shown_time
from bridge.conversation.thread import count, thread, walk

Said = Callable[..., Entry]
NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)


def outline(entries: list[Entry]) -> str:
    """`a(b c(d))`: what a reader sees."""
    written = ""
    depth = 0
    for placed in walk(thread(entries)):
        written += "(" * (placed.depth - depth) + ")" * (depth - placed.depth) + " " + placed.entry.id
        depth = placed.depth
    return (written + ")" * depth).replace("( ", "(").strip()


def test_answers_stand_below_what_they_answer_in_the_order_in_which_they_were_said(said: Said) -> None:
    entries = [
        said("d", parent="a", minute=9),
        said("b", parent="a", minute=1),
        said("c", parent="b", minute=5),
        said("a"),
    ]
    assert outline(entries) == "a(b(c) d)"


def test_what_was_said_in_the_same_second_stands_as_it_came(said: Said) -> None:
    said_at = said("x").published
    first = said("z", minute=1, number=1, published=said_at)
    second, third = (said(name, minute=2, number=number, published=said_at) for name, number in (("y", 2), ("a", 3)))
    assert outline([third, first, second]).split() == ["z", "y", "a"]


def test_an_answer_is_placed_by_the_address_it_answers(said: Said) -> None:
    entries = [
        said("a"),
        said("b", in_reply_to="https://far.example/o/a"),
        said("c", in_reply_to="https://far.example/@ann/a"),
    ]
    assert outline(entries) == "a(b c)"


def test_a_deleted_comment_stays_only_while_something_shown_stands_below_it(said: Said) -> None:
    gone = [said("a", state="deleted"), said("b", parent="a", minute=1, state="deleted")]
    assert outline(gone) == ""
    assert outline([*gone, said("c", parent="b", minute=2, state="held")]) == ""
    assert outline([*gone, said("c", parent="b", minute=2)]) == "a(b(c))"


def test_what_answers_something_hidden_hangs_at_the_nearest_shown_entry_above(said: Said) -> None:
    entries = [
        said("a"),
        said("b", parent="a", minute=1, state="spam"),
        said("c", parent="b", minute=2, state="held"),
        said("d", parent="c", minute=3),
        said("e", parent="unknown", minute=4),
        said("f", minute=5, state="blocked"),
        said("g", parent="f", minute=6),
    ]
    assert outline(entries) == "a(d) e g"


def test_private_replies_are_never_in_the_tree(said: Said) -> None:
    """S45: whatever the state says."""
    entries = [
        said("a", visibility="direct"),
        said("b", visibility="followers"),
        said("c", parent="a"),
        said("d", state="private"),
    ]
    assert outline(entries) == "c"
    assert count(entries) == 1
    assert outline([said("a", visibility="direct", state="deleted"), said("b", parent="a")]) == "b"


def test_circles_are_cut_at_their_earliest_entry(said: Said) -> None:
    entries = [
        said("a", parent="c", minute=2),
        said("b", parent="a", minute=1),
        said("c", parent="b", minute=3),
        said("d", parent="d"),
    ]
    for order in (entries, entries[::-1]):
        assert outline(order) == "d b(c(a))"


def test_only_peoples_shown_entries_are_counted(said: Said) -> None:
    entries = [
        said("a"),
        said("b", kind="pingback"),
        said("c", kind="pingback", own_series=True),
        said("d", state="deleted"),
        said("e", kind="quote", visibility="unlisted"),
        said("f", state="held"),
    ]
    assert count(entries) == 3


@pytest.mark.parametrize(
    "published",
    [
        None,
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=UTC),
        datetime.fromisoformat("2024-08-05T11:00:00"),
        NOON + timedelta(minutes=6),
    ],
)
def test_times_that_cannot_be_true_are_shown_by_arrival(said: Said, published: datetime | None) -> None:
    """S80."""
    assert shown_time(said("a", published=published)) == NOON


def test_nothing_was_said_long_before_the_issue_appeared(said: Said) -> None:
    entry = said("a", published=NOON - timedelta(days=30))
    assert shown_time(entry) == NOON - timedelta(days=30)
    assert shown_time(entry, since=NOON - timedelta(hours=1)) == NOON


def test_a_thread_may_be_twenty_thousand_deep(said: Said) -> None:
    one = said("0")
    chain = [one._replace(id=str(n), object_id=f"o{n}", url=f"u{n}", parent=str(n - 1)) for n in range(20_000)]
    chain += [
        one._replace(id=f"h{n}", object_id=f"ho{n}", url=f"hu{n}", parent=f"h{n - 1}", state="held")
        for n in range(20_000)
    ]
    random.Random(1).shuffle(chain)

    placed = list(walk(thread(chain)))

    assert len(placed) == 20_000
    assert placed[-1].depth == 19_999


STATES = st.sampled_from(["shown", "shown", "shown", "deleted", "held", "spam"])


@given(
    st.lists(st.tuples(st.integers(0, 14), STATES, st.integers(0, 5)), max_size=14), st.randoms(use_true_random=False)
)
def test_any_heap_of_entries_becomes_a_tree_that_does_not_depend_on_their_order(
    heap: list[tuple[int, str, int]], chance: random.Random
) -> None:
    entries = [
        Entry(
            id=str(n), kind="reply", object_id=f"o{n}", url=f"u{n}", parent=str(parent), state=state,  # type: ignore[arg-type]
            published=NOON + timedelta(minutes=minute), received_at=NOON + timedelta(minutes=minute),
        )
        for n, (parent, state, minute) in enumerate(heap)
    ]  # fmt: skip
    shuffled = entries[:]
    chance.shuffle(shuffled)

    placed = list(walk(thread(entries)))
    shown = [each.entry.id for each in placed]

    assert outline(entries) == outline(shuffled)
    assert len(shown) == len(set(shown))
    assert {entry.id for entry in entries if is_public(entry)} <= set(shown)
    assert {each.entry.state for each in placed} <= {"shown", "deleted"}
    assert not [each for each in placed if each.entry.state == "deleted" and not each.answers]
