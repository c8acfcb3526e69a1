"""Forms that no page of ours sends: to the author's door anybody may send one (security S75, S81, S115)."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.store import logins
from bridge.store.logins import Session
from bridge.web import forms
from bridge.web.admin.sessions import _SESSION_LASTS, _digest, make_link
from tests.support.attack import exchange, read_reply
from tests.support.running_blog import RunningBlog

FORM = "application/x-www-form-urlencoded"
HEAD = (
    "POST /admin/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
    "content-type: {type}\r\ncontent-length: {length}\r\n\r\n"
)


@pytest.mark.parametrize(
    ("media_type", "body", "status"),
    [
        ("multipart/form-data", b"abcde", 415),
        ("multipart/form-data; boundary=a", b"--a\r\n", 415),
        ("application/json", b'{"token":"x"}', 415),
        (FORM, b"token=\xff\xfe", 400),
        (FORM, b"token=%FF", 400),
        (FORM, b"&a=1" * 1000, 400),
        (FORM, b"a" * 70_000, 413),
        (f"{FORM}; charset=nope", b"token=x", 403),
        (FORM, b"token=%00%ED%A0%80", 400),
        (FORM, b"", 403),
    ],
)
def test_s75_s115_a_form_that_is_none_is_refused_and_never_a_500(
    running: RunningBlog, media_type: str, body: bytes, status: int
) -> None:
    head = HEAD.format(type=media_type, length=len(body)).encode()

    reply = exchange(running.origin.removeprefix("http://"), head + body)

    assert reply.status == status


def test_s81_a_form_that_does_not_come_is_408_and_the_connection_is_closed(
    running: RunningBlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "TIME", timedelta(seconds=0.5))
    host, _, port = running.origin.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=15) as line:
        line.sendall(HEAD.format(type=FORM, length=1000).encode() + b"token=")

        assert read_reply(line).status == 408
        assert line.recv(1) == b"", "closed"


def test_s115_a_session_ends_after_thirty_days(running: RunningBlog) -> None:
    """Also for who keeps the cookie longer than the browser was told."""

    def begun(days_ago: int) -> int:
        now = running.app.clock() - timedelta(days=days_ago)
        kept = Session(digest=_digest(f"c{days_ago}"), form_token="f", began_at=now, expires_at=now + _SESSION_LASTS)
        running.write(lambda tx: logins.add_session(tx, kept))
        return running.get("/admin/", Cookie=f"rundbrief=c{days_ago}").status

    assert (begun(31), begun(29)) == (403, 200)


def test_s115_over_https_the_browser_holds_the_cookie_to_this_host(stock: Path, tmp_path: Path) -> None:
    blog = {"url": "https://links.example", "handle": "links"}
    with RunningBlog(tmp_path / "blog", stock, blog=blog) as running:
        link = running.write(lambda tx: make_link(tx, running.app.blog, now=running.app.clock()))
        cookie = running.post("/admin/login", {"token": link.partition("=")[2]}).headers["Set-Cookie"]

    assert cookie.startswith("__Host-rundbrief=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
