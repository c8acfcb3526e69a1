"""Everybody counts once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bridge.conversation.comment import Person
from bridge.conversation.reaction import Kind, Reaction, tally


def reaction(name: str, kind: Kind, minute: int, emoji: str | None = None) -> Reaction:
    person = Person(actor_id=f"https://far.example/{name}", name=name, handle="", url="")
    return Reaction(
        kind=kind, person=person, at=datetime(2024, 8, 5, 12, minute, tzinfo=UTC) + timedelta(), emoji=emoji
    )


def test_likes_and_emoji_of_one_person_are_one_like_and_a_boost_is_another_thing() -> None:
    counted = tally(
        [
            reaction("bob", "like", 9),
            reaction("ann", "like", 5, "🦦"),
            reaction("ann", "like", 1),
            reaction("ann", "boost", 3),
            reaction("ann", "boost", 4),
        ]
    )

    assert [each.person.name for each in counted.likes] == ["ann", "bob"]
    assert [each.person.name for each in counted.boosts] == ["ann"]


def test_nobody_is_nobody() -> None:
    assert tally([]).likes == ()
