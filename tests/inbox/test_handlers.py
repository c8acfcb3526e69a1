"""Reactions, their undoing, groups, moves, blocks and requests for permission: each with its effect and its limit."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge.inbox import moderate
from bridge.store import actors, followers, issues
from bridge.store.database import Transaction
from bridge.store.schema import activities
from bridge.terms import ActorId
from tests.support.inboxes import NOTE, NOW, OUR_ACTOR, PAGE, PUBLIC, Place, create, note
from tests.support.local_servers import Peer, serving

ANN = "https://far.example/users/ann"
BOB = "https://elsewhere.example/users/bob"


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with serving() as running:
        yield running


def _serve(peer: Peer, path: str, **values: Any) -> str:
    url = f"{peer.origin}{path}"
    peer.serves(path, json.dumps({"@context": "https://www.w3.org/ns/activitystreams", "id": url, **values}))
    return url


def _person(peer: Peer, name: str, **values: Any) -> str:
    path = f"/users/{name}"
    return _serve(peer, path, type="Person", preferredUsername=name, inbox=f"{peer.origin}{path}/inbox", **values)


def _post(peer: Peer, name: str, author: str, **values: Any) -> str:
    known = {"type": "Note", "attributedTo": author, "to": [PUBLIC], "content": "<p>Aus der Gruppe.</p>"}
    return _serve(peer, f"/posts/{name}", **{**known, "inReplyTo": NOTE, **values})


def _activity(kind: str, actor: str, about: Any, name: str = "1", **values: Any) -> dict[str, Any]:
    return {"id": f"{actor}#{kind}/{name}", "type": kind, "actor": actor, "object": about, **values}


@pytest.mark.parametrize("target", [NOTE, PAGE])
async def test_a_like_counts_once_a_person_however_it_is_sent(place: Place, target: str) -> None:
    """S77: flapping and emoji change no count."""
    await place.take(_activity("Like", ANN, target, "1"))
    await place.take(_activity("Like", ANN, target, "2", content="🔥"))
    again = await place.take(_activity("EmojiReact", ANN, target, "3", content="🎉"))
    await place.take(_activity("Like", BOB, target))
    await place.take(_activity("Dislike", BOB, target))

    assert again.verdict == "duplicate"
    assert await place.reactions("like") == [ANN, BOB]


@pytest.mark.parametrize(("kind", "name"), [("Like", "like"), ("Announce", "boost"), ("EmojiReact", "like")])
async def test_an_undo_takes_back_only_ones_own(place: Place, kind: str, name: str) -> None:
    """S39."""
    done = _activity(kind, ANN, NOTE, **({"content": "🔥"} if kind == "EmojiReact" else {}))
    await place.take(done)
    await place.take(_activity("Undo", BOB, done))
    await place.take(_activity("Undo", BOB, done | {"actor": BOB}, "2"))
    assert await place.reactions(name) == [ANN]
    await place.take(_activity("Undo", ANN, done["id"]))
    assert await place.reactions(name) == []


async def test_the_end_of_a_dislike_takes_no_like_back(place: Place) -> None:
    """Friendica's people change from one to the other."""
    dislike = _activity("Dislike", ANN, NOTE)
    await place.take(dislike)
    await place.take(_activity("Like", ANN, NOTE))
    await place.take(_activity("Undo", ANN, dislike))

    assert await place.reactions("like") == [ANN]


@pytest.mark.parametrize("first", [{}, {"id": None}])
@pytest.mark.parametrize("named", ["text", "object"])
async def test_a_follow_ends_by_the_id_of_any_of_its_repeats(place: Place, first: dict[str, Any], named: str) -> None:
    """Mastodon follows anew when a key has changed; Pleroma names the follow it undoes by its id alone."""
    early = _activity("Follow", ANN, OUR_ACTOR, "1", **first)
    await place.take(early)
    if not first:
        await place.take(_activity("Follow", ANN, OUR_ACTOR, "2"))
    undone = f"{ANN}#Follow/1"

    ended = await place.take(_activity("Undo", ANN, undone if named == "text" else {"id": undone}))

    assert ended.reason == "no longer a follower"
    assert await place.database.read(lambda tx: followers.count(tx, 1)) == 0


async def test_an_undo_by_id_of_something_else_leaves_the_follow(place: Place) -> None:
    await place.take(_activity("Follow", ANN, OUR_ACTOR, id=None))
    await place.take(_activity("Announce", ANN, NOTE, to=[f"{ANN}/followers"]))
    await place.take(_activity("Follow", ANN, "https://links.example/instance", "2"))
    for undone in (f"{ANN}#Announce/1", f"{ANN}#Follow/2"):
        await place.take(_activity("Undo", ANN, undone, undone[-1]))

    assert await place.database.read(lambda tx: followers.count(tx, 1)) == 1


async def test_of_two_emoji_the_one_that_is_not_taken_back_stays(place: Place) -> None:
    fire, party = (
        _activity("EmojiReact", ANN, NOTE, name, content=emoji) for name, emoji in (("1", "🔥"), ("2", "🎉"))
    )
    for one in (fire, party):
        await place.take(one)
    await place.take(_activity("Undo", ANN, fire))
    assert await place.reactions("like") == [ANN]
    await place.take(_activity("Undo", ANN, party, "2"))
    assert await place.reactions("like") == []


async def test_one_person_does_not_fill_the_table_with_emoji(place: Place) -> None:
    for number in range(25):
        last = await place.take(_activity("EmojiReact", ANN, NOTE, str(number), content=f"e{number}"))
    assert "more than 20 reactions" in last.reason


async def test_an_undo_that_comes_first_wins(place: Place) -> None:
    like = _activity("Like", ANN, NOTE)
    await place.take(_activity("Undo", ANN, like))
    result = await place.take(like)

    assert result.verdict == "deleted"
    assert await place.reactions("like") == []


async def test_a_reply_that_a_group_hands_on_is_fetched_from_its_origin(place: Place, peer: Peer) -> None:
    """S25: of the copy that Lemmy wraps nothing is believed."""
    ole = _person(peer, "ole")
    comment = _post(peer, "5", ole)
    copy = {"id": comment, "type": "Note", "attributedTo": ole, "content": "<p>Gefälscht</p>", "inReplyTo": NOTE}
    inner = {"id": f"{peer.origin}/c/5", "type": "Create", "actor": ole, "object": copy, "to": [PUBLIC]}
    group = "https://lemmy.example/c/letters"
    result = await place.take(_activity("Announce", group, inner, to=[PUBLIC]))
    [entry] = await place.entries()

    assert result.verdict == "shown"
    assert (entry.text, entry.actor_id, entry.ways) == ("Aus der Gruppe.", ole, ["announce"])
    again = await place.take(_activity("Announce", group, comment, "2", to=[PUBLIC]))
    assert again.verdict == "duplicate"


async def test_a_group_may_name_the_activity_it_hands_on_by_its_id_alone(place: Place, peer: Peer) -> None:
    """FEP-1b12: what the named Create tells of is fetched from where that says it is."""
    ole = _person(peer, "ole")
    comment = _post(peer, "7", ole)
    copy = {"id": comment, "type": "Note", "attributedTo": ole, "content": "<p>Gefälscht</p>"}
    told = _serve(peer, "/c/7", type="Create", actor=ole, object=copy, to=[PUBLIC])
    result = await place.take(_activity("Announce", "https://lemmy.example/c/letters", told, to=[PUBLIC]))
    [entry] = await place.entries()

    assert result.verdict == "shown"
    assert (entry.object_id, entry.text, entry.actor_id) == (comment, "Aus der Gruppe.", ole)


@pytest.mark.parametrize("shows", ["410", "a tombstone"])
async def test_a_reply_that_is_gone_at_its_origin_goes_here_too(place: Place, peer: Peer, shows: str) -> None:
    """Not every server has the status of its tombstones right."""
    comment = _post(peer, "6", _person(peer, "ole"))
    await place.take(_activity("Announce", BOB, comment, "1", to=[PUBLIC]))
    if shows == "410":
        peer.answers("/posts/6", status=410)
    else:
        _serve(peer, "/posts/6", type="Tombstone")
    result = await place.take(_activity("Announce", BOB, comment, "2", to=[PUBLIC]))

    assert result.verdict == "deleted"
    assert [entry.state for entry in await place.entries()] == ["deleted"]


@pytest.mark.parametrize("kind", ["Like", "Dislike", "Undo"])
async def test_the_votes_that_a_group_hands_on_make_us_ask_nobody(place: Place, peer: Peer, kind: str) -> None:
    """Lemmy hands on every vote and its end; the address of a vote shows nothing."""
    comment = _post(peer, "6", _person(peer, "ole"))
    vote = {"id": f"{peer.origin}/vote/1", "type": "Like", "actor": f"{peer.origin}/users/eve", "object": comment}
    handed_on = vote | ({"type": kind} if kind != "Undo" else {"type": "Undo", "object": vote})
    result = await place.take(_activity("Announce", "https://lemmy.example/c/letters", handed_on, to=[PUBLIC]))

    assert result.reason == f"a group hands on a {kind} of somebody else, which nobody can prove"
    assert peer.asked == []


async def test_a_404_alone_takes_no_comment_away_and_confirms_a_deletion_that_a_group_hands_on(
    place: Place, peer: Peer
) -> None:
    """Anybody can boost a comment at a moment when its server does not find it."""
    ole = _person(peer, "ole")
    comment = _post(peer, "6", ole)
    await place.take(_activity("Announce", BOB, comment, "1", to=[PUBLIC]))
    peer.answers("/posts/6", status=404)
    ignored = await place.take(_activity("Announce", BOB, comment, "2", to=[PUBLIC]))
    assert (ignored.verdict, [entry.state for entry in await place.entries()]) == ("ignored", ["shown"])

    deletion = {"id": f"{comment}/delete", "type": "Delete", "actor": ole, "object": comment}
    deleted = await place.take(_activity("Announce", "https://lemmy.example/c/letters", deletion, "3", to=[PUBLIC]))
    assert (deleted.verdict, [entry.state for entry in await place.entries()]) == ("deleted", ["deleted"])


async def test_whom_the_author_blocks_does_not_come_in_through_others(place: Place, peer: Peer) -> None:
    """S42: the block holds for every fetch result."""
    ole = _person(peer, "ole")
    comment = _post(peer, "7", ole)
    await place.database.write(lambda tx: moderate.block(tx, place.blog, ole, now=NOW))
    result = await place.take(_activity("Announce", BOB, comment, to=[PUBLIC]))

    assert result.verdict == "blocked"
    assert await place.entries() == []


async def test_what_another_server_says_of_a_foreign_author_is_not_believed(place: Place, peer: Peer) -> None:
    """S34."""
    comment = _post(peer, "8", ANN)
    result = await place.take(_activity("Announce", BOB, comment, to=[PUBLIC]))

    assert result.verdict == "ignored"
    assert "author of another server" in result.reason


@pytest.mark.parametrize("kind", ["Create", "Update"])
async def test_a_post_that_is_only_named_is_fetched(place: Place, peer: Peer, kind: str) -> None:
    ole = _person(peer, "ole")
    result = await place.take(_activity(kind, ole, _post(peer, "9", ole)))
    forged = await place.take(_activity(kind, f"{peer.origin}/users/eve", f"{peer.origin}/posts/9"))

    assert result.verdict == "shown"
    assert forged.verdict == "ignored"


async def test_a_repeat_asks_nobody_again(place: Place, peer: Peer) -> None:
    """S14, S56: a replayed activity causes no fetch."""
    boost = _activity("Announce", BOB, _post(peer, "10", _person(peer, "ole")), to=[PUBLIC])
    await place.take(boost)
    asked = len(peer.asked)
    result = await place.take(boost)

    assert result.verdict == "duplicate"
    assert len(peer.asked) == asked


async def test_a_move_is_believed_only_if_the_new_account_knows_the_old_one(place: Place, peer: Peer) -> None:
    """S40."""
    await place.take(_activity("Follow", ANN, OUR_ACTOR))
    stranger, heir = _person(peer, "eve"), _person(peer, "ann", alsoKnownAs=[ANN])
    forged = await place.take(_activity("Move", ANN, ANN, "1", target=stranger))
    of_another = await place.take(_activity("Move", BOB, ANN, "2", target=heir))
    good = await place.take(_activity("Move", ANN, ANN, "3", target=heir))
    known = await place.database.read(lambda tx: actors.find(tx, ActorId(ANN)))
    second = await place.take(_activity("Move", ANN, ANN, "4", target=heir))

    assert [one.verdict for one in (forged, of_another, good, second)] == ["ignored", "ignored", "done", "ignored"]
    assert known is not None
    assert known.moved_to == heir


async def test_who_blocks_the_blog_is_not_shown_and_follows_no_more(place: Place) -> None:
    await place.take(_activity("Follow", ANN, OUR_ACTOR))
    await place.say(ANN)
    block = _activity("Block", ANN, OUR_ACTOR)
    await place.take(block)
    assert await place.database.read(lambda tx: followers.count(tx, 1)) == 0
    assert [entry.state for entry in await place.entries()] == ["hidden"]
    await place.take(_activity("Undo", ANN, block))
    assert [entry.state for entry in await place.entries()] == ["shown"]


@pytest.mark.parametrize(("closed", "answer"), [(False, "Accept"), (True, "Reject")])
async def test_leave_to_reply_is_given_until_comments_close(place: Place, closed: bool, answer: str) -> None:
    if closed:
        await place.database.write(lambda tx: issues.change(tx, 1, {"comments_open": False}))
    request = _activity("ReplyRequest", ANN, NOTE, instrument=f"{ANN}/statuses/1")
    await place.take(request)

    def sent(tx: Transaction) -> dict[str, Any]:
        return dict(json.loads(tx.execute(activities.select()).one().body))

    body = await place.database.read(sent)
    assert body["type"] == answer
    assert body["object"] == {key: request[key] for key in ("id", "type", "actor", "object", "instrument")}


async def test_an_account_that_goes_takes_everything_with_it(place: Place) -> None:
    await place.say(ANN)
    await place.take(_activity("Like", ANN, NOTE))
    await place.take(create(note(BOB, inReplyTo=f"{ANN}/statuses/1")))
    result = await place.take(_activity("Delete", ANN, ANN))

    assert result.verdict == "deleted"
    assert await place.reactions("like") == []
    assert [entry.state for entry in await place.entries()] == ["deleted", "shown"]


async def test_who_follows_blocks_no_more_though_the_end_of_the_block_was_lost(place: Place) -> None:
    """Nobody can follow whom they block: the server takes the block back first."""
    await place.say(ANN)
    await place.take(_activity("Block", ANN, OUR_ACTOR))
    assert [entry.state for entry in await place.entries()] == ["hidden"]
    await place.take(_activity("Follow", ANN, OUR_ACTOR))
    assert [entry.state for entry in await place.entries()] == ["shown"]
    assert (await place.say(ANN, "2")).verdict == "shown"


@pytest.mark.parametrize("words", ["content", "summary"])
async def test_a_report_tells_the_author_its_words_wherever_they_stand(place: Place, words: str) -> None:
    """Lemmy has them in `summary`."""
    result = await place.take(_activity("Flag", ANN, NOTE, **{words: "Das ist Werbung."}))
    assert result.reason.endswith(": Das ist Werbung.")


async def test_of_what_kind_a_thing_was_that_we_have_no_use_for_is_told(place: Place) -> None:
    """A Create alone is nothing that we have no use for."""
    review = await place.take(create(note(ANN, type="Review")))
    listened = await place.take(_activity("Listen", ANN, "https://far.example/song"))
    assert review.reason == "we have no use for Create of the type Review"
    assert listened.reason == "we have no use for Listen"


async def test_what_was_taken_out_of_a_collection_is_no_deletion_when_it_is_put_back(place: Place, peer: Peer) -> None:
    removal = {"type": "Remove", "actor": ANN, "object": f"{ANN}/statuses/1", "target": f"{ANN}/moderators"}
    result = await place.take(_activity("Undo", ANN, removal))
    assert result.reason.startswith("an undo of Remove, which changes nothing here")
