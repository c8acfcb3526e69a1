"""Every activity ends in a verdict that the record keeps."""

from __future__ import annotations

from typing import get_args

import pytest

from bridge.activity import incoming_types
from bridge.activity.incoming_types import Answer, Incoming, InteractionRequest, Unknown
from bridge.errors import Malformed
from bridge.inbox.receive import ASKING, HANDLERS, IGNORED
from bridge.inbox.result import Verdict
from tests.support.inboxes import NOTE, Place
from tests.support.wire import NAMES, incoming


def test_every_type_of_activity_has_a_handler_or_a_reason() -> None:
    kinds = {
        kind
        for kind in vars(incoming_types).values()
        if isinstance(kind, type) and issubclass(kind, Incoming) and kind not in (Incoming, Answer, InteractionRequest)
    }
    tables = [*HANDLERS, *ASKING, *IGNORED]

    assert set(tables) == kinds - {Unknown}
    assert len(tables) == len(set(tables))


ACTIVITIES = [name for name in NAMES if "actor" in incoming(name)]
POSTS = [name for name in ACTIVITIES if isinstance(found := incoming(name).get("object"), dict) and "content" in found]
VERDICTS = {
    "akkoma_chat_message": "ignored",
    "akkoma_create_reply": "shown",
    "akkoma_emoji_react": "shown",
    "bridgy_create_reply": "shown",
    "expanded_create": "shown",
    "friendica_create_reply": "shown",
    "friendica_dislike": "ignored",
    "ghost_create_article": "ignored",
    "gotosocial_announce_request": "done",
    "gotosocial_create_reply": "shown",
    "gotosocial_delete": "deleted",
    "gotosocial_like_request": "done",
    "gotosocial_poll_votes": "ignored",
    "gotosocial_reply_request": "done",
    "hollo_create_reply": "shown",
    "hollo_emoji_react": "shown",
    "mastodon_add_featured": "ignored",
    "mastodon_announce": "shown",
    "mastodon_block": "done",
    "mastodon_create_direct": "private",
    "mastodon_create_followers_only": "private",
    "mastodon_create_poll": "shown",
    "mastodon_create_poll_vote": "ignored",
    "mastodon_create_quote": "shown",
    "mastodon_create_reply": "shown",
    "mastodon_create_reply_with_warning": "shown",
    "mastodon_create_unlisted": "shown",
    "mastodon_delete_actor": "deleted",
    "mastodon_delete_note": "deleted",
    "mastodon_flag": "held",
    "mastodon_follow": "done",
    "mastodon_like": "shown",
    "mastodon_move": "ignored",
    "mastodon_remove_featured": "ignored",
    "mastodon_undo_announce": "ignored",
    "mastodon_undo_block": "ignored",
    "mastodon_undo_follow": "ignored",
    "mastodon_undo_like": "ignored",
    "mastodon_update_actor": "done",
    "mastodon_update_note": "shown",
    "misskey_announce": "shown",
    "misskey_create_quote": "shown",
    "misskey_like_with_emoji": "shown",
    "lemmy_announce_create": "ignored",  # its origin cannot be reached from here
    "pixelfed_create_reply": "shown",
    "pleroma_like_without_id": "shown",
    "pleroma_undo_by_id": "ignored",
    "prefixed_like": "shown",
    "threads_create_reply": "shown",
    "wordpress_create_reply": "shown",
}


@pytest.mark.parametrize("name", ACTIVITIES)
async def test_every_shape_gets_its_verdict(place: Place, name: str) -> None:
    """Documents in the shapes of the main servers, written by us."""
    document = incoming(name)
    result = await place.take(document)

    assert result.verdict in get_args(Verdict)
    assert result.reason
    if name in VERDICTS:
        assert result.verdict == VERDICTS[name], result.reason


@pytest.mark.parametrize("name", POSTS)
async def test_nothing_that_is_kept_can_run_in_a_browser(place: Place, name: str) -> None:
    """S88: what is stored went through the sanitiser, whoever sent it."""
    document = incoming(name)
    document["object"]["content"] = '<p onclick="x()">Gut<script>alert(1)</script><img src=x onerror=y></p>'
    document["object"].pop("contentMap", None)
    await place.take(document)

    for entry in await place.entries():
        assert not any(bad in entry.content_html for bad in ("<script", "onclick", "onerror", "<img"))


async def test_a_repeat_is_counted_and_changes_nothing(place: Place) -> None:
    """S14: an exact replay has no second effect."""
    ann = "https://far.example/users/ann"
    first, second = await place.say(ann), await place.say(ann)
    found = await place.record(f"{ann}/statuses/1")

    assert (first.verdict, second.verdict) == ("shown", "duplicate")
    assert [(row.verdict, row.repeats) for row in found] == [("shown", 1)]
    assert len(await place.entries()) == 1


async def test_wrong_types_are_malformed_and_never_a_fault(place: Place) -> None:
    """S75."""
    for broken in ({"object": 7}, {"object": None}, {"actor": 1}, {"object": [[]]}, {"type": {}}):
        with pytest.raises(Malformed):
            await place.take(
                {"id": "https://far.example/1", "type": "Like", "actor": "https://far.example/u", "object": NOTE}
                | broken
            )
