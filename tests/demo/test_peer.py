"""The peer against itself: two processes that discover, follow, write, answer and distrust each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.demo.stage import NotSeen, Peer, request, wait_until

ACTIVITY_JSON = "application/activity+json"


@pytest.fixture
def friends(peers: tuple[Peer, Peer]) -> tuple[Peer, Peer]:
    """Anna's server and Bruno's, and Anna follows Bruno."""
    anna, bruno = peers
    anna.do("follow", handle=f"@bruno@{bruno.host}")
    wait_until("Bruno's Accept", lambda: following(anna, "anna", bruno) == "accepted", seconds=10)
    return peers


def following(peer: Peer, name: str, other: Peer) -> str | None:
    """What became of the Follow of the person on the other peer."""
    states = peer.people()[name]["following"]
    return next((state for actor, state in states.items() if actor.startswith(other.origin)), None)


def of_object(received: list[dict[str, Any]], wanted: str) -> list[dict[str, Any]]:
    """Those received whose object (or the post in it) is the wanted one."""
    objects = [(item, item["activity"]["object"]) for item in received]
    return [item for item, inner in objects if wanted in (inner, inner["id"] if isinstance(inner, dict) else None)]


def test_a_follow_found_by_webfinger_is_accepted(friends: tuple[Peer, Peer]) -> None:
    anna, bruno = friends
    follow = bruno.received("Follow")[-1]
    accept = anna.received("Accept")[-1]

    assert (follow["verified"], follow["answered"]) == (True, 202)
    assert (accept["verified"], accept["answered"]) == (True, 202)
    assert accept["activity"]["object"]["id"] == follow["activity"]["id"]
    assert list(bruno.people()["bruno"]["followers"]) == [f"{anna.origin}/users/anna"]


def test_a_post_reaches_a_follower_and_the_answer_comes_back(friends: tuple[Peer, Peer]) -> None:
    anna, bruno = friends
    post = bruno.do("post", text="Guten Morgen,\nliebe Leute!", **{"as": "bruno"})
    (arrived,) = of_object(anna.received("Create", verified=True), post["id"])
    answer = anna.do("reply", object=post["id"], text="Moin <3")
    (returned,) = of_object(bruno.received("Create", verified=True), answer["id"])

    assert arrived["inbox"] == "/inbox"
    assert arrived["activity"]["object"]["content"] == "<p>Guten Morgen,<br>liebe Leute!</p>"
    note = returned["activity"]["object"]
    assert note["inReplyTo"] == post["id"]
    assert note["tag"] == [
        {"type": "Mention", "href": f"{bruno.origin}/users/bruno", "name": f"@bruno@{bruno.host}"},
    ]
    assert note["content"].endswith("Moin &lt;3</p>")


def test_likes_and_boosts_arrive_and_can_be_taken_back(friends: tuple[Peer, Peer]) -> None:
    anna, bruno = friends
    post = bruno.do("post", text="Gefällt das?", **{"as": "bruno"})
    like = anna.do("like", object=post["id"])
    boost = anna.do("boost", object=post["id"])
    anna.do("undo", activity=like["activity"])

    assert len(of_object(bruno.received("Like", verified=True), post["id"])) == 1
    announce = of_object(bruno.received("Announce", verified=True), post["id"])[0]["activity"]
    assert announce["id"] == boost["activity"]
    assert f"{bruno.origin}/users/bruno" in announce["cc"]
    undo = bruno.received("Undo", verified=True)[-1]["activity"]
    assert undo["object"]["id"] == like["activity"]


def test_an_edit_and_a_delete_follow_the_post(friends: tuple[Peer, Peer]) -> None:
    anna, bruno = friends
    post = bruno.do("post", text="Erster Wurf", **{"as": "bruno"})
    bruno.do("edit", object=post["id"], text="Zweiter Wurf")
    edited = of_object(anna.received("Update", verified=True), post["id"])[0]["activity"]["object"]
    bruno.do("delete", object=post["id"])

    assert edited["content"] == "<p>Zweiter Wurf</p>"
    assert edited["updated"] > edited["published"]
    assert of_object(anna.received("Delete", verified=True), post["id"])


def test_a_deleted_post_is_a_tombstone_with_410(peers: tuple[Peer, Peer]) -> None:
    anna, _ = peers
    post = anna.do("post", text="Nur kurz da")
    before = request(post["id"], accept=ACTIVITY_JSON)
    anna.do("delete", object=post["id"])
    after = request(post["id"], accept=ACTIVITY_JSON)

    assert (before.status, before.json()["type"]) == (200, "Note")
    assert (after.status, after.json()["type"]) == (410, "Tombstone")
    assert request(post["url"]).status == 404


def test_answers_are_listed_in_the_replies_collection(friends: tuple[Peer, Peer]) -> None:
    anna, bruno = friends
    post = anna.do("post", text="Wer mag Tee?")
    answer = bruno.do("reply", object=post["id"], text="Ich!", **{"as": "bruno"})
    note = request(post["id"], accept=ACTIVITY_JSON).json()

    listed = request(note["replies"]["id"], accept=ACTIVITY_JSON).json()["first"]["items"]
    assert listed == [answer["id"]]
    page = request(note["replies"]["first"]["next"], accept=ACTIVITY_JSON).json()
    assert (page["type"], page["items"]) == ("CollectionPage", [answer["id"]])


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("body", "the digest is not the body's"),
        ("digest", "the signature is wrong"),
        ("date", "more than an hour away"),
        ("unsigned", "the request is not signed"),
    ],
)
def test_a_spoilt_request_is_refused(peers: tuple[Peer, Peer], broken: str, reason: str) -> None:
    anna, bruno = peers
    actor = f"{anna.origin}/users/anna"
    activity = {"id": f"{actor}#{broken}", "type": "Like", "actor": actor, "object": f"{bruno.origin}/users/bruno"}
    answer = anna.do("send", inbox=f"{bruno.origin}/inbox", activity=activity, broken=broken)["answers"][0]
    kept = bruno.received()[-1]

    assert answer["status"] == 401
    assert reason in answer["text"]
    assert (kept["verified"], kept["activity"]) == (False, activity)


def test_nobody_speaks_for_somebody_else(peers: tuple[Peer, Peer]) -> None:
    anna, bruno = peers
    claimed = f"{bruno.origin}/users/bruno"
    activity = {"id": f"{anna.origin}/1", "type": "Like", "actor": claimed, "object": claimed}
    answer = anna.do("send", inbox=f"{bruno.origin}/inbox", activity=activity)["answers"][0]

    assert answer["status"] == 401
    assert "but the activity is" in answer["text"]


def test_a_post_under_anothers_name_is_not_believed(peers: tuple[Peer, Peer]) -> None:
    anna, bruno = peers
    actor = f"{anna.origin}/users/anna"
    note = {
        "id": f"{bruno.origin}/users/bruno/statuses/7",
        "type": "Note",
        "attributedTo": f"{bruno.origin}/users/bruno",
    }
    activity = {"id": f"{actor}#7", "type": "Create", "actor": actor, "object": note}
    answer = anna.do("send", inbox=f"{bruno.origin}/inbox", activity=activity)["answers"][0]

    assert answer["status"] == 401


def test_a_careful_server_shows_its_people_to_signed_requests_only(peers: tuple[Peer, Peer]) -> None:
    anna, bruno = peers

    assert request(f"{bruno.origin}/users/bruno", accept=ACTIVITY_JSON).status == 401
    assert request(f"{anna.origin}/users/anna", accept=ACTIVITY_JSON).status == 200
    assert request(f"{bruno.origin}/actor", accept=ACTIVITY_JSON).json()["type"] == "Application"


def test_the_weather_holds_for_as_many_requests_as_said(friends: tuple[Peer, Peer]) -> None:
    anna, bruno = friends
    anna.do("fail", status=503, times=1, headers={"Retry-After": "7"})
    refused = bruno.do("post", text="Hört mich wer?", **{"as": "bruno"})
    taken = bruno.do("post", text="Und jetzt?", **{"as": "bruno"})

    assert [answer["status"] for answer in refused["answers"]] == [503]
    assert [answer["status"] for answer in taken["answers"]] == [202]
    assert of_object(anna.received("Create"), refused["id"])[0]["answered"] == 503


def test_repeats_are_kept_as_often_as_they_came(peers: tuple[Peer, Peer]) -> None:
    anna, bruno = peers
    actor = f"{anna.origin}/users/anna"
    activity = {"id": f"{actor}#twice", "type": "Like", "actor": actor, "object": f"{bruno.origin}/users/bruno"}
    for _ in range(2):
        anna.do("send", inbox=f"{bruno.origin}/users/bruno/inbox", activity=activity)

    assert [item["inbox"] for item in of_object(bruno.received("Like"), activity["object"])][-2:] == [
        "/users/bruno/inbox",
        "/users/bruno/inbox",
    ]


def test_people_are_opened_on_demand_with_an_inbox_of_their_own(peers: tuple[Peer, Peer]) -> None:
    anna, _ = peers
    opened = anna.do("person", shared_inbox=False, **{"as": "clara"})
    document = request(opened["id"], accept=ACTIVITY_JSON).json()

    assert document["endpoints"] == {}
    assert document["inbox"] == f"{anna.origin}/users/clara/inbox"
    assert request(f"{anna.origin}/users/nobody", accept=ACTIVITY_JSON).status == 404


def test_unfollowing_takes_the_follower_away(friends: tuple[Peer, Peer]) -> None:
    anna, bruno = friends
    anna.do("unfollow", actor=f"{bruno.origin}/users/bruno")

    assert bruno.people()["bruno"]["followers"] == {}
    assert following(anna, "anna", bruno) is None


def test_a_wish_that_cannot_be_met_says_why(peers: tuple[Peer, Peer]) -> None:
    anna, bruno = peers
    with pytest.raises(NotSeen, match="answered 404"):
        anna.do("follow", handle=f"@nobody@{bruno.host}")
    with pytest.raises(NotSeen, match="wrong or missing: 'object'"):
        anna.do("like")


def test_the_peer_ends_by_itself(tmp_path: Path) -> None:
    peer = Peer("--max-seconds", "0.3", log=tmp_path / "short.log")

    assert peer.child.wait() == 0
