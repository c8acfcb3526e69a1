"""Follow and reply from one's own server, against a second server that answers WebFinger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

from tests.support.other_sites import Page, other_site
from tests.support.running_blog import ACTIVITY, RunningBlog

SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"


@dataclass
class Home:
    """A server of a reader; `links` is what its WebFinger names."""

    host: str = ""
    links: list[dict[str, str]] = field(default_factory=list)

    def page(self, path: str) -> Page:
        if "nobody" in path:
            return Page(body="", status=404)
        body = json.dumps({"subject": "acct:ada@x", "links": self.links})
        return Page(body=body, media_type="application/jrd+json")


@pytest.fixture
def home() -> Iterator[Home]:
    made = Home()
    with other_site(made.page) as made.host:
        yield made


def ask(running: RunningBlog, uri: str, handle: str = "", **headers: str) -> str:
    answer = running.get(f"/interact?uri={quote(uri, safe='')}&handle={quote(handle)}", **headers)
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.text


def test_without_a_handle_it_asks_for_one_and_shows_the_way_that_always_works(running: RunningBlog) -> None:
    actor = running.app.blog.actor_id
    page = ask(running, actor)
    assert 'name="handle"' in page
    assert f'value="{actor}" readonly' in page


def test_following_leads_where_the_readers_own_server_says(running: RunningBlog, home: Home) -> None:
    home.links = [{"rel": SUBSCRIBE, "template": "https://social.example/authorize_interaction?uri={uri}"}]
    actor = running.app.blog.actor_id
    page = ask(running, actor, f"@ada@{home.host}")
    target = f"https://social.example/authorize_interaction?uri={quote(actor, safe='')}"
    assert f'href="{target}"' in page
    assert f">{target}</p>" in page  # shown before anybody goes there (S116)


def test_an_intent_is_preferred_and_a_page_stands_for_its_note(running: RunningBlog, home: Home) -> None:
    note = running.get("/issues/1", Accept=ACTIVITY).headers["Location"]
    home.links = [
        {"rel": SUBSCRIBE, "template": "https://social.example/old?uri={uri}"},
        {"rel": "https://w3id.org/fep/3b86/Create", "template": "https://social.example/write?to={inReplyTo}"},
    ]
    page = ask(running, f"{running.origin}/issues/1", f"ada@{home.host}")
    assert f'href="https://social.example/write?to={quote(note, safe="")}"' in page


def test_a_comment_can_be_answered_but_not_one_that_is_held(running: RunningBlog) -> None:
    running.say("1", "<p>Ja</p>", object_id="https://social.example/notes/1", token="a1")
    running.say("1", "<p>Nein</p>", object_id="https://social.example/notes/2", token="a2", state="held")
    assert "Ein Kommentar von Bruno" in ask(running, "https://social.example/notes/1")
    assert running.get("/interact?uri=https://social.example/notes/2").status == 404


@pytest.mark.parametrize("uri", ["https://evil.example/", "javascript:alert(1)", "//evil.example", "x" * 3000, "/"])
def test_only_what_is_ours_can_be_followed_or_answered(running: RunningBlog, uri: str) -> None:
    """S116."""
    answer = running.get(f"/interact?uri={quote(uri, safe='')}")
    assert answer.status == 404
    assert "evil.example" not in answer.text


@pytest.mark.parametrize("template", ["javascript:alert({uri})", "data:text/html,{uri}", "//evil.example/{uri}"])
def test_a_server_that_names_no_web_address_leads_nowhere(running: RunningBlog, home: Home, template: str) -> None:
    """S116, S90."""
    home.links = [{"rel": SUBSCRIBE, "template": template}]
    page = ask(running, "", f"@ada@{home.host}")
    assert template.partition("{")[0] not in page
    assert f"{home.host} sagt nicht, wo das geht." in page


def test_a_handle_that_leads_nowhere_is_told_and_the_form_comes_again(running: RunningBlog, home: Home) -> None:
    """S117: the field takes handles only."""
    for handle in ("ada", "@ada", "http://127.0.0.1/", "@a/b@c", "@ada@[::1", "<b>@x"):
        page = ask(running, "", handle)
        assert "Das ist keine Adresse wie" in page
        assert "<b>" not in page
    assert "kennt dieses Konto nicht" in ask(running, "", f"@nobody@{home.host}")


@pytest.mark.parametrize("path", ["/@ada", "/@ada/", "/users/ada"])
def test_the_address_of_a_profile_is_a_handle_too(running: RunningBlog, home: Home, path: str) -> None:
    home.links = [{"rel": SUBSCRIBE, "template": "https://social.example/authorize_interaction?uri={uri}"}]
    page = ask(running, "", f"http://{home.host}{path}")
    assert 'href="https://social.example/authorize_interaction?' in page
    assert f'data-handle="@ada@{home.host}"' in page


def test_of_a_server_that_may_not_be_asked_no_mistake_in_the_handle_is_claimed(running: RunningBlog) -> None:
    """S117: our own server is one, as private addresses are."""
    own = running.origin.partition("://")[2]
    page = ask(running, "", f"@ada@{own}")
    assert f"{own} lässt sich von hier aus nicht fragen" in page
    assert "Das ist keine Adresse wie" not in page


def test_the_form_shows_how_a_handle_looks_in_the_blogs_language(running: RunningBlog) -> None:
    assert 'placeholder="@du@example.social"' in ask(running, "")


def test_one_network_may_not_ask_without_end(running: RunningBlog) -> None:
    """S117."""
    statuses = [running.get("/interact?handle=nichts").status for _ in range(22)]
    assert statuses[:20] == [200] * 20
    assert statuses[20:] == [429] * 2
    assert running.get("/interact").status == 200


def test_only_this_page_may_run_our_script(running: RunningBlog) -> None:
    assert "script-src 'self'" in running.get("/interact").headers["Content-Security-Policy"]
    assert "script-src" not in running.get("/issues/1").headers["Content-Security-Policy"]
    assert running.get("/static/interact.js").headers["Content-Type"] == "text/javascript; charset=utf-8"
