"""For developers: make the README's pictures anew, from the pages as they are, with a conversation made up here.

Use: .venv/bin/python scripts/readme_pictures.py    (needs Chromium, and the fonts that you would like to see)
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from bridge.store import attempts, changes, deliveries, published, reactions  # noqa: E402 - found by the line above
from bridge.store.attempts import Outcome  # noqa: E402
from bridge.store.database import Transaction  # noqa: E402
from bridge.store.published import NewActivity  # noqa: E402
from bridge.terms import ActivityId, InboxUrl, Server  # noqa: E402
from bridge.web.admin.sessions import make_link  # noqa: E402
from tests.support.running_blog import RunningBlog, make_stock  # noqa: E402

FOLDER = ROOT / "docs" / "images"
SLUG = "7"
ISSUE = "---\ntitle: Who turned the clock?\ntags: [Time, Long Ways]\n---\n\nThe town clock is slow.\n"
#: Name, handle, language, text, and whom it answers.
SAID = [
    ("Bruno", "@bruno@rad.example", "en",
     "<p>Our workshop clock has been fast since 1987. We call it <em>progress</em>.</p>", None),
    ("Chloé Martin", "@chloe@social.example", "fr", "<p>Chez nous, c’est la gare qui ment. Merci pour les photos !</p>",
     0),
    ("Detours", "@links@detours.example", "en", "<p>Thank you! By the way, the notice on it hung crooked.</p>", 1),
    ("Wilma", "@wilma@social.example", "en", "<p>Ours is right twice a day. That will do.</p>", 0),
    ("Nadia", "@nadia@uni.example", "en", "<p>I read this on the platform, where it was 8:04 on three clocks.</p>",
     None),
]  # fmt: skip
REACTED: dict[reactions.Kind, list[str]] = {
    "like": ["Bruno", "Chloe", "Jonas", "Nadia", "Wilma"],
    "boost": ["Ada", "Mehmet"],
}
#: Server, and the seconds after which it had the issue; None: it answered 502.
SENT = [("uni.example", 0.3), ("social.example", 0.8), ("rad.example", 1.8), ("kolektiva.example", 4.9),
        ("still.example", None)]  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        stock = Path(folder, "stock")
        stock.mkdir()
        settings = {"title": "Detours", "language": "en"}
        with (
            RunningBlog(Path(folder, "blog"), make_stock(stock), blog=settings) as blog,
            sync_playwright() as playwright,
        ):
            blog.publish({f"{SLUG}.md": ISSUE})
            converse(blog)
            deliver(blog)
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            take(browser, blog)
            browser.close()


def converse(blog: RunningBlog) -> None:
    """Five comments, likes and boosts."""
    number, now = blog.issue_id(SLUG), blog.app.clock()
    for place, (name, handle, language, text, answers) in enumerate(SAID):
        blog.say(
            SLUG, text, name=name, author_handle=handle, language=language, token=f"t{place}",
            object_id=f"https://social.example/notes/{place}", is_author=name == "Detours",
            in_reply_to=None if answers is None else f"https://social.example/notes/{answers}",
            at=now - timedelta(minutes=90 - 17 * place),
        )  # fmt: skip

    def react(tx: Transaction) -> None:
        for kind, names in REACTED.items():
            for name in names:
                reactions.add(
                    tx, blog.app.blog.id, issue_id=number, kind=kind, actor_id=f"https://{name.lower()}.example/",
                    object_id="x", activity_id=f"https://{name.lower()}.example/{kind}", content=None, now=now,
                )  # fmt: skip
        tx.touch(changes.issue(number))

    blog.write(react)


def deliver(blog: RunningBlog) -> None:
    """What became of the issue on five servers."""
    number, began = blog.issue_id(SLUG), blog.app.clock()

    def write(tx: Transaction) -> None:
        made = NewActivity(id=ActivityId("https://detours.example/activity/1"), blog_id=1, type="Create", body=b"{}")
        deliveries.add(
            tx, blog.app.blog.id, activity=published.add_activity(tx, made, now=began), issue_id=number, object_id=None,
            inboxes=[(InboxUrl(f"https://{host}/inbox"), Server(host)) for host, _ in SENT], priority=0, now=began,
        )  # fmt: skip
        after = dict(SENT)
        for one in deliveries.standings(tx, blog.app.blog.id, issue_id=number):
            seconds = after[one.server]
            if seconds is None:
                again = began + timedelta(minutes=30)
                told = Outcome(id=one.id, state="waiting", status=502, reason="502 Bad Gateway", due_at=again)
            else:
                told = Outcome(id=one.id, state="delivered", status=202, reason="", due_at=began)
            attempts.record(tx, [told], now=began + timedelta(seconds=seconds or 5))

    blog.write(write)


def take(browser: Browser, blog: RunningBlog) -> None:
    """The three pictures."""
    page = opened(browser, 1000, 900)
    page.goto(f"{blog.origin}/issues/{SLUG}")
    picture(page, "conversation", ".talk")
    page.goto(blog.write(lambda tx: make_link(tx, blog.app.blog, now=blog.app.clock())))
    page.locator("main button").click()
    page.wait_for_url("**/admin/")
    page.goto(f"{blog.origin}/admin/issues/{SLUG}")
    picture(page, "ledger", "body")
    page = opened(browser, 390, 844, dark=True)
    page.goto(f"{blog.origin}/issues/{SLUG}")
    picture(page, "phone", ".talk")


def opened(browser: Browser, width: int, height: int, *, dark: bool = False) -> Page:
    return browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", locale="en-GB"
    ).new_page()


def picture(page: Page, name: str, top: str) -> None:
    """What the window shows, with `top` a little below its upper edge; 128 colours are enough for a page."""
    page.evaluate(
        "(top) => scrollTo({ top: document.querySelector(top).getBoundingClientRect().top + scrollY - 20,"
        " behavior: 'instant' })",
        top,
    )
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    taken.quantize(128, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
