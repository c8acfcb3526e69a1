"""What a running blog answers to browsers and to programs: errors, redirects, headers, caching."""

from __future__ import annotations

import gzip
import http.client
import json
import time
from datetime import timedelta

import pytest

from bridge.store import changes, issues, reactions
from bridge.store.database import Transaction
from tests.support.running_blog import ACTIVITY, RunningBlog


def test_a_missing_page_is_a_page_for_people_and_a_problem_for_programs(running: RunningBlog) -> None:
    page = running.get("/issues/keiner")
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "Hier ist nichts" in page.text

    for path in ("/issues/keiner", "/object/keins", "/nirgends"):
        problem = running.get(path, Accept=ACTIVITY)
        assert (problem.status, problem.headers["Content-Type"]) == (404, "application/problem+json; charset=utf-8")
    for path in ("/actor/keiner", "/.well-known/webfinger?resource=acct:keiner@hier", "/issues/keiner/comments.json"):
        assert running.get(path).headers["Content-Type"] == "application/problem+json; charset=utf-8"


def test_addresses_that_people_guess_lead_to_the_page_that_is_meant(running: RunningBlog) -> None:
    for guessed, meant in (("/issues", "/archive"), ("/issues/", "/archive"), ("/issues/1/", "/issues/1")):
        answer = running.get(guessed)
        assert (answer.status, answer.headers["Location"]) == (301, f"{running.origin}{meant}")
    assert running.get("/issues/keiner/").status == 404
    assert running.get("/favicon.ico").status == 204


def test_pages_elsewhere_may_read_that_there_is_no_such_conversation_or_account(running: RunningBlog) -> None:
    for path in ("/issues/keiner/comments.json", "/.well-known/webfinger?resource=acct:keiner@hier"):
        answer = running.get(path, Origin="https://elsewhere.example")
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (404, "*")
    assert running.get("/.well-known/webfinger").headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in running.get("/issues/keiner").headers


def test_documents_for_other_servers_may_be_read_by_pages_elsewhere(running: RunningBlog) -> None:
    """S127: also the redirect to one, and that there is none."""
    actor = running.app.blog.actor_id
    for path, status in (
        (actor, 200),
        (f"{actor}/outbox", 200),
        ("/issues/1", 302),
        ("/", 302),
        ("/object/keins", 404),
    ):
        answer = running.get(path, Accept=ACTIVITY, Origin="https://elsewhere.example")
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (status, "*")
    assert "Access-Control-Allow-Origin" not in running.get("/").headers
    assert "Access-Control-Allow-Origin" not in running.post(f"{actor}/inbox", {}).headers


def test_a_browser_that_asks_whether_a_page_may_ask_is_told_so(running: RunningBlog) -> None:
    """It asks because of the quotation marks in `Accept: application/ld+json; profile="..."`."""
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    for path in (running.app.blog.actor_id, "/.well-known/webfinger", "/nodeinfo/2.1"):
        answer = running.ask("OPTIONS", path, **asked, **{"Access-Control-Request-Headers": "accept"})
        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Headers"] == "Accept"
        assert answer.headers["Allow"] == answer.headers["Access-Control-Allow-Methods"] == "GET,HEAD"
    for path in ("/inbox", "/admin/", "/issues/1"):
        answer = running.ask("OPTIONS", path, **asked)
        assert answer.status == 405
        assert "Access-Control-Allow-Methods" not in answer.headers


def test_accept_may_stand_in_several_lines(running: RunningBlog) -> None:
    """RFC 9110 5.3: they are one list, in which the order says nothing."""
    host = running.origin.partition("://")[2]
    line = http.client.HTTPConnection(host)
    line.putrequest("GET", "/issues/1")
    for accepted in ("text/html;q=0.1", ACTIVITY):
        line.putheader("Accept", accepted)
    line.endheaders()
    answer = line.getresponse()
    line.close()

    assert (answer.status, answer.headers["Vary"]) == (302, "Accept")
    assert "/object/" in answer.headers["Location"]


def test_a_method_that_an_address_does_not_take_is_named_with_those_it_takes(running: RunningBlog) -> None:
    page = running.post("/archive", {})
    assert (page.status, page.headers["Allow"]) == (405, "GET,HEAD")
    assert "Das geht hier nicht" in page.text


def test_no_answer_says_what_we_run_on(running: RunningBlog) -> None:
    """S125, S127."""
    for path in ("/", "/nirgends", "/issues/1", f"/object/{'x' * 70}"):
        answer = running.get(path)
        assert answer.headers["Server"] == "Rundbrief"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
    redirect = running.get("/issues/1", Accept=ACTIVITY)
    assert (redirect.status, redirect.headers["Server"]) == (302, "Rundbrief")
    assert redirect.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_never_passes_for_an_activity_in_a_shared_cache(running: RunningBlog) -> None:
    """S84: the two forms differ by Accept, and the redirect between them is not kept."""
    page = running.get("/issues/1")
    assert "Accept" in page.headers["Vary"]
    redirect = running.get("/issues/1", Accept=ACTIVITY)
    assert (redirect.status, redirect.headers["Vary"], redirect.headers["Cache-Control"]) == (302, "Accept", "no-store")
    note = running.get(redirect.headers["Location"], Accept=ACTIVITY)
    assert "Accept" in note.headers["Vary"]
    assert note.headers["Content-Type"].startswith(ACTIVITY)


def test_whoever_likes_without_a_known_name_is_called_by_the_server(running: RunningBlog) -> None:
    number = running.issue_id("1")

    def like(tx: Transaction) -> None:
        reactions.add(
            tx, running.app.blog.id, issue_id=number, kind="like", actor_id="https://social.example/users/0815",
            object_id="https://links.example/o", activity_id=None, content=None, now=running.app.clock(),
        )  # fmt: skip
        tx.touch(changes.issue(number))

    running.write(like)
    faces = running.get("/issues/1").text
    assert "social.example" in faces
    assert "<bdi>S</bdi>" in faces


def test_an_old_slug_leads_to_the_new_one_in_every_form(running: RunningBlog) -> None:
    running.publish({"alt.md": "---\ntitle: Umzug\nslug: alt\n---\n\nText.\n"})
    running.publish({"alt.md": "---\ntitle: Umzug\nslug: neu\n---\n\nText.\n"})
    new = f"{running.origin}/issues/neu"

    assert (running.get("/issues/alt").status, running.get("/issues/alt").headers["Location"]) == (301, new)
    asked = running.get("/issues/alt", Accept=ACTIVITY)
    assert (asked.status, asked.headers["Location"]) == (
        302,
        running.get("/issues/neu", Accept=ACTIVITY).headers["Location"],
    )
    assert running.get("/issues/alt/comments.json").headers["Location"] == f"{new}/comments.json"


def test_what_was_taken_back_is_gone_in_every_form(running: RunningBlog) -> None:
    running.publish({"weg.md": "---\ntitle: Weg\n---\n\nText.\n"})
    note = running.get("/issues/weg", Accept=ACTIVITY).headers["Location"]
    running.publish({}, remove=("weg.md",))

    page = running.get("/issues/weg")
    assert page.status == 410
    assert "Das wurde zurückgezogen" in page.text
    assert running.get("/issues/weg", Accept=ACTIVITY).status == 410
    assert running.get("/issues/weg/comments.json").status == 410
    tombstone = running.get(note, Accept=ACTIVITY)
    assert (tombstone.status, json.loads(tombstone.body)["type"]) == (410, "Tombstone")
    browser = running.get(note)
    assert (browser.status, browser.headers["Content-Type"]) == (410, "text/html; charset=utf-8")


def test_a_page_that_a_reader_has_is_not_sent_again(running: RunningBlog) -> None:
    first = running.get("/issues/1", Accept_Encoding="gzip")
    assert b"<h1" in gzip.decompress(first.body)
    again = running.get("/issues/1", Accept_Encoding="gzip", If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    running.say("1", "<p>Etwas Neues</p>")
    assert running.get("/issues/1", If_None_Match=first.headers["ETag"]).status == 200


def test_comments_close_on_a_page_by_themselves(running: RunningBlog) -> None:
    running.publish({"bald.md": "---\ntitle: Bald\n---\n\nText.\n"})
    number = running.issue_id("bald")
    soon = running.app.clock() + timedelta(seconds=2)

    def close_soon(tx: Transaction) -> None:
        issues.change(tx, number, {"comments_close_at": soon})
        tx.touch(changes.issue(number))

    running.write(close_soon)
    places = ("/issues/bald", "/issues/bald/feed.xml")
    assert not any("Kommentare sind geschlossen" in running.get(place).text for place in places)
    while running.app.clock() < soon:
        time.sleep(0.05)
    assert all("Kommentare sind geschlossen" in running.get(place).text for place in places)
    assert json.loads(running.get("/issues/bald/comments.json").body)["closed"] is True


@pytest.mark.parametrize("path", ["/static/../config.toml", "/static/%2e%2e/config.toml", "/issues/..%2f..%2fkeys"])
def test_no_address_leads_out_of_what_is_served(running: RunningBlog, path: str) -> None:
    """S118."""
    assert running.get(path).status == 404


def test_a_slash_behind_an_issue_leads_to_its_page(running: RunningBlog) -> None:
    answer = running.get("/issues/1/")
    assert answer.status == 301
    assert answer.headers["Location"].endswith("/issues/1")
