"""Where a page takes linkbacks: the discovery cases of webmention.rocks, played by a server on this machine."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.linkback.discover import endpoints_of
from bridge.store.database import Database
from tests.support.engines import Engines, opened_database
from tests.support.linkback_desks import Desk
from tests.support.local_servers import Peer

#: number: (headers of the page, its HTML). HERE is the server's origin; the endpoint is always at /endpoint?NUMBER
#: unless it is said otherwise below.
CASES: dict[int, tuple[dict[str, str], str]] = {
    1: ({"Link": "</endpoint?1>; rel=webmention"}, ""),
    2: ({"Link": "<HERE/endpoint?2>; rel=webmention"}, ""),
    3: ({}, '<link rel="webmention" href="/endpoint?3">'),
    4: ({}, '<link rel="webmention" href="HERE/endpoint?4">'),
    5: ({}, '<p><a rel="webmention" href="/endpoint?5">here</a>'),
    6: ({}, '<p><a rel="webmention" href="HERE/endpoint?6">here</a>'),
    7: ({"LinK": "<HERE/endpoint?7>; rel=webmention"}, ""),
    8: ({"Link": '<HERE/endpoint?8>; rel="webmention"'}, ""),
    9: ({}, '<link rel="webmention somethingelse" href="HERE/endpoint?9">'),
    10: ({"Link": '<HERE/endpoint?10>; rel="webmention somethingelse"'}, ""),
    11: (
        {"Link": "</endpoint?11>; rel=webmention"},
        '<link rel="webmention" href="/wrong"><a rel="webmention" href="/wrong">x</a>',
    ),
    12: ({}, '<link rel="not-webmention" href="/wrong"><link rel="webmention" href="/endpoint?12">'),
    13: ({}, '<!-- <a rel="webmention" href="/wrong"> --><a rel="webmention" href="/endpoint?13">x</a>'),
    14: ({}, '<pre>&lt;a rel="webmention" href="/wrong"&gt;</pre><a rel="webmention" href="/endpoint?14">x</a>'),
    15: ({}, '<link rel="webmention" href="">'),
    16: ({}, '<a rel="webmention" href="/endpoint?16">x</a><link rel="webmention" href="/wrong">'),
    17: ({}, '<link rel="webmention" href="/endpoint?17"><a rel="webmention" href="/wrong">x</a>'),
    18: ({"Link": '</wrong>; rel="other"', "link": '</endpoint?18>; rel="webmention"'}, ""),
    19: ({"Link": '</wrong>; rel="other", </endpoint?19>; rel="webmention"'}, ""),
    20: ({}, '<link rel="webmention"><a rel="webmention" href="/endpoint?20">x</a>'),
    21: ({}, '<link rel="webmention" href="/endpoint?21&amp;a=b">'),
    22: ({}, '<link rel="webmention" href="deep/endpoint?22">'),
    23: ({}, '<link rel="webmention" href="endpoint?23">'),
}
ENDPOINTS = {15: "/pages/15", 21: "/endpoint?21&a=b", 22: "/pages/deep/endpoint?22", 23: "/moved/endpoint?23"}


def play(peer: Peer, number: int) -> str:
    """Let the server play one case; the address of its page."""
    headers, page = CASES[number]
    body = f"<!doctype html><title>{number}</title>{page}".replace("HERE", peer.origin)
    place = "/moved/23" if number == 23 else f"/pages/{number}"
    told = {name: value.replace("HERE", peer.origin) for name, value in headers.items()}
    peer.answers(place, body, headers={"Content-Type": "text/html", **told})
    if number == 23:
        peer.redirects("/pages/23", "/moved/23")
    if number != 15:
        peer.answers(ENDPOINTS.get(number, f"/endpoint?{number}"), status=202)
    return f"{peer.origin}/pages/{number}"


@pytest.fixture
async def database(engines: Engines, tmp_path: Path) -> AsyncIterator[Database]:
    """SQLite's only: discovery is about pages, and the report of all 23 cases is tested on both engines."""
    async with opened_database(await engines.new_url("sqlite", tmp_path), tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("number", CASES)
async def test_the_23_discovery_cases_lead_to_their_endpoint(desk: Desk, blog: Peer, number: int) -> None:
    target = play(blog, number)
    await desk.publish(links=[target])
    await desk.send()
    endpoint = ENDPOINTS.get(number, f"/endpoint?{number}")
    assert (await desk.told())[target].endpoint == f"{blog.origin}{endpoint}"
    posted = [request for request in blog.asked if request.method == "POST"]
    assert [request.raw_path for request in posted] == [endpoint]
    assert (await desk.report()).sentence == "1 link: 1 accepted, 0 shown there, 0 take none, 0 failed"


def _found(page: str, **headers: list[str]) -> tuple[str | None, str | None]:
    found = endpoints_of(
        url="https://a.example/x/y",
        link_headers=headers.get("link", []),
        pingback_headers=headers.get("pingback", []),
        page=page,
    )
    return found.webmention, found.pingback


@pytest.mark.parametrize(
    ("page", "headers", "expected"),
    [
        ('<link rel="pingback" href="https://a.example/rpc?a=1&amp;b=2">', {}, (None, "https://a.example/rpc?a=1&b=2")),
        ('<link rel="pingback" href="/page">', {"pingback": ["/header"]}, (None, "https://a.example/header")),
        ('<a rel="pingback" href="/rpc">x</a>', {}, (None, None)),
        ('<!-- <link rel="pingback" href="/rpc"> -->', {}, (None, None)),
        ('<link rel="pingback webmention" href="/both">', {}, ("https://a.example/both", "https://a.example/both")),
        ('<base href="/z/"><link rel="webmention" href="e">', {}, ("https://a.example/z/e", None)),
        (
            "<script>'<link rel=webmention href=/wrong>'</script><link rel=WebMention href=/e>",
            {},
            ("https://a.example/e", None),
        ),
        ("", {"link": ["<>; rel=webmention"]}, ("https://a.example/x/y", None)),
        ("", {"link": ['</e>; title="a; rel=webmention"; rel=other']}, (None, None)),
    ],
)
def test_headers_go_before_the_page_and_only_true_elements_count(page, headers, expected) -> None:
    assert _found(page, **headers) == expected


@pytest.mark.parametrize(
    "page",
    [
        "<" * 1_000_000,
        "<!--" * 250_000,
        "<a " * 330_000,
        '<a href="' * 110_000,
        "<a b='" * 160_000,
        "<template>" * 100_000,
        "<title>" * 140_000,
        '<link rel=webmention href="/e\r\nX: y">' * 20_000,
    ],
    ids=lambda page: page[:12],
)
def test_s107_ten_megabytes_of_nonsense_are_read_once_and_end(page: str) -> None:
    begun = time.process_time()
    assert _found(page * 10, link=["<x>; rel=x, " * 6_000]) == (None, None)
    assert time.process_time() - begun < 20
