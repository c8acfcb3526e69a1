"""A headless Chromium and a blog with a conversation; skipped, with the reason, where there is no Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, sync_playwright

from tests.support.running_blog import RunningBlog, make_stock

CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"

LETTER = """---
title: Wer hat an der Uhr gedreht?
tags: [Zeit, Lange Wege]
teaser: Über Uhren, die nachgehen, und Leute, die vorgehen.
---

Die Uhr am Rathaus geht nach. Das weiß jede, die dort wohnt, und [niemand stellt sie](https://uhren.example/rathaus).

> Eine Uhr, die nachgeht, hat immer noch mehr recht als eine, die steht.

## Drei Dinge

* Der *Kirchturm* schlägt um **fünf nach**.
* Der Bäcker öffnet um sieben.
  * Am Sonntag um acht.
* Der Bus kommt, wenn er kommt.

| Ort | geht nach um |
|---|---:|
| Rathaus | 4 min |
| Kirche | 5 min |

`date +%s` weiß es besser.

---

Bis zum nächsten Mal.
"""


#: Words that no line of a phone can hold.
ENDLESS = f"""---
title: Der {"Donaudampfschifffahrts" * 4}kapitän
tags: [{"Donaudampfschifffahrts" * 4}]
---

Das {"Donaudampfschifffahrts" * 4}ende und `{"donau_dampf_" * 8}`.

https://lang.example/{"weit/" * 20}
"""


@dataclass
class Tab:
    """One page of a browser, with what it asked for and what went wrong in it."""

    page: Page
    blog: RunningBlog
    foreign: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(path if path.startswith("http") else self.blog.origin + path)
        return self.page


@pytest.fixture(scope="module")  # Playwright holds an event loop while it lives, in which no async test can run
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBlog]:
    """A blog with issues and people who answer."""
    stock = make_stock(tmp_path_factory.mktemp("stock"))
    settings = {"description": "Briefe über **Umwege**.", "fields": {"Website": "https://ada.example"}}
    with RunningBlog(tmp_path_factory.mktemp("blogs") / "blog", stock, blog=settings) as blog:
        still = "---\ntitle: Still\ncomments: false\n---\n\nNichts weiter.\n"
        blog.publish({"uhr.md": LETTER, "still.md": still, "lang.md": ENDLESS})
        converse(blog, "uhr")
        yield blog


def converse(blog: RunningBlog, slug: str) -> None:
    """A short conversation with everything in it that pages treat in their own way."""
    start = datetime.now(UTC) - timedelta(hours=2)
    note = "https://social.example/notes/uhr-"
    people = [("Bruno", "de"), ("Chloé", "fr"), ("محمد", "ar"), ("Ada Autorin", "de"), ("Dörte", "de")]
    for number in range(12):
        name, language = people[number % len(people)]
        blog.say(
            slug,
            f'<p>Antwort {number}: <a href="https://lang.example/{"weit/" * 12}">ein Link</a> und etwas Text dazu.</p>',
            name=name,
            language=language,
            object_id=f"{note}{number}",
            token=f"t{number}",
            in_reply_to=f"{note}{number - 1}" if number % 4 else None,
            is_author=name.startswith("Ada"),
            at=start + timedelta(minutes=number),
        )
    blog.say(slug, "<p>Das Ende.</p>", token="warned", content_warning="Ende verraten", at=start)
    blog.say(slug, "<p>weg</p>", token="gone", state="deleted", object_id=f"{note}gone", at=start)
    blog.say(slug, "<p>doch da</p>", token="below", in_reply_to=f"{note}gone", at=start)
    blog.say(slug, "", token="ping", kind="pingback", name="Gangart | Schrittzähler", at=start)
    blog.say(slug, "<p>Zitat!</p>", token="quote", kind="quote", updated=start, at=start)


@pytest.fixture
def open_tab(chromium: Browser, blog: RunningBlog) -> Iterator[Callable[..., Tab]]:
    """Opens tabs of several kinds; afterwards none of them has asked another host or met a fault."""
    tabs: list[Tab] = []
    with ExitStack() as stack:

        def open_one(*, width: int = 1280, dark: bool = False, javascript: bool = True, faults: bool = False) -> Tab:
            context = chromium.new_context(
                viewport={"width": width, "height": 800},
                color_scheme="dark" if dark else "light",
                java_script_enabled=javascript,
                locale="de-DE",
            )
            context.set_default_timeout(10_000)
            stack.callback(context.close)
            tab = Tab(page=context.new_page(), blog=blog)
            _watch(tab)
            if not faults:
                tabs.append(tab)
            return tab

        yield open_one
    assert [url for tab in tabs for url in tab.foreign] == []
    assert [fault for tab in tabs for fault in tab.faults] == []


def _watch(tab: Tab) -> None:
    def asked(request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(tab.blog.origin).netloc and not request.url.startswith("data:"):
            tab.foreign.append(request.url)

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and "favicon" not in (message.location or {}).get("url", ""):
            tab.faults.append(message.text)

    def dialog(opened: Dialog) -> None:
        tab.faults.append(f"a script ran: {opened.message}")
        opened.dismiss()

    tab.page.on("request", asked)
    tab.page.on("console", said)
    tab.page.on("pageerror", lambda error: tab.faults.append(str(error)))
    tab.page.on("dialog", dialog)


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's source."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci --prefix tests/browser")
    return AXE.read_text(encoding="utf-8")
