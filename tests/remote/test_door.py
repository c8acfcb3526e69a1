"""One request through the real client against real, and rude, servers (S46 to S50, S58, S59, S63, S128)."""

from __future__ import annotations

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bridge import __version__
from bridge.errors import FetchFailed, FetchRefused, FetchUnusable
from bridge.remote.door import Door
from bridge.remote.guard import AddressRefused
from tests.support.local_servers import Authority, Names, Peer, rude_server, serving

CAP = 10_000
SHORT = timedelta(seconds=0.4)


@pytest.fixture
async def strict_door() -> AsyncIterator[Door]:
    """The door as it is on the Internet, with names of our choice."""
    names = Names({"evil.example": ["127.0.0.1"], "mixed.example": ["8.8.8.8", "127.0.0.1"], "v6.example": ["::1"]})
    async with Door(origin="https://links.example", resolver=names) as opened:
        yield opened


async def test_an_answer_comes_with_status_headers_and_body(door: Door, peer: Peer) -> None:
    peer.answers("/x", "Guten Tag", status=418, headers={"X-Tea": "green"})
    answer = await door.request("GET", f"{peer.origin}/x#part", cap_bytes=CAP)
    assert (answer.status, answer.headers["x-tea"], answer.body) == (418, "green", b"Guten Tag")
    assert answer.url == f"{peer.origin}/x"


async def test_requests_say_who_we_are_and_send_no_cookie_back(door: Door, peer: Peer) -> None:
    peer.answers("/x", headers={"Set-Cookie": "a=b"})
    await door.request("GET", f"{peer.origin}/x", cap_bytes=CAP)
    await door.request("GET", f"{peer.origin}/x", cap_bytes=CAP)
    assert peer.asked[1].headers["User-Agent"] == f"Rundbrief/{__version__} (+https://links.example)"
    assert peer.asked[1].headers["Accept-Encoding"] == "gzip"
    assert "Cookie" not in peer.asked[1].headers


async def test_the_target_goes_out_byte_for_byte(door: Door, peer: Peer) -> None:
    """A client that turns `%40` into `@` breaks the signature it carries."""
    await door.request("GET", f"{peer.origin}/%40a//b/../c%2Fd;e?x=%41+%20&y[]=1", cap_bytes=CAP)
    assert peer.paths == ["/%40a//b/../c%2Fd;e?x=%41+%20&y[]=1"]


async def test_a_body_and_its_headers_are_posted(door: Door, peer: Peer) -> None:
    bodies = []

    async def inbox(request: web.BaseRequest) -> web.Response:
        bodies.append(await request.read())
        return web.Response(status=202)

    peer.scripts["/inbox"] = inbox
    headers = {
        "Content-Type": "application/activity+json",
        "Date": "Mon, 05 Aug 2024 07:00:00 GMT",
        "Host": peer.authority,
    }
    answer = await door.request("POST", f"{peer.origin}/inbox", headers=headers, body=b"{}", cap_bytes=CAP)
    assert answer.status == 202
    assert bodies == [b"{}"]
    assert peer.asked[0].headers["Content-Type"] == "application/activity+json"
    assert peer.asked[0].headers.getall("Host") == [peer.authority]


async def test_redirects_are_left_to_the_caller(door: Door, peer: Peer) -> None:
    peer.redirects("/x", "/y")
    answer = await door.request("GET", f"{peer.origin}/x", cap_bytes=CAP)
    assert (answer.status, peer.paths) == (302, ["/x"])


async def test_a_connection_is_used_again(door: Door, peer: Peer) -> None:
    for _ in range(3):
        await door.request("GET", f"{peer.origin}/x", cap_bytes=CAP)
    assert len({id(request.transport) for request in peer.asked}) == 1


async def test_not_every_host_keeps_an_idle_connection(monkeypatch: pytest.MonkeyPatch, door: Door) -> None:
    monkeypatch.setattr("bridge.remote.door._KEEPALIVE_HOSTS", 1)
    async with serving() as first, serving() as second:
        await door.request("GET", f"{first.origin}/", cap_bytes=CAP)
        await door.request("GET", f"{second.origin}/", cap_bytes=CAP)
        assert first.asked[0].headers.get("Connection") is None
        assert second.asked[0].headers["Connection"] == "close"


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, peer: Peer) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.9:1")
    async with Door(origin="https://links.example", allow_private=True) as door:
        assert (await door.request("GET", f"{peer.origin}/x", cap_bytes=CAP)).status == 404


# --- where we do not go ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["evil.example", "mixed.example", "v6.example"])
async def test_s46_s50_a_name_that_leads_to_this_machine_is_not_connected_to(strict_door: Door, name: str) -> None:
    with pytest.raises(AddressRefused, match="not a public address"):
        await strict_door.request("GET", f"https://{name}/", cap_bytes=CAP)


async def test_s46_nothing_reaches_a_server_on_this_machine(strict_door: Door, peer: Peer) -> None:
    port = peer.authority.partition(":")[2]
    for url in (
        peer.origin,
        f"https://127.0.0.1:{port}",
        f"https://evil.example:{port}",
        f"http://evil.example:{port}",
    ):
        with pytest.raises(FetchRefused):
            await strict_door.request("GET", url, cap_bytes=CAP)
    assert peer.asked == []


async def test_s49_a_name_that_changes_between_look_and_leap_gains_nothing(peer: Peer) -> None:
    """The address that is judged is the address that is connected to: the name is looked up once."""
    names = Names({"turns.example": ["127.0.0.1"]})
    async with Door(origin="https://links.example", allow_private=True, resolver=names) as door:
        port = peer.authority.partition(":")[2]
        await door.request("GET", f"http://turns.example:{port}/x", cap_bytes=CAP)
    assert names.asked == ["turns.example"]
    assert peer.asked[0].host == f"turns.example:{port}"


async def test_s49_the_socket_is_judged_even_when_the_resolver_was_not(
    monkeypatch: pytest.MonkeyPatch, peer: Peer
) -> None:
    """A resolver that is fooled is not enough: the last look is at the address itself."""
    monkeypatch.setattr("bridge.remote.door.GuardedResolver", lambda resolver, allow_private: resolver)
    names = Names({"fooled.example": ["127.0.0.1"]})
    async with Door(origin="https://links.example", resolver=names) as door:
        with pytest.raises(AddressRefused):
            await door.request("GET", "https://fooled.example/", cap_bytes=CAP)
    assert peer.asked == []


async def test_s46_names_of_the_system_are_judged_too() -> None:
    async with Door(origin="https://links.example") as door:
        with pytest.raises(AddressRefused):
            await door.request("GET", "https://localhost/", cap_bytes=CAP)


# --- servers that are slow, endless or lie ------------------------------------------------------------------------


async def test_s58_one_byte_a_moment_ends_at_the_deadline(door: Door) -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with rude_server(drip) as origin:
        started = asyncio.get_running_loop().time()
        with pytest.raises(FetchFailed, match="no whole answer within 0.4 s"):
            await door.request("GET", origin, cap_bytes=CAP, deadline=SHORT)
        assert asyncio.get_running_loop().time() - started < 2


async def test_s58_headers_that_never_end_do_so_at_the_deadline(door: Door) -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with rude_server(drip) as origin:
        with pytest.raises(FetchFailed):
            await door.request("GET", origin, cap_bytes=CAP, deadline=SHORT)


async def test_s58_silence_ends_at_the_deadline(door: Door) -> None:
    async def nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with rude_server(nothing) as origin:
        with pytest.raises(FetchFailed, match="no whole answer"):
            await door.request("GET", origin, cap_bytes=CAP, deadline=SHORT)


async def test_s58_interim_answers_without_end_stop_at_the_deadline(door: Door) -> None:
    async def go_on(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with rude_server(go_on) as origin:
        with pytest.raises(FetchFailed):
            await door.request("GET", origin, cap_bytes=CAP, deadline=SHORT)


async def test_s59_a_body_over_the_cap_is_not_read_to_its_end(door: Door) -> None:
    sent = 0

    async def endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
            sent += 1024
            await writer.drain()

    async with rude_server(endless) as origin:
        with pytest.raises(FetchUnusable, match="over 10000 bytes"):
            await door.request("GET", origin, cap_bytes=CAP)
    assert sent < 50_000_000


async def test_s59_a_length_over_the_cap_is_refused_before_it_is_read(door: Door, peer: Peer) -> None:
    peer.answers("/x", b"x" * 20_000)
    with pytest.raises(FetchUnusable, match="over 10000 bytes"):
        await door.request("GET", f"{peer.origin}/x", cap_bytes=CAP)


async def test_a_body_of_exactly_the_cap_is_whole(door: Door, peer: Peer) -> None:
    peer.answers("/plain", b"x" * CAP)
    peer.answers("/packed", gzip.compress(b"x" * CAP), headers={"Content-Encoding": "gzip"})
    for path in ("/plain", "/packed"):
        assert (await door.request("GET", peer.origin + path, cap_bytes=CAP)).body == b"x" * CAP


async def test_s128_an_answer_that_does_not_matter_is_cut_at_the_cap(door: Door, peer: Peer) -> None:
    peer.answers("/x", b"x" * 1_000_000, status=202)
    peer.answers("/packed", gzip.compress(b"x" * 1_000_000), status=202, headers={"Content-Encoding": "gzip"})
    for path in ("/x", "/packed"):
        answer = await door.request("POST", peer.origin + path, body=b"{}", cap_bytes=CAP, cut=True)
        assert (answer.status, answer.body) == (202, b"x" * CAP)


async def test_s59_a_gzip_bomb_is_counted_as_it_unfolds(door: Door, peer: Peer) -> None:
    """20 MB in 20 kB, under any cap on what comes over the wire."""
    bomb = gzip.compress(b"\0" * 20_000_000)
    assert len(bomb) < 25_000
    peer.answers("/x", bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchUnusable, match="over 500000 bytes"):
        await door.request("GET", f"{peer.origin}/x", cap_bytes=500_000)


async def test_s59_an_endless_gzip_stream_that_unfolds_to_nothing_is_stopped(door: Door) -> None:
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    head = packer.compress(b"{") + packer.flush(zlib.Z_SYNC_FLUSH)

    async def endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + head)
        while True:
            writer.write(b"\x00\x00\x00\xff\xff" * 1000)  # an empty stored block
            await writer.drain()

    async with rude_server(endless) as origin:
        with pytest.raises(FetchUnusable, match="over 10000 bytes"):
            await door.request("GET", origin, cap_bytes=CAP)


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "gzip, gzip", "x" * 500])
async def test_s59_codings_that_were_not_offered_are_refused(door: Door, peer: Peer, coding: str) -> None:
    peer.answers("/x", b"\x00", headers={"Content-Encoding": coding})
    with pytest.raises(FetchUnusable, match="packed in a way"):
        await door.request("GET", f"{peer.origin}/x", cap_bytes=CAP)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"no gzip at all", FetchUnusable),
        (gzip.compress(b"{}")[:-4], FetchFailed),
        (gzip.compress(b"{}") + gzip.compress(b"{}"), FetchUnusable),
    ],
    ids=["not packed", "broken off", "two streams"],  # the bytes hold the time
)
async def test_s59_broken_gzip_is_no_answer(door: Door, peer: Peer, body: bytes, fault: type[Exception]) -> None:
    peer.answers("/x", body, headers={"Content-Encoding": "gzip"})
    with pytest.raises(fault):
        await door.request("GET", f"{peer.origin}/x", cap_bytes=CAP)


async def test_s59_a_body_shorter_than_announced_is_no_answer(door: Door) -> None:
    async def lie(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")
        await writer.drain()

    async with rude_server(lie) as origin:
        with pytest.raises(FetchFailed, match="broke off"):
            await door.request("GET", origin, cap_bytes=CAP)


async def test_s59_a_body_longer_than_announced_does_not_spill_into_the_next_answer(door: Door) -> None:
    async def lie(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        await writer.drain()

    async with rude_server(lie) as origin:
        for _ in range(3):
            assert (await door.request("GET", origin, cap_bytes=CAP)).body == b"{}"


@pytest.mark.parametrize(
    "head",
    [
        b"HELLO\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(5000)) + b"\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"",
    ],
)
async def test_s63_what_is_not_http_is_a_failure(door: Door, head: bytes) -> None:
    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await writer.drain()

    async with rude_server(babble) as origin:
        with pytest.raises(FetchFailed):
            await door.request("GET", origin, cap_bytes=CAP, deadline=timedelta(seconds=3))


async def test_a_refused_connection_is_said_to_be_one(door: Door) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(FetchFailed, match=r"no connection: (?!\[)"):
            await door.request("GET", f"http://127.0.0.1:{port}/", cap_bytes=CAP)


async def test_a_name_that_does_not_exist_is_said_not_to(strict_door: Door) -> None:
    with pytest.raises(FetchFailed, match=r"the name does not resolve: (?!\[)"):
        await strict_door.request("GET", "https://nowhere.example/", cap_bytes=CAP)


async def test_a_request_that_is_cancelled_stays_cancelled(door: Door) -> None:
    async def nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with rude_server(nothing) as origin:
        task = asyncio.create_task(door.request("GET", origin, cap_bytes=CAP))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


# --- TLS ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


async def ask_over_tls(
    authority: Authority, certificate_name: str, *, ends: timedelta = timedelta(days=1), ca_file: Path | None
) -> int:
    names = Names({"good.example": ["127.0.0.1"]})
    context = authority.server_context(certificate_name, ends=ends)
    async with (
        serving(name="good.example", tls=context) as peer,
        Door(origin="https://links.example", allow_private=True, ca_file=ca_file, resolver=names) as door,
    ):
        return (await door.request("GET", f"{peer.origin}/x", cap_bytes=CAP)).status


async def test_a_valid_certificate_of_a_trusted_authority_is_taken(authority: Authority) -> None:
    assert await ask_over_tls(authority, "good.example", ca_file=authority.ca_file) == 404


async def test_s63_an_authority_nobody_knows_is_not_trusted(authority: Authority) -> None:
    with pytest.raises(FetchFailed, match="certificate is not valid"):
        await ask_over_tls(authority, "good.example", ca_file=None)


async def test_s63_a_certificate_for_another_name_is_not_taken(authority: Authority) -> None:
    with pytest.raises(FetchFailed, match="certificate is not valid.*good.example"):
        await ask_over_tls(authority, "evil.example", ca_file=authority.ca_file)


async def test_s63_an_expired_certificate_is_not_taken(authority: Authority) -> None:
    with pytest.raises(FetchFailed, match="certificate is not valid.*expired"):
        await ask_over_tls(authority, "good.example", ends=timedelta(days=-1), ca_file=authority.ca_file)


async def test_s63_there_is_no_way_back_to_plain_http(door: Door, peer: Peer) -> None:
    """A server that speaks no TLS is not asked again without."""
    with pytest.raises(FetchFailed, match="no TLS connection"):
        await door.request("GET", peer.origin.replace("http", "https", 1), cap_bytes=CAP)
    assert peer.asked == []
