"""What an author writes is on the page and in every feed, to the letter and in its form (issue 4, contract 5 and 6)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest
from bs4 import BeautifulSoup, Tag

from tests.support.habits import HABITS
from tests.support.open_blog import OpenBlog, open_blog

PLACES = ("page", "Atom", "RSS", "JSON Feed")
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


@pytest.fixture(params=["note", "thread"])
async def blog(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[OpenBlog]:
    """One issue for each habit. Only `thread` makes places in the page that others link to; the rest is alike."""
    async with open_blog(tmp_path / "blog") as opened:
        await opened.publish(
            {
                f"{number}.md": f"---\ntitle: {name}\nformat: {request.param}\n---\n{habit.source}\n".encode()
                for number, (name, habit) in enumerate(HABITS.items())
            }
        )
        yield opened


async def read(blog: OpenBlog, place: str) -> Mapping[str, str]:
    """The HTML of every issue as the place has it, by the issue's title."""
    match place:
        case "Atom":
            entries = feedparser.parse((await blog.get("/feed.xml")).text, sanitize_html=False).entries
            return {entry.title: entry.content[0].value for entry in entries}
        case "RSS":
            items = ElementTree.fromstring((await blog.get("/rss.xml")).text).iter("item")
            return {str(item.findtext("title")): str(item.findtext(_CONTENT)) for item in items}
        case "JSON Feed":
            items = json.loads((await blog.get("/feed.json")).text)["items"]
            return {item["title"]: item["content_html"] for item in items}
    pages = [BeautifulSoup((await blog.get(f"/issues/{number}")).text, "html.parser") for number in range(len(HABITS))]
    bodies = [page.select_one("article .e-content") for page in pages]
    return {name: str(body) for name, body in zip(HABITS, bodies, strict=True) if isinstance(body, Tag)}


async def test_each_habit_of_an_author_survives_on_the_page_and_in_every_feed(blog: OpenBlog) -> None:
    for place in PLACES:
        found = await read(blog, place)
        assert found.keys() == HABITS.keys(), place
        for name, habit in HABITS.items():
            html = BeautifulSoup(found[name], "html.parser")
            assert " ".join(html.get_text(" ").split()) == habit.words, (place, name)
            assert html.select_one(habit.form) is not None, (place, name, found[name])
