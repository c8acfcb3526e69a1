"""The author's ways on the admin pages, on a phone and a desk, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bridge.store import attempts, deliveries, entries, published
from bridge.store.database import Transaction
from bridge.store.deliveries import State
from bridge.store.published import NewActivity
from bridge.terms import ActivityId, InboxUrl, Server
from bridge.web.admin.sessions import make_link
from tests.browser.conftest import Tab
from tests.browser.test_readers import LOOKS, WIDER, complaints
from tests.support.running_blog import RunningBlog

PAGES = [
    "/admin/",
    "/admin/issues/uhr",
    "/admin/comments?state=shown",
    "/admin/comments/t1",
    "/admin/people",
    "/admin/servers",
    "/admin/blocks",
    "/admin/record",
    "/admin/record?q=https://social.example/notes/uhr-1",
    "/admin/queue",
]


def log_in(tab: Tab) -> None:
    link = tab.blog.write(lambda tx: make_link(tx, tab.blog.app.blog, now=tab.blog.app.clock()))
    page = tab.go(link)
    page.get_by_role("button", name="Anmelden").click()
    page.wait_for_url("**/admin/")


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_axe_finds_nothing_on_the_authors_pages(open_tab: Callable[..., Tab], axe: str, width: int, dark: bool) -> None:
    tab = open_tab(width=width, dark=dark)
    log_in(tab)
    for path in PAGES:
        tab.go(path)
        assert (path, complaints(tab, axe)) == (path, [])
        assert (path, tab.page.evaluate(WIDER)) == (path, 0)


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_deliveries_can_be_read_without_scrolling_sideways(
    open_tab: Callable[..., Tab], blog: RunningBlog, width: int
) -> None:
    deliver_badly(blog)
    tab = open_tab(width=width)
    log_in(tab)
    for path in ("/admin/queue", "/admin/issues/uhr"):
        page = tab.go(path)
        assert page.get_by_role("rowheader", name="mastodon.sehr-langer-name.instanz.example").first.is_visible()
        assert page.get_by_text("500 Internal Server Error").first.is_visible()
        hidden = "[...document.querySelectorAll('.scroll')].map((box) => box.scrollWidth - box.clientWidth)"
        assert set(page.evaluate(hidden)) == {0}
        assert page.evaluate(WIDER) == 0


def deliver_badly(blog: RunningBlog) -> None:
    """Deliveries of an issue to servers with long names, which answer at length."""
    issue_id, now = blog.issue_id("uhr"), blog.app.clock()
    hosts = ["mastodon.sehr-langer-name.instanz.example", "kaputt.example", "w" * 60 + ".example"]

    def write(tx: Transaction) -> None:
        if deliveries.standings(tx, blog.app.blog.id, issue_id=issue_id):
            return
        made = NewActivity(id=ActivityId("https://x.example/activity/1"), blog_id=1, type="Create", body=b"{}")
        deliveries.add(
            tx, blog.app.blog.id, activity=published.add_activity(tx, made, now=now), issue_id=issue_id, object_id=None,
            inboxes=[(InboxUrl(f"https://{host}/inbox"), Server(host)) for host in hosts], priority=0, now=now,
        )  # fmt: skip
        for one in deliveries.standings(tx, blog.app.blog.id, issue_id=issue_id):
            reason = f"it answered 500 Internal Server Error, {'and said so again, ' * 5}{'x' * 90}"
            state: State = "given-up" if one.server == hosts[1] else "waiting"
            outcome = attempts.Outcome(
                id=one.id, state=state, status=500, reason=reason, due_at=now + timedelta(days=1)
            )
            attempts.record(tx, [outcome], now=now)

    blog.write(write)


@pytest.mark.parametrize("javascript", [True, False])
def test_the_author_judges_and_answers_on_a_phone(
    open_tab: Callable[..., Tab], blog: RunningBlog, javascript: bool
) -> None:
    token = blog.say("uhr", f"<p>Wartet noch ({javascript})</p>", name="Wilma", state="held")
    tab = open_tab(width=360, javascript=javascript)
    log_in(tab)
    page = tab.page
    page.get_by_role("article", name="Wilma").get_by_role("button", name="Zeigen").click()
    assert page.get_by_role("status").inner_text() == "Der Kommentar wird gezeigt."
    tab.go(f"/admin/comments/{token}").get_by_label("Deine Antwort, in Markdown").fill("Danke, *Wilma*.")
    page.get_by_role("button", name="Antworten", exact=True).click()
    assert page.get_by_role("status").inner_text() == "Deine Antwort ist draußen."
    shown = tab.go("/issues/uhr")
    assert shown.get_by_text(f"Wartet noch ({javascript})").is_visible()
    assert shown.locator(".said em", has_text="Wilma").first.is_visible()
    tab.go("/admin/").get_by_role("button", name="Abmelden").click()
    assert tab.go("/admin/").get_by_text("rundbrief login").is_visible()
    tab.faults.clear()  # a browser calls the 403 an error


def test_another_site_cannot_use_the_authors_session(open_tab: Callable[..., Tab], blog: RunningBlog) -> None:
    """S114, in a real browser: a form on another site, sent with the author's browser, changes nothing."""
    token = blog.say("uhr", "<p>Bleibt im Wartezimmer</p>", name="Wanda", state="held")
    tab = open_tab(faults=True)
    log_in(tab)
    page = tab.page
    page.route(
        "http://evil.example/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<form method="post" action="{blog.origin}/admin/comments/{token}">'
            '<input name="deed" value="approve"><input name="form" value="x"><button>Gewinn!</button></form>'
            f'<iframe src="{blog.origin}/admin/"></iframe>',
        ),
    )
    page.goto("http://evil.example/")
    framed = page.frames[1].url
    page.get_by_role("button", name="Gewinn!").click()
    page.wait_for_load_state()
    found = blog.read(lambda tx: entries.find_by_token(tx, blog.app.blog.id, token))
    assert found is not None
    assert found.state == "held"
    assert framed.startswith("chrome-error:")  # S127: not in a frame
