"""Posts that say the right thing in an odd way: several parents, links by id, our host in capitals, late edits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bridge.clock import wire_time
from tests.support.inboxes import NOTE, NOW, OUR_ACTOR, PAGE, Place, note, publish_issue

ANN = "https://far.example/users/ann"
ELSEWHERE = "https://elsewhere.example/posts/1"
AS2 = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
#: One address of ours, as others may spell it.
SPELLINGS = ["HTTPS://links.example", "https://LINKS.example", "https://links.example:443", "HTTPS://Links.Example:443"]


async def _kind(place: Place, number: str = "1") -> tuple[str, str | None] | None:
    entry = await place.entry(f"{ANN}/statuses/{number}")
    return None if entry is None else (entry.kind, entry.in_reply_to)


# --- several parents


@pytest.mark.parametrize(
    "parents", [[ELSEWHERE, NOTE], [NOTE, ELSEWHERE], [ELSEWHERE, {"id": NOTE}, PAGE], [None, NOTE]]
)
async def test_of_several_posts_that_it_answers_ours_counts(place: Place, parents: list[Any]) -> None:
    result = await place.say(ANN, inReplyTo=parents)

    assert (result.verdict, await _kind(place)) == ("shown", ("reply", NOTE))


async def test_of_several_posts_that_it_answers_a_known_comment_counts(place: Place) -> None:
    await place.say(ANN)
    await place.say(ANN, "2", inReplyTo=[ELSEWHERE, f"{ANN}/statuses/1", NOTE])

    assert await _kind(place, "2") == ("reply", f"{ANN}/statuses/1")


async def test_of_several_posts_that_are_not_here_the_first_is_looked_for(place: Place) -> None:
    result = await place.say(ANN, inReplyTo=[ELSEWHERE, f"{ANN}/statuses/9"])

    assert result.verdict == "parked"
    assert ELSEWHERE in result.reason


# --- links by id (FEP-e232)


@pytest.mark.parametrize("media_type", [AS2, "application/activity+json"])
async def test_a_post_that_links_to_an_issue_by_its_id_mentions_it(place: Place, media_type: str) -> None:
    link = {"type": "Link", "href": NOTE, "mediaType": media_type, "name": "Nummer 24"}
    result = await place.say(ANN, inReplyTo=None, cc=[], tag=link)

    assert result.verdict == "shown"
    assert await _kind(place) == ("mention", None)


@pytest.mark.parametrize("changed", [{"mediaType": "text/html"}, {"mediaType": None}, {"href": ELSEWHERE}])
async def test_any_other_link_is_no_mention(place: Place, changed: dict[str, Any]) -> None:
    link = {"type": "Link", "href": NOTE, "mediaType": AS2} | changed
    result = await place.say(ANN, inReplyTo=None, cc=[], tag=[link])

    assert result.verdict == "ignored"


async def test_a_reply_that_links_to_another_issue_by_its_id_stays_a_reply(place: Place) -> None:
    await place.database.write(lambda tx: publish_issue(tx, slug="25"))
    await place.say(ANN, inReplyTo="https://links.example/object/2525252525252525252525", tag=[_link(NOTE)])
    entry = await place.entry(f"{ANN}/statuses/1")

    assert entry is not None
    assert (entry.kind, entry.issue_id) == ("reply", 2)


def _link(address: str) -> dict[str, Any]:
    return {"type": "Link", "href": address, "mediaType": AS2}


# --- our host as others spell it


@pytest.mark.parametrize("origin", SPELLINGS)
async def test_our_addresses_are_ours_however_the_host_is_spelled(place: Place, origin: str) -> None:
    spelled = NOTE.replace("https://links.example", origin)
    await place.say(ANN, inReplyTo=spelled)
    assert await _kind(place) == ("reply", NOTE)
    await place.say(ANN, "2", inReplyTo=None, cc=[], quoteUrl=spelled)
    assert await _kind(place, "2") == ("quote", None)
    await place.say(ANN, "3", inReplyTo=None, cc=[], content=f'<p><a href="{origin}/issues/24">lesen</a></p>')
    assert await _kind(place, "3") == ("mention", None)
    for kind, name in (("Like", "like"), ("Announce", "boost")):
        done = {"id": f"{ANN}#{kind}", "type": kind, "actor": ANN, "object": spelled}
        await place.take(done)
        assert await place.reactions(name) == [ANN]
        undone = {key: value for key, value in done.items() if key != "id"}
        await place.take({"id": f"{ANN}#un{kind}", "type": "Undo", "actor": ANN, "object": undone | {"object": NOTE}})
        assert await place.reactions(name) == []
    follow = {
        "id": f"{ANN}#f",
        "type": "Follow",
        "actor": ANN,
        "object": OUR_ACTOR.replace("https://links.example", origin),
    }
    assert (await place.take(follow)).verdict == "done"


@pytest.mark.parametrize("origin", SPELLINGS)
async def test_leave_is_given_for_our_post_however_the_host_is_spelled(place: Place, origin: str) -> None:
    spelled = NOTE.replace("https://links.example", origin)
    quoting = note(ANN, "7", inReplyTo=None, quote=spelled)
    asked = {"type": "QuoteRequest", "actor": ANN, "object": spelled, "instrument": quoting}
    assert "quote" in (await place.take({**asked, "id": f"{ANN}#q"})).reason
    reply = {"id": f"{ANN}#r", "type": "ReplyRequest", "actor": ANN, "object": spelled, "instrument": quoting["id"]}
    assert (await place.take(reply)).verdict == "done"
    flag = {"id": f"{ANN}#x", "type": "Flag", "actor": ANN, "object": [spelled]}
    assert (await place.take(flag)).issue_id == 1


async def test_another_host_or_port_is_not_ours(place: Place) -> None:
    for number, origin in enumerate(("http://links.example", "https://links.example:8443", "https://xlinks.example")):
        await place.say(ANN, str(number), inReplyTo=NOTE.replace("https://links.example", origin))
        assert await _kind(place, str(number)) is None


# --- edits out of order


async def _edit(place: Place, text: str, number: str, updated: timedelta | None = None) -> str:
    values = {} if updated is None else {"updated": wire_time(NOW + updated)}
    post = note(ANN, content=f"<p>{text}</p>", **values)
    activity = {"id": f"{ANN}#update-{number}", "type": "Update", "actor": ANN, "object": post}
    place.clock.turn(timedelta(minutes=1))
    return (await place.take(activity)).verdict


@pytest.mark.parametrize("begun", [True, False])
async def test_an_older_edit_does_not_roll_back_one_that_came_without_a_time(place: Place, begun: bool) -> None:
    if begun:
        await place.say(ANN)
    await _edit(place, "zweite Fassung", "1")
    assert await _edit(place, "erste Fassung", "2", timedelta(minutes=-5)) == "ignored"
    entry = await place.entry(f"{ANN}/statuses/1")
    assert entry is not None
    assert entry.text == "zweite Fassung"
    await _edit(place, "dritte Fassung", "3", timedelta(minutes=3))
    changed = await place.entry(f"{ANN}/statuses/1")
    assert changed is not None
    assert changed.text == "dritte Fassung"


async def test_an_update_without_a_time_that_says_the_same_is_no_edit(place: Place) -> None:
    """Mastodon tells so of the votes in a poll."""
    poll = {"type": "Question", "oneOf": [{"type": "Note", "name": "Moor", "replies": {"totalItems": 0}}]}
    await place.say(ANN, **poll)
    poll["oneOf"][0]["replies"]["totalItems"] = 7  # type: ignore[index]
    await place.take({"id": f"{ANN}#votes", "type": "Update", "actor": ANN, "object": note(ANN, **poll)})
    entry = await place.entry(f"{ANN}/statuses/1")

    assert entry is not None
    assert entry.updated is None


# --- nothing to see


@pytest.mark.parametrize("content", ["<p>\u200b</p>", "<p>&nbsp;&nbsp;</p>", "<p>\u2060\u00ad</p><p> </p>"])
async def test_a_reply_of_spaces_and_joiners_alone_is_not_shown(place: Place, content: str) -> None:
    result = await place.say(ANN, content=content)
    assert result.reason == "It has neither words nor a picture, so nothing is shown."


@pytest.mark.parametrize("content", ["<p>👩\u200d🚀</p>", "<p>…</p>", "<p>می\u200cخواهم</p>"])
async def test_a_reply_of_one_emoji_or_sign_is_shown(place: Place, content: str) -> None:
    assert (await place.say(ANN, content=content)).verdict == "shown"


async def test_the_choices_of_a_poll_may_be_in_several_languages(place: Place) -> None:
    await place.say(ANN, type="Question", anyOf=[{"type": "Note", "nameMap": {"de": "Moor"}}])
    entry = await place.entry(f"{ANN}/statuses/1")
    assert entry is not None
    assert "Moor" in entry.text
