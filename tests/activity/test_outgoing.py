"""The activities that carry our objects, and what counts as a change."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.activity.note import note_from_issue
from bridge.activity.outgoing import (
    accept_of,
    create_of,
    delete_of,
    federated_digest,
    reject_of,
    tombstone_of,
    update_of,
    wire_bytes,
)
from bridge.terms import ActivityId, ActorId, Document, ObjectId
from tests.support.golden import as_text, golden
from tests.support.letters import ACTOR, KAFFEE, letter, place, rendered

ID = ActivityId("https://links.example/activity/x")
NOTE = ObjectId("https://links.example/object/n")
LATER = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FOLLOW: Document = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "id": "https://example.social/follow/1",
    "type": "Follow",
    "actor": KAFFEE.actor_id,
    "object": ACTOR,
}


def note(
    body: str = "Hallo @kaffee@example.social. #Bahn", *, stands: dict[str, Any] | None = None, **values: Any
) -> Document:
    issue = letter(body, **values)
    return note_from_issue(issue, rendered(issue), place(**(stands or {})))


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("create", create_of(note(), ID)),
        ("update", update_of(note(stands={"updated": LATER}), ID)),
        ("delete", delete_of(note(), ID, deleted=LATER)),
        ("tombstone", tombstone_of(note(), deleted=LATER)),
        ("accept", accept_of(FOLLOW, ID, actor=ACTOR)),
        ("reject", reject_of(FOLLOW, ID, actor=ACTOR)),
    ],
)
def test_the_golden_activities(name: str, document: Document) -> None:
    assert golden(name, document) == as_text(document)


@pytest.mark.parametrize("visibility", ["public", "unlisted"])
def test_an_activity_has_its_object_s_audience(visibility: str) -> None:
    document = note(visibility=visibility, stands={"updated": LATER})
    activities = [create_of(document, ID), update_of(document, ID), delete_of(document, ID, deleted=LATER)]
    for activity in activities:
        assert (activity["to"], activity["cc"]) == (document["to"], document["cc"])
        assert activity["actor"] == document["attributedTo"]
    assert KAFFEE.actor_id in activities[2]["cc"]


def test_one_context_stands_in_front_and_none_inside() -> None:
    activity = create_of(note(), ID)
    assert next(iter(activity)) == "@context"
    assert "@context" not in activity["object"]
    assert activity["@context"] == note()["@context"]


def test_a_deleted_object_is_a_tombstone_without_its_text() -> None:
    activity = delete_of(note(), ID, deleted=LATER)
    assert activity["object"] == {"id": NOTE, "type": "Tombstone"}


def test_an_accept_echoes_the_follow_as_it_came() -> None:
    activity = accept_of(FOLLOW | {"published": "2026", "cc": ["x"]}, ID, actor=ActorId(ACTOR))
    assert activity["object"] == {key: FOLLOW[key] for key in ("id", "type", "actor", "object")}
    assert activity["to"] == [KAFFEE.actor_id]


def test_an_update_of_an_object_without_a_newer_time_cannot_be_made() -> None:
    with pytest.raises(KeyError):
        update_of(note(), ID)


def test_wire_bytes_are_compact_utf_8_and_always_the_same() -> None:
    document = note("„Größe“ – 漢")
    assert wire_bytes(document) == wire_bytes(note("„Größe“ – 漢"))
    assert "„Größe“ – 漢".encode() in wire_bytes(document)
    assert b": " not in wire_bytes({"a": [1, 2]})
    assert json.loads(wire_bytes(document)) == document


def test_what_no_follower_sees_is_no_change() -> None:
    before = federated_digest(note())
    seen = {"replies": {"totalItems": 3}, "likes": "https://links.example/l", "context": "https://links.example/c"}
    assert federated_digest(note(stands={"updated": LATER, **seen})) == before


@pytest.mark.parametrize(
    "values",
    [
        {"body": "Hallo."},
        {"title": "Anders"},
        {"tags": ("Neu",)},
        {"content_warning": "Politik"},
        {"visibility": "unlisted"},
        {"quotes": "nobody"},
        {"language": "en"},
        {"stands": {"page_url": "https://links.example/issues/neu"}},
        {"stands": {"closed": True}},
    ],
)
def test_what_a_follower_sees_is_a_change(values: dict[str, Any]) -> None:
    assert federated_digest(note(**values)) != federated_digest(note())


def test_text_below_the_teaser_of_a_note_is_no_change() -> None:
    """An edit of what a format does not federate sends no Update (contract section 5)."""
    first = "Wort " * 120
    assert federated_digest(note(f"{first}\n\nAlt.")) == federated_digest(note(f"{first}\n\nGanz neu."))
