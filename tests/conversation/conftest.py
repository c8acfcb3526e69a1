"""Entries for the conversation's tests, which need only what the test is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.conversation.comment import Entry, Person

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)


@pytest.fixture
def said() -> Callable[..., Entry]:
    """`said("a", parent="b", minute=3)`: an entry said and received at 12:03."""

    def make(name: str, *, minute: int = 0, **values: Any) -> Entry:
        moment = NOON + timedelta(minutes=minute)
        person = Person(
            actor_id="https://far.example/ann", name="Ann", handle="@ann@far.example", url="https://far.example/@ann"
        )
        entry: dict[str, Any] = {
            "id": name,
            "kind": "reply",
            "object_id": f"https://far.example/o/{name}",
            "url": f"https://far.example/@ann/{name}",
            "author": person,
            "published": moment,
            "received_at": moment,
            "content_html": f"<p>{name}</p>",
        }
        return Entry(**(entry | values))

    return make
