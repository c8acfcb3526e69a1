"""`embed.js` on a page of another origin, as docs/how-to/embed.md shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.conftest import Tab
from tests.support.other_sites import Page, other_site
from tests.support.running_blog import RunningBlog

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "embed" / "plain.html"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src {0}; connect-src {0}; img-src {0}"


@dataclass
class Elsewhere:
    """Somebody's own page on an origin of its own."""

    origin: str = ""
    html: str = ""
    policy: str = ""

    def page(self, path: str) -> Page:
        return Page(
            body=self.html if path == "/" else "",
            headers={"Content-Security-Policy": self.policy} if self.policy else {},
        )


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    made = Elsewhere()
    with other_site(made.page) as authority:
        made.origin = f"http://{authority}"
        yield made


@pytest.fixture
def tab(open_tab: Callable[..., Tab], elsewhere: Elsewhere) -> Tab:
    """A tab that may talk to the page's own origin as well."""
    return open_tab(faults=True)


def hosts(tab: Tab, elsewhere: Elsewhere) -> list[str]:
    return [url for url in tab.foreign if not url.startswith(elsewhere.origin)]


def test_the_example_page_shows_the_conversation(tab: Tab, blog: RunningBlog, elsewhere: Elsewhere, axe: str) -> None:
    elsewhere.html = EXAMPLE.read_text().replace("https://links.example", blog.origin).replace('"24"', '"uhr"')
    elsewhere.policy = POLICY.format(blog.origin)
    page = tab.go(elsewhere.origin)
    page.wait_for_selector(".rundbrief-comments h2")

    assert page.get_by_role("heading", name="16 comments").is_visible()
    assert page.get_by_role("article").count() == 17  # and one that was deleted
    assert page.get_by_role("article", name="Chloé").first.get_by_text("Antwort 1").is_visible()
    assert page.locator(".top > li").count() < 12  # answers stand below what they answer
    join = page.get_by_role("link", name="Reply from your server")
    assert join.get_attribute("href").startswith(f"{blog.origin}/interact?uri=")
    assert page.get_by_text("Das Ende.").is_hidden()  # behind its warning
    assert page.get_by_role("article", name="Ada Autorin").first.get_by_text("Author", exact=True).is_visible()
    assert page.get_by_text("Author", exact=True).count() == page.get_by_role("article", name="Ada Autorin").count()
    assert tab.faults == []
    assert hosts(tab, elsewhere) == []
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length") == 0


def test_axe_finds_nothing_in_it(tab: Tab, blog: RunningBlog, elsewhere: Elsewhere, axe: str) -> None:
    elsewhere.html = EXAMPLE.read_text().replace("https://links.example", blog.origin).replace('"24"', '"uhr"')
    page = tab.go(elsewhere.origin)
    page.wait_for_selector(".rundbrief-comments h2")
    page.evaluate(axe)
    found = page.evaluate("axe.run()")
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found["violations"]] == []


def test_several_stand_on_one_page_in_the_words_and_colours_asked_for(
    tab: Tab, blog: RunningBlog, elsewhere: Elsewhere
) -> None:
    script = f'<script src="{blog.origin}/embed.js" async'
    elsewhere.html = (
        f'<!doctype html><html lang="de"><style>.rundbrief-comments {{ --rundbrief-accent: rgb(1, 2, 3) }}</style>'
        f'<body>{script} data-issue="uhr" data-heading="3"></script><div id="there"></div>'
        f'{script} data-issue="still" data-lang="en" data-target="#there"></script></body></html>'
    )
    page = tab.go(elsewhere.origin)
    page.wait_for_selector("#there .rundbrief-comments h2")
    page.wait_for_selector(".rundbrief-comments h3")
    assert page.get_by_role("heading", name="16 Gedanken", level=3).is_visible()
    assert page.locator("#there").get_by_text("Comments are closed.").is_visible()
    colour = page.locator(".join a").first.evaluate("(link) => getComputedStyle(link).color")
    assert colour == "rgb(1, 2, 3)"


def test_an_issue_that_is_not_there_leaves_a_link(tab: Tab, blog: RunningBlog, elsewhere: Elsewhere) -> None:
    elsewhere.html = (
        f'<!doctype html><html lang="en"><body><script src="{blog.origin}/embed.js" data-issue="../x"></script>'
    )
    page = tab.go(elsewhere.origin)
    page.wait_for_selector(".rundbrief-comments a")
    assert page.locator(".rundbrief-comments a").get_attribute("href") == f"{blog.origin}/issues/..%2Fx#comments"


def test_nothing_that_a_stranger_wrote_runs_in_it(tab: Tab, blog: RunningBlog, elsewhere: Elsewhere) -> None:
    """S88-S90, with what a broken sanitiser would let through as well."""
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)><a href='javascript:alert(3)' onclick='alert(4)'>x</a>"
    evil += "<svg onload=alert(5)></svg><iframe srcdoc='<script>alert(6)</script>'></iframe>"
    evil += "<p style='position:fixed'>da</p>"
    blog.publish({"boese.md": "---\ntitle: Böse\n---\n\nText.\n"})
    blog.say("boese", "", content_html=evil, name="<img src=x onerror=alert(7)>", author_url="javascript:alert(8)")
    elsewhere.html = (
        f'<!doctype html><html lang="en"><body><script src="{blog.origin}/embed.js" data-issue="boese"></script>'
    )
    page = tab.go(elsewhere.origin)
    page.wait_for_selector(".rundbrief-comments h2")
    assert page.locator(".said").inner_text().split() == ["x", "da"]
    assert page.locator(".said :is(script, svg, iframe, [style], [onclick], img)").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0
    assert tab.faults == []


def test_answers_that_stop_moving_right_name_whom_they_answer(
    tab: Tab, blog: RunningBlog, elsewhere: Elsewhere
) -> None:
    blog.publish({"tief.md": "---\ntitle: Tief\n---\n\nText.\n"})
    note = "https://social.example/notes/tief-"
    for depth in range(9):
        above = f"{note}{depth - 1}" if depth else None
        blog.say(
            "tief", "<p>ja</p>", name=f"Nr. {depth}", token=f"d{depth}", object_id=f"{note}{depth}", in_reply_to=above
        )
    elsewhere.html = (
        f'<!doctype html><html lang="de"><body><script src="{blog.origin}/embed.js" data-issue="tief"></script>'
    )
    page = tab.go(elsewhere.origin)
    page.wait_for_selector(".rundbrief-comments h2")
    assert page.locator(".answers").all_inner_texts() == [f"↳ als Antwort auf Nr. {above}" for above in range(3, 8)]


def test_the_script_is_small(blog: RunningBlog) -> None:
    answer = blog.get("/embed.js", Accept_Encoding="gzip")
    assert len(answer.body) < 5_000
    assert len(blog.get("/embed.js").body) < 15_000
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
