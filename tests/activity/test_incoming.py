"""Activities in every shape that servers send them: one type each, or Malformed and nothing else."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.activity import incoming_types as types
from bridge.activity.incoming import leaving, parse_activity, peek
from bridge.activity.wire_names import PUBLIC
from bridge.errors import Malformed
from bridge.terms import Document
from tests.support.wire import NAMES, incoming

EVA = "https://far.example/users/eva"
POST = "https://links.example/object/bbbbbbbbbbbbbbbbbbbbbb"
BLOG = "https://links.example/actor/aaaaaaaaaaaaaaaaaaaaaa"
STEFFEN = "https://social.example/users/kaffeeringe"

EXPECTED: dict[str, type[types.Incoming]] = {
    "akkoma_chat_message": types.CreateNote,
    "akkoma_create_reply": types.CreateNote,
    "akkoma_emoji_react": types.Like,
    "bridgy_create_reply": types.CreateNote,
    "expanded_create": types.CreateNote,
    "friendica_create_reply": types.CreateNote,
    "friendica_dislike": types.Dislike,
    "ghost_create_article": types.CreateNote,
    "gotosocial_announce_request": types.AnnounceRequest,
    "gotosocial_create_reply": types.CreateNote,
    "gotosocial_delete": types.DeleteObject,
    "gotosocial_like_request": types.LikeRequest,
    "gotosocial_poll_votes": types.CreateNote,
    "gotosocial_reply_request": types.ReplyRequest,
    "hollo_create_reply": types.CreateNote,
    "hollo_emoji_react": types.Like,
    "lemmy_announce_create": types.AnnounceActivity,
    "mastodon_add_featured": types.Add,
    "mastodon_announce": types.Announce,
    "mastodon_block": types.Block,
    "mastodon_create_direct": types.CreateNote,
    "mastodon_create_followers_only": types.CreateNote,
    "mastodon_create_poll": types.CreateNote,
    "mastodon_create_poll_vote": types.CreateNote,
    "mastodon_create_quote": types.CreateNote,
    "mastodon_create_reply": types.CreateNote,
    "mastodon_create_reply_with_warning": types.CreateNote,
    "mastodon_create_unlisted": types.CreateNote,
    "mastodon_delete_actor": types.DeleteActor,
    "mastodon_delete_note": types.DeleteObject,
    "mastodon_flag": types.Flag,
    "mastodon_follow": types.Follow,
    "mastodon_like": types.Like,
    "mastodon_move": types.Move,
    "mastodon_quote_request": types.QuoteRequest,
    "mastodon_remove_featured": types.Remove,
    "mastodon_undo_announce": types.UndoAnnounce,
    "mastodon_undo_block": types.UndoBlock,
    "mastodon_undo_follow": types.UndoFollow,
    "mastodon_undo_like": types.UndoLike,
    "mastodon_update_actor": types.UpdateActor,
    "mastodon_update_note": types.UpdateNote,
    "misskey_announce": types.Announce,
    "misskey_create_quote": types.CreateNote,
    "misskey_like_with_emoji": types.Like,
    "pixelfed_create_reply": types.CreateNote,
    "pleroma_like_without_id": types.Like,
    "pleroma_undo_by_id": types.Undo,
    "prefixed_like": types.Like,
    "threads_create_reply": types.CreateNote,
    "wordpress_create_reply": types.CreateNote,
}
NO_ACTIVITIES = {"gotosocial_key_stub", "lemmy_page", "mastodon_actor", "mastodon_replies_page", "peertube_video"}


def activity(kind: str, **more: Any) -> Document:
    return {"id": f"{EVA}#{kind}", "type": kind, "actor": EVA} | more


def parsed(name: str) -> Any:
    return parse_activity(incoming(name))


def test_every_document_in_the_folder_is_spoken_for() -> None:
    assert set(NAMES) == set(EXPECTED) | NO_ACTIVITIES


@pytest.mark.parametrize(("name", "kind"), EXPECTED.items())
def test_each_servers_activity_becomes_its_type(name: str, kind: type[types.Incoming]) -> None:
    assert type(parsed(name)) is kind


@pytest.mark.parametrize("name", sorted(NO_ACTIVITIES))
def test_what_is_no_activity_is_malformed(name: str) -> None:
    with pytest.raises(Malformed):
        parsed(name)


# --- identity ---


def test_an_activity_is_known_by_its_id() -> None:
    follow = parsed("mastodon_follow")
    assert follow.dedupe_key == follow.id
    assert follow.actor == STEFFEN
    assert follow.target == BLOG


def test_an_activity_without_id_is_known_by_actor_type_and_object() -> None:
    """S33: GoToSocial's Delete, an old Pleroma's Like."""
    one = parse_activity({"type": "Delete", "actor": EVA, "object": f"{EVA}/1"})
    again = parse_activity({"object": {"id": f"{EVA}/1", "type": "Tombstone"}, "type": "Delete", "actor": EVA})
    assert one.id is None
    assert one.dedupe_key == again.dedupe_key
    others = [
        {"type": "Delete", "actor": EVA, "object": f"{EVA}/2"},
        {"type": "Like", "actor": EVA, "object": f"{EVA}/1"},
        {"type": "Delete", "actor": f"{EVA}2", "object": f"{EVA}/1"},
    ]
    assert one.dedupe_key not in [parse_activity(other).dedupe_key for other in others]


def test_an_id_that_is_no_web_address_counts_as_none_but_tells_two_apart() -> None:
    one = parse_activity(activity("Like", object=POST) | {"id": "urn:uuid:1"})
    two = parse_activity(activity("Like", object=POST) | {"id": "urn:uuid:2"})
    assert one.id is None
    assert one.dedupe_key != two.dedupe_key


def test_who_leaves_is_known_before_anything_else_is_read() -> None:
    assert leaving(incoming("mastodon_delete_actor")) == STEFFEN
    assert leaving({"type": "Update", "actor": EVA, "object": {"id": EVA, "type": "Person"}}) == EVA
    assert leaving({"type": "Delete", "actor": EVA, "object": f"{EVA}/1"}) is None
    assert leaving({"type": "Follow", "actor": EVA, "object": EVA}) is None


def test_a_peek_tells_type_actor_and_object_without_reading_the_rest() -> None:
    assert peek(incoming("mastodon_delete_actor")) == ("Delete", STEFFEN, STEFFEN)
    assert peek({"type": "Create", "actor": [EVA], "object": {"broken": True}}) == ("Create", EVA, None)
    with pytest.raises(Malformed):
        peek({"type": "Delete", "object": EVA})


# --- relations between actors ---


@pytest.mark.parametrize("target", [BLOG, [BLOG], {"id": BLOG, "type": "Person"}, [{"id": BLOG}]])
def test_a_follows_object_may_be_a_list_or_embedded(target: object) -> None:
    assert parse_activity(activity("Follow", object=target)).target == BLOG  # type: ignore[attr-defined]


def test_an_undo_keeps_what_the_embedded_activity_claims() -> None:
    """S39: the handler compares the claimed actor with the sender."""
    inner = {"id": "https://else.example/f/1", "type": "Follow", "actor": "https://else.example/u/1", "object": BLOG}
    undo = parse_activity(activity("Undo", object=inner))
    assert isinstance(undo, types.UndoFollow)
    assert undo.undone_actor == "https://else.example/u/1"
    assert undo.target == BLOG


def test_an_undo_without_inner_id_or_in_a_list_is_read() -> None:
    undo = parse_activity(activity("Undo", object=[{"type": "Follow", "actor": EVA, "object": [BLOG]}]))
    assert isinstance(undo, types.UndoFollow)
    assert (undo.undone, undo.target) == (None, BLOG)


def test_an_undo_by_address_keeps_the_address() -> None:
    assert parsed("pleroma_undo_by_id").undone == "https://akkoma.example/activities/f1"


def test_an_undo_of_an_object_that_has_nothing_but_an_id_is_one_by_address() -> None:
    undo = parse_activity(activity("Undo", object={"id": f"{EVA}#follows/1"}))
    assert (type(undo), undo.undone) == (types.Undo, f"{EVA}#follows/1")  # type: ignore[attr-defined]
    with pytest.raises(Malformed):
        parse_activity(activity("Undo", object={"actor": EVA}))


@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        ("EmojiReact", types.UndoLike),
        ("Dislike", types.UndoDislike),
        ("Announce", types.UndoAnnounce),
        ("Block", types.UndoBlock),
        ("Accept", types.Undo),
        ("as:Follow", types.UndoFollow),
    ],
)
def test_each_kind_of_undo_has_its_type(inner: str, kind: type[types.Incoming]) -> None:
    undo = parse_activity(activity("Undo", object={"id": f"{EVA}#1", "type": inner, "actor": EVA, "object": POST}))
    assert type(undo) is kind


def test_accept_and_reject_name_what_they_answer() -> None:
    """S38."""
    accept = parse_activity(activity("Accept", object={"id": f"{BLOG}#f", "type": "Follow"}))
    reject = parse_activity(activity("Reject", object=f"{BLOG}#f"))
    assert isinstance(accept, types.AcceptActivity)
    assert isinstance(reject, types.RejectActivity)
    assert (accept.answered, accept.answered_type) == (f"{BLOG}#f", "Follow")
    assert (reject.answered, reject.answered_type) == (f"{BLOG}#f", None)


def test_a_report_names_actor_posts_and_text() -> None:
    flag = parsed("mastodon_flag")
    assert flag.object_ids == (BLOG, POST)
    assert flag.content == "Bitte ansehen"
    assert parse_activity(activity("Flag", object=POST)).object_ids == (POST,)  # type: ignore[attr-defined]


def test_a_move_names_both_accounts() -> None:
    """S40: whether the target agrees is the handler's question."""
    move = parsed("mastodon_move")
    assert (move.subject, move.target) == (STEFFEN, "https://neu.example/users/kaffeeringe")


# --- posts and profiles ---


def test_a_create_with_an_address_only_says_what_to_fetch() -> None:
    create = parse_activity(activity("Create", object=f"{EVA}/1"))
    assert isinstance(create, types.CreateById)
    assert create.object_id == f"{EVA}/1"
    assert type(parse_activity(activity("Update", object=f"{EVA}/1"))) is types.UpdateById


def test_a_post_without_audience_has_the_activitys() -> None:
    note = {"id": f"{EVA}/1", "type": "Note", "attributedTo": EVA, "content": "x"}
    create = parse_activity(activity("Create", object=note, to=EVA + "/followers", cc=["as:Public"]))
    assert isinstance(create, types.CreateNote)
    assert create.note.visibility == "unlisted"
    for nobody in (None, []):
        unsaid = parse_activity(activity("Create", object=note | {"to": nobody, "cc": nobody}, to=PUBLIC))
        assert isinstance(unsaid, types.CreateNote)
        assert unsaid.note.visibility == "public"
    narrower = parse_activity(activity("Create", object=note | {"to": [BLOG]}, to=PUBLIC))
    assert isinstance(narrower, types.CreateNote)
    assert narrower.note.visibility == "direct"


def test_a_post_without_author_is_the_senders() -> None:
    create = parse_activity(activity("Create", object={"id": f"{EVA}/1", "type": "Note", "content": "x"}))
    assert isinstance(create, types.CreateNote)
    assert create.note.attributed_to == EVA


def test_another_author_than_the_sender_is_kept_for_the_handler_to_see() -> None:
    """S31."""
    note = {"id": f"{EVA}/1", "type": "Note", "attributedTo": "https://victim.example/u/1", "content": "x"}
    create = parse_activity(activity("Create", object=note))
    assert isinstance(create, types.CreateNote)
    assert create.note.attributed_to == "https://victim.example/u/1"


def test_a_profile_update_is_whole_or_says_that_it_must_be_fetched() -> None:
    update = parsed("mastodon_update_actor")
    assert update.subject == STEFFEN
    assert update.profile.name == "Steffen"
    partial = parse_activity(activity("Update", object={"id": EVA, "type": "Person", "name": "Eva"}))
    assert isinstance(partial, types.UpdateActor)
    assert (partial.subject, partial.profile) == (EVA, None)
    assert type(parse_activity(activity("Update", object=EVA))) is types.UpdateActor


@pytest.mark.parametrize(
    "gone", [f"{EVA}/1", {"id": f"{EVA}/1", "type": "Tombstone"}, [f"{EVA}/1"], {"id": f"{EVA}/1"}]
)
def test_a_delete_names_the_object_in_any_shape(gone: object) -> None:
    delete = parse_activity(activity("Delete", object=gone))
    assert isinstance(delete, types.DeleteObject)
    assert delete.object_id == f"{EVA}/1"


def test_a_delete_tells_what_the_deleted_was_if_the_sender_does() -> None:
    tombstone = {"id": f"{EVA}/1", "type": "Tombstone", "formerType": "Note"}
    assert parse_activity(activity("Delete", object=tombstone)).former_type == "Note"  # type: ignore[attr-defined]


@pytest.mark.parametrize("gone", [EVA, {"id": EVA, "type": "Person"}, [EVA]])
def test_an_actor_who_deletes_the_actor_is_gone(gone: object) -> None:
    assert type(parse_activity(activity("Delete", object=gone))) is types.DeleteActor


def test_all_poll_votes_are_told_from_comments() -> None:
    assert parsed("mastodon_create_poll_vote").note.is_poll_vote
    assert parsed("gotosocial_poll_votes").note.is_poll_vote
    assert not parsed("mastodon_create_reply").note.is_poll_vote


# --- reactions ---


def test_reactions_carry_their_emoji_and_likes_carry_none() -> None:
    assert parsed("mastodon_like").content is None
    assert parsed("misskey_like_with_emoji").content == ":blobcat:"
    assert parsed("akkoma_emoji_react").content == "🔥"
    assert parse_activity(activity("Like", object=POST, _misskey_reaction="🎉")).content == "🎉"  # type: ignore[attr-defined]


def test_of_an_embedded_boosted_post_only_the_id_is_kept() -> None:
    """S25: the copy proves nothing."""
    note = {"id": POST, "type": "Note", "attributedTo": "https://victim.example/u/1", "content": "forged"}
    boost = parse_activity(activity("Announce", object=note, to=PUBLIC))
    assert isinstance(boost, types.Announce)
    assert boost.object_id == POST
    assert "forged" not in repr(boost)


@pytest.mark.parametrize(
    ("audience", "is_public"),
    [({"to": "Public"}, True), ({"cc": ["as:Public"]}, True), ({}, True), ({"to": [f"{EVA}/followers"]}, False)],
)
def test_a_boost_for_followers_is_told_from_a_public_one(audience: Document, is_public: bool) -> None:
    boost = parse_activity(activity("Announce", object=POST, **audience))
    assert isinstance(boost, types.Announce)
    assert boost.is_public is is_public


def test_a_group_that_hands_on_an_activity_is_told_from_a_boost() -> None:
    """FEP-1b12."""
    handed_on = parsed("lemmy_announce_create")
    assert handed_on.actor == "https://lemmy.example/c/newsletter"
    assert (handed_on.inner_type, handed_on.inner_actor) == ("Create", "https://lemmy.example/u/ole")
    assert handed_on.inner_object_id == "https://lemmy.example/comment/5"


def test_a_quote_request_names_both_posts() -> None:
    """S43: an instrument that is no web address is refused."""
    request = parsed("mastodon_quote_request")
    assert request.object_id == POST
    assert request.instrument_id == request.quote.id
    assert request.quote.quotes == POST
    by_id = parse_activity(activity("QuoteRequest", object=POST, instrument=f"{EVA}/1"))
    assert isinstance(by_id, types.QuoteRequest)
    assert (by_id.instrument_id, by_id.quote) == (f"{EVA}/1", None)
    for instrument in ("javascript:alert(1)", None, 5, {"type": "Note"}):
        with pytest.raises(Malformed):
            parse_activity(activity("QuoteRequest", object=POST, instrument=instrument))


@pytest.mark.parametrize(
    "kind", ["View", "Read", "Listen", "TentativeAccept", "FeatureRequest", "Join", "Note", "x" * 5000]
)
def test_a_type_that_we_do_not_handle_is_unknown_and_short(kind: str) -> None:
    unknown = parse_activity(activity(kind, object={"type": "Event", "id": f"{EVA}/1"}))
    assert isinstance(unknown, types.Unknown)
    assert (unknown.type, unknown.object_type) == (kind[:100], "Event")


def test_a_create_of_something_else_than_a_post_is_unknown() -> None:
    unknown = parse_activity(activity("Create", object={"type": "Playlist", "id": f"{EVA}/1"}))
    assert isinstance(unknown, types.Unknown)
    assert (unknown.type, unknown.object_type) == ("Create", "Playlist")


def test_every_type_is_frozen_and_built_from_names_only() -> None:
    for kind in vars(types).values():
        if isinstance(kind, type) and issubclass(kind, types.Incoming):
            assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
            assert all(field.kw_only for field in fields(kind))


def test_the_time_of_an_activity_is_read_and_may_be_missing() -> None:
    assert parsed("mastodon_announce").published == datetime(2024, 8, 5, 10, tzinfo=UTC)
    assert parse_activity(activity("Like", object=POST, published="yesterday")).published is None
