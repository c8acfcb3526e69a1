"""Faces and pictures of comments: fetched by a job, made anew, served by us, gone with what they belong to (S66)."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from bridge.inbox import moderate
from bridge.store import actors, blocks, entries, issues, reactions, remote_pictures
from bridge.store.database import Transaction
from bridge.terms import ActorId
from tests.support.inboxes import person
from tests.support.local_servers import Peer, serving
from tests.support.open_blog import OpenBlog, open_blog
from tests.support.pictures import gif, jpeg_with_gps, png


@dataclass
class Scene:
    """A blog with issue 1 out, and a server where Ann is, with a face and a picture."""

    blog: OpenBlog
    far: Peer

    @property
    def ann(self) -> str:
        return f"{self.far.origin}/users/ann"

    async def work(self) -> list[timedelta]:
        """Run every picture job that waits, as the worker does; the waits it asks for."""

        def take(tx: Transaction) -> list[str]:
            found = tx.connection.exec_driver_sql("DELETE FROM jobs WHERE kind = 'picture' RETURNING key")
            return sorted({str(key) for key in found.scalars()})

        keys = await self.blog.app.database.write(take)
        waits = [await self.blog.app.pictures(key) for key in keys]
        return [wait for wait in waits if wait is not None]

    async def say(self, number: int = 1, **values: object) -> int:
        """Ann says something, with a picture."""
        known = {
            "token": f"t{number}", "blog_id": 1, "kind": "reply", "object_id": f"{self.far.origin}/{number}",
            "url": f"{self.far.origin}/{number}", "content_html": f"<p>Wort{number}</p>", "visibility": "public",
            "state": "shown", "ways": ["inbox"], "author_name": "Ann", "author_avatar": f"{self.far.origin}/face.jpg",
            "actor_id": self.ann, "received_at": self.blog.app.clock(), "changed_at": self.blog.app.clock(),
            "pictures": [{"url": f"{self.far.origin}/see.png", "alt": "Ein See", "width": 1, "height": 1, "type": ""}],
        }  # fmt: skip

        def add(tx: Transaction) -> int:
            issue = issues.find_by_slug(tx, 1, "1")
            tx.touch(f"issue:{issue.id}")
            return entries.add(tx, {**known, "issue_id": issue.id, **values})

        return await self.blog.app.database.write(add)

    async def change(self, entry_id: int, **values: object) -> None:
        def write(tx: Transaction) -> None:
            entries.change(tx, entry_id, values)
            tx.touch("issue:1")

        await self.blog.app.database.write(write)

    async def media(self) -> list[str]:
        """The pictures of other people that the page names."""
        page = BeautifulSoup((await self.blog.get("/issues/1", Accept="text/html")).text, "html.parser")
        return [image["src"] for image in page.select(".talk img")]

    def files(self) -> list[Path]:
        return [path for path in self.blog.app.config.media_folder.rglob("*") if path.is_file()]


@asynccontextmanager
async def scene_in(folder: Path, config: str = "") -> AsyncIterator[Scene]:
    async with open_blog(folder / "blog", config=config) as blog, serving(host="127.0.0.9") as far:
        await blog.publish({"1.md": b"---\ntitle: Eins\n---\nHallo.\n"})
        far.answers("/face.jpg", jpeg_with_gps(700, 500), headers={"Content-Type": "image/jpeg"})
        far.answers("/see.png", png(2000, 1000, text="secret"), headers={"Content-Type": "image/png"})
        made = Scene(blog, far)
        ann = person(made.ann, icon_url=f"{far.origin}/face.jpg")
        await blog.app.database.write(lambda tx: actors.record(tx, ann, now=blog.app.clock()))
        yield made


@pytest.fixture
async def scene(tmp_path):
    async with scene_in(tmp_path) as made:
        yield made


async def test_face_and_pictures_are_served_by_us_and_made_anew(scene):
    await scene.say()
    assert await scene.media() == []  # a reader's request fetches nothing
    assert scene.far.asked == []
    await scene.work()
    face, see = await scene.media()
    assert face.startswith("/media/")
    assert see.startswith("/media/")
    sizes = {}
    for address in (face, see):
        answer = await scene.blog.get(address)
        assert answer.status == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "public, max-age=86400"
        assert b"GeheimeKamera" not in answer.body
        assert b"secret" not in answer.body
        sizes[address] = Image.open(io.BytesIO(answer.body)).size
    assert sizes == {face: (96, 96), see: (960, 480)}
    comment = json.loads((await scene.blog.get("/issues/1/comments.json")).body)["comments"][0]
    assert comment["author"]["avatar"] == face
    assert see in comment["content_html"]
    assert sorted(scene.far.paths) == ["/face.jpg", "/see.png"]
    await scene.work()
    assert len(scene.far.paths) == 2


async def test_no_page_names_another_host(scene):
    await scene.say()
    await scene.work()
    for path in ("/issues/1", "/issues/1/comments.json", "/issues/1/feed.xml"):
        text = (await scene.blog.get(path, Accept="text/html")).text
        assert "face.jpg" not in text
        assert "see.png" not in text


@pytest.mark.parametrize("how", ["deleted", "hidden", "removed", "private", "blocked", "forgotten"])
async def test_with_the_comment_its_pictures_go_at_once_and_its_files_soon(scene, how):
    entry_id = await scene.say()
    await scene.work()
    addresses = await scene.media()
    database, now = scene.blog.app.database, scene.blog.app.clock()
    blog = scene.blog.app.blog
    if how == "deleted":
        await database.write(lambda tx: entries.empty(tx, entry_id, reason="", now=now))
    elif how == "hidden":
        await database.write(lambda tx: moderate.hide(tx, blog, entries.find(tx, entry_id), now=now))
    elif how == "removed":
        await database.write(lambda tx: entries.remove(tx, entry_id))
    elif how == "private":
        await scene.change(entry_id, visibility="followers")
    elif how == "forgotten":
        await database.write(lambda tx: moderate.forget(tx, blog, ActorId(scene.ann), now=now))
    else:
        await database.write(lambda tx: moderate.block(tx, blog, scene.ann, now=now))
        assert await scene.media() == []
        return
    assert [(await scene.blog.get(address)).status for address in addresses] == [404, 404]
    await scene.work()
    await scene.blog.app.pictures.tidy()
    assert scene.files() == []


@pytest.mark.parametrize("values", [{"state": "held"}, {"state": "private", "visibility": "direct"}, {"state": "spam"}])
async def test_for_what_nobody_may_read_nothing_is_fetched(scene, values):
    entry_id = await scene.say(**values)
    await scene.work()
    assert scene.far.asked == []
    if values["state"] == "held":
        await scene.change(entry_id, state="shown")
        await scene.work()
        assert len(await scene.media()) == 2


async def test_without_avatars_no_face_is_fetched_or_shown(tmp_path):
    async with scene_in(tmp_path, config="") as made:
        comments = replace(made.blog.app.config.comments, avatars="none")
        object.__setattr__(made.blog.app.config, "comments", comments)
        await made.say()
        await made.work()
        assert made.far.paths == ["/see.png"]
        assert len(await made.media()) == 1


async def test_whoever_likes_has_a_face_until_the_like_is_taken_back(scene):
    database, now = scene.blog.app.database, scene.blog.app.clock()

    def like(tx: Transaction) -> None:
        reactions.add(
            tx, 1, issue_id=1, kind="like", actor_id=scene.ann, object_id="o", activity_id=None, content=None, now=now
        )
        tx.touch("issue:1")

    await database.write(like)
    await scene.work()
    (face,) = await scene.media()
    assert (await scene.blog.get(face)).status == 200
    await database.write(lambda tx: blocks.add(tx, 1, scene.ann, reason="", now=now))
    assert (await scene.blog.get(face)).status == 404
    await database.write(lambda tx: blocks.remove(tx, 1, scene.ann))
    await database.write(lambda tx: actors.mark_block(tx, scene.ann, blocks=True))
    assert (await scene.blog.get(face)).status == 404
    await database.write(lambda tx: actors.mark_block(tx, scene.ann, blocks=False))
    await database.write(lambda tx: reactions.remove(tx, scene.ann, kind="like", object_id="o"))
    assert (await scene.blog.get(face)).status == 404
    await scene.blog.app.pictures.tidy()
    assert scene.files() == []


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "image/svg+xml"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "image/png"),
        (b"<html><script>alert(1)</script></html>", "image/jpeg"),
        (gif(3, 3, frames=700), "image/gif"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "image/png"),
        (png(9, 9), "text/html"),
    ],
)
async def test_s66_what_is_no_picture_is_not_kept_and_not_asked_for_again(scene, body, media_type):
    scene.far.answers("/see.png", body, headers={"Content-Type": media_type})
    entry_id = await scene.say(author_avatar=None)
    assert await scene.work() == []
    assert all("/media/" in address for address in await scene.media())
    kept = await scene.blog.app.database.read(lambda tx: remote_pictures.of_place(tx, 1, entry_id=entry_id))
    assert [one.name for one in kept] == [None]
    assert kept[0].reason
    await scene.change(entry_id, state="shown")
    await scene.work()
    assert scene.far.paths.count("/see.png") == 1


async def test_a_server_that_does_not_answer_is_asked_again_later_and_then_no_more(scene):
    scene.far.answers("/see.png", status=503)
    await scene.say()
    assert await scene.work() == [timedelta(minutes=2)]
    key = "entry 1"
    assert [await scene.blog.app.pictures(key) for _ in range(4)] == [
        timedelta(minutes=20),
        timedelta(hours=6),
        None,
        None,
    ]
    assert scene.far.paths.count("/see.png") == 4


async def test_an_endless_picture_is_cut_off(scene):
    scene.far.answers("/see.png", png(3, 3) + bytes(20_000_000), headers={"Content-Type": "image/png"})
    await scene.say()
    await scene.work()
    assert len(await scene.media()) == 1


async def test_of_one_comment_four_pictures_are_taken(scene):
    many = [{"url": f"{scene.far.origin}/see.png?{n}", "alt": ""} for n in range(9)]
    await scene.say(pictures=many, author_avatar=None)
    await scene.work()
    assert len([path for path in scene.far.paths if path.startswith("/see")]) == 4


async def test_there_is_an_end_to_what_is_kept(scene):
    for number in range(1, 4):
        await scene.say(number)
    await scene.work()
    before = len(scene.files())
    size = max(path.stat().st_size for path in scene.files())
    await scene.blog.app.pictures.tidy(most_bytes=size * 2)
    assert 0 < len(scene.files()) < before
    assert sum(path.stat().st_size for path in scene.files()) <= size * 2


async def test_a_new_face_takes_the_place_of_the_old_one(scene):
    await scene.say()
    await scene.work()
    old, _ = await scene.media()
    scene.far.answers("/neu.jpg", jpeg_with_gps(100, 100), headers={"Content-Type": "image/jpeg"})
    changed = person(scene.ann, icon_url=f"{scene.far.origin}/neu.jpg")
    await scene.blog.app.database.write(lambda tx: actors.record(tx, changed, now=scene.blog.app.clock()))
    await scene.change(1, author_avatar=f"{scene.far.origin}/neu.jpg")
    await scene.work()
    new, _ = await scene.media()
    assert new != old
    assert (await scene.blog.get(old)).status == 404


async def test_a_reply_with_no_picture_from_somebody_whose_face_is_here_asks_for_no_job(scene):
    await scene.say()
    await scene.work()
    await scene.say(2, pictures=[])
    await scene.say(3, pictures=[], author_avatar=None)
    jobs = await scene.blog.app.database.read(
        lambda tx: tx.connection.exec_driver_sql("SELECT count(*) FROM jobs WHERE kind = 'picture'").scalar()
    )
    assert jobs == 0


async def test_the_pictures_of_an_issue_that_is_gone_are_removed_after_a_day(scene):
    blog = scene.blog
    await blog.publish({"2/index.md": b"---\ntitle: Zwei\n---\n![See](see.png)\n", "2/see.png": png(20, 20)})
    (blog.issues.folder / "2/index.md").unlink()
    await blog.publish()
    await blog.app.pictures.tidy()
    assert len(scene.files()) == 1
    later = replace(blog.app.pictures, clock=lambda: blog.app.clock() + timedelta(days=2))
    await later.tidy()
    assert scene.files() == []


async def test_the_pictures_of_an_issue_that_is_out_stay(scene):
    blog = scene.blog
    await blog.publish({"2/index.md": b"---\ntitle: Zwei\n---\n![See](see.png)\n", "2/see.png": png(20, 20)})
    await replace(blog.app.pictures, clock=lambda: blog.app.clock() + timedelta(days=900)).tidy()
    assert len(scene.files()) == 1
