"""A reader's ways: each page with and without JavaScript, on a phone and a desk, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Tab
from tests.support.running_blog import RunningBlog

PAGES = ["/", "/issues/uhr", "/issues/still", "/issues/lang", "/archive", "/tags/Zeit", "/interact", "/nirgends"]
#: Width and darkness; axe takes a while, so it looks at two of the four.
LOOKS = [(360, True), (1280, False)]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def complaints(tab: Tab, axe: str) -> list[tuple[str, Any]]:
    """What axe-core finds, best practices too; run in the page's own world, which its CSP does not bind."""
    tab.page.evaluate(axe)
    found = tab.page.evaluate("axe.run()")
    return [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found["violations"]]


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    open_tab: Callable[..., Tab], axe: str, width: int, dark: bool
) -> None:
    tab = open_tab(width=width, dark=dark)
    for path in PAGES:
        tab.go(path)
        assert (path, complaints(tab, axe)) == (path, [])
        assert (path, tab.page.evaluate(WIDER)) == (path, 0)
    tab.faults.clear()  # a browser calls the 404 an error


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_nothing_is_wider_than_the_screen(open_tab: Callable[..., Tab], width: int, dark: bool) -> None:
    tab = open_tab(width=width, dark=dark)
    for path in PAGES[:-1]:
        assert (path, tab.go(path).evaluate(WIDER)) == (path, 0)


def test_axe_would_find_something(open_tab: Callable[..., Tab], axe: str) -> None:
    tab = open_tab()
    tab.go("/archive").evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [name for name, _ in complaints(tab, axe)] == ["button-name"]


def test_a_page_can_be_read_at_twice_the_size(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(width=640)
    for path in PAGES[:-1]:
        tab.go(path).evaluate("document.documentElement.style.fontSize = '200%'")
        assert (path, tab.page.evaluate(WIDER)) == (path, 0)


def test_lines_are_as_long_as_eyes_like(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab()
    page = tab.go("/issues/uhr")
    letters = page.evaluate(
        """() => { const text = document.querySelector('.text p'), range = document.createRange();
          const probe = text.cloneNode(); probe.textContent = 'Es geht hier in Ruhe weiter. '.repeat(20);
          text.after(probe); range.selectNodeContents(probe);
          const lines = new Set([...range.getClientRects()].map((line) => Math.round(line.top))).size;
          return probe.textContent.length / lines; }"""
    )
    assert 55 <= letters <= 80


def test_the_accessibility_tree_reads_like_a_letter(open_tab: Callable[..., Tab]) -> None:
    page = open_tab().go("/issues/uhr")
    assert page.get_by_role("heading", name="Wer hat an der Uhr gedreht?", level=1, exact=True).is_visible()
    assert page.get_by_role("heading", name="16 Gedanken zu „Wer hat an der Uhr gedreht?“", level=2).is_visible()
    chloe = page.get_by_role("article", name="Chloé").first
    assert chloe.locator("time").get_attribute("datetime")
    assert chloe.locator("[lang=fr]").count() == 1
    for landmark in ("banner", "main", "contentinfo"):
        assert page.get_by_role(landmark).count() == 1


def test_the_keyboard_reaches_the_text_first_and_then_everything(open_tab: Callable[..., Tab]) -> None:
    page = open_tab(javascript=False).go("/issues/uhr")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Zum Text springen")
    assert skip.evaluate("(link) => link === document.activeElement") or skip.is_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/*#content")


def test_nothing_moves_while_a_page_loads(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(width=360)
    tab.page.add_init_script(
        "window.moved = 0; const add = (list) => list.getEntries().forEach((one) => { moved += one.value });"
        "new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });"
    )
    page = tab.go("/issues/uhr")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("moved") == 0


@pytest.mark.parametrize("javascript", [True, False])
def test_a_reader_finds_the_way_from_the_front_to_an_answer(open_tab: Callable[..., Tab], javascript: bool) -> None:
    page = open_tab(width=360, javascript=javascript).go("/")
    page.get_by_role("link", name="Wer hat an der Uhr gedreht?").click()
    page.get_by_role("link", name="Vom eigenen Server antworten").click()
    page.get_by_label("Deine Adresse im Fediverse").fill("niemand")
    page.get_by_role("button", name="Weiter").click()
    assert page.get_by_role("alert").inner_text() == "Das ist keine Adresse wie @du@example.social."
    assert page.get_by_label("Adresse", exact=True).input_value().startswith("http")


def test_a_warned_comment_is_folded_and_opens_without_javascript(open_tab: Callable[..., Tab]) -> None:
    page = open_tab(javascript=False).go("/issues/uhr")
    assert page.get_by_text("Das Ende.").is_hidden()
    page.get_by_text("Inhaltswarnung: Ende verraten").click()
    assert page.get_by_text("Das Ende.").is_visible()


def test_the_handle_is_remembered_in_this_browser_only(open_tab: Callable[..., Tab], blog: RunningBlog) -> None:
    tab = open_tab()
    page = tab.go("/interact")
    page.evaluate("localStorage.setItem('rundbrief-handle', '@ada@example.social')")
    page.reload()
    assert page.get_by_label("Deine Adresse im Fediverse").input_value() == "@ada@example.social"
    page.get_by_role("button", name="Diese Adresse vergessen").click()
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []
    page.get_by_role("button", name="Kopieren").is_visible()


def test_nothing_that_a_stranger_wrote_runs(open_tab: Callable[..., Tab], blog: RunningBlog) -> None:
    """S88-S93, S98: in a name, a text, a warning, a picture's description, a title, an address; with JavaScript on."""
    script = "<script>alert(0)</script>"
    head = f"title: 'Böse {EVIL}'\nteaser: '{script}da'\ntags: ['x']"
    blog.publish({"boese.md": f"---\n{head}\n---\n\n{script}\n"})
    blog.say(
        "boese",
        f"<p>{EVIL}<a href='javascript:alert(3)'>a</a><svg onload=alert(4)></svg>"
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(5)></style></mglyph></table></mtext></math></p>",
        name=f"{EVIL}",
        author_handle=f"@{EVIL}@x",
        author_url="javascript:alert(6)",
        url="javascript:alert(7)",
        content_warning=EVIL,
        language='de" onmouseover="alert(8)',
    )
    blog.say("boese", "", kind="pingback", name=EVIL, url="javascript:alert(9)", token="evil-ping")
    tab = open_tab()
    for path in ("/issues/boese", "/", "/archive", "/tags/x", "/feed.xml", "/issues/boese/comments.json"):
        page = tab.go(path)
        assert page.locator("main :is(script, svg, math, iframe, [onerror], [onload], [onmouseover])").count() == 0
        assert page.locator("a[href^='javascript']").count() == 0
    page = tab.go("/issues/boese")
    page.locator("summary").first.click()
    page.mouse.move(200, 500)
    page.wait_for_load_state("networkidle")


def test_an_issue_with_many_comments_is_light(blog: RunningBlog) -> None:
    blog.publish({"lang.md": "---\ntitle: Lang\n---\n\n" + "Ein Satz über Umwege, Uhren und Leute, die warten. " * 500})
    for number in range(50):
        blog.say(
            "lang", f"<p>Antwort {number}: das sehe ich anders, und zwar aus {number} Gründen.</p>", token=f"l{number}"
        )
    answer = blog.get("/issues/lang", Accept_Encoding="gzip")
    style = blog.get("/static/style.css", Accept_Encoding="gzip")
    assert len(answer.body) + len(style.body) < 60_000
