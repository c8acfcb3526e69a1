"""A post by any way becomes one entry, at its place, in the state that the author's rules give it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.activity.incoming_note import parse_note
from bridge.inbox.arrival import arrival_of, keep
from bridge.inbox.authenticate import VerifiedActivity
from bridge.store import entries, issues
from bridge.store.database import Database
from tests.support.inboxes import (
    NOTE,
    NOW,
    OUR_ACTOR,
    PAGE,
    PUBLIC,
    Place,
    create,
    inbox_on,
    note,
    person,
    publish_issue,
)
from tests.support.inboxes import settings as config_with

ANN = "https://far.example/users/ann"
BOB = "https://elsewhere.example/users/bob"


def _mention(**values: Any) -> dict[str, Any]:
    tag = {"type": "Mention", "href": OUR_ACTOR, "name": "@links@links.example"}
    return note(ANN, inReplyTo=None, tag=[tag], **values)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({}, "reply"),
        ({"inReplyTo": PAGE}, "reply"),
        ({"inReplyTo": None, "quote": NOTE}, "quote"),
        ({"inReplyTo": None, "quoteUrl": NOTE}, "quote"),
        ({"inReplyTo": None, "quoteUri": NOTE}, "quote"),
        ({"inReplyTo": None, "_misskey_quote": NOTE}, "quote"),
        (
            {
                "inReplyTo": None,
                "tag": {
                    "type": "Link",
                    "href": NOTE,
                    "mediaType": "application/activity+json",
                    "rel": "https://misskey-hub.net/ns#_misskey_quote",
                },
            },
            "quote",
        ),
        ({"quote": NOTE}, "reply"),
        ({"inReplyTo": "https://far.example/other", "quote": NOTE}, "reply"),
        ({"inReplyTo": None, "content": f'<p>Lest <a href="{PAGE}">das</a>!</p>'}, "mention"),
        ({"inReplyTo": None, "content": f'<p><a href="{NOTE}">das</a></p>'}, "mention"),
        ({"inReplyTo": None, "tag": {"type": "Mention", "href": OUR_ACTOR, "name": "@links"}}, "mention"),
        ({"inReplyTo": None, "tag": {"type": "Mention", "name": "@links@links.example"}}, "mention"),
    ],
)
async def test_what_a_post_is_to_us(place: Place, values: dict[str, Any], kind: str) -> None:
    result = await place.take(create(note(ANN, **values)))

    assert result.verdict == "shown", result.reason
    assert [entry.kind for entry in await place.entries()] == [kind]


async def test_a_mention_stands_under_the_issue_it_links_else_under_the_newest(place: Place) -> None:
    await place.database.write(lambda tx: publish_issue(tx, slug="25", date=NOW))
    await place.take(create(_mention(id=f"{ANN}/1", content=f'<p><a href="{PAGE}">24</a></p>')))
    await place.take(create(_mention(id=f"{ANN}/2")))

    first, second = await place.entry(f"{ANN}/1"), await place.entry(f"{ANN}/2")
    assert first is not None
    assert second is not None
    assert (first.issue_id, second.issue_id) == (1, 2)


async def test_a_post_about_something_else_is_ignored_with_its_reason(place: Place) -> None:
    result = await place.take(create(note(ANN, inReplyTo=None)))

    assert result.verdict == "ignored"
    assert "neither answers" in result.reason
    assert await place.entries() == []


@pytest.mark.parametrize(
    ("to", "cc", "state"),
    [
        ([PUBLIC], [], "shown"),
        (["as:Public"], [], "shown"),
        ([f"{ANN}/followers"], [PUBLIC], "shown"),
        ([f"{ANN}/followers"], [OUR_ACTOR], "private"),
        ([OUR_ACTOR], [], "private"),
        ([], [], "private"),
    ],
)
async def test_only_what_is_public_is_shown(place: Place, to: list[str], cc: list[str], state: str) -> None:
    """S45."""
    await place.say(ANN, to=to, cc=cc)

    assert [entry.state for entry in await place.entries()] == [state]


@pytest.mark.parametrize("number", [1, 2])
async def test_who_asks_to_stay_off_blogs_is_not_shown(place: Place, number: int) -> None:
    if number == 1:
        result = await place.say(ANN, content="<p>Bitte nicht zeigen. #noblog</p>")
    else:
        result = await place.take(create(note(ANN)), actor=person(ANN, no_blog=True))

    assert result.verdict == "hidden"
    assert "#noblog" in result.reason


async def test_an_edit_changes_text_and_visibility(place: Place) -> None:
    await place.say(ANN)
    edited = note(ANN, content="<p>Besser gesagt.</p>", updated="2024-08-05T11:30:00Z")
    update = {"id": f"{ANN}#u1", "type": "Update", "actor": ANN, "object": edited}
    await place.take(update)
    entry = await place.entry(edited["id"])
    assert entry is not None
    assert (entry.text, entry.state) == ("Besser gesagt.", "shown")

    hidden = edited | {"to": [f"{ANN}/followers"], "cc": [], "updated": "2024-08-05T11:40:00Z"}
    await place.take({"id": f"{ANN}#u2", "type": "Update", "actor": ANN, "object": hidden})
    entry = await place.entry(edited["id"])
    assert entry is not None
    assert (entry.visibility, entry.state) == ("followers", "private")

    late = await place.take({"id": f"{ANN}#u0", "type": "Update", "actor": ANN, "object": edited})
    assert "older edit" in late.reason


async def test_an_edit_before_its_create_is_the_post(place: Place) -> None:
    edited = note(ANN, content="<p>Zweite Fassung.</p>", updated="2024-08-05T11:30:00Z")
    await place.take({"id": f"{ANN}#u1", "type": "Update", "actor": ANN, "object": edited})
    await place.say(ANN, content="<p>Erste Fassung.</p>")

    assert [entry.text for entry in await place.entries()] == ["Zweite Fassung."]


async def test_a_delete_before_its_create_wins(place: Place) -> None:
    await place.take({"type": "Delete", "actor": ANN, "object": f"{ANN}/statuses/1"})
    result = await place.say(ANN)

    assert result.verdict == "deleted"
    assert await place.entries() == []


async def test_a_neighbours_delete_of_what_is_not_here_yet_neither_counts_nor_hides_the_authors(place: Place) -> None:
    """S30: whose a post is, nobody knows before it comes."""
    neighbour = "https://far.example/users/neighbour"
    for number in (1, 2):
        await place.take({"type": "Delete", "actor": neighbour, "object": f"{ANN}/statuses/{number}"})
    await place.take({"type": "Delete", "actor": ANN, "object": f"{ANN}/statuses/2"})

    assert (await place.take(create(note(ANN, id=f"{ANN}/statuses/1")))).verdict == "shown"
    assert (await place.take(create(note(ANN, id=f"{ANN}/statuses/2")))).verdict == "deleted"


async def test_a_deleted_comment_leaves_nothing_and_stays_deleted(place: Place) -> None:
    await place.say(ANN, attachment=[{"type": "Image", "url": "https://far.example/1.png", "name": "Blatt"}])
    await place.take(
        {"id": f"{ANN}#d", "type": "Delete", "actor": ANN, "object": {"id": f"{ANN}/statuses/1", "type": "Tombstone"}}
    )
    [entry] = await place.entries()
    again = await place.take(create(note(ANN), id=f"{ANN}/again"))

    assert (entry.state, entry.content_html, entry.text, entry.author_name, entry.pictures) == (
        "deleted",
        "",
        "",
        "",
        [],
    )
    assert again.verdict == "deleted"


@pytest.mark.parametrize("kind", ["Update", "Delete"])
async def test_nobody_touches_the_post_of_another(place: Place, kind: str) -> None:
    """S29, S30: 202 without effect, and the record says why."""
    await place.say(ANN)
    thing: Any = note(ANN, content="<p>Gefälscht.</p>", attributedTo=BOB) if kind == "Update" else f"{ANN}/statuses/1"
    result = await place.take({"id": f"{BOB}#x", "type": kind, "actor": BOB, "object": thing})

    assert result.verdict == "ignored"
    assert "another actor" in result.reason
    assert [entry.text for entry in await place.entries()] == ["Gut gesagt."]


@pytest.mark.parametrize(
    "values", [{"id": "https://other.example/1"}, {"attributedTo": BOB}, {"id": NOTE}, {"id": f"{PAGE}#x"}]
)
async def test_a_post_must_be_by_its_sender_and_from_its_server(place: Place, values: dict[str, str]) -> None:
    """S31, S32."""
    result = await place.take(create(note(ANN) | values, actor=ANN, id=f"{ANN}#c"))

    assert result.verdict == "ignored"
    assert await place.entries() == []


async def test_an_answer_to_a_comment_is_a_comment(place: Place) -> None:
    await place.say(ANN)
    await place.take(create(note(BOB, inReplyTo=f"{ANN}/statuses/1")))

    assert [entry.in_reply_to for entry in await place.entries()] == [NOTE, f"{ANN}/statuses/1"]


async def test_comments_after_closing_are_kept_as_closed_but_may_still_be_corrected(place: Place) -> None:
    await place.say(ANN, "1")
    await place.database.write(lambda tx: issues.change(tx, 1, {"comments_close_at": NOW}))
    late = await place.say(ANN, "2")
    edited = note(ANN, "1", content="<p>Korrigiert.</p>", updated="2024-08-05T12:30:00Z")
    fixed = await place.take({"id": f"{ANN}#u", "type": "Update", "actor": ANN, "object": edited})

    assert (late.verdict, fixed.verdict) == ("closed", "shown")


@pytest.mark.parametrize("kind", ["webmention", "pingback"])
async def test_one_page_by_two_ways_is_one_entry_of_the_higher_kind(place: Place, kind: str) -> None:
    page = "https://far.example/@ann/1"
    values = {
        "token": "first", "blog_id": 1, "issue_id": 1, "kind": kind, "object_id": page, "url": page, "content_html": "",
        "pictures": [], "visibility": "public", "state": "shown", "ways": [kind], "received_at": NOW, "changed_at": NOW,
    }  # fmt: skip
    await place.database.write(lambda tx: entries.add(tx, values))
    result = await place.say(ANN, url=page)
    [entry] = await place.entries()

    assert result.verdict == "shown"
    assert (entry.token, entry.kind, entry.text) == ("first", "reply", "Gut gesagt.")
    assert entry.ways == [kind, "inbox"]


async def test_the_same_post_fetched_by_another_way_adds_only_the_way(place: Place) -> None:
    await place.say(ANN)
    fetched = parse_note(note(ANN))

    async def again() -> str:
        verified = VerifiedActivity.__new__(VerifiedActivity)
        object.__setattr__(verified, "actor", person(ANN))
        object.__setattr__(verified, "budget", None)
        context = await place.inbox.context(verified)
        arrival = arrival_of(fetched, person(ANN), context, way="crawl")
        return (await place.database.write(lambda tx: keep(tx, arrival, context))).verdict

    assert await again() == "duplicate"
    assert [entry.ways for entry in await place.entries()] == [["inbox", "crawl"]]


@pytest.mark.parametrize(
    ("comments", "text", "state"),
    [
        ({"approval": "all"}, "Hallo", "held"),
        ({"approval": "first"}, "Hallo", "held"),
        ({"words": ["Rolex"]}, "Eine R\u200bolex!", "held"),
        ({"words": ["Rolex"]}, '<a href="https://x.example/rolex">Uhr</a>', "shown"),
    ],
)
async def test_what_waits_for_the_author(
    database: Database, tmp_path: Path, comments: dict[str, Any], text: str, state: str
) -> None:
    """A word filter sees the visible text, never addresses."""
    await database.write(publish_issue)
    async with inbox_on(database, config_with(tmp_path, comments=comments)) as place:
        await place.say(ANN, content=f"<p>{text}</p>")

        assert [entry.state for entry in await place.entries()] == [state]


async def test_a_reply_to_the_page_of_a_comment_is_a_reply_to_the_comment(place: Place) -> None:
    await place.say(ANN, url="https://far.example/@ann/1")
    result = await place.say(BOB, inReplyTo="https://far.example/@ann/1")
    assert result.verdict == "shown"


async def test_with_approval_all_an_edit_of_what_was_approved_waits_if_a_reader_would_see_it(
    database: Database, tmp_path: Path
) -> None:
    await database.write(publish_issue)
    async with inbox_on(database, config_with(tmp_path, comments={"approval": "all"})) as place:
        await place.say(ANN)
        await database.write(lambda tx: entries.change(tx, 1, {"state": "shown"}))
        for number, (content, state) in enumerate([("Gut gesagt.", "shown"), ("Kauft Uhren!", "held")]):
            edited = note(ANN, content=f"<p>{content}</p>", updated=f"2024-08-05T11:0{number}:00Z")
            await place.take({"id": f"{ANN}#u{number}", "type": "Update", "actor": ANN, "object": edited})
            (entry,) = await place.entries()
            assert entry.state == state
        assert entry.reason == "Its author changed it, and every change waits for the author's approval."


async def test_with_approval_first_a_known_person_is_shown_at_once(database: Database, tmp_path: Path) -> None:
    await database.write(publish_issue)
    async with inbox_on(database, config_with(tmp_path, comments={"approval": "first"})) as place:
        await place.say(ANN, "1")
        await database.write(lambda tx: entries.change(tx, 1, {"state": "shown"}))
        await place.say(ANN, "2")

        assert [entry.state for entry in await place.entries()] == ["shown", "shown"]


async def test_the_authors_own_accounts_are_marked_and_never_held(database: Database, tmp_path: Path) -> None:
    await database.write(publish_issue)
    settings = config_with(tmp_path, comments={"approval": "all"}, blog={"creators": [ANN]})
    async with inbox_on(database, settings) as place:
        await place.say(ANN)
        await place.say(BOB)

        assert [(entry.is_author, entry.state) for entry in await place.entries()] == [(True, "shown"), (False, "held")]


async def test_times_that_lie_are_kept_but_do_not_order(place: Place) -> None:
    """S80: the page shows the arrival instead (`conversation.comment.shown_time`)."""
    for number, published in enumerate(("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday")):
        place.clock.turn(timedelta(minutes=1))
        result = await place.say(ANN, str(number), published=published)
        assert result.verdict == "shown"

    assert len(await place.entries()) == 3
