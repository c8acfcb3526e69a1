"""Webmention and Pingback as other sites meet them: advertised, answered at once, shown once."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup

from bridge.store import issues
from tests.linkback.test_xml_rpc import BOMB, WORDPRESS
from tests.support.running_blog import Answer, RunningBlog

XML = {"Content-Type": "text/xml"}


@pytest.fixture
def page(running: RunningBlog) -> Iterator[str]:
    """A page of another site that links to the issue."""
    body = f"<title>Echo</title><p>Lest <a href='{running.origin}/issues/1'>das</a>!".encode()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/echo"
    server.shutdown()
    server.server_close()
    thread.join()


def _post(running: RunningBlog, path: str, body: bytes, **headers: str) -> Answer:
    return running._ask(path, body, {name.replace("-", "_"): value for name, value in headers.items()})


def _fault(answer: Answer) -> int:
    assert answer.status == 200
    with pytest.raises(xmlrpc.client.Fault) as fault:
        xmlrpc.client.loads(answer.text)
    return fault.value.faultCode


def test_both_are_advertised_in_headers_and_in_the_page(running: RunningBlog) -> None:
    answer = running.get("/issues/1")
    assert f'<{running.origin}/webmention>; rel="webmention"' in answer.headers["Link"]
    assert 'rel="alternate"' in answer.headers["Link"]
    assert answer.headers["X-Pingback"] == f"{running.origin}/pingback"
    soup = BeautifulSoup(answer.text, "html.parser")
    assert soup.select_one("link[rel=webmention]")["href"] == f"{running.origin}/webmention"
    # Pingback 1.0 prescribes this very text.
    assert f'<link rel="pingback" href="{running.origin}/pingback">' in answer.text


def test_wordpress_by_both_ways_in_the_same_minute_is_one_entry(running: RunningBlog, page: str) -> None:
    target = f"{running.origin}/issues/1"
    call = WORDPRESS.replace(b"https://blog.test/2024/echo/?p=1&amp;x=2", page.encode())
    call = call.replace(b"https://links.example/issues/24", target.encode())
    answer = _post(running, "/pingback", call, **XML)
    assert (answer.status, answer.headers.get_content_type()) == (200, "text/xml")
    assert xmlrpc.client.loads(answer.text)[0] == ("queued",)
    assert running.post("/webmention", {"source": page, "target": target}).status == 202
    running.run(running.app.linkback_handlers()["linkback-check"](""))
    soup = BeautifulSoup(running.get("/issues/1").text, "html.parser")
    assert len(soup.select("ol.comments article")) == 1
    assert "Echo" in soup.select_one("ol.comments article").get_text()
    assert "auch als Pingback" in soup.select_one("ol.comments article .meta").get_text()
    assert '"count":1' in running.get("/issues/1/comments.json").text
    assert _fault(_post(running, "/pingback", call, **XML)) == 48


@pytest.mark.parametrize(
    "form",
    [
        [],
        [("source", "https://blog.test/1")],
        [("target", "HERE/issues/1")],
        [("source", "https://blog.test/1"), ("source", "https://blog.test/2"), ("target", "HERE/issues/1")],
        [("source", "https://blog.test/1"), ("target", "HERE/issues/none")],
        [("source", "https://blog.test/1"), ("target", "HERE/")],
        [("source", "mailto:a@blog.test"), ("target", "HERE/issues/1")],
        [("source", "HERE/issues/1"), ("target", "HERE/issues/1")],
        [("a", "")] * 30,
    ],
)
def test_s103_a_request_that_can_be_no_webmention_is_400_with_a_reason(
    running: RunningBlog, form: list[tuple[str, str]]
) -> None:
    body = urlencode([(name, value.replace("HERE", running.origin)) for name, value in form]).encode()
    answer = _post(running, "/webmention", body, Content_Type="application/x-www-form-urlencoded")
    assert (answer.status, answer.headers.get_content_type()) == (400, "application/problem+json")


def test_a_body_that_is_too_large_or_of_another_type_is_refused(running: RunningBlog) -> None:
    for path in ("/webmention", "/pingback"):
        assert _post(running, path, b"{}", Content_Type="application/json").status == 415
        assert running.get(path).status == 405
    large = b"a=" + b"x" * 17_000
    assert _post(running, "/webmention", large, Content_Type="application/x-www-form-urlencoded").status == 413
    assert _post(running, "/pingback", large, **XML).status == 413


def test_s108_s109_bombs_and_other_methods_are_faults_with_200(running: RunningBlog) -> None:
    assert _fault(_post(running, "/pingback", BOMB.encode(), **XML)) == 0
    assert _fault(_post(running, "/pingback", b"<a>" * 5_000, **XML)) == 0
    other = WORDPRESS.replace(b"pingback.ping", b"system.multicall")
    assert _fault(_post(running, "/pingback", other, **XML)) == -32601


def test_a_target_that_is_none_of_our_issues_is_fault_33_and_a_withdrawn_one_32(running: RunningBlog) -> None:
    assert _fault(_post(running, "/pingback", WORDPRESS, **XML)) == 33
    target = f"{running.origin}/issues/1".encode()
    running.write(lambda tx: issues.change(tx, running.issue_id("1"), {"state": "withdrawn"}))
    call = WORDPRESS.replace(b"https://links.example/issues/24", target)
    assert _fault(_post(running, "/pingback", call, **XML)) == 32
