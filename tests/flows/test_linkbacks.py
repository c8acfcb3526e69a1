"""Two blogs and a plain web server in processes of their own link to each other; readers see it come and go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from bridge.demo.stage import wait_until
from tests.support.authors_blog import AuthorsBlog

_LETTER = """---
title: {title}
number: {number}
---
{text}
"""


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server that knows nothing of linkbacks: its origin, and the folder with its pages."""
    folder = tmp_path / "plain"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", folder
    server.shutdown()
    server.server_close()
    thread.join()


def _shown(blog: AuthorsBlog) -> str:
    """The linkbacks of issue 24 as they stand on its page."""
    entries = re.findall(r'<article id="c-[^"]+" class="comment[^>]*>(.*?)</article>', blog.page("24"), re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", " ".join(entries)).split())


def test_another_blog_and_a_plain_page_appear_on_an_issue_and_go_with_their_links(
    tmp_path: Path, plain: tuple[str, Path]
) -> None:
    origin, folder = plain
    with (
        AuthorsBlog(tmp_path / "one", title="Krumme Wege", language="de") as one,
        AuthorsBlog(tmp_path / "two", title="Gegenüber", language="de") as two,
    ):
        target = one.publish("24", _LETTER.format(title="Nebel", number=24, text="Über dem Moor."))
        two.publish("echo", _LETTER.format(title="Ein Echo", number=1, text=f"Lest [diesen Brief]({target}) heute."))
        wait_until("the other blog is shown", lambda: "Ein Echo" in _shown(one), seconds=20)
        assert "1 link: 1 accepted" in two.run("issues", "echo")
        assert one.run("why", f"{two.origin}/issues/echo").startswith("shown")

        (folder / "page.html").write_text(
            f"<title>Notizen</title><p>Ich las <a href='{target}'>das hier</a> im Zug.", "utf-8"
        )
        told = urlencode({"source": f"{origin}/page.html", "target": target}).encode()
        with urlopen(Request(f"{one.origin}/webmention", data=told)) as answer:
            assert answer.status == 202
        wait_until("the plain page is shown", lambda: "Notizen" in _shown(one), seconds=20)
        assert one.json("24")["count"] == 2
        assert {comment["kind"] for comment in one.json("24")["comments"]} == {"webmention"}

        one.publish("25", _LETTER.format(title="Frost", number=25, text=f"Wie [neulich]({target}) schon."))
        wait_until("the next issue is named", lambda: "Fortgesetzt in Nr. 25" in one.page("24"), seconds=20)
        assert one.json("24")["count"] == 2

        two.publish("echo", _LETTER.format(title="Ein Echo", number=1, text="Nichts mehr."))
        wait_until("the other blog is gone", lambda: "Ein Echo" not in one.page("24"), seconds=30)
        (folder / "page.html").unlink()
        with urlopen(Request(f"{one.origin}/webmention", data=told)) as answer:
            assert answer.status == 202
        wait_until("the plain page is gone", lambda: one.json("24")["count"] == 0, seconds=30)
        one.publish("25", _LETTER.format(title="Frost", number=25, text="Ohne Verweis."))
        wait_until("the next issue is gone", lambda: "Nr. 25" not in one.page("24"), seconds=20)
