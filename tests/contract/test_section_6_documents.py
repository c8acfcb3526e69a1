"""Contract section 6: what other servers find by following links stays true after edits, moves and in threads."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.open_blog import OpenBlog, open_blog

AS2 = {"Accept": "application/activity+json"}
THREAD = b"---\ntitle: Faden\nformat: thread\n---\nAnfang.\n\n## Eins\n\nText.\n\n## Zwei\n\nText.\n"


@pytest.fixture
async def blog(tmp_path: Path) -> AsyncIterator[OpenBlog]:
    async with open_blog(tmp_path / "blog") as opened:
        yield opened


async def document(blog: OpenBlog, address: str) -> Any:
    answer = await blog.get(address, **AS2)
    if answer.status == 302:
        answer = await blog.get(answer.headers["Location"], **AS2)
    assert answer.status == 200, answer.text
    return json.loads(answer.body)


async def listed(blog: OpenBlog) -> list[Any]:
    """The items of the outbox."""
    outbox = await document(blog, blog.app.blog.outbox)
    found: list[Any] = (await document(blog, outbox["first"]))["orderedItems"]
    return found


async def test_the_outbox_shows_each_issue_as_it_is_now(blog: OpenBlog) -> None:
    """What an author took out of an issue is not handed on to whoever reads the outbox."""
    await blog.publish({"1.md": b"---\ntitle: Eins\n---\nEin Geheimnis.\n"})
    (before,) = await listed(blog)
    await blog.publish({"1.md": b"---\ntitle: Eins\n---\nNichts mehr.\n"})

    (item,) = await listed(blog)

    note = await document(blog, "/issues/1")
    assert (item["type"], item["id"]) == ("Create", before["id"])
    assert "Geheimnis" in before["object"]["content"]
    assert item["object"]["content"] == note["content"]
    assert item["object"]["updated"] == note["updated"]
    assert (item["to"], item["cc"]) == (note["to"], note["cc"])


async def test_a_threads_sections_are_in_its_replies_and_its_context(blog: OpenBlog) -> None:
    """A server that comes upon the first Note finds the rest of the letter from there."""
    await blog.publish({"1.md": THREAD})
    first = await document(blog, "/issues/1")

    replies = first["replies"]
    context = await document(blog, (await document(blog, first["context"]))["first"])

    sections = [await document(blog, each) for each in replies["first"]["items"]]
    assert replies["totalItems"] == 2
    assert [each["inReplyTo"] for each in sections] == [first["id"]] * 2
    assert ["Eins" in sections[0]["content"], "Zwei" in sections[1]["content"]] == [True, True]
    assert context["orderedItems"] == [first["id"], *(each["id"] for each in sections)]
    assert {each["context"] for each in sections} == {first["context"]}


async def test_a_new_post_carries_the_first_page_of_its_replies(blog: OpenBlog) -> None:
    """Else each follower's server asks for them at once (mastodon/mastodon#31921)."""
    await blog.publish({"1.md": b"---\ntitle: Eins\n---\nHallo.\n"})
    (item,) = await listed(blog)

    created = await document(blog, item["id"])

    replies = created["object"]["replies"]
    assert replies["id"] == f"{created['object']['id']}/replies"
    assert (replies["type"], replies["first"]["type"], replies["first"]["items"]) == (
        "Collection",
        "CollectionPage",
        [],
    )
    assert item["object"]["replies"] == replies["id"]


async def test_an_activity_shows_its_object_as_it_is_now(blog: OpenBlog) -> None:
    """Whoever kept the id of a Create gets no more by it than by the object's own."""
    await blog.publish({"1.md": b"---\ntitle: Eins\n---\nEin Geheimnis.\n"})
    (item,) = await listed(blog)
    told = await document(blog, item["id"])
    await blog.publish({"1.md": b"---\ntitle: Eins\n---\nNichts mehr.\n"})

    now = await document(blog, item["id"])

    note = await document(blog, "/issues/1")
    assert "Geheimnis" in told["object"]["content"]
    assert (now["id"], now["type"], now["to"], now["cc"]) == (told["id"], "Create", told["to"], told["cc"])
    assert (now["object"]["content"], now["object"]["updated"]) == (note["content"], note["updated"])
    assert now["proof"]["proofValue"] != told["proof"]["proofValue"]


async def test_an_activity_is_gone_with_its_object(blog: OpenBlog) -> None:
    await blog.publish({"1.md": b"---\ntitle: Eins\n---\nEin Geheimnis.\n"})
    (item,) = await listed(blog)
    await blog.publish({"1.md": b"---\ntitle: Eins\ndraft: true\n---\nEin Geheimnis.\n"})

    answer = await blog.get(item["id"], **AS2)

    assert answer.status == 410
    assert "Geheimnis" not in answer.text


async def test_an_old_slug_leads_a_server_to_the_id_in_one_step(blog: OpenBlog) -> None:
    """Some servers follow one redirect at most."""
    await blog.publish({"1.md": b"---\ntitle: Eins\n---\nHallo.\n"})
    await blog.publish({"1.md": b"---\ntitle: Eins\nslug: eins\n---\nHallo.\n"})

    server, browser = await blog.get("/issues/1", **AS2), await blog.get("/issues/1", Accept="text/html")
    feed = await blog.get("/issues/1/feed.xml")

    assert (server.status, server.headers["Cache-Control"], server.headers["Vary"]) == (302, "no-store", "Accept")
    assert server.headers["Location"] == (await document(blog, "/issues/eins"))["id"]
    assert (browser.status, browser.headers["Location"]) == (301, f"{blog.url}/issues/eins")
    assert (feed.status, feed.headers["Location"]) == (301, f"{blog.url}/issues/eins/feed.xml")
    # The slug may be another issue's one day, and a browser keeps a 301 until it is told not to.
    assert [one.headers["Cache-Control"] for one in (browser, feed)] == ["no-cache", "no-cache"]


async def test_everything_below_a_deleted_issue_is_gone(blog: OpenBlog) -> None:
    await blog.publish({"1.md": b"---\ntitle: Eins\n---\nHallo.\n"})
    await blog.publish({"1.md": b"---\ntitle: Eins\ndraft: true\n---\nHallo.\n"})

    for address in ("/issues/1", "/issues/1/comments.json", "/issues/1/feed.xml"):
        assert (await blog.get(address)).status == 410, address
    assert (await blog.get("/issues/2/feed.xml")).status == 404
