"""What a look at a page finds, and what it costs (S101, S104, S105)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bridge.store.database import Database
from tests.support.inboxes import PAGE, publish_issue
from tests.support.linkback_desks import Desk, desk_on
from tests.support.local_servers import Peer

LINK = f'<a href="{PAGE}">hier</a>'


def _page(peer: Peer, body: str, path: str = "/echo") -> str:
    peer.serves(path, body, media_type="text/html; charset=utf-8")
    return f"{peer.origin}{path}"


@pytest.mark.parametrize(
    "body",
    [
        f"<!-- {LINK} -->",
        f"<!-- > {LINK} -- > -->",
        f"<template>{LINK}</template>",
        f"<template><template></template>{LINK}</template>",
        f"<script>let x = '{LINK}'</script>",
        f"<textarea>{LINK}</textarea>",
        f"<title>{LINK}</title>",
        f"&lt;a href=&quot;{PAGE}&quot;&gt;hier",
        f"<p>{PAGE}</p>",
        f'<a href="{PAGE}0">hier</a>',
        f'<a href="{PAGE}/more">hier</a>',
        f'<a href="{PAGE}?x=1">hier</a>',
        f'<link rel="canonical" href="https://links.example/"><a title="{PAGE}">hier</a>',
        f'<link rel="canonical" href="{PAGE}"><p>Abgeschrieben.</p>',
        f'<link rel="alternate" href="{PAGE}"><link rel=shortlink href={PAGE}><link rel="prev next" href="{PAGE}">',
    ],
)
async def test_s104_what_only_looks_like_the_link_is_none(desk: Desk, blog: Peer, body: str) -> None:
    source = _page(blog, body)
    await desk.take(source)
    await desk.look()
    assert await desk.place.entries() == []
    verdict, reason = await desk.verdict(source)
    assert (verdict, reason) == ("ignored", f"{source} does not hold the link {PAGE}")


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (LINK, "text/html"),
        (f"<a\nHREF='{PAGE}#c-2'>hier</a>", "text/html"),
        (f"<img src={PAGE}>", "application/xhtml+xml"),
        (f'<div class="h-entry"><link class="u-in-reply-to" href="{PAGE}">Ja.</div>', "text/html"),
        (f'<blockquote cite="{PAGE}">Ja.</blockquote>', "text/html"),
        (f'{{"a": [{{"target": "{PAGE}"}}]}}', "application/json"),
        (f"Siehe {PAGE}.", "text/plain"),
    ],
)
async def test_the_very_link_in_html_json_or_text_is_one(desk: Desk, blog: Peer, body: str, media_type: str) -> None:
    blog.serves("/echo", body, media_type=media_type)
    await desk.take(f"{blog.origin}/echo")
    await desk.look()
    assert [entry.kind for entry in await desk.shown()] == ["webmention"]


async def test_s104_the_beginning_of_a_longer_address_in_a_text_is_none(desk: Desk, blog: Peer) -> None:
    blog.serves("/echo", f"Siehe {PAGE}5 und {PAGE}/x", media_type="text/plain")
    await desk.take(f"{blog.origin}/echo")
    await desk.look()
    assert await desk.shown() == []


async def test_s101_only_the_source_is_fetched_whatever_it_names(desk: Desk, blog: Peer, other: Peer) -> None:
    body = f"""<link rel="author" href="{other.origin}/me"><base href="{other.origin}/">
        <article class="h-entry"><a class="p-author h-card" href="{other.origin}/ada">
        <img src="{other.origin}/a.png"></a>
        <a class="u-in-reply-to" href="{PAGE}">Re</a><img src="/b.png"></article>"""
    await desk.take(_page(blog, body))
    await desk.look()
    assert len(await desk.shown()) == 1
    assert blog.paths == ["/echo"]
    assert other.asked == []


@pytest.mark.parametrize(
    "source",
    [
        "http://127.0.0.1:9/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://blog.test/",
        "https://10.0.0.1/",
    ],
)
async def test_s101_a_source_at_a_private_address_is_never_asked(
    database: Database, tmp_path: Path, source: str
) -> None:
    async with desk_on(database, tmp_path, federation={"allow_private_addresses": False}) as desk:
        await desk.take(source)
        await desk.look()
        verdict, reason = await desk.verdict(source)
        assert verdict == "ignored"
        assert "not a public address" in reason or "is not at a public address" in reason or "names a port" in reason


async def test_a_source_of_a_gigabyte_ends_at_the_cap(desk: Desk, blog: Peer) -> None:
    sent = 0

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        while sent < 1024**3:
            await response.write(b"x" * 65536)
            sent += 65536
        return response

    blog.scripts["/huge"] = answer
    await desk.take(f"{blog.origin}/huge")
    await desk.look()
    assert (await desk.verdict(f"{blog.origin}/huge"))[0] == "ignored"
    assert sent < 32 * 1024**2


async def test_a_source_of_a_hundred_redirects_costs_six_requests(desk: Desk, blog: Peer) -> None:
    for number in range(100):
        blog.redirects(f"/{number}", f"/{number + 1}")
    await desk.take(f"{blog.origin}/0")
    await desk.look()
    assert len(blog.asked) == 6
    assert (await desk.verdict(f"{blog.origin}/0"))[0] == "ignored"


@pytest.mark.parametrize("status", [404, 410, 403])
async def test_s105_a_page_that_is_gone_or_closed_takes_its_entry_along(desk: Desk, blog: Peer, status: int) -> None:
    source = _page(blog, LINK)
    await desk.take(source)
    await desk.look()
    assert len(await desk.shown()) == 1
    blog.answers("/echo", status=status)
    desk.place.clock.turn(timedelta(days=1))
    await desk.look()
    assert await desk.place.entries() == []
    assert (await desk.verdict(source))[0] == "deleted"


async def test_s105_a_page_that_fails_for_now_keeps_its_entry(desk: Desk, blog: Peer) -> None:
    source = _page(blog, LINK)
    await desk.take(source)
    await desk.look()
    blog.answers("/echo", status=503)
    for days in (1, 2, 3):
        desk.place.clock.turn(timedelta(days=days))
        await desk.look()
        assert len(await desk.shown()) == 1
    assert len(blog.asked) == 4
    _page(blog, "Nichts mehr.")
    desk.place.clock.turn(timedelta(days=2))
    await desk.look()
    assert await desk.shown() == []


async def test_a_page_is_looked_at_again_after_one_seven_and_thirty_days(desk: Desk, blog: Peer) -> None:
    await desk.take(_page(blog, LINK))
    begun = desk.place.clock()
    looked: list[float] = []
    for _ in range(50):
        before = len(blog.asked)
        await desk.look()
        if len(blog.asked) > before:
            looked.append((desk.place.clock() - begun) / timedelta(days=1))
        desk.place.clock.turn(timedelta(days=1))
    assert looked == [0, 1, 7, 30]


async def test_a_source_that_is_down_at_first_gets_more_tries_and_then_is_refused(desk: Desk, blog: Peer) -> None:
    blog.answers("/echo", status=500)
    await desk.take(f"{blog.origin}/echo")
    for _ in range(10):
        await desk.look()
        desk.place.clock.turn(timedelta(days=1))
    assert len(blog.asked) == 5
    assert (await desk.row(f"{blog.authority}/echo")).state == "refused"


async def test_a_flood_of_one_host_holds_up_nobody_else(desk: Desk, blog: Peer, other: Peer) -> None:
    for number in range(40):
        await desk.take(_page(blog, LINK, f"/{number}"))
    await desk.take(_page(other, LINK))
    order: list[str] = []
    for peer in (blog, other):
        for path, script in list(peer.scripts.items()):

            async def answer(request, name=peer.origin, inner=script):
                order.append(name)
                return await inner(request)

            peer.scripts[path] = answer
    await desk.look()
    assert len(order) == 41
    assert order.index(other.origin) < 3


async def test_s102_a_page_that_names_many_issues_is_read_by_one_process(
    desk: Desk, blog: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hostile page keeps it busy for ten seconds; one for each issue would keep it busy for an hour."""
    begun: list[object] = []
    begin = asyncio.create_subprocess_exec

    async def counted(*command: str, **how: Any) -> asyncio.subprocess.Process:
        begun.append(command)
        return await begin(*command, **how)

    monkeypatch.setattr("bridge.linkback.microformats.asyncio.create_subprocess_exec", counted)
    targets = [PAGE, *(PAGE.replace("24", str(number)) for number in (25, 26))]
    for number in (25, 26):
        await desk.database.write(lambda tx, slug=str(number): publish_issue(tx, slug=slug))  # type: ignore[misc]
    links = "".join(f'<a class="u-in-reply-to" href="{target}">x</a>' for target in targets)
    blog.serves("/echo", f'<p class="h-entry">{links}<b class="p-name">Ein Echo</b></p>', media_type="text/html")
    for target in targets:
        await desk.take(f"{blog.origin}/echo", target=target)
    await desk.look()
    assert len(begun) == 1
    assert blog.paths == ["/echo"]
    assert len(await desk.shown()) == 1
