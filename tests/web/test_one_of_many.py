"""What one client, or very many of them, may take of us: connections and memory (security S62, S81)."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.pace import Limit, Pace
from bridge.remote.budget import Cause
from bridge.remote.target_pace import TargetPace
from tests.support.attack import read_reply
from tests.support.running_blog import RunningBlog


def test_s62_the_memory_of_who_asks_how_often_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.pace._MOST_NAMES", 100)
    visitors, targets = Pace(Limit(burst=20, every=timedelta(seconds=6))), TargetPace(clock=lambda: 0.0)
    for number in range(1000):
        visitors.take(f"net{number}")
        targets.take(f"h{number}.example", Cause(name="net", is_proven=True))

    assert [len(pace._paid_at) for pace in (visitors, targets._of_one, targets._of_all)] == [100, 100, 100]


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
