"""What is taken at once, and what never is (S102, S103, S110)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bridge.conversation.linkback import source_key
from bridge.errors import TooMany
from bridge.linkback import xml_rpc
from bridge.linkback.receive import NotTaken
from bridge.store import blocks, issues
from bridge.store.linkbacks import Way
from bridge.web.linkback_pace import LinkbackPace
from tests.support.inboxes import NOTE, PAGE, publish_issue
from tests.support.linkback_desks import Desk
from tests.support.local_servers import Peer


@pytest.mark.parametrize(
    ("source", "target", "fault"),
    [
        ("ftp://blog.test/1", PAGE, xml_rpc.GENERIC),
        ("", PAGE, xml_rpc.GENERIC),
        ("https://user@blog.test/1", PAGE, xml_rpc.GENERIC),
        ("https://blog.test/\r\nHost: x", PAGE, xml_rpc.GENERIC),
        (PAGE, PAGE, xml_rpc.GENERIC),
        (f"{PAGE}#a", f"{PAGE}#b", xml_rpc.GENERIC),
        ("https://links.example/", PAGE, xml_rpc.GENERIC),
        ("https://blog.test/1", "mailto:ada@links.example", xml_rpc.NOT_PINGBACKABLE),
        ("https://blog.test/1", "https://user@links.example/issues/24", xml_rpc.NOT_PINGBACKABLE),
        ("https://blog.test/1", "https://elsewhere.example/issues/24", xml_rpc.NOT_PINGBACKABLE),
        ("https://blog.test/1", "https://links.example/", xml_rpc.NOT_PINGBACKABLE),
        ("https://blog.test/1", "https://links.example/issues/none", xml_rpc.NOT_PINGBACKABLE),
    ],
)
async def test_s103_what_can_be_no_linkback_is_refused_at_once(
    desk: Desk, source: str, target: str, fault: int
) -> None:
    with pytest.raises(NotTaken) as refused:
        await desk.take(source, target=target)
    assert (refused.value.status, refused.value.fault) == (400, fault)
    assert refused.value.public == str(refused.value)


async def test_s103_a_fragment_of_the_target_means_nothing(desk: Desk) -> None:
    assert await desk.take("https://blog.test/1", target=f"{PAGE}#c-1") == "new"
    assert (await desk.row("blog.test/1")).target == PAGE


async def test_an_issue_is_known_by_its_page_its_object_and_its_old_address(desk: Desk) -> None:
    await desk.database.write(lambda tx: issues.add_redirect(tx, 1, old="alt", issue_id=1, new="neu"))
    for number, target in enumerate((PAGE, f"{PAGE}/", f"{PAGE}?utm=1", NOTE, "https://links.example/issues/alt")):
        assert await desk.take(f"https://blog.test/{number}", target=target) == "new"


async def test_an_issue_that_was_taken_back_is_fault_32(desk: Desk) -> None:
    await desk.database.write(lambda tx: issues.change(tx, 1, {"state": "withdrawn"}))
    with pytest.raises(NotTaken) as refused:
        await desk.take("https://blog.test/1")
    assert refused.value.fault == xml_rpc.NO_SUCH_TARGET


async def test_s110_the_answer_is_the_same_whatever_stands_at_the_source(desk: Desk, blog: Peer) -> None:
    for source in (f"{blog.origin}/is-not-there", "http://127.0.0.1:1/", "http://10.0.0.1/", "http://no.such.name/"):
        assert await desk.take(source, way="pingback") == "new"
    assert blog.asked == []


async def test_a_page_is_known_by_the_way_it_came(desk: Desk) -> None:
    assert await desk.take("https://blog.test/1", way="webmention") == "new"
    assert await desk.take("https://blog.test/1", way="pingback") == "new"
    assert await desk.take("http://www.blog.test/1/", way="pingback") == "known"
    assert (await desk.row("blog.test/1")).ways == ["webmention", "pingback"]


async def test_s102_ten_thousand_pings_for_one_source_are_one_fetch_in_ten_minutes(desk: Desk, blog: Peer) -> None:
    """From many networks, by both ways, in ten minutes: some are taken, each at the cost of one small transaction and
    none of a fetch; the others are told to come later, at no cost."""
    blog.serves("/echo", f'<p><a href="{PAGE}">x</a>', media_type="text/html")
    source, place, pace = f"{blog.origin}/echo", desk.place, LinkbackPace(clock=lambda: desk.place.clock().timestamp())
    ways: tuple[Way, Way] = ("webmention", "pingback")
    taken = told_later = 0
    for number in range(10_000):
        place.clock.turn(timedelta(milliseconds=59))
        try:
            pace.pass_client(f"203.0.113.{number % 250}", place.config)
            pace.pass_source(source, place.config)
        except TooMany:
            told_later += 1
            continue
        await desk.take(source, way=ways[taken % 2])
        if taken % 50 == 0:
            await desk.look()
        taken += 1
    assert (taken, told_later) == (324, 9_676)
    assert blog.paths == ["/echo"]
    place.clock.turn(timedelta(minutes=10))
    await desk.look()
    await desk.look()
    assert blog.paths == ["/echo", "/echo"]
    assert [record.repeats for record in await place.record(source)] == [taken - 1]
    assert (len(await desk.shown()), (await desk.row(source_key(source))).ways) == (1, list(ways))


async def test_s102_pings_of_one_moment_for_a_new_source_are_one_row(desk: Desk, blog: Peer) -> None:
    blog.serves("/echo", f'<p><a href="{PAGE}">x</a>', media_type="text/html")
    source = f"{blog.origin}/echo"
    await asyncio.gather(*(desk.take(source) for _ in range(100)))
    await desk.look()
    assert blog.paths == ["/echo"]
    assert [record.repeats for record in await desk.place.record(source)] == [99]


async def test_s102_a_source_that_names_two_issues_is_fetched_once(desk: Desk, blog: Peer) -> None:
    await desk.database.write(lambda tx: publish_issue(tx, slug="25"))
    second = PAGE.replace("24", "25")
    blog.serves("/echo", f'<a href="{PAGE}">x</a> <a href="{second}">y</a>', media_type="text/html")
    await desk.take(f"{blog.origin}/echo")
    await desk.take(f"{blog.origin}/echo", target=second)
    await desk.look()
    assert len(await desk.shown()) == 1
    assert blog.paths == ["/echo"]


async def test_s102_one_server_may_have_so_many_pages_waiting_and_the_others_do_not_wait(desk: Desk) -> None:
    for number in range(100):
        await desk.take(f"https://blog.test/?{number}")
    with pytest.raises(TooMany) as refused:
        await desk.take("https://blog.test/?100")
    assert refused.value.retry_after is not None
    assert await desk.take("https://other.test/") == "new"


async def test_a_blocked_server_is_thanked_and_never_fetched(desk: Desk, blog: Peer) -> None:
    await desk.database.write(
        lambda tx: blocks.add(tx, 1, blog.authority.partition(":")[0], reason="", now=desk.place.clock())
    )
    assert await desk.take(f"{blog.origin}/echo") == "new"
    await desk.look()
    assert blog.asked == []
    assert (await desk.verdict(f"{blog.origin}/echo"))[0] == "blocked"
