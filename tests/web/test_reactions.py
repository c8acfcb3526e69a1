"""Likes and boosts on pages and in collections: of the issue, of the author's answers, of people who want no face."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.outbox import answer
from bridge.store import actors, changes, entries, published, reactions
from bridge.store.database import Transaction
from tests.support.inboxes import person
from tests.support.running_blog import ACTIVITY, RunningBlog

ANN = "https://far.example/users/ann"


def _like(running: RunningBlog, object_id: str, actor_id: str = ANN, *, slug: str = "1") -> None:
    issue = running.issue_id(slug)

    def work(tx: Transaction) -> None:
        reactions.add(
            tx, running.app.blog.id, issue_id=issue, kind="like", actor_id=actor_id, object_id=object_id,
            activity_id=f"{actor_id}#like", content=None, now=running.app.clock(),
        )  # fmt: skip
        tx.touch(changes.issue(issue))

    running.write(work)


def _fetched(running: RunningBlog, address: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(running.get(address, Accept=ACTIVITY).body)
    return found


def test_a_like_of_the_authors_answer_counts_for_the_answer_and_not_for_the_issue(running: RunningBlog) -> None:
    token = running.say("1", "<p>Frage?</p>")

    def say(tx: Transaction) -> str:
        entry = entries.find_by_token(tx, running.app.blog.id, token)
        assert entry is not None
        return answer.say(
            tx, running.app.blog, entry, answer.Wording(html="<p>Antwort.</p>"), now=running.app.clock()
        ).object_id

    said = running.write(say)
    before = json.loads(running.get("/issues/1/comments.json").body)["likes"]
    _like(running, said)
    assert json.loads(running.get("/issues/1/comments.json").body)["likes"] == before
    assert _fetched(running, said)["likes"]["totalItems"] == 1
    assert _fetched(running, f"{said}/likes")["totalItems"] == 1


def test_each_post_of_a_thread_tells_its_own_likes_and_the_page_those_of_the_issue(running: RunningBlog) -> None:
    """Who asks a later post how often it was liked does not ask for the whole thread."""
    running.publish({"lang.md": "---\ntitle: Lang\nformat: thread\n---\n## Eins\n\nA.\n\n## Zwei\n\nB.\n"})
    issue = running.issue_id("lang")
    first, *later = running.read(lambda tx: [row.id for row in published.of_issue(tx, issue)])
    _like(running, first, slug="lang")
    _like(running, later[1], slug="lang")
    _like(running, later[1], "https://far.example/users/bob", slug="lang")

    assert json.loads(running.get("/issues/lang/comments.json").body)["likes"] == 2  # one a person and issue
    assert [_fetched(running, one)["likes"]["totalItems"] for one in (first, *later)] == [1, 0, 2]
    assert _fetched(running, f"{later[1]}/likes")["totalItems"] == 2


@pytest.mark.parametrize("wish", [{"no_blog": True}, {"blocks_us": True}])
def test_who_wants_to_be_on_no_page_is_counted_without_name_and_face(
    running: RunningBlog, wish: dict[str, bool]
) -> None:
    shy = "https://far.example/users/scheu"

    def keep(tx: Transaction) -> None:
        actors.record(tx, person(shy, name="Scheue Sina", no_blog="no_blog" in wish), now=running.app.clock())
        actors.mark_block(tx, person(shy).id, blocks="blocks_us" in wish)

    _like(running, "https://links.example/o", shy)
    running.write(keep)
    _like(running, "https://links.example/p", shy)
    page = running.get("/issues/1").text
    assert "Sina" not in page
    assert "far.example/users/scheu" not in page
    assert json.loads(running.get("/issues/1/comments.json").body)["likes"] == 1
