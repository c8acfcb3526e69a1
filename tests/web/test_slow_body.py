"""A body that trickles in: 408 and the end of the connection (security S81)."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest

from bridge.web import inbox_route
from tests.support.attack import read_reply
from tests.support.running_blog import RunningBlog

HEAD = "POST /inbox HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/activity+json\r\ncontent-length: 1000\r\n\r\n"


@pytest.fixture(autouse=True)
def short_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_route, "_BODY_TIME", timedelta(seconds=0.5))


@pytest.mark.parametrize("first", [b"", b'{"type":'], ids=["nothing", "a beginning"])
def test_s81_a_body_that_does_not_come_is_408_and_the_connection_is_closed(running: RunningBlog, first: bytes) -> None:
    host, _, port = running.origin.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=15) as line:
        line.sendall(HEAD.format(host=f"{host}:{port}").encode() + first)

        reply = read_reply(line)

        assert reply.status == 408
        assert reply.headers["content-type"].startswith("application/problem+json")
        assert reply.headers["connection"].lower() == "close"
        assert line.recv(1) == b"", "closed"


def test_s81_a_body_that_trickles_has_no_longer_than_one_that_does_not_come(running: RunningBlog) -> None:
    host, _, port = running.origin.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=0.1) as line:
        line.sendall(HEAD.format(host=f"{host}:{port}").encode())
        sent = 0
        reply = read_reply_while(line)
        while reply is None and sent < 50:
            line.sendall(b" ")
            sent += 1
            reply = read_reply_while(line)

    assert reply == 408
    assert sent < 50


def read_reply_while(line: socket.socket) -> int | None:
    """The status if an answer came within the socket's time."""
    try:
        return read_reply(line).status
    except TimeoutError:
        return None
