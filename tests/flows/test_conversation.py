"""What people say, through a real server and from a second one: shown, judged, answered, explained."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.demo.stage import Peer, request, wait_until
from tests.support.authors_blog import AuthorsBlog

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
SOON = 5.0  #: seconds


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuthorsBlog]:
    folder: Path = tmp_path_factory.mktemp("conversation")
    with AuthorsBlog(folder) as served:
        for slug in ("offen", "still", "antwort", "schluss", "sperre", "frage"):
            served.publish(slug, f"---\ntitle: Brief {slug}\n---\nEin paar Zeilen.\n")
        yield served


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with Peer(log=tmp_path_factory.mktemp("peer") / "peer.log") as running:
        yield running


def _replied(peer: Peer, blog: AuthorsBlog, slug: str, text: str, **wish: Any) -> dict[str, Any]:
    said: dict[str, Any] = peer.do("reply", object=blog.object(slug)["id"], text=text, **wish)
    assert [answer["status"] for answer in said["answers"]] == [202]
    return said


def _has_one_in_lists(blog: AuthorsBlog, slug: str) -> bool:
    """Whether every list of issues says that this one has a comment."""
    lines = [_line(request(f"{blog.origin}{path}").text, slug) for path in ("/", "/archive")]
    found = ["One comment" in line for line in lines]
    assert len(set(found)) == 1, lines
    return found[0]


def _line(page: str, slug: str) -> str:
    return page.partition(f"/issues/{slug}")[2].partition("h-entry")[0]


def test_an_approved_comment_is_on_the_page_at_once(blog: AuthorsBlog, peer: Peer) -> None:
    assert not _has_one_in_lists(blog, "offen")
    said = _replied(peer, blog, "offen", "Das ist der Wegrandsatz.")
    assert "Wegrandsatz" in blog.page("offen")
    assert _has_one_in_lists(blog, "offen")
    token = blog.json("offen")["comments"][0]["id"]

    blog.run("comments", "hide", token)
    assert "Wegrandsatz" not in blog.page("offen")
    assert blog.json("offen")["count"] == 0
    assert blog.object("offen")["replies"]["totalItems"] == 0
    assert not _has_one_in_lists(blog, "offen")
    assert blog.why(said["url"]).startswith("hidden\n")

    blog.run("comments", "approve", token)
    assert "Wegrandsatz" in blog.page("offen")
    assert _has_one_in_lists(blog, "offen")
    assert blog.json("offen")["count"] == 1
    assert blog.object("offen")["replies"]["first"]["items"] == [said["id"]]
    assert blog.why(said["id"]).startswith("shown\n")


def test_the_author_reads_comments_by_the_blog_s_own_clock(blog: AuthorsBlog, peer: Peer) -> None:
    _replied(peer, blog, "offen", "Nach welcher Uhr?")
    (said,) = [one for one in blog.comments("offen") if "Nach welcher Uhr?" in one["content_html"]]
    at = datetime.fromisoformat(said["published"]).astimezone(ZoneInfo("Europe/Berlin"))
    assert f"  {said['id']}  shown    reply  {at:%Y-%m-%d %H:%M %Z}  " in blog.run("comments", "offen")


def test_what_is_said_in_private_is_nowhere_but_with_the_author(blog: AuthorsBlog, peer: Peer) -> None:
    """S45: page, JSON, feeds, collections, objects, log; the author reads it."""
    for visibility in ("direct", "followers"):
        said = _replied(peer, blog, "still", f"Geheimnis {visibility} Brombeere", visibility=visibility)
        assert blog.why(said["id"]).startswith("private\n")
    note = blog.object("still")
    places = ["/", "/issues/still", "/issues/still/comments.json", "/feed.xml", "/rss.xml", "/feed.json", "/archive"]
    places += ["/issues/still/feed.xml", "/embed.js"]
    addresses = [blog.origin + place for place in places]
    addresses += [note["id"], *(f"{note['id']}/{name}" for name in ("replies", "replies?page=1", "context", "likes"))]
    for address in addresses:
        for accept in ("text/html", "application/activity+json"):
            text = request(address, accept=accept).text
            assert "Brombeere" not in text, address
            assert said["id"] not in text, address

    assert "Brombeere" not in blog.log.read_text()
    private = blog.comments("still", "--private")
    assert [one["state"] for one in private] == ["private", "private"]
    assert all("Brombeere" in one["content_html"] for one in private)
    assert blog.json("still")["count"] == 0


def test_the_authors_answer_is_threaded_on_both_sides(blog: AuthorsBlog, peer: Peer) -> None:
    said = _replied(peer, blog, "antwort", "Was sind das für Pilze?", **{"as": "berta"})
    token = blog.json("antwort")["comments"][0]["id"]
    blog.run("comments", "reply", token, "Das sind **Hallimasche**.")

    arrived = wait_until(
        "the answer reaches Berta's server",
        lambda: [one for one in peer.received("Create", verified=True) if "Hallimasche" in str(one["activity"])],
        seconds=SOON,
    )
    note = arrived[0]["activity"]["object"]
    assert note["inReplyTo"] == said["id"]
    assert PUBLIC in note["cc"]
    assert PUBLIC not in note["to"]
    assert "<strong>Hallimasche</strong>" in note["content"]
    assert [tag["type"] for tag in note["tag"]] == ["Mention"]
    assert "Hallimasche" in blog.page("antwort")

    peer.do("reply", object=note["id"], text="Danke, gut zu wissen.", **{"as": "berta"})
    shown = blog.json("antwort")["comments"]
    assert [one["parent"] for one in shown] == [None, shown[0]["id"], shown[1]["id"]]
    assert shown[1]["author"]["handle"] == f"@links@{blog.host}"

    answer = shown[1]["id"]
    blog.run("comments", "edit", answer, "Das sind Stockschwämmchen.")
    wait_until(
        "the edit reaches Berta's server",
        lambda: [one for one in peer.received("Update", verified=True) if "Stockschw" in str(one["activity"])],
        seconds=SOON,
    )
    blog.run("comments", "delete", answer)
    wait_until(
        "the deletion reaches Berta's server",
        lambda: [one for one in peer.received("Delete", verified=True) if note["id"] in str(one["activity"])],
        seconds=SOON,
    )
    assert request(note["id"], accept="application/activity+json").status == 410
    left = wait_until(
        "a placeholder stays above the answer to it",
        lambda: [one for one in blog.json("antwort")["comments"] if one.get("deleted")],
        seconds=1,
    )
    assert left[0]["content_html"] == ""


def test_an_answer_to_something_private_is_private(blog: AuthorsBlog, peer: Peer) -> None:
    """S45: nobody but that person gets it, and its address is unknown to everybody."""
    _replied(peer, blog, "frage", "Unter uns: Heidelbeere?", visibility="direct", **{"as": "carla"})
    token = blog.comments("frage", "--private")[0]["id"]
    blog.run("comments", "reply", token, "Unter uns: ja.")
    arrived = wait_until(
        "the answer reaches Carla",
        lambda: [one for one in peer.received("Create", verified=True) if "Unter uns: ja" in str(one["activity"])],
        seconds=SOON,
    )
    note = arrived[0]["activity"]["object"]

    assert PUBLIC not in [*note["to"], *note["cc"]]
    assert request(note["id"], accept="application/activity+json").status == 404
    assert blog.json("frage")["comments"] == []


def _policy(blog: AuthorsBlog) -> dict[str, Any]:
    found: dict[str, Any] = blog.object("schluss")["interactionPolicy"]
    return found


def test_closing_is_said_and_held_to(blog: AuthorsBlog, peer: Peer) -> None:
    before = blog.object("schluss")
    assert "canReply" not in before["interactionPolicy"]
    blog.run("comments", "close", "schluss")
    assert "Comments are closed." in blog.page("schluss")
    # What was asked for before is renewed within a quarter of a second, what was not is new at once.
    only_author = {"automaticApproval": [before["attributedTo"]]}
    assert _policy(blog).get("canReply") == only_author
    assert blog.json("schluss")["closed"] is True

    late = _replied(peer, blog, "schluss", "Noch ein später Gedanke.")
    assert blog.why(late["id"]).startswith("closed\n")
    kept = blog.comments("schluss")
    assert [one["state"] for one in kept] == ["closed"]
    blog.run("comments", "reopen", "schluss")
    assert blog.json("schluss")["closed"] is False
    assert "canReply" not in _policy(blog)
    blog.run("comments", "approve", kept[0]["id"])
    assert "später Gedanke" in blog.page("schluss")


def test_a_block_hides_what_was_said_and_refuses_what_comes(blog: AuthorsBlog, peer: Peer) -> None:
    """S42: at the inbox and at the page."""
    said = _replied(peer, blog, "sperre", "Sonderangebot Rasenmäher.", **{"as": "dora"})
    peer.do("like", object=blog.object("sperre")["id"], **{"as": "dora"})
    assert blog.json("sperre")["likes"] == 1

    blog.run("block", f"{peer.origin}/users/dora")
    assert "Rasenmäher" not in blog.page("sperre")
    assert blog.json("sperre")["likes"] == 0
    again = peer.do("reply", object=blog.object("sperre")["id"], text="Noch eins.", **{"as": "dora"})
    assert [answer["status"] for answer in again["answers"]] == [403]
    assert blog.why(said["id"]).startswith("blocked\n")
    assert blog.why(again["id"]).startswith("blocked\n")
    blog.run("unblock", f"{peer.origin}/users/dora")
    assert "Rasenmäher" in blog.page("sperre")


def test_a_bad_signature_is_explained_with_the_check_that_failed(blog: AuthorsBlog, peer: Peer) -> None:
    _replied(peer, blog, "offen", "Ich bin bekannt.", **{"as": "emil"})
    emil = f"{peer.origin}/users/emil"
    like = {"id": f"{emil}#likes/99", "type": "Like", "actor": emil, "object": blog.object("offen")["id"]}
    actor = request(f"{blog.origin}/", accept="application/activity+json").json()
    sent = peer.do("send", inbox=actor["inbox"], activity=like, broken="body", **{"as": "emil"})
    assert [answer["status"] for answer in sent["answers"]] == [401]

    told = wait_until(
        "the refusal is on record",
        lambda: (text := blog.run("why", like["id"], status=0)).startswith("bad-signature\n") and text,
        seconds=SOON,
    )
    assert "digest" in told
    assert "401" in told
    assert blog.why("https://nirgends.example/1", status=1).startswith("not-received\n")


def test_lists_of_followers_and_blocks_go_out_and_in(blog: AuthorsBlog, peer: Peer, tmp_path: Path) -> None:
    """S99: no cell of the export is a formula; of Mastodon's blocklist only what it suspends is blocked."""
    peer.do("follow", handle=f"links@{blog.host}", **{"as": "fritz"})
    export, listed = tmp_path / "followers.csv", tmp_path / "blocks.csv"
    blog.run("followers", "--export", str(export))
    head, first = export.read_text().splitlines()
    assert head == "Account address,Actor,Server,Since"
    assert first.startswith(f"fritz@{peer.host},{peer.origin}/users/fritz,{peer.host},")
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in first.split(","))

    assert blog.run("followers", "--export", "-").splitlines() == [head, first]

    listed.write_text(
        "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
        "bad.example,suspend,true,true,Spam,false\nloud.example,silence,false,false,,false\n*.hidden,suspend,,,,\n"
        "noted.example,noop,false,false,,false\n"
    )
    said = blog.run("block", "--import", str(listed))
    assert said.startswith("1 domain blocked")
    assert "only silences them: 1 domain." in said
    assert "only notes them: 1 domain." in said
    assert blog.why("bad.example").startswith("blocked\n")
    listed.write_text(f"#domain,#severity\n{blog.host},suspend\n")
    assert "the blog itself: 1 line." in blog.run("block", "--import", str(listed))
    listed.write_text("hello")
    blog.run("block", "--import", str(listed), status=1)

    blog.run("followers", "remove", f"@fritz@{peer.host}")
    wait_until("the follower's server is told", lambda: peer.received("Reject", verified=True), seconds=SOON)
