"""What one client, or very many of them, may take of us: connections and memory (security S62, S81)."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bridge.inbox.policy import Pace
from bridge.web.pace import VisitorPace

from bridge.remote.budget import Cause
from bridge.remote.target_pace import TargetPace
from bridge.terms import Server
from tests.support.attack import read_reply
from tests.support.running_blog import RunningBlog


def test_s62_the_memory_of_who_asks_how_often_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("web.pace._MOST_NETWORKS", "inbox.policy._MOST_SERVERS", "remote.target_pace._MOST_REMEMBERED"):
        monkeypatch.setattr(f"bridge.{place}", 100)
    visitors = VisitorPace(burst=20, every=timedelta(seconds=6), clock=lambda: 0.0)
    servers, targets = Pace(600), TargetPace(clock=lambda: 0.0)
    for number in range(1000):
        visitors.take(f"net{number}")
        servers.take(Server(f"h{number}.example"), now=datetime(2024, 8, 5, tzinfo=UTC))
        targets.take(f"h{number}.example", Cause(name="net", is_proven=True))

    assert (len(visitors._full_at), len(servers._buckets), len(targets._paid_at)) == (100, 100, 100)


def test_s81_one_address_has_no_more_connections_than_it_may(
    stock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.web.connection.MOST_OF_ONE", 3)
    settings = {"server": {"trusted_proxies": []}, "federation": {"allow_private_addresses": False}}
    blog = {"url": "https://links.example", "handle": "links"}
    with RunningBlog(tmp_path / "blog", stock, blog=blog, **settings) as running, ExitStack() as stack:
        host, _, port = running.origin.removeprefix("http://").partition(":")

        def answered() -> int:
            line = stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
            line.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            return read_reply(line).status

        assert [answered() for _ in range(5)] == [200, 200, 200, 0, 0]
