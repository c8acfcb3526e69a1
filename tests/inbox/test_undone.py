"""What is taken back, and what is not: one of several reactions, a deletion."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bridge.inbox import moderate
from bridge.inbox.why import explain
from bridge.store import blocks
from bridge.store.database import Transaction
from bridge.store.entries import EntryRow
from tests.support.inboxes import NOTE, NOW, OUR_ACTOR, PUBLIC, Place, create, note
from tests.support.local_servers import Peer, serving

ANN = "https://far.example/users/ann"
REACTIONS = [
    ("Announce", "boost", None),
    ("Like", "like", None),
    ("Like", "like", "🔥"),
    ("EmojiReact", "like", "🔥"),
]


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with serving() as running:
        yield running


def _activity(kind: str, actor: str, about: Any, name: str = "1", **values: Any) -> dict[str, Any]:
    return {"id": f"{actor}#{kind}/{name}", "type": kind, "actor": actor, "object": about, **values}


def _twice(kind: str, content: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    said = {} if content is None else {"content": content}
    return _activity(kind, ANN, NOTE, "1", **said), _activity(kind, ANN, NOTE, "2", **said)


# --- reactions


@pytest.mark.parametrize(("kind", "name", "content"), REACTIONS)
@pytest.mark.parametrize("whole", [True, False])
async def test_the_undo_of_the_first_of_two_that_say_the_same_leaves_the_second(
    place: Place, kind: str, name: str, content: str | None, whole: bool
) -> None:
    first, last = _twice(kind, content)
    await place.take(first)
    await place.take(last)
    for number in ("1", "2"):  # the second undo is one of something that was taken back before
        await place.take(_activity("Undo", ANN, first if whole else first["id"], number))
        assert await place.reactions(name) == [ANN]
    await place.take(_activity("Undo", ANN, last if whole else last["id"], "3"))
    assert await place.reactions(name) == []


async def test_of_two_boosts_either_may_be_taken_back(place: Place) -> None:
    """Misskey's people renote a post as often as they like."""
    first, last = _twice("Announce", None)
    await place.take(first)
    again = await place.take(last)
    assert again.verdict == "duplicate"
    await place.take(_activity("Undo", ANN, last, "1"))
    assert await place.reactions("boost") == [ANN]
    await place.take(_activity("Undo", ANN, first, "2"))
    assert await place.reactions("boost") == []


async def test_who_likes_once_more_and_takes_that_back_likes_no_more(place: Place) -> None:
    """The undo of the first like was lost on its way."""
    first, last = _twice("Like", None)
    await place.take(first)
    await place.take(last)
    await place.take(_activity("Undo", ANN, last))
    late = await place.take(_activity("Undo", ANN, first, "2"))

    assert await place.reactions("like") == []
    assert late.reason == "an undo of something that did not count any more"


@pytest.mark.parametrize(("kind", "name", "content"), REACTIONS)
async def test_an_undo_that_names_an_id_nobody_sent_takes_back_all_that_say_the_same(
    place: Place, kind: str, name: str, content: str | None
) -> None:
    """Some servers make the id of what they undo up anew."""
    both = _twice(kind, content)
    for one in both:
        await place.take(one)
    await place.take(_activity("Undo", ANN, both[0] | {"id": f"{ANN}#made-up"}))

    assert await place.reactions(name) == []


@pytest.mark.parametrize(("kind", "name"), [("Like", "like"), ("Announce", "boost")])
async def test_who_does_the_same_again_and_again_does_not_fill_the_table(place: Place, kind: str, name: str) -> None:
    for number in range(25):
        await place.take(_activity(kind, ANN, NOTE, str(number)))
    for number in range(25):
        await place.take(_activity("Undo", ANN, f"{ANN}#{kind}/{number}", str(number)))

    assert await place.reactions(name) == []


# --- what `why` says of it afterwards


async def _why(place: Place, url: str) -> tuple[str, str]:
    def read(tx: Transaction) -> tuple[str, str]:
        found = explain(tx, place.blog, url, blocked=blocks.listed(tx, 1))
        return found.verdict, found.sentences[0]

    return await place.database.read(read)


async def test_why_says_so_too_of_our_own_create_in_a_boost(place: Place) -> None:
    ours = {"id": "https://links.example/activity/1", "type": "Create", "actor": OUR_ACTOR, "object": NOTE}
    boost = _activity("Announce", ANN, ours, to=[PUBLIC])
    await place.take(boost)
    assert (await _why(place, boost["id"]))[0] == "shown"
    await place.take(_activity("Undo", ANN, boost["id"]))
    assert (await _why(place, boost["id"]))[0] == "deleted"


@pytest.mark.parametrize("kind", ["Like", "Announce", "EmojiReact"])
@pytest.mark.parametrize("named", ["whole", "by its id", "by its object"])
async def test_why_does_not_say_that_something_counts_which_was_taken_back(place: Place, kind: str, named: str) -> None:
    done = _activity(kind, ANN, NOTE)
    await place.take(done)
    assert (await _why(place, done["id"]))[0] == "shown"
    without_id = {key: value for key, value in done.items() if key != "id"}
    undone = {"whole": done, "by its id": done["id"], "by its object": without_id}[named]
    await place.take(_activity("Undo", ANN, undone))

    assert await _why(place, done["id"]) == ("deleted", "It was taken back since and counts no more.")


async def test_why_tells_a_like_that_another_stands_for_from_one_that_counts(place: Place) -> None:
    first, last = _twice("Like", None)
    await place.take(first)
    await place.take(last)
    told = "It does not stand itself; what the same person did besides it counts."
    assert await _why(place, first["id"]) == ("duplicate", told)
    assert (await _why(place, last["id"]))[0] == "shown"


async def test_why_says_of_a_follow_that_it_ended(place: Place) -> None:
    follow = _activity("Follow", ANN, OUR_ACTOR)
    await place.take(follow)
    assert (await _why(place, follow["id"]))[0] == "shown"
    await place.take(_activity("Undo", ANN, follow))
    assert await _why(place, follow["id"]) == (
        "deleted",
        "It ended since: this person does not follow the blog any more.",
    )
    await place.take(_activity("Follow", ANN, OUR_ACTOR, "2"))
    assert (await _why(place, f"{ANN}#Follow/2"))[0] == "shown"


# --- deletions


def _serve(peer: Peer, path: str, **values: Any) -> str:
    url = f"{peer.origin}{path}"
    peer.serves(path, json.dumps({"@context": "https://www.w3.org/ns/activitystreams", "id": url, **values}))
    return url


def _ole(peer: Peer) -> str:
    return _serve(peer, "/users/ole", type="Person", preferredUsername="ole", inbox=f"{peer.origin}/users/ole/inbox")


def _comment(peer: Peer, text: str = "Ein Moor.", **values: Any) -> dict[str, Any]:
    """What Ole's server shows of his comment, from now on."""
    known = note(_ole(peer), content=f"<p>{text}</p>", **values)
    _serve(peer, "/users/ole/statuses/1", **known)
    return known


async def _entry(place: Place, post: dict[str, Any]) -> EntryRow:
    entry = await place.entry(post["id"])
    assert entry is not None
    return entry


@pytest.mark.parametrize("kind", ["Delete", "Remove"])
async def test_a_comment_comes_back_when_its_author_takes_the_deletion_back(
    place: Place, peer: Peer, kind: str
) -> None:
    """Lemmy's people delete a comment and restore it."""
    post = _comment(peer)
    ole = post["attributedTo"]
    await place.take(create(post))
    before = await _entry(place, post)
    answer = await place.take(create(note(ANN, inReplyTo=post["id"])))
    assert answer.verdict == "shown"
    deletion = _activity(kind, ole, post["id"], summary="vertan")
    await place.take(_activity("Delete", ole, post["id"]))
    assert ((await _entry(place, post)).state, (await _entry(place, post)).text) == ("deleted", "")

    _comment(peer, "Ein Hochmoor.")
    place.clock.turn(timedelta(hours=1))
    result = await place.take(_activity("Undo", ole, deletion))

    assert (result.verdict, result.issue_id) == ("shown", 1)
    assert result.reason.startswith("Its author took the deletion back. ")
    back = await _entry(place, post)
    assert (back.state, back.text, back.author_name, back.author_url) == ("shown", "Ein Hochmoor.", "Ole", ole)
    lasting = ("id", "token", "kind", "in_reply_to", "received_at", "issue_id")
    assert [getattr(back, name) for name in lasting] == [getattr(before, name) for name in lasting]
    assert (await place.take(_activity("Undo", ole, deletion, "again"))).verdict == "duplicate"
    assert (await place.take(_activity("Delete", ole, post["id"], "2"))).verdict == "deleted"


async def test_a_deletion_that_was_taken_back_before_the_comment_came_holds_it_up_no_more(
    place: Place, peer: Peer
) -> None:
    post = _comment(peer)
    deletion = _activity("Delete", post["attributedTo"], post["id"])
    await place.take(deletion)
    result = await place.take(_activity("Undo", post["attributedTo"], deletion))

    assert (result.verdict, (await _entry(place, post)).state) == ("shown", "shown")


@pytest.mark.parametrize("status", [404, 410, 500])
async def test_a_comment_that_cannot_be_fetched_stays_deleted_and_the_reason_says_so(
    place: Place, peer: Peer, status: int
) -> None:
    post = _comment(peer)
    await place.take(create(post))
    deletion = _activity("Delete", post["attributedTo"], post["id"])
    await place.take(deletion)
    peer.answers("/users/ole/statuses/1", status=status)
    result = await place.take(_activity("Undo", post["attributedTo"], deletion))

    assert result.verdict == "ignored"
    assert result.reason.startswith("takes a deletion back, but the post could not be fetched: ")
    assert (await _entry(place, post)).state == "deleted"


@pytest.mark.parametrize("by", ["another of the same server", "somebody elsewhere"])
async def test_nobody_takes_back_what_another_deleted(place: Place, peer: Peer, by: str) -> None:
    post = _comment(peer)
    await place.take(create(post))
    deletion = _activity("Delete", post["attributedTo"], post["id"])
    await place.take(deletion)
    eve = ANN if by == "somebody elsewhere" else f"{peer.origin}/users/eve"
    for claimed in (deletion, deletion | {"actor": eve}):
        result = await place.take(_activity("Undo", eve, claimed, claimed["actor"]))
        assert (result.verdict, result.reason) == ("ignored", "the post belongs to another actor")

    assert (await _entry(place, post)).state == "deleted"


async def test_what_is_no_post_is_not_brought_back(place: Place, peer: Peer) -> None:
    ole = _ole(peer)
    for about in (ole, None):
        inner = {"type": "Delete", "actor": ole, "object": about}
        result = await place.take(_activity("Undo", ole, inner, str(about)))
        assert result.reason == "takes a deletion back that was not of a post"
    assert peer.asked == []


@pytest.mark.parametrize("decide", [moderate.hide, moderate.spam])
async def test_what_the_author_had_taken_off_the_page_does_not_come_back_to_it(
    place: Place, peer: Peer, decide: Any
) -> None:
    post = _comment(peer)
    await place.take(create(post))
    entry = await _entry(place, post)
    await place.database.write(lambda tx: decide(tx, place.blog, entry, now=NOW))
    deletion = _activity("Delete", post["attributedTo"], post["id"])
    await place.take(deletion)
    result = await place.take(_activity("Undo", post["attributedTo"], deletion))

    assert (result.verdict, (await _entry(place, post)).state) == ("hidden", "hidden")
    back = await _entry(place, post)
    await place.database.write(lambda tx: moderate.approve(tx, back, now=NOW))
    assert (await _entry(place, post)).state == "shown"


async def test_of_somebody_whom_the_author_had_forgotten_nothing_comes_back(place: Place, peer: Peer) -> None:
    post = _comment(peer)
    await place.take(create(post))
    await place.take(create(note(ANN, inReplyTo=post["id"])))
    ole = post["attributedTo"]
    deletion = _activity("Delete", ole, post["id"])
    await place.take(deletion)
    await place.database.write(lambda tx: moderate.forget(tx, place.blog, ole, now=NOW))
    result = await place.take(_activity("Undo", ole, deletion))

    assert (result.verdict, (await _entry(place, post)).state) == ("hidden", "deleted")


async def test_what_was_public_and_comes_back_in_private_is_shown_to_nobody(place: Place, peer: Peer) -> None:
    post = _comment(peer)
    await place.take(create(post))
    deletion = _activity("Delete", post["attributedTo"], post["id"])
    await place.take(deletion)
    _comment(peer, to=[f"{post['attributedTo']}/followers"], cc=[])
    result = await place.take(_activity("Undo", post["attributedTo"], deletion))

    assert (result.verdict, (await _entry(place, post)).state) == ("private", "private")
    assert PUBLIC not in (await _entry(place, post)).visibility
