"""What one server hands on of another's people, against a real server: only their own word or server proves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bridge.signature.integrity_proof import add_proof
from tests.support.attack import PUBLIC, Person, RunningBlog, said

Unchanged = Callable[[], bool]


@pytest.fixture
def neighbour(victim: Person) -> Person:
    """Somebody beside the victim, on the same server."""
    return victim.town.person(f"neighbour-of-{victim.name}")


def test_s25_s30_a_delete_of_a_post_that_its_server_still_shows_is_401(
    blog: RunningBlog, eve: Person, victim: Person
) -> None:
    note = said(blog, victim, "steht noch da")
    victim.town.serves(note["id"].removeprefix(victim.town.origin), note)

    assert blog.post(eve, victim.act("Delete", note["id"])).status == 401

    assert "steht noch da" in blog.comments()


def test_s25_a_boost_counts_for_whom_its_own_server_says(
    blog: RunningBlog, eve: Person, victim: Person, neighbour: Person, unchanged: Unchanged
) -> None:
    boost = neighbour.act("Announce", blog.note)
    victim.town.serves(boost["id"].removeprefix(victim.town.origin), boost)

    assert blog.post(eve, {**boost, "actor": victim.id}).status == 401

    assert unchanged()


def test_s27_a_neighbours_proof_is_not_the_victims(
    blog: RunningBlog, eve: Person, victim: Person, neighbour: Person, unchanged: Unchanged
) -> None:
    """The key is on the right server, and is another's."""
    activity = victim.act("Create", victim.note(blog, "vom Nachbarn bewiesen"))
    proven = add_proof(activity, signer=neighbour.ed_signer, now=datetime.now(UTC))

    assert blog.post(eve, proven).status == 401

    assert unchanged()


def test_s27_a_proof_is_by_whom_the_activity_is_said_to_be_in_any_spelling(
    blog: RunningBlog, eve: Person, victim: Person, unchanged: Unchanged
) -> None:
    """What two parts of a program read as the owner must be one: else Eve proves a document that names the victim."""
    activity = victim.act("Create", victim.note(blog, "in anderer Schreibweise"), attributedTo=eve.id, to=[PUBLIC])
    activity["as:actor"] = activity.pop("actor")

    assert blog.post(eve, eve.proven(activity)).status == 401

    assert unchanged()
