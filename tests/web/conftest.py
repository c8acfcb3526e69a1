"""A blog and an issue for the tests of pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.web.view import BlogView, IssueView, Link, PictureView
from tests.support.running_blog import RunningBlog, make_stock


@pytest.fixture
def blog() -> BlogView:
    return BlogView(
        url="https://links.example",
        actor_id="https://links.example/actor/a1",
        handle="@links@links.example",
        title="Seltsame Funde",
        language="de",
        timezone=ZoneInfo("Europe/Berlin"),
        description_html="<p>Maschinen, Macht und <em>Schafe</em>.</p>",
        description="Maschinen, Macht und Schafe.",
        icon="/media/icon.webp",
        fields=(Link(name="Website", url="https://ada.example"), Link(name="Ort", url="Berlin")),
        creators=("ada@social.example",),
    )


@pytest.fixture
def issue() -> IssueView:
    return IssueView(
        url="https://links.example/issues/24",
        object_id="https://links.example/object/o1",
        title="Takt & <Trommel>",
        published=datetime(2024, 8, 5, 7, tzinfo=UTC),
        updated=datetime(2024, 8, 6, 7, tzinfo=UTC),
        language="de",
        body_html="<p>Der <q>Takt</q> zählt.</p><table><tr><td>1</td></tr></table>",
        teaser="Wer gibt den Einsatz?",
        tags=(Link(name="KrasseLinks", url="https://links.example/tags/KrasseLinks"),),
        cover=PictureView(src="/media/cover.webp", alt="Eine Trommel", width=1200, height=630),
        syndication=("https://social.example/@ada/1",),
    )


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_stock(tmp_path_factory.mktemp("stock"))


@pytest.fixture
def running(tmp_path: Path, stock: Path) -> Iterator[RunningBlog]:
    """A blog that serves, with one issue."""
    with RunningBlog(tmp_path / "blog", stock) as blog:
        blog.publish({"1.md": "---\ntitle: Der erste Brief\ntags: [Wege]\n---\n\nGuten *Morgen*.\n"})
        yield blog
