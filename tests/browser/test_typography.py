"""What the stylesheet promises, measured: rhythm, direction, paper, fingers, large letters."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.browser.conftest import Tab
from tests.browser.test_author import log_in
from tests.browser.test_readers import PAGES, WIDER
from tests.support.running_blog import RunningBlog

SAMPLER = """---
title: Muster
---

Vorab.

* eins
* zwei
  * darunter
    * noch tiefer
  * daneben
* drei

Danach.

> Ein Zitat.

| a | b | c | d | e | f | g | h |
|---|---|---|---|---|---|---|---|
| Datenverarbeitung | Zusammenfassung | Netzwerkzentralität | Wahrscheinlichkeit | Bundesrepublik | Ort | Stein | Weg |

<https://lang.example/weit> und [ein Link](https://lang.example/anders).
"""
ARABIC = """---
title: رسالة
language: ar
---

الفقرة الأولى.

> اقتباس قصير.
"""
#: What one points at below 24 px in a direction (WCAG 2.5.8), but for links within sentences, which are free of it.
SMALL = """[...document.querySelectorAll('a, button, input, summary')]
  .filter((one) => one.offsetParent && !one.closest('.text :is(p, li, td), .said, .unseen, .masthead'))
  .map((one) => [one.textContent.trim().slice(0, 30), one.getBoundingClientRect()])
  .filter(([, box]) => box.height < 24).map(([name, box]) => [name, box.height])"""


@pytest.fixture(scope="module", autouse=True)
def sampler(blog: RunningBlog) -> None:
    blog.publish({"muster.md": SAMPLER, "arabisch.md": ARABIC})


def test_items_of_nested_lists_stand_evenly(open_tab: Callable[..., Tab]) -> None:
    page = open_tab().go("/issues/muster")
    tops = page.evaluate(
        """[...document.querySelectorAll('.text li')].map((item) => {
          const line = document.createRange(); line.selectNodeContents(item.firstChild);
          return line.getBoundingClientRect().top; })"""
    )
    steps = [later - earlier for earlier, later in pairwise(tops)]
    assert max(steps) - min(steps) < 1


def test_a_quotation_has_its_bar_where_its_lines_begin(open_tab: Callable[..., Tab]) -> None:
    bars = "getComputedStyle(document.querySelector('.text blockquote')).border{}Width"
    tab = open_tab()
    for path, left, right in (("/issues/muster", "3px", "0px"), ("/issues/arabisch", "0px", "3px")):
        page = tab.go(path)
        assert (page.evaluate(bars.format("Left")), page.evaluate(bars.format("Right"))) == (left, right)


def test_on_paper_a_wide_table_is_whole_and_an_address_is_written_once(open_tab: Callable[..., Tab]) -> None:
    page = open_tab(width=640).go("/issues/muster")  # what A4 is wide between margins of 2 cm
    page.emulate_media(media="print")
    table = page.locator(".scroll table")
    assert table.evaluate("(table) => table.getBoundingClientRect().right <= innerWidth + 1")
    behind = "(link) => getComputedStyle(link, '::after').content"
    assert page.get_by_role("link", name="https://lang.example/weit").evaluate(behind) == "none"
    assert "lang.example/anders" in page.get_by_role("link", name="ein Link").evaluate(behind)


def test_a_phone_can_have_letters_twice_as_large(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(width=360)
    for path in PAGES[:-1]:
        tab.go(path).evaluate("document.documentElement.style.fontSize = '200%'")
        assert (path, tab.page.evaluate(WIDER)) == (path, 0)


def test_a_finger_finds_what_stands_outside_sentences(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(width=360)
    for path in PAGES[:-1]:
        assert (path, tab.go(path).evaluate(SMALL)) == (path, [])
    log_in(tab)
    for path in ("/admin/", "/admin/comments?state=shown"):
        assert (path, tab.go(path).evaluate(SMALL)) == (path, [])
