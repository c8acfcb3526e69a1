"""The author's door and pages, over HTTP as a browser would use them (security S114-S117)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from bridge.store import attempts, crawls, deliveries, entries, followers, linkback_sends, received, servers
from bridge.store.crawls import CrawlRow
from bridge.store.database import Transaction
from bridge.store.followers import Follower
from bridge.store.login_tables import sessions
from bridge.terms import ActorId, InboxUrl, Server
from bridge.web.admin.sessions import make_link
from tests.support.running_blog import Answer, RunningBlog

PAGES = [
    "/admin/",
    "/admin/comments",
    "/admin/people",
    "/admin/servers",
    "/admin/blocks",
    "/admin/record",
    "/admin/queue",
]


class Author:
    """The author's browser, once it is in."""

    def __init__(self, blog: RunningBlog) -> None:
        self.blog = blog
        self.link = blog.write(lambda tx: make_link(tx, blog.app.blog, now=blog.app.clock()))
        token = re.search(r'name="token" value="([^"]+)"', blog.get(self.link).text)
        assert token is not None
        self.token = token[1]
        answer = blog.post("/admin/login", {"token": self.token})
        assert (answer.status, answer.headers["Location"]) == (303, "/admin/")
        self.set_cookie = answer.headers["Set-Cookie"]
        self.cookie = self.set_cookie.partition(";")[0]
        form = re.search(r'name="form" value="([^"]+)"', self.get("/admin/").text)
        assert form is not None
        self.form = form[1]

    def get(self, path: str) -> Answer:
        return self.blog.get(path, Cookie=self.cookie)

    def post(self, path: str, values: dict[str, str], **headers: str) -> Answer:
        return self.blog.post(
            path,
            {"form": self.form, "next": "/admin/comments?state=held", **values},
            **{"Cookie": self.cookie, **headers},
        )


@pytest.fixture
def author(running: RunningBlog) -> Author:
    return Author(running)


def state(running: RunningBlog, token: str) -> str:
    found = running.read(lambda tx: entries.find_by_token(tx, running.app.blog.id, token))
    assert found is not None
    return found.state


def test_a_link_works_once_and_looking_at_it_does_not_use_it_up(running: RunningBlog, author: Author) -> None:
    assert 'action="/admin/login"' not in running.get(author.link).text
    again = running.post("/admin/login", {"token": author.token})
    assert (again.status, again.headers["Set-Cookie"]) == (403, None)


def test_a_link_is_too_old_after_fifteen_minutes(running: RunningBlog) -> None:
    early = running.app.clock() - timedelta(minutes=15, seconds=1)
    link = running.write(lambda tx: make_link(tx, running.app.blog, now=early))
    assert running.get(link).status == 403
    assert running.post("/admin/login", {"token": link.partition("=")[2]}).status == 403


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(author: Author) -> None:
    """S114, S115."""
    assert "HttpOnly" in author.set_cookie
    assert "SameSite=Strict" in author.set_cookie
    assert "Path=/" in author.set_cookie


def test_the_database_holds_nothing_that_opens_the_door(running: RunningBlog, author: Author) -> None:
    kept = running.read(lambda tx: repr(tx.execute(sessions.select()).all()))
    assert author.cookie.partition("=")[2] not in kept


def test_every_login_gets_a_new_session_and_ends_the_old_one(running: RunningBlog, author: Author) -> None:
    """S115: no fixation."""
    link = running.write(lambda tx: make_link(tx, running.app.blog, now=running.app.clock()))
    answer = running.post("/admin/login", {"token": link.partition("=")[2]}, Cookie=author.cookie)
    assert author.cookie not in answer.headers["Set-Cookie"]
    assert author.get("/admin/").status == 403


def test_guessing_links_ends_soon(running: RunningBlog) -> None:
    """S115."""
    statuses = [running.post("/admin/login", {"token": "x"}).status for _ in range(22)]
    assert statuses[0] == 403
    assert statuses[-1] == 429


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_sees_the_authors_pages(running: RunningBlog, path: str) -> None:
    answer = running.get(path, Cookie="rundbrief=guess")
    assert answer.status == 403
    assert "rundbrief login" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_shows_itself_to_the_author(author: Author, path: str) -> None:
    answer = author.get(path)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]  # S127


def test_the_author_judges_comments(running: RunningBlog, author: Author) -> None:
    running.say("1", "<p>Darf ich?</p>", token="h1", state="held")
    assert "Darf ich?" in author.get("/admin/").text
    assert "Darf ich?" not in running.get("/issues/1").text
    for deed, after in [("approve", "shown"), ("hide", "hidden"), ("spam", "spam"), ("approve", "shown")]:
        answer = author.post("/admin/comments/h1", {"deed": deed})
        assert (answer.status, answer.headers["Location"]) == (303, f"/admin/comments?state=held&done={deed}")
        assert state(running, "h1") == after
    assert "Darf ich?" in running.get("/issues/1").text
    assert "Der Kommentar wird gezeigt." in author.get("/admin/comments?done=approve").text


def test_the_author_answers_and_takes_it_back(running: RunningBlog, author: Author) -> None:
    running.say("1", "<p>Und nun?</p>", token="q1")
    assert author.post("/admin/comments/q1", {"deed": "reply", "text": "Nun ist *gut*."}).status == 303
    assert "Nun ist <em>gut</em>." in running.get("/issues/1").text
    number = running.issue_id("1")
    own = next(row for row in running.read(lambda tx: entries.of_issue(tx, number)) if row.ours)
    assert author.post(f"/admin/comments/{own.token}", {"deed": "delete"}).status == 303
    assert "Nun ist" not in running.get("/issues/1").text
    empty = author.post("/admin/comments/q1", {"deed": "reply", "text": "  "})
    assert (empty.status, "eine Antwort braucht einen Text" in empty.text) == (409, True)


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ({"form": ""}, {}),
        ({"form": "guess"}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Origin": "null"}),
        ({}, {"Sec_Fetch_Site": "cross-site"}),
        ({}, {"Sec_Fetch_Site": "same-site"}),
    ],
)
def test_a_form_from_elsewhere_changes_nothing(
    running: RunningBlog, author: Author, form: dict[str, str], headers: dict[str, str]
) -> None:
    """S114."""
    running.say("1", "<p>Bleibt</p>", token="s1", state="held")
    assert author.post("/admin/comments/s1", {"deed": "approve", **form}, **headers).status == 403
    assert state(running, "s1") == "held"


def test_looking_changes_nothing(running: RunningBlog, author: Author) -> None:
    """S114."""
    running.say("1", "<p>Bleibt</p>", token="s1", state="held")
    author.get(f"/admin/comments/s1?deed=approve&form={author.form}")
    assert state(running, "s1") == "held"
    assert author.get("/admin/logout").status == 405


@pytest.mark.parametrize(
    "where", ["https://evil.example/admin/", "//evil.example/admin/", "/\\evil.example", "/issues/1", "javascript:x"]
)
def test_the_way_back_leads_to_the_authors_pages_only(running: RunningBlog, author: Author, where: str) -> None:
    """S116."""
    running.say("1", "<p>x</p>", token="s1", state="held")
    location = author.post("/admin/comments/s1", {"deed": "approve", "next": where}).headers["Location"]
    assert location.startswith("/admin/")


def test_the_ledger_shows_each_server_with_its_reason(running: RunningBlog, author: Author) -> None:
    add_follower(running, "https://gut.example/users/a")
    add_follower(running, "https://schlecht.example/users/b")
    running.publish({"2.md": "---\ntitle: Zwei\n---\n\nText.\n"})
    now = running.app.clock()

    def outcome(tx: Transaction) -> None:
        for one in deliveries.standings(tx, running.app.blog.id):
            good = one.server == "gut.example"
            attempts.record(
                tx,
                [
                    attempts.Outcome(
                        id=one.id,
                        state="delivered" if good else "waiting",
                        status=202 if good else 500,
                        reason="" if good else "500 <b>kaputt</b>",
                        due_at=now,
                    )
                ],
                now=now + timedelta(seconds=2),
            )

    running.write(outcome)
    page = author.get("/admin/issues/2").text
    assert "gut.example" in page
    assert "500 &lt;b&gt;kaputt&lt;/b&gt;" in page
    assert "<title>1 von 2 Zustellungen kamen an, die letzte nach 2" in page
    assert "1 von 2 zugestellt" in author.get("/admin/").text
    assert "schlecht.example" in author.get("/admin/queue").text
    assert "gut.example" in author.get("/admin/servers").text, "a server that never failed is known, too"
    assert author.post("/admin/queue", {"server": "schlecht.example"}).status == 303


def test_the_ledger_shows_what_became_of_each_link(running: RunningBlog, author: Author) -> None:
    running.publish(
        {"3.md": "---\ntitle: Drei\n---\n\n[Da](https://da.example/<b>) und [dort](https://dort.example/)\n"}
    )
    now, number = running.app.clock(), running.issue_id("3")

    def told(tx: Transaction) -> None:
        known = {"blog_id": running.app.blog.id, "issue_id": number, "digest": "d", "is_linked": True,
                 "day_began_at": now, "told_that_day": 0, "changed_at": now}  # fmt: skip
        rows = [("da.example", "failed", "the endpoint answered 500"), ("dort.example", "shown", "answered '<b>'")]
        linkback_sends.add(
            tx, [known | {"target": f"https://{host}/", "server": host, "state": state, "reason": reason, "due_at": now}
                 for host, state, reason in rows]
        )  # fmt: skip

    running.write(told)
    page = author.get("/admin/issues/3").text
    assert "Verlinkte Seiten" in page
    assert 'href="https://da.example/"' in page
    assert "die genannte Adresse antwortet mit 500" in page
    assert "angenommen mit „&lt;b&gt;“" in page
    assert "Dort gezeigt" in page
    assert "Verlinkte Seiten" not in author.get("/admin/issues/1").text


def add_follower(running: RunningBlog, actor: str) -> None:
    host = actor.split("/")[2]
    follower = Follower(
        actor_id=ActorId(actor),
        follow_id=None,
        server=Server(host),
        inbox=InboxUrl(f"https://{host}/inbox"),
        shared_inbox=None,
        since=running.app.clock(),
    )
    running.write(lambda tx: followers.add(tx, running.app.blog.id, follower))


def test_the_ledger_says_when_the_conversation_was_looked_for(running: RunningBlog, author: Author) -> None:
    row = CrawlRow(checked_at=running.app.clock(), asked=7, found=2, unread="https://far.example/1: it answered 403")
    running.write(lambda tx: crawls.record(tx, running.issue_id("1"), row))
    shown = author.get("/admin/issues/1").text
    assert all(told in shown for told in ("Zuletzt auf anderen Servern gesucht:", "2 neue Gedanken", row.unread))


def test_a_report_of_another_server_is_told_to_the_author(running: RunningBlog, author: Author) -> None:
    assert "Meldungen anderer Server" not in author.get("/admin/").text
    came_in(running, "Flag", "held", "a report for the author about https://links.example/1: <b>Werbung</b>")
    page = author.get("/admin/").text
    told = "eine Meldung an dich zu https://links.example/1: &lt;b&gt;Werbung&lt;/b&gt;"
    assert page.index("Meldungen anderer Server") < page.index(told)


def came_in(running: RunningBlog, kind: str, verdict: str, reason: str) -> None:
    """Put a line into the record."""
    row = received.Received(
        blog_id=running.app.blog.id, seen_key=reason, activity_id=None, type=kind, actor_id="https://far.example/actor",
        server=Server("far.example"), object_id="https://far.example/1", verdict=verdict, reason=reason,
        status=202, received_at=running.app.clock(), issue_id=running.issue_id("1"),
    )  # fmt: skip
    running.write(lambda tx: received.add(tx, row))


def test_the_pages_say_in_german_why_a_comment_waits(running: RunningBlog, author: Author) -> None:
    reason = "Its text holds '<i>Geld</i>', which waits for the author."
    running.say("1", "<p>Darf ich?</p>", token="h1", state="held", reason=reason)
    for path in ("/admin/", "/admin/comments", "/admin/comments/h1", "/admin/issues/1"):
        page = author.get(path).text
        assert "Im Text steht „&lt;i&gt;Geld&lt;/i&gt;“; darum wartet es auf dich." in page
        assert "which waits for the author" not in page
        assert 'lang="en"' not in page


def test_the_pages_say_in_german_what_became_of_what_came_in(running: RunningBlog, author: Author) -> None:
    came_in(
        running,
        "CreateById",
        "ignored",
        "it names a post that could not be fetched: https://far.example/1 answered 404",
    )
    german = "s nennt einen Beitrag, der nicht zu bekommen war: https://far.example/1 antwortet mit 404"
    for path in ("/admin/", "/admin/issues/1", "/admin/record"):
        assert f'<span class="quiet">e{german}</span>' in author.get(path).text
    why = author.get(f"/admin/record?q={quote('https://far.example/1')}").text
    assert f"neuer Beitrag, nur genannt von https://far.example/actor – nicht beachtet. E{german}.</p>" in why
    assert 'lang="en"' not in why


def test_the_pages_say_in_german_why_a_delivery_waits(running: RunningBlog, author: Author) -> None:
    add_follower(running, "https://still.example/users/a")
    running.publish({"2.md": "---\ntitle: Zwei\n---\n\nText.\n"})
    reason = "POST https://still.example/inbox: no whole answer within 10 s"
    german = "POST https://still.example/inbox: keine ganze Antwort in 10 Sekunden"

    def fail(tx: Transaction) -> None:
        (one,) = deliveries.standings(tx, running.app.blog.id)
        now = running.app.clock()
        told = attempts.Outcome(id=one.id, state="waiting", status=None, reason=reason, due_at=now + timedelta(hours=1))
        attempts.record(tx, [told], now=now)
        servers.change(tx, Server("still.example"), failing_since=now, failures=1, reason=reason)

    running.write(fail)
    for path in ("/admin/queue", "/admin/issues/2", "/admin/servers"):
        page = author.get(path).text
        assert german in page
        assert "no whole answer" not in page


def test_a_reason_that_nobody_knows_is_shown_as_it_stands(running: RunningBlog, author: Author) -> None:
    """One of an earlier version, or of a program that writes into the database."""
    running.say("1", "<p>x</p>", token="u1", state="held", reason="The <b>moon</b> was full.")
    shown = '<span lang="en">The &lt;b&gt;moon&lt;/b&gt; was full.</span>'
    assert shown in author.get("/admin/comments/u1").text


def test_the_store_and_the_command_line_stay_english(running: RunningBlog, author: Author) -> None:
    running.say("1", "<p>x</p>", token="e1", object_id="https://far.example/e1")
    assert author.post("/admin/comments/e1", {"deed": "hide"}).status == 303
    assert "Du hast es verborgen." in author.get("/admin/comments/e1").text
    kept = running.read(lambda tx: entries.find_by_token(tx, running.app.blog.id, "e1"))
    assert kept is not None
    assert kept.reason == "The author of the blog hid it."


def test_an_english_blog_shows_the_reasons_as_they_are(tmp_path: Path, stock: Path) -> None:
    with RunningBlog(tmp_path / "english", stock, blog={"language": "en"}) as running:
        running.publish({"1.md": "---\ntitle: The first letter\n---\n\nMorning.\n"})
        running.say("1", "<p>x</p>", token="h1", state="held", reason="Every reply waits for the author's approval.")
        page = Author(running).get("/admin/comments").text
    assert "Every reply waits for the author&#39;s approval." in page


def test_a_mistake_in_the_theme_is_told_to_the_author_and_costs_readers_nothing(tmp_path: Path, stock: Path) -> None:
    theme = tmp_path / "blog" / "theme"
    theme.mkdir(parents=True)
    (theme / "archive.html").write_text(
        "{% extends 'built-in/archive.html' %}{% block title %}{{ oops }}{% endblock %}"
    )
    with RunningBlog(tmp_path / "blog", stock) as running:
        author = Author(running)
        assert "In deinem Theme" not in author.get("/admin/").text
        page = running.get("/archive")
        assert (page.status, "<h1" in page.text) == (200, True)
        told = author.get("/admin/").text
        assert "In deinem Theme ist ein Fehler" in told
        assert f"{theme}/archive.html:1: &#39;oops&#39; is undefined" in told


def test_the_author_blocks_and_unblocks(running: RunningBlog, author: Author) -> None:
    add_follower(running, "https://bad.example/users/b")
    assert "bad.example/users/b" in author.get("/admin/people").text
    assert author.post("/admin/people", {"deed": "block", "target": "bad.example", "reason": "Werbung"}).status == 303
    assert "Werbung" in author.get("/admin/blocks").text
    assert "bad.example/users/b" not in author.get("/admin/people").text
    assert author.post("/admin/people", {"deed": "unblock", "target": "bad.example"}).status == 303
    assert "Niemand ist gesperrt." in author.get("/admin/blocks").text
    assert author.post("/admin/people", {"deed": "block", "target": "no domain"}).status == 409
    wrong = author.post("/admin/people", {"deed": "nonsense", "target": "bad.example"})
    assert (wrong.status, "es wurde nichts geändert" in wrong.text) == (409, True)


def test_the_search_box_is_why(running: RunningBlog, author: Author) -> None:
    running.say("1", "<p>Warum nicht?</p>", token="w1", state="held", object_id="https://social.example/notes/w1")
    page = author.get(f"/admin/record?q={quote('https://social.example/notes/w1')}").text
    assert ">Wartet</span>" in page
    assert "not-received" in author.get("/admin/record?q=https://nowhere.example/1").text


def test_comments_of_an_issue_close_and_open(running: RunningBlog, author: Author) -> None:
    assert author.post("/admin/issues/1", {"deed": "close"}).status == 303
    assert "Kommentare sind geschlossen." in running.get("/issues/1").text
    assert author.post("/admin/issues/1", {"deed": "reopen"}).status == 303
    assert "Kommentare sind geschlossen." not in running.get("/issues/1").text


def test_out_is_out(running: RunningBlog, author: Author) -> None:
    assert author.post("/admin/logout", {}).status == 303
    assert author.get("/admin/").status == 403
