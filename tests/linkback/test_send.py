"""What becomes of the links of our issues, and that the report is true to each (S106, S107, S111)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from bridge.linkback import xml_rpc
from bridge.store.database import Database
from tests.linkback.test_discover import CASES, play
from tests.support.inboxes import PAGE, publish_issue
from tests.support.linkback_desks import Desk, desk_on
from tests.support.local_servers import Peer


def _page(peer: Peer, path: str, *, body: str = "", **headers: str) -> str:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    peer.answers(path, f"<title>x</title>{body}", headers={"Content-Type": "text/html", **named})
    return f"{peer.origin}{path}"


def _takes(peer: Peer, path: str, *, status: int = 202) -> str:
    """A page whose endpoint answers so."""
    peer.answers(f"/wm{path}", status=status)
    return _page(peer, path, Link=f"</wm{path}>; rel=webmention")


def _pingable(peer: Peer, path: str, answer: bytes) -> str:
    peer.answers(f"/rpc{path}", answer, headers={"Content-Type": "text/xml"})
    return _page(peer, path, X_Pingback=f"{peer.origin}/rpc{path}")


async def _bodies(peer: Peer, path: str) -> list[bytes]:
    """Keep the bodies that are posted to a path."""
    got: list[bytes] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        got.append(await request.read())
        return web.Response(status=202)

    peer.scripts[path] = answer
    return got


async def test_an_issue_of_sixty_links_has_a_report_that_is_true_to_each(desk: Desk, blog: Peer, other: Peer) -> None:
    queued = xml_rpc.written_answer("queued")
    known = xml_rpc.written_fault(xml_rpc.Fault(xml_rpc.ALREADY_THERE, "known"))
    broken = xml_rpc.written_fault(xml_rpc.Fault(xml_rpc.GENERIC, "no"))
    accepted = [play(blog, number) for number in CASES]
    assert len(accepted) == 23
    accepted += [_takes(other, f"/a{number}", status=status) for number, status in enumerate((200, 201, 202, 204))]
    accepted += [_pingable(other, f"/p{number}", queued) for number in range(6)] + [_pingable(other, "/pk", known)]
    # A webmention endpoint that is gone for good, and a pingback one that works.
    other.answers("/dead", status=404)
    accepted += [_page(other, "/both", Link="</dead>; rel=webmention", X_Pingback=f"{other.origin}/rpc/p0")]
    shows = [
        _page(other, f"/s{n}", body=f'<a href="{PAGE}">Brief</a>', Link="</wm/a0>; rel=webmention") for n in range(4)
    ]
    other.answers("/wm/a0", status=200)
    none = [_page(other, f"/n{number}") for number in range(14)]
    failed = [
        _takes(other, "/f0", status=400),
        _takes(other, "/f1", status=503),
        _pingable(other, "/f2", broken),
        f"{other.origin}/is-not-there",
        "http://no.such.test/",
        _page(other, "/f3", Link="<http://169.254.169.254/x>; rel=webmention"),
        _page(other, "/f4", Link="<https://links.example/webmention>; rel=webmention"),
    ]
    everything = [*accepted, *shows, *none, *failed]
    assert len(everything) == 60
    await desk.publish(links=everything)
    await desk.send()
    desk.place.clock.turn(timedelta(minutes=1))
    await desk.send()
    report = await desk.report()
    assert report.sentence == "60 links: 35 accepted, 4 shown there, 14 take none, 7 failed"
    states = {row.target: row.state for row in report.rows}
    for state, targets in (("accepted", accepted), ("shown", shows), ("none", none), ("failed", failed)):
        assert {states[target] for target in targets} == {state}, state
    assert all(row.reason for row in report.rows)


async def test_a_webmention_names_the_page_and_the_link_as_it_stands(desk: Desk, blog: Peer) -> None:
    target = _page(blog, "/a?x=1&y=2", Link="</wm>; rel=webmention") + "#part"
    got = await _bodies(blog, "/wm")
    await desk.publish(links=[target])
    await desk.send()
    assert [parse_qs(body.decode()) for body in got] == [{"source": [PAGE], "target": [target]}]


async def test_a_pingback_is_the_xml_that_wordpress_reads(desk: Desk, blog: Peer) -> None:
    got = await _bodies(blog, "/rpc")
    target = _page(blog, "/a?x=1&y=2", X_Pingback=f"{blog.origin}/rpc")
    await desk.publish(links=[target])
    await desk.send()
    assert xml_rpc.read_call(got[0]) == xml_rpc.Call(source=PAGE, target=target)


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:1/x", "http://169.254.169.254/", "http://[::1]/", "https://links.example/webmention"],
)
async def test_s106_an_endpoint_at_a_private_address_or_our_own_is_not_told(
    database: Database, tmp_path: Path, endpoint: str
) -> None:
    async with desk_on(database, tmp_path, federation={"allow_private_addresses": False}) as desk:
        told = await desk.sender._webmention(endpoint, PAGE, "https://a.example/")
        assert told.state == "failed"
        assert told.reason.startswith("not sent: ")


async def test_s106_nothing_is_sent_to_private_addresses_or_ourselves(database: Database, tmp_path: Path) -> None:
    links = ["http://127.0.0.1:9/", "http://10.0.0.1/", "http://blog.test/", PAGE, "https://links.example/"]
    async with desk_on(database, tmp_path, federation={"allow_private_addresses": False}) as desk:
        await desk.publish(links=links)
        await desk.send()
        told = await desk.told()
        assert list(told) == links[:3]
        assert {row.state for row in told.values()} == {"failed"}
        assert {row.due_at for row in told.values()} == {None}


async def test_s107_an_endpoint_with_a_line_end_or_a_giant_header_is_harmless(desk: Desk, blog: Peer) -> None:
    first = _page(blog, "/1", body='<link rel="webmention" href="/wm&#13;&#10;X-Evil: 1">')
    second = _page(blog, "/2", Link="<a>; rel=b, " * 600 + "</wm>; rel=webmention")
    large = _page(blog, "/3", body="x" * 10_000_000, Link="</wm>; rel=webmention")
    got = await _bodies(blog, "/wm")
    await desk.publish(links=[first, second, large])
    await desk.send()
    states = {target: row.state for target, row in (await desk.told()).items()}
    assert states == {first: "none", second: "accepted", large: "accepted"}
    assert len(got) == 2


async def test_a_silent_server_is_tried_again_and_given_up_after_a_day(desk: Desk, blog: Peer) -> None:
    target = _takes(blog, "/a", status=503)
    await desk.publish(links=[target])
    for _ in range(12):
        await desk.send()
        desk.place.clock.turn(timedelta(hours=12))
    assert len([request for request in blog.asked if request.method == "POST"]) == 5
    row = (await desk.told())[target]
    assert (row.state, row.due_at, row.reason) == ("failed", None, "the endpoint answered 503")


async def test_a_changed_issue_is_told_again_and_a_link_that_was_taken_out_once_more(desk: Desk, blog: Peer) -> None:
    stays, goes, deaf = _takes(blog, "/stays"), _takes(blog, "/goes"), _page(blog, "/deaf")
    await desk.publish(links=[stays, goes, deaf])
    await desk.send()
    await desk.publish(links=[stays], digest="changed")
    await desk.send()
    posted = [request.path for request in blog.asked if request.method == "POST"]
    assert sorted(posted) == ["/wm/goes", "/wm/goes", "/wm/stays", "/wm/stays"]
    assert list(await desk.told()) == [stays]
    await desk.publish(links=[stays], digest="changed")
    await desk.send()
    assert len([request for request in blog.asked if request.method == "POST"]) == 4


async def test_an_issue_that_is_taken_back_is_told_to_all_who_took_it(desk: Desk, blog: Peer) -> None:
    target = _takes(blog, "/a")
    await desk.publish(links=[target])
    await desk.send()
    await desk.publish(state="deleted")
    await desk.send()
    assert [request.path for request in blog.asked if request.method == "POST"] == ["/wm/a", "/wm/a"]
    assert (await desk.report()).sentence == ""


async def test_linkbacks_false_in_the_file_or_the_configuration_sends_none(
    database: Database, tmp_path: Path, blog: Peer
) -> None:
    target = _takes(blog, "/a")
    async with desk_on(database, tmp_path) as desk:
        await desk.publish(links=[target], source={"linkbacks": False})
        await desk.send()
    (tmp_path / "second").mkdir()
    assert blog.asked == []


async def test_switched_off_for_all_none_is_sent(database: Database, tmp_path: Path, blog: Peer) -> None:
    async with desk_on(database, tmp_path, linkbacks={"send": False}) as desk:
        await desk.publish(links=[_takes(blog, "/a")])
        await desk.send()
    assert blog.asked == []


async def test_s111_two_sites_that_answer_each_other_end_after_some_rounds_a_day(desk: Desk, blog: Peer) -> None:
    target = _takes(blog, "/a")
    for number in range(30):
        await desk.publish(links=[target], digest=str(number))
        await desk.send()
    assert len([request for request in blog.asked if request.method == "POST"]) == 8
    desk.place.clock.turn(timedelta(days=1))
    await desk.send()
    assert len([request for request in blog.asked if request.method == "POST"]) == 9


async def test_s111_a_new_comment_sends_nothing(desk: Desk, blog: Peer) -> None:
    await desk.publish(links=[_takes(blog, "/a")])
    await desk.send()
    before = len(blog.asked)
    await desk.place.say("https://social.example/users/ada")
    await desk.links("1")
    await desk.send()
    assert len(blog.asked) == before


async def test_a_dead_host_does_not_hold_up_the_others(desk: Desk, blog: Peer) -> None:
    await desk.database.write(lambda tx: publish_issue(tx, slug="25"))
    await desk.publish(links=["http://127.0.0.1:9/dead", _takes(blog, "/a")])
    await desk.send()
    assert (await desk.report()).sentence == "2 links: 1 accepted, 0 shown there, 0 take none, 1 failed"
