"""Whatever an author does to the files, in any order: what followers have equals the files, without a doublet."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.app import App, opened
from bridge.config import read_config
from bridge.demo.stage import Peer, wait_until
from bridge.store import deliveries
from tests.support.houses import House, view_of
from tests.support.repositories import Checkout

FORMATS = ("note", "full", "thread", "article")
DEEDS = (
    "edit",
    "teaser",
    "below",
    "rename",
    "slug",
    "split",
    "drop",
    "format",
    "draft",
    "remove",
    "restore",
    "nothing",
)


@dataclass
class Letter:
    """One issue as its author has it, and what its followers must have kept: ids for as long as it is out."""

    path: str
    slug: str
    sections: dict[int, str]  #: number -> its one word
    teaser: str
    format: str = "note"
    draft: bool = False
    removed: bool = False
    first_id: str | None = None
    section_ids: dict[int, str] = field(default_factory=dict)
    old_slugs: set[str] = field(default_factory=set)

    @property
    def is_out(self) -> bool:
        return not (self.draft or self.removed)

    def text(self) -> bytes:
        body = "".join(
            f"# Teil {number}\n\nHier steht {word} geschrieben.\n\n" for number, word in self.sections.items()
        )
        matter = (
            f"title: Brief\nslug: {self.slug}\nteaser: Kurz {self.teaser}\nformat: {self.format}\nmax_sections: 50\n"
        )
        return f"---\n{matter}draft: {str(self.draft).lower()}\n---\n{body}".encode()

    def words(self) -> set[str]:
        """Those that followers' servers got."""
        teaser = set() if self.format == "full" else {self.teaser}
        return teaser if self.format == "note" else teaser | {*self.sections.values()}


class World:
    """A blog that serves, its folder, a follower's server; shared by all examples, each with slugs of its own."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.house = House(folder / "blog")
        self.files = Checkout(self.house.issues)
        stack.enter_context(self.house.serving(folder / "serve.log"))
        self.peer = stack.enter_context(Peer(log=folder / "peer.log"))
        self.runner = stack.enter_context(asyncio.Runner())
        config = read_config(self.house.folder / "config.toml")
        self._opened = opened(config)
        self.app: App = self.runner.run(self._opened.__aenter__())
        stack.callback(lambda: self.runner.run(self._opened.__aexit__(None, None, None)))
        self.peer.do("follow", handle=self.house.handle)
        wait_until("the follower", lambda: "accepted" in self.peer.people()["anna"]["following"].values(), seconds=20)
        self.words = (f"wort{number}x" for number in itertools.count())
        self.names = (f"brief-{number}" for number in itertools.count())

    def publish(self) -> None:
        """Commit and publish, while the server looks too; until every delivery was made."""
        self.files.commit()
        self.runner.run(self.app.publisher.publish(allow_delete=True))
        wait_until(
            "the deliveries",
            lambda: self.runner.run(self.app.database.read(deliveries.counts)).get("waiting", 0) == 0,
            seconds=30,
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(tmp_path_factory.mktemp("world"), stack)


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(DEEDS), st.integers(0, 7)), max_size=2), max_size=6)
)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_what_followers_have_equals_the_files(world: World, commits: list[list[tuple[int, str, int]]]) -> None:
    letters = [_new(world), _new(world)]
    for letter in letters:
        world.files.write(letter.path, letter.text())
    world.publish()
    _compare(world, letters)
    for deeds in commits:
        touched: set[int] = set()
        for which, deed, number in deeds:
            if which not in touched:
                touched.add(which)
                _do(world, letters[which], deed, number)
        world.publish()
        _compare(world, letters)


def _new(world: World) -> Letter:
    name = next(world.names)
    sections = {number: next(world.words) for number in range(3)}
    return Letter(path=f"{name}.md", slug=name, sections=sections, teaser=next(world.words))


def _do(world: World, letter: Letter, deed: str, number: int) -> None:
    before = letter.path
    if letter.removed and deed != "restore":
        return
    chosen = list(letter.sections)[number % len(letter.sections)]
    match deed:
        case "edit" | "below":
            letter.sections[chosen] = next(world.words)
        case "teaser":
            letter.teaser = next(world.words)
        case "rename":
            letter.path = f"datei-{next(world.words)}.md"
        case "slug":
            letter.old_slugs.add(letter.slug)
            letter.slug = next(world.names)
        case "split":
            letter.sections[max(letter.sections) + 1] = next(world.words)
        case "drop" if len(letter.sections) > 1:
            del letter.sections[chosen]
            letter.section_ids.pop(chosen, None)
        case "format":
            letter.format = FORMATS[number % len(FORMATS)]
        case "draft":
            letter.draft = not letter.draft
        case "remove":
            letter.removed = True
        case "restore":
            letter.removed = False
    path = world.files.folder / before
    if path.exists():
        path.unlink()
    if not letter.removed:
        world.files.write(letter.path, letter.text())


def _compare(world: World, letters: list[Letter]) -> None:
    view = view_of(world.peer, of=world.house.origin)
    seen: set[str] = set()
    for letter in letters:
        page = f"{world.house.origin}/issues/{letter.slug}"
        firsts = [post for post in view.values() if post["url"] == page and "inReplyTo" not in post]
        assert len(firsts) == letter.is_out, (letter, firsts)
        if not letter.is_out:
            letter.first_id, letter.section_ids = None, {}
            continue
        (first,) = firsts
        replies = [post for post in view.values() if post.get("inReplyTo") == first["id"]]
        assert first["type"] == ("Article" if letter.format == "article" else "Note")
        assert letter.first_id in (None, first["id"])
        letter.first_id = first["id"]
        _compare_sections(letter, replies)
        words = {word for post in [first, *replies] for word in re.findall(r"wort\d+x", _texts(post))}
        assert words == letter.words()
        seen |= {first["id"], *(post["id"] for post in replies)}
    others = [post for post in view.values() if post["id"] not in seen and _is_of(post, letters, world)]
    assert others == []


def _compare_sections(letter: Letter, replies: list[dict[str, Any]]) -> None:
    if letter.format != "thread":
        letter.section_ids = {}
        assert replies == []
        return
    assert len(replies) == len(letter.sections)
    for number, word in letter.sections.items():
        (reply,) = [post for post in replies if word in post["content"]]
        assert letter.section_ids.get(number, reply["id"]) == reply["id"]
        letter.section_ids[number] = reply["id"]


def _texts(post: dict[str, Any]) -> str:
    return f"{post['content']} {post.get('summary') or ''}"


def _is_of(post: dict[str, Any], letters: list[Letter], world: World) -> bool:
    slug = post["url"].partition("#")[0].removeprefix(f"{world.house.origin}/issues/")
    return any(slug in {letter.slug, *letter.old_slugs} for letter in letters)
