"""Peers that say the right thing in an odd way, against a real server: what they mean is what counts."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.demo.stage import wait_until
from bridge.signature.request import SignedRequest
from tests.support.attack import Person, RunningBlog, Town, blog_with_issue
from tests.support.signing import http_date

SOON = 10.0  #: seconds


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBlog]:
    with blog_with_issue(tmp_path_factory.mktemp("odd")) as running:
        yield running


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with contextlib.closing(Town("127.0.0.1")) as running:
        yield running


@pytest.fixture
def ida(town: Town, request: pytest.FixtureRequest) -> Person:
    """Somebody new for each test."""
    return town.person(f"ida{abs(hash(request.node.nodeid))}")


@pytest.fixture(scope="module")
def create_id(blog: RunningBlog) -> str:
    """The activity that brought the issue out."""
    head = blog.get(blog.get(blog.actor)["outbox"])
    created: str = blog.get(head["first"])["orderedItems"][0]["id"]
    return created


def counts(blog: RunningBlog) -> tuple[int, int]:
    """How many likes and boosts the post itself tells of."""
    note = blog.get(blog.note)
    return note["likes"]["totalItems"], note["shares"]["totalItems"]


@pytest.mark.parametrize(("kind", "more"), [("Like", (1, 0)), ("EmojiReact", (1, 0)), ("Announce", (0, 1))])
def test_what_names_our_create_is_about_the_post(
    blog: RunningBlog, ida: Person, create_id: str, kind: str, more: tuple[int, int]
) -> None:
    """Lemmy, Friendica and relays name the activity and mean the post; who names both did it once."""
    likes, boosts = counts(blog)
    done = ida.act(kind, create_id)
    after = (likes + more[0], boosts + more[1])

    assert blog.post(ida, done).status == 202
    assert blog.verdict(done) == ("shown", f"counts as a {'boost' if kind == 'Announce' else 'like'}")
    assert blog.post(ida, ida.act(kind, blog.note)).status == 202
    assert counts(blog) == after

    assert blog.post(ida, ida.act("Undo", {"type": kind, "actor": ida.id, "object": create_id})).status == 202
    assert counts(blog) == (likes, boosts)


def test_our_create_within_a_boost_is_the_post_boosted(blog: RunningBlog, ida: Person, create_id: str) -> None:
    """FEP-1b12: a group embeds the activity that it hands on."""
    likes, boosts = counts(blog)

    assert blog.post(ida, ida.act("Announce", blog.get(create_id), to=[f"{ida.id}/followers"])).status == 202
    assert counts(blog) == (likes, boosts)
    assert blog.post(ida, ida.act("Announce", blog.get(create_id))).status == 202
    assert counts(blog) == (likes, boosts + 1)


@pytest.mark.parametrize("named", ["activity", "page"])
def test_a_reply_to_our_create_or_page_is_a_reply_to_the_post(
    blog: RunningBlog, ida: Person, create_id: str, named: str
) -> None:
    """It stands where answers to the post do, for people and for servers that walk `replies`."""
    note = ida.note(blog, f"Antwort auf {named}", inReplyTo=create_id if named == "activity" else blog.page)

    assert blog.post(ida, ida.act("Create", note)).status == 202
    assert f"Antwort auf {named}" in blog.comments()
    assert note["id"] in blog.get(f"{blog.note}/replies?page=1")["items"]


def test_what_names_the_place_of_an_answer_on_the_page_is_about_the_answer(blog: RunningBlog, ida: Person) -> None:
    asked = ida.note(blog, "Was ist das für ein Moor?")
    assert blog.post(ida, ida.act("Create", asked)).status == 202
    token = shown(blog, "Was ist das")["id"]
    command = [sys.executable, "-m", "bridge", "comments", "reply", token, "Ein Hochmoor."]
    subprocess.run([*command, "--config", str(blog.folder / "config.toml")], check=True, capture_output=True)
    answer = wait_until("the answer stands there", lambda: shown(blog, "Hochmoor"), seconds=SOON)

    before = counts(blog)
    note = ida.note(blog, "Danke für die Antwort", inReplyTo=answer["url"])
    assert blog.post(ida, ida.act("Create", note)).status == 202
    assert shown(blog, "Danke für die Antwort")["parent"] == answer["id"]
    assert note["id"] not in blog.get(f"{blog.note}/replies?page=1")["items"]
    assert blog.post(ida, ida.act("Like", answer["url"])).status == 202
    assert blog.post(ida, ida.act("Like", f"{blog.page}#c-{token}")).status == 202  # her own comment, which is not ours
    assert counts(blog) == before
    [(answer_id,)] = blog.asked("SELECT object_id FROM entries WHERE token = ?", answer["id"])
    assert blog.get(answer_id)["likes"]["totalItems"] == 1
    assert blog.get(answer_id)["replies"]["first"]["items"] == [note["id"]]


def test_a_quote_of_our_create_quotes_the_post(blog: RunningBlog, ida: Person, create_id: str) -> None:
    note = ida.note(blog, "Zitat", inReplyTo=None, quote=create_id)
    wish = ida.act("QuoteRequest", create_id, instrument=note)

    assert blog.post(ida, wish).status == 202
    assert blog.verdict(wish) == ("done", "it asked permission to quote, and has it")
    assert blog.post(ida, ida.act("Create", note)).status == 202
    assert [one["kind"] for one in json.loads(blog.comments())["comments"] if "Zitat" in one["content_html"]] == [
        "quote"
    ]
    accepted = wait_until("the answer comes", lambda: answers(ida, "Accept"), seconds=SOON)[0]
    assert blog.get(accepted["result"])["interactionTarget"] == blog.note


def test_a_like_without_an_id_counts_again_after_its_undo(blog: RunningBlog, ida: Person) -> None:
    """An old Pleroma's likes have none. The same request once more is a replay and counts nothing (S14)."""
    likes, boosts = counts(blog)
    like = {**ida.act("Like", blog.note), "id": None}
    undo = {**ida.act("Undo", {key: value for key, value in like.items() if key != "id"}), "id": None}
    start = datetime.now(UTC) - timedelta(minutes=5)

    def sent(activity: dict[str, Any], minute: int) -> SignedRequest:
        return blog.signed(ida, activity, fields={"date": http_date(start + timedelta(minutes=minute))})

    first = sent(like, 0)
    for asked, expected in [(first, 1), (sent(undo, 1), 0), (sent(like, 2), 1), (sent(undo, 3), 0), (first, 0)]:
        assert blog.send(asked).status == 202
        assert counts(blog) == (likes + expected, boosts)


def test_a_follow_without_an_id_holds_again_after_its_undo(blog: RunningBlog, ida: Person) -> None:
    follow = {**ida.act("Follow", blog.actor), "id": None}
    undo = ida.act("Undo", {"type": "Follow", "actor": ida.id, "object": blog.actor})
    start = datetime.now(UTC) - timedelta(minutes=5)

    for minute, activity in enumerate([follow, undo, follow]):
        fields = {"date": http_date(start + timedelta(minutes=minute))}
        assert blog.post(ida, activity, fields=fields).status == 202
    assert blog.asked("SELECT count(*) FROM followers WHERE actor_id = ?", ida.id) == [(1,)]


def test_a_follow_whose_id_is_always_the_same_holds_again_after_its_undo(blog: RunningBlog, ida: Person) -> None:
    """Pixelfed makes the id, and that of the undo, out of who follows whom. Any follow can be undone by its id."""
    follow = ida.act("Follow", blog.actor)
    undo = ida.act("Undo", follow)
    start = datetime.now(UTC) - timedelta(minutes=5)

    def take(minute: int, activity: dict[str, Any]) -> int:
        fields = {"date": http_date(start + timedelta(minutes=minute))}
        assert blog.post(ida, activity, fields=fields).status == 202
        [(number,)] = blog.asked("SELECT count(*) FROM followers WHERE actor_id = ?", ida.id)
        return int(number)

    told = [follow, undo, follow, undo, follow, ida.act("Undo", follow["id"])]
    assert [take(minute, activity) for minute, activity in enumerate(told)] == [1, 0, 1, 0, 1, 0]
    wait_until("each is accepted", lambda: len(answers(ida, "Accept")) == 3, seconds=SOON)


@pytest.mark.parametrize("kind", ["Like", "Announce"])
def test_a_like_whose_id_is_always_the_same_counts_again_after_its_undo(
    blog: RunningBlog, ida: Person, kind: str
) -> None:
    """Ghost makes the ids of it and of its undo out of what is liked. A replay changes nothing (S14)."""
    likes, boosts = counts(blog)
    done = ida.act(kind, blog.note)
    undo = ida.act("Undo", done)
    start = datetime.now(UTC) - timedelta(minutes=5)

    def sent(minute: int, activity: dict[str, Any]) -> SignedRequest:
        return blog.signed(ida, activity, fields={"date": http_date(start + timedelta(minutes=minute))})

    first, taken_back, again, last = (sent(minute, one) for minute, one in enumerate([done, undo, done, undo]))
    told = [(first, 1), (taken_back, 0), (first, 0), (again, 1), (taken_back, 1), (last, 0), (again, 0)]
    for asked, expected in told:
        assert blog.send(asked).status == 202
        assert counts(blog) == ((likes + expected, boosts) if kind == "Like" else (likes, boosts + expected))


def test_every_edit_counts_though_all_have_the_same_id(blog: RunningBlog, ida: Person) -> None:
    """Friendica makes the id out of what is edited; so may a deletion that was taken back come once more."""
    note = ida.note(blog, "Fassung 0")
    start = datetime.now(UTC) - timedelta(minutes=5)

    def edit(number: int) -> SignedRequest:
        when = start + timedelta(minutes=number)
        edited = note | {"content": f"<p>Fassung {number}</p>", "updated": when.isoformat(timespec="seconds")}
        told = ida.act("Update", edited, id=f"{note['id']}/Update")
        return blog.signed(ida, told, fields={"date": http_date(when)})

    assert blog.post(ida, ida.act("Create", note)).status == 202
    edits = [edit(number) for number in (1, 2, 3)]
    for asked, expected in [*zip(edits, (1, 2, 3), strict=True), (edits[0], 3)]:
        assert blog.send(asked).status == 202
        assert shown(blog, f"Fassung {expected}")


def test_a_like_that_others_hand_on_after_its_undo_does_not_count_again(
    blog: RunningBlog, ida: Person, town: Town
) -> None:
    relay = town.person("relay")
    likes, boosts = counts(blog)
    like = ida.proven(ida.act("Like", blog.note))

    assert blog.post(ida, like).status == 202
    assert counts(blog) == (likes + 1, boosts)
    assert blog.post(ida, ida.act("Undo", like)).status == 202
    assert blog.post(relay, like).status == 202
    assert counts(blog) == (likes, boosts)


@pytest.mark.parametrize("named", ["whole", "by its id"])
def test_a_follow_that_comes_after_its_undo_stays_undone(blog: RunningBlog, ida: Person, named: str) -> None:
    """Its delivery may have been tried again later than the undo's. The next follow counts, whatever its id."""
    follow = ida.act("Follow", blog.actor)
    start = datetime.now(UTC) - timedelta(minutes=5)
    expected = {"Undo": 0, "late": 0, "again": 1}
    undo = ida.act("Undo", follow if named == "whole" else follow["id"])

    for minute, (name, activity) in enumerate([("Undo", undo), ("late", follow), ("again", follow)]):
        fields = {"date": http_date(start + timedelta(minutes=minute))}
        assert blog.post(ida, activity, fields=fields).status == 202
        assert blog.asked("SELECT count(*) FROM followers WHERE actor_id = ?", ida.id) == [(expected[name],)]


def test_a_block_that_comes_after_its_end_hides_nothing(blog: RunningBlog, ida: Person) -> None:
    block = ida.act("Block", blog.actor)
    assert blog.post(ida, ida.act("Create", ida.note(blog, "niemand wird blockiert"))).status == 202

    for activity in (ida.act("Undo", block), block):
        assert blog.post(ida, activity).status == 202
    assert "niemand wird blockiert" in blog.comments()
    assert blog.post(ida, ida.act("Block", blog.actor)).status == 202
    assert "niemand wird blockiert" not in blog.comments()


def test_a_link_stands_for_what_it_leads_to(blog: RunningBlog, ida: Person) -> None:
    """ActivityStreams 2.0 section 4.2: wherever an object may stand, a Link to it may."""
    likes, boosts = counts(blog)
    link = {"type": "Link", "href": blog.note}

    assert blog.post(ida, ida.act("Like", link)).status == 202
    assert counts(blog) == (likes + 1, boosts)
    assert blog.post(ida, ida.act("Create", ida.note(blog, "Antwort auf den Link", inReplyTo=link))).status == 202
    assert "Antwort auf den Link" in blog.comments()


@pytest.mark.parametrize("with_id", [True, False])
def test_the_undo_of_what_nobody_can_undo_says_so(blog: RunningBlog, ida: Person, with_id: bool) -> None:
    """Lemmy undoes a Delete; others a Create, which a Delete takes back."""
    created = ida.act("Create", ida.note(blog, "bleibt hier stehen"))
    undo = ida.act("Undo", created if with_id else {**created, "id": None})

    assert blog.post(ida, created).status == 202
    assert blog.post(ida, undo).status == 202
    told = "an undo of Create, which changes nothing here; a post is taken back by a Delete"
    assert blog.verdict(undo) == ("ignored", told)
    assert "bleibt hier stehen" in blog.comments()


def test_a_reply_that_waits_is_not_said_to_be_looked_for_when_it_comes_once_more(
    blog: RunningBlog, ida: Person
) -> None:
    """The same activity again counts as a repeat, and `why` goes on to say what became of the first."""
    note = ida.note(blog, "unter etwas Unbekanntem", inReplyTo=f"{ida.town.origin}/notes/unknown")
    ida.town.serves(note["id"].removeprefix(ida.town.origin), note)
    first, another = ida.act("Create", note), ida.act("Create", note)

    assert blog.post(ida, first).status == 202
    wait_until("it waits", lambda: "within 7 days" in (blog.verdict(first) or ("", ""))[1], seconds=SOON)
    assert [blog.post(ida, activity).status for activity in (first, another)] == [202, 202]
    verdict, reason = blog.verdict(first) or ("", "")
    assert (verdict, "within 7 days" in reason) == ("parked", True)
    assert blog.asked("SELECT repeats FROM received WHERE activity_id = ?", first["id"]) == [(1,)]
    verdict, reason = blog.verdict(another) or ("", "")
    assert (verdict, reason.endswith("; that was looked for before, and is waited for")) == ("parked", True)


@pytest.mark.parametrize("kind", ["QuoteRequest", "ReplyRequest", "LikeRequest", "AnnounceRequest"])
def test_a_request_without_an_id_is_told_why_nobody_answers(blog: RunningBlog, ida: Person, kind: str) -> None:
    wish = ida.act(kind, blog.note, instrument=ida.note(blog, "Darf ich?", quote=blog.note))

    assert blog.post(ida, {**wish, "id": None}).status == 202
    [(verdict, reason)] = blog.asked("SELECT verdict, reason FROM received WHERE actor_id = ?", ida.id)
    assert (verdict, reason) == (
        "ignored",
        "it asks permission without an id, so no answer could say which request it answers",
    )


def test_a_follower_with_an_inbox_elsewhere_is_not_answered_and_the_reason_says_what_to_do(
    blog: RunningBlog, ida: Person
) -> None:
    """S79: a Reject would go to somebody who asked nothing, too; there is nowhere else to send it."""
    elsewhere = Town("127.0.0.2")
    ida.town.serves(ida.path, ida.document(inbox=f"{elsewhere.origin}/inbox"))
    follow = ida.act("Follow", blog.actor)

    assert blog.post(ida, follow).status == 202
    _, reason = blog.verdict(follow) or ("", "")
    assert f"its inbox is on {elsewhere.authority}" in reason
    assert reason.endswith("its server has to name an inbox on its own site, then it can follow again")
    assert blog.asked("SELECT count(*) FROM deliveries WHERE inbox LIKE ?", f"{elsewhere.origin}%") == [(0,)]
    assert elsewhere.posted == []
    elsewhere.close()


def shown(blog: RunningBlog, text: str) -> dict[str, Any]:
    """The comment that says this; empty where there is none."""
    return next((one for one in json.loads(blog.comments())["comments"] if text in one["content_html"]), {})


def answers(person: Person, kind: str) -> list[dict[str, Any]]:
    """What of a kind reached a person's inbox."""
    told = [json.loads(body) for path, _, body in person.town.posted if path == f"{person.path}/inbox"]
    return [activity for activity in told if activity["type"] == kind]
