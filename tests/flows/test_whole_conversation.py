"""A conversation of 300 posts on 20 servers, of which a third is ever sent to us, is whole on the page afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.demo.stage import Child, free_port, request, wait_until
from tests.support.forest import Forest, Post

_FILE = "---\ntitle: Ein langes Gespräch\nslug: gespraech\n{more}---\n\nWorüber reden wir?\n"


class Blog:
    """A real server process with one issue."""

    def __init__(self, folder: Path) -> None:
        self.origin = f"http://127.0.0.1:{free_port()}"
        self.folder = folder / "blog"
        self._log = folder / "serve.log"

    async def command(self, *words: str) -> tuple[int, str]:
        """Run one `rundbrief` command."""
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bridge", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await made.communicate()
        return made.returncode or 0, output.decode()

    async def write(self, more: str = "") -> None:
        """Write the issue, with more lines of front matter, and publish it."""
        (self.folder / "issues" / "gespraech.md").write_text(_FILE.format(more=more))
        status, output = await self.command("publish", str(self.folder / "issues" / "gespraech.md"), *self.config)
        assert status == 0, output

    async def start(self) -> Child:
        """Make the blog, publish the issue, and serve."""
        status, output = await self.command("init", str(self.folder), "--url", self.origin, "--handle", "links")
        assert status == 0, output
        await self.write()
        server = Child([sys.executable, "-m", "bridge", "serve", *self.config], log=self._log)
        await asyncio.to_thread(
            wait_until, "the server is ready", lambda: request(f"{self.origin}/readyz").status == 200, seconds=30
        )
        return server

    @property
    def config(self) -> tuple[str, str]:
        return "--config", str(self.folder / "config.toml")

    def comments(self) -> dict[str, str]:
        """What the page shows: object address -> text."""
        shown = request(f"{self.origin}/issues/gespraech/comments.json").json()
        return {one["url"]: one["content_html"] for one in shown["comments"] if not one.get("deleted")}

    def parked(self) -> int:
        """For how many replies parents are being looked for; others wait for a parent that nobody gives."""
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "rundbrief.db")) as connection:
            return int(connection.execute("SELECT count(*) FROM parked WHERE waits_until IS NULL").fetchone()[0])

    def verdicts(self, address: str) -> set[str]:
        """What the record says became of a post."""
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "rundbrief.db")) as connection:
            rows = connection.execute("SELECT verdict FROM received WHERE object_id = ?", (address,)).fetchall()
        return {str(row[0]) for row in rows}

    @property
    def object_id(self) -> str:
        page = request(f"{self.origin}/issues/gespraech", accept="application/activity+json")
        return str(page.json()["id"])

    @property
    def inbox(self) -> str:
        return f"{self.origin}/inbox"


@pytest.fixture
async def blog(tmp_path: Path) -> AsyncIterator[Blog]:
    made = Blog(tmp_path)
    server = await made.start()
    yield made
    server.stop()


@pytest.mark.parametrize("shows", ["replies", "context"])
async def test_what_was_never_sent_is_found(blog: Blog, shows: str) -> None:
    """Random order, repeats, edits, deletes; then the page equals the public tree that can be reached."""
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    forest = Forest(servers=20, posts=300, seed=seed, shows=shows)
    await forest.open()
    forest.root = await asyncio.to_thread(lambda: blog.object_id)
    sent = chance.sample(forest.posts, 100)
    if shows == "context":
        sent[0] = forest.posts[0]
    for post in chance.sample(forest.posts, 20):
        post.public = post in sent  # some are private; those that are sent keep their word below
    private = [post for post in sent if chance.random() < 0.05]
    for post in private:
        post.public = False
    for post in [*sent, *chance.sample(sent, 20)]:
        assert await forest.send(post, "Create", blog.inbox) == 202
    for post in chance.sample([post for post in sent if post.public], 10):
        post.text, post.updated = f"{post.text}, verbessert", datetime.now(UTC)
        assert await forest.send(post, "Update", blog.inbox) == 202
    for post in chance.sample([post for post in sent if post.public], 10):
        post.deleted = True
        assert await forest.send(post, "Delete", blog.inbox) == 202

    strict, lenient = _reachable(forest, sent, strict=True), _reachable(forest, sent, strict=False)
    await asyncio.to_thread(wait_until, "no reply is parked any more", lambda: blog.parked() == 0, seconds=60)
    status, told = await blog.command("comments", "refresh", "gespraech", *blog.config)
    assert status == 0, told

    shown = blog.comments()
    await forest.close()
    assert set(strict) - set(shown) == set(), told
    assert set(shown) - set(lenient) == set()
    for url, html in shown.items():
        assert lenient[url] in html
    hidden = [post for post in sent if forest.id_of(post) not in shown]
    for post in hidden[:3]:
        status, told = await blog.command("why", forest.id_of(post), *blog.config)
        assert (status, len(told.splitlines()) > 1) == (0, True), told
    for post in hidden:
        verdicts = blog.verdicts(forest.id_of(post))
        assert verdicts, f"nothing says what became of {forest.id_of(post)}"
        assert "shown" not in verdicts or "deleted" in verdicts


def _reachable(forest: Forest, sent: list[Post], *, strict: bool) -> dict[str, str]:
    """What can be known: up from what was sent, then down from what is known.

    What hangs below a private or deleted post may be shown, if that one came in time, and need not: with `strict` it
    is not counted.
    """

    def hangs_together(post: Post) -> bool:
        step = post.parent
        while step is not None:
            if not (step.public and not step.deleted) and (strict or step not in sent):
                return False
            step = step.parent
        return post.public and not post.deleted

    known = {post.number for post in sent}
    for post in sent:
        step = post.parent
        while step is not None and not (strict and not hangs_together(post)):
            known.add(step.number)
            step = step.parent
    if forest.shows == "context":
        known = {post.number for post in forest.posts}
    for post in forest.posts:  # parents come before their children
        if post.parent is not None and post.parent.number in known and hangs_together(post):
            known.add(post.number)
    return {forest.id_of(post): post.text for post in forest.posts if post.number in known and hangs_together(post)}


async def test_what_answers_the_authors_own_announcement_is_a_comment(blog: Blog) -> None:
    """The author announces the issue from a personal account, and the talk happens there: `syndication:` names it."""
    forest = Forest(servers=5, posts=40, seed=1, shows="replies")
    announcement, *others = forest.posts
    for post in others:
        if post.parent is None:
            post.parent = announcement
            announcement.children.append(post)
    await forest.open()
    await blog.write(f"syndication: [{forest.id_of(announcement)}]\n")

    status, told = await blog.command("comments", "refresh", "gespraech", *blog.config)

    shown = blog.comments()
    await forest.close()
    assert status == 0
    assert "39 new comments" in told
    assert set(shown) == {forest.id_of(post) for post in others}
