"""Numbers in documents that are kept ready: they follow what they count."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.store import followers
from bridge.store.followers import Follower
from bridge.terms import ActorId, InboxUrl, Server
from bridge.web import discovery
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


def test_nodeinfo_is_counted_anew_after_a_while(running: RunningBlog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "_STATISTICS_LAST", discovery._STATISTICS_LAST * 0)
    assert _read(running, "/nodeinfo/2.1")["usage"]["localComments"] == 0
    running.say("1", "<p>Ein Wort.</p>")
    assert _read(running, "/nodeinfo/2.1")["usage"]["localComments"] == 1
