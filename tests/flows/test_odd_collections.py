"""Collections of answers in the shapes that other servers give them, walked by a real server's `comments refresh`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.attack import CONTEXT, PUBLIC, Person, Town, running_blog, with_issue


class Far(Town):
    """A server with posts and collections, each at its own path."""

    def post(self, name: str, author: Person, parent: str, **more: Any) -> dict[str, Any]:
        note = {
            "id": f"{self.origin}/n/{name}", "type": "Note", "attributedTo": author.id, "to": [PUBLIC],
            "content": f"<p>Wort {name}.</p>", "inReplyTo": parent, **more,
        }  # fmt: skip
        self.serves(f"/n/{name}", {"@context": CONTEXT, **note})
        return note

    def collection(self, path: str, **values: Any) -> str:
        return self.serves(path, {"@context": CONTEXT, "id": self.origin + path, **values})


@pytest.fixture(scope="module")
def far() -> Iterator[Far]:
    running = Far()
    yield running
    running.close()


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, far: Far) -> Iterator[str]:
    """What is on the page after one walk through all of them."""
    place: Path = tmp_path_factory.mktemp("walked")
    ann = far.person("ann")
    with running_blog(place) as running:
        blog = with_issue(running, place)
        for name, shape in shapes(far, ann).items():
            note = far.post(f"{name}-above", ann, blog.note, **shape)
            assert blog.post(ann, ann.act("Create", note)).status == 202
        command = [sys.executable, "-m", "bridge", "comments", "refresh", "nebel"]
        subprocess.run([*command, "--config", str(blog.folder / "config.toml")], check=True, capture_output=True)
        yield blog.comments()


def shapes(far: Far, ann: Person) -> dict[str, dict[str, Any]]:
    """What a post says of its answers, by a name; each has one answer that nobody sent here."""
    below = {name: far.post(f"{name}-below", ann, f"{far.origin}/n/{name}-above") for name in NAMES}
    ids = {name: note["id"] for name, note in below.items()}
    first = far.collection("/2p", type="CollectionPage", partOf=f"{far.origin}/2", items=[below["embedded-notes"]])
    further = far.collection("/3p", type="CollectionPage", partOf=f"{far.origin}/3", items=[ids["empty-first-page"]])
    stub = far.collection("/4?page=true", type="CollectionPage", items=ids["first-page-without-items"])
    nothing = far.collection("/4?page=true&only_other_accounts=false", type="CollectionPage", items=[])
    created = {"id": f"{far.origin}/c/5", "type": "Create", "actor": ann.id, "object": below["activities-by-their-ids"]}
    far.serves("/c/5", {"@context": CONTEXT, **created})
    added = {"type": "Add", "actor": ann.id, "object": {**created, "object": below["history-of-a-context"]}}
    return {
        "one-item-without-a-list": {"replies": {"type": "Collection", "items": ids["one-item-without-a-list"]}},
        "embedded-notes": {"replies": far.collection("/2", type="Collection", first=first)},
        "empty-first-page": {
            "replies": {
                "id": f"{far.origin}/3",
                "type": "Collection",
                "first": {"type": "CollectionPage", "next": further, "items": []},
            }
        },
        "first-page-without-items": {
            "replies": {
                "id": f"{far.origin}/4",
                "type": "Collection",
                "first": {"id": stub, "type": "CollectionPage", "next": nothing},
            }
        },
        "activities-by-their-ids": {
            "replies": far.collection("/5", type="OrderedCollection", orderedItems=[created["id"]])
        },
        "context": {
            "context": far.collection(
                "/6", type="OrderedCollection", attributedTo=ann.id, orderedItems=[ids["context"]]
            )
        },
        "history-of-a-context": {
            "contextHistory": far.collection("/7", type="OrderedCollection", orderedItems=[added])
        },
    }


NAMES = (
    "one-item-without-a-list", "embedded-notes", "empty-first-page", "first-page-without-items",
    "activities-by-their-ids", "context", "history-of-a-context",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_answers_a_post_is_found_in_every_shape(walked: str, name: str) -> None:
    """Mastodon embeds an empty first page, GoToSocial one without items; FEP-f228 keeps activities in a history."""
    assert f"Wort {name}-below." in [
        one["content_html"].removeprefix("<p>").removesuffix("</p>") for one in json.loads(walked)["comments"]
    ]


def test_a_collection_whose_first_page_is_at_hand_is_not_asked_for(walked: str, far: Far) -> None:
    """Most posts of Mastodon carry an empty first page: it leads to the next one, and that is all there is."""
    assert "/3p" in far.asked
    assert "/3" not in far.asked
