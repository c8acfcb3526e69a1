"""What people wish for themselves: to be on no page, to be gone, to cover a picture; and what edits may not do."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.conversation import approval
from bridge.errors import UserFault
from bridge.inbox import moderate
from bridge.inbox.why import explain
from bridge.store import actors, blocks, entries
from bridge.store.database import Transaction
from bridge.terms import ActorId
from tests.support.inboxes import NOTE, NOW, OUR_ACTOR, Place, create, note, person

ANN = "https://far.example/users/ann"


def _profile(**values: Any) -> dict[str, Any]:
    return {"id": ANN, "type": "Person", "preferredUsername": "ann", "inbox": f"{ANN}/inbox", **values}


async def _update(place: Place, about: dict[str, Any], number: int = 1) -> str:
    activity = {"id": f"{ANN}#update-{number}", "type": "Update", "actor": ANN, "object": about}
    return (await place.take(activity)).verdict


async def _states(place: Place) -> list[str]:
    return [entry.state for entry in await place.entries()]


async def _approve(place: Place, number: str = "1") -> str:
    return await place.database.write(
        lambda tx: moderate.approve(tx, moderate.find_comment(tx, 1, f"{ANN}/statuses/{number}"), now=NOW)
    )


async def _why(place: Place, url: str) -> str:
    def read(tx: Transaction) -> str:
        found = explain(tx, place.blog, url, blocked=blocks.listed(tx, 1))
        return "\n".join([found.verdict, *found.sentences])

    return await place.database.read(read)


# --- to be on no page


async def test_what_a_profile_hid_is_shown_when_the_profile_asks_no_more(place: Place) -> None:
    await place.say(ANN)
    await place.say(ANN, "2", content="<p>Nur hier. #noblog</p>")
    await _update(place, _profile(summary="<p>#nobridge</p>"))
    assert await _states(place) == ["hidden", "hidden"]
    await _update(place, _profile(summary="<p>Hallo.</p>"), 2)
    assert await _states(place) == ["shown", "hidden"]


async def test_the_author_cannot_show_what_its_writer_keeps_off_the_page(place: Place) -> None:
    await place.say(ANN, content="<p>Nur hier. #noblog</p>")
    with pytest.raises(UserFault, match="its author does not want it: the person asks"):
        await _approve(place)
    assert "comments approve" not in await _why(place, f"{ANN}/statuses/1")


async def test_who_blocks_the_blog_is_kept_off_the_page_before_and_after(place: Place) -> None:
    await place.say(ANN)
    block = {"id": f"{ANN}#block", "type": "Block", "actor": ANN, "object": OUR_ACTOR}
    await place.take(block)
    assert (await place.say(ANN, "2")).verdict == "hidden"
    assert await _states(place) == ["hidden", "hidden"]
    with pytest.raises(UserFault, match="blocks this blog"):
        await _approve(place)

    await place.take({"id": f"{ANN}#undo", "type": "Undo", "actor": ANN, "object": block})
    assert await _states(place) == ["shown", "shown"]


# --- to be gone


async def test_of_a_deleted_account_nothing_is_held_and_nothing_comes_back(place: Place) -> None:
    place.people[ANN] = person(ANN, name="Ann Arbor", summary_text="Über mich", icon_url="https://far.example/a.png")
    await place.say(ANN)
    await place.take({"id": f"{ANN}#delete", "type": "Delete", "actor": ANN, "object": ANN})
    late = await place.say(ANN, "2")
    like = await place.take({"id": f"{ANN}#like", "type": "Like", "actor": ANN, "object": NOTE})

    assert (late.verdict, like.verdict, await _states(place)) == ("deleted", "deleted", ["deleted"])
    assert await place.reactions("like") == []
    assert (await _why(place, f"{ANN}/statuses/2")).startswith("deleted\n")
    told = await _why(place, ANN)
    assert "The account was deleted" in told
    assert "Arbor" not in told
    assert "public key" not in told

    def held(tx: Transaction) -> tuple[bool, bool, object]:
        known = actors.named(tx, ANN)[0]
        return actors.is_known(tx, ActorId(ANN)), actors.is_living(tx, ActorId(ANN)), (known.name, known.keys)

    assert await place.database.read(held) == (True, False, ("", ()))


async def test_an_account_that_is_back_by_its_servers_word_speaks_again(place: Place) -> None:
    await place.say(ANN)
    await place.take({"id": f"{ANN}#delete", "type": "Delete", "actor": ANN, "object": ANN})
    back = person(ANN)
    place.inbox.sources.actors._remembered.add(back, is_stored=False, proven=back.keys[0].id)
    place.people[ANN] = back
    assert (await place.say(ANN, "2")).verdict == "shown"
    assert await place.database.read(lambda tx: actors.is_living(tx, ActorId(ANN)))


# --- pictures and what is no text


async def test_that_pictures_are_sensitive_is_kept_and_follows_an_edit(place: Place) -> None:
    post = note(ANN, sensitive=True)
    await place.take(create(post))
    assert [entry.sensitive for entry in await place.entries()] == [True]
    await _update(place, post | {"sensitive": False, "updated": "2024-08-05T11:30:00Z"})
    assert [entry.sensitive for entry in await place.entries()] == [False]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"type": "Video", "name": "Mein Film", "content": ""}, "Mein Film"),
        ({"type": "Article", "name": "Über Briefe", "content": "<p>Text.</p>"}, "Über Briefe\nText."),
        ({"type": "Page", "name": "Text", "content": "<p>Text.</p>"}, "Text."),
        ({"type": "Question", "oneOf": [{"name": "Ja"}, {"name": "Nein"}], "content": "<p>Was?</p>"}, "Was?"),
        (
            {
                "content": "",
                "attachment": [{"type": "Document", "mediaType": "audio/ogg", "url": "https://far.example/a"}],
            },
            "far.example",
        ),
        (
            {"content": "", "attachment": {"type": "Video", "url": "https://far.example/v", "name": "Ein Otter"}},
            "Ein Otter",
        ),
    ],
)
async def test_what_is_said_otherwise_than_in_the_text_is_shown(
    place: Place, values: dict[str, Any], text: str
) -> None:
    await place.say(ANN, **values)
    (entry,) = await place.entries()
    assert entry.state == "shown"
    assert text in entry.text
    assert all(option["name"] in entry.text for option in values.get("oneOf", []))


async def test_what_is_empty_is_kept_and_not_shown_until_an_edit_fills_it(place: Place) -> None:
    post = note(ANN, content="<p></p>")
    await place.take(create(post))
    (entry,) = await place.entries()
    assert (entry.state, entry.reason) == ("hidden", "It has neither words nor a picture, so nothing is shown.")
    await _update(place, post | {"content": "<p>Jetzt aber.</p>", "updated": "2024-08-05T11:30:00Z"})
    assert await _states(place) == ["shown"]


# --- edits


async def test_s80_an_edit_of_the_year_9999_holds_up_no_later_one(place: Place) -> None:
    post = note(ANN, updated="9999-01-01T00:00:00Z")
    await place.take(create(post))
    assert [entry.updated for entry in await place.entries()] == [NOW]
    await _update(place, post | {"content": "<p>Zwei.</p>"}, 2)
    await _update(place, post | {"content": "<p>Drei.</p>", "updated": "2024-08-05T12:00:01Z"}, 3)
    (entry,) = await place.entries()
    assert (entry.text, entry.updated) == ("Drei.", NOW)


async def test_s80_a_time_of_the_future_that_was_kept_before_holds_up_nothing(place: Place) -> None:
    await place.say(ANN)
    (entry,) = await place.entries()
    late = NOW.replace(year=2999)
    await place.database.write(lambda tx: entries.change(tx, entry.id, {"updated": late}))
    await _update(place, note(ANN, content="<p>Zwei.</p>", updated="2024-08-05T11:30:00Z"))
    assert [entry.text for entry in await place.entries()] == ["Zwei."]


async def test_a_private_reply_that_was_hidden_comes_back_as_private(place: Place) -> None:
    await place.say(ANN, to=[OUR_ACTOR], cc=[])
    await place.database.write(
        lambda tx: moderate.hide(tx, place.blog, moderate.find_comment(tx, 1, f"{ANN}/statuses/1"), now=NOW)
    )
    assert await _states(place) == ["hidden"]
    assert await _approve(place) == "private"
    assert await _states(place) == ["private"]


def test_wishes_are_told_apart() -> None:
    assert len(set(approval.WISHES)) == 3
