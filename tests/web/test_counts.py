"""Numbers in documents that are kept ready: they follow what they count."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bridge.store import changes, followers
from bridge.store.engines import open_database
from bridge.store.followers import Follower
from bridge.terms import ActorId, InboxUrl, Server
from bridge.web import discovery
from bridge.web.counts import Counts
from bridge.web.news import News
from tests.support.databases import new_sqlite
from tests.support.running_blog import ACTIVITY, RunningBlog

ANN = ActorId("https://far.example/users/ann")


def _read(running: RunningBlog, address: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(running.get(address, Accept=ACTIVITY).body)
    return found


def test_the_number_of_followers_follows_each_follow_and_each_end_of_one(running: RunningBlog) -> None:
    blog = running.app.blog
    ann = Follower(
        actor_id=ANN, follow_id=None, server=Server("far.example"), inbox=InboxUrl(f"{ANN}/inbox"),
        shared_inbox=None, since=running.app.clock(),
    )  # fmt: skip
    assert _read(running, blog.followers)["totalItems"] == 0
    running.write(lambda tx: followers.add(tx, blog.id, ann))
    assert _read(running, blog.followers)["totalItems"] == 1
    running.write(lambda tx: followers.remove(tx, blog.id, ANN))
    assert _read(running, blog.followers)["totalItems"] == 0


def test_the_number_of_comments_under_a_tag_follows_each_comment(running: RunningBlog) -> None:
    before = running.get("/tags/Wege").text
    running.say("1", "<p>Ein Wort.</p>")
    after = running.get("/tags/Wege").text
    assert "Ein Gedanke" not in before
    assert "Ein Gedanke" in after


async def test_comments_are_counted_again_only_under_issues_where_something_changed(tmp_path: Path) -> None:
    database = open_database(new_sqlite(tmp_path), folder=tmp_path)
    counts, comments, asked = Counts(News(database)), {1: 4, 2: 0}, list[int]()

    async def read(issue_ids: Sequence[int]) -> Mapping[int, int]:
        asked.extend(issue_ids)
        return {number: comments[number] for number in issue_ids if comments[number]}

    assert await counts.of([1, 2], read) == {1: 4, 2: 0}
    comments[2] = 1
    await database.write(lambda tx: tx.touch(changes.issue(2)))
    assert await counts.of([2, 1], read) == {1: 4, 2: 1}
    assert asked == [1, 2, 2]
    await database.write(lambda tx: tx.touch(changes.BLOG))
    assert await counts.of([1], read) == {1: 4}
    assert asked == [1, 2, 2, 1]
    await database.close()


async def test_what_changes_while_it_is_counted_is_counted_again(tmp_path: Path) -> None:
    database = open_database(new_sqlite(tmp_path), folder=tmp_path)
    counts, numbers = Counts(News(database)), iter((4, 5))

    async def read(issue_ids: Sequence[int]) -> Mapping[int, int]:
        number = next(numbers)
        await database.write(lambda tx: tx.touch(changes.issue(1)))
        return dict.fromkeys(issue_ids, number)

    assert await counts.of([1], read) == {1: 4}
    assert await counts.of([1], read) == {1: 5}
    await database.close()


def test_nodeinfo_is_counted_anew_after_a_while(running: RunningBlog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "_STATISTICS_LAST", discovery._STATISTICS_LAST * 0)
    assert _read(running, "/nodeinfo/2.1")["usage"]["localComments"] == 0
    running.say("1", "<p>Ein Wort.</p>")
    assert _read(running, "/nodeinfo/2.1")["usage"]["localComments"] == 1
