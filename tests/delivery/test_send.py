"""One activity, one inbox: what is knocked with, what is followed, what is never asked."""

from __future__ import annotations

import pytest
from aiohttp import web

from bridge.delivery.letter import Letter
from bridge.delivery.outcome import Delivered, Gone, Moved, Refused, TryLater
from bridge.delivery.send import BARE, CAVAGE, RFC9421, Sender, Sent
from bridge.terms import InboxUrl
from tests.support.local_servers import Peer, rude_server

from .conftest import OURS

LETTER = Letter(b'{"type": "Create"}')


async def _send(sender: Sender, inbox: str, *, remembered: str | None = None, was_failing: bool = False) -> Sent:
    return await sender.send(InboxUrl(inbox), LETTER, remembered=remembered, was_failing=was_failing, asks=lambda: None)


def _takes_only(peer: Peer, path: str, scheme: str) -> None:
    """An inbox that lets in one signature scheme."""

    async def answer(request: web.BaseRequest) -> web.Response:
        is_new = "Signature-Input" in request.headers
        return web.Response(status=202 if is_new == (scheme == RFC9421) else 401)

    peer.scripts[path] = answer


async def test_cavage_is_knocked_with_first(sender: Sender, peer: Peer) -> None:
    peer.answers("/inbox", status=202)

    assert await _send(sender, f"{peer.origin}/inbox") == Sent(outcome=Delivered(202), scheme=CAVAGE)
    (request,) = peer.asked
    assert request.headers["Content-Type"] == "application/activity+json"
    assert request.headers["Digest"] == LETTER.digest


async def test_a_refused_signature_is_followed_by_the_other_scheme(sender: Sender, peer: Peer) -> None:
    _takes_only(peer, "/inbox", RFC9421)

    assert await _send(sender, f"{peer.origin}/inbox") == Sent(outcome=Delivered(202), scheme=RFC9421)
    assert len(peer.asked) == 2


async def test_what_opened_last_is_knocked_with_first(sender: Sender, peer: Peer) -> None:
    _takes_only(peer, "/inbox", RFC9421)

    await _send(sender, f"{peer.origin}/inbox", remembered=RFC9421)

    assert len(peer.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 500])
async def test_what_opened_last_and_is_not_understood_any_more_is_followed_by_what_all_speak(
    sender: Sender, peer: Peer, status: int
) -> None:
    """A server may move to other software."""

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=status if "Signature-Input" in request.headers else 202)

    peer.scripts["/inbox"] = answer

    assert await _send(sender, f"{peer.origin}/inbox", remembered=RFC9421) == Sent(
        outcome=Delivered(202), scheme=CAVAGE
    )


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("remembered", [None, CAVAGE])
async def test_what_is_said_to_the_scheme_that_all_speak_is_meant(
    sender: Sender, peer: Peer, status: int, remembered: str | None
) -> None:
    peer.answers("/inbox", status=status)

    await _send(sender, f"{peer.origin}/inbox", remembered=remembered)

    assert len(peer.asked) == 1


async def test_who_refuses_every_scheme_refuses(sender: Sender, peer: Peer) -> None:
    peer.answers("/inbox", "no such key", status=401)

    sent = await _send(sender, f"{peer.origin}/inbox")

    assert sent == Sent(outcome=Refused(401, "it answered 401: no such key"), scheme=None)
    assert len(peer.asked) == 2


async def test_an_address_with_a_query_is_knocked_at_without_it_too(sender: Sender, peer: Peer) -> None:
    counted: list[int] = []

    async def answer(_request: web.BaseRequest) -> web.Response:
        counted.append(1)
        return web.Response(status=202 if len(counted) == 3 else 401)

    peer.scripts["/inbox?for=anna"] = answer

    assert (await _send(sender, f"{peer.origin}/inbox?for=anna")).scheme == BARE


async def test_a_post_is_sent_on_within_the_same_origin_only_for_307_and_308(sender: Sender, peer: Peer) -> None:
    """S130: signed anew for its target."""
    peer.redirects("/old", "/new", status=308)
    peer.answers("/new", status=202)

    assert (await _send(sender, f"{peer.origin}/old")).outcome == Delivered(202)
    first, second = peer.asked
    assert first.headers["Signature"] != second.headers["Signature"]


@pytest.mark.parametrize("status", [301, 302, 303, 307])
async def test_a_redirect_elsewhere_is_not_followed(sender: Sender, peer: Peer, status: int) -> None:
    """S130: the actor is asked for its inbox instead."""
    peer.redirects("/inbox", "http://127.0.0.9:9/inbox", status=status)

    sent = await _send(sender, f"{peer.origin}/inbox")

    assert isinstance(sent.outcome, Moved)
    assert peer.paths == ["/inbox"]


async def test_s100_what_steers_a_terminal_is_left_out_of_the_reason(sender: Sender, peer: Peer) -> None:
    peer.answers("/inbox", "no\x1b[2J\x07 \u202ethanks\n\tto\u00a0you", status=400)

    sent = await _send(sender, f"{peer.origin}/inbox")

    assert sent.outcome == Refused(400, "it answered 400: no[2J thanks to you")


async def test_an_endless_answer_is_read_to_its_cap(sender: Sender, peer: Peer) -> None:
    """S128."""

    async def endless(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(status=202)
        await response.prepare(request)
        for _ in range(4096):
            await response.write(b"x" * 65536)
        return response

    peer.scripts["/inbox"] = endless

    assert (await _send(sender, f"{peer.origin}/inbox")).outcome == Delivered(202)


async def test_our_own_server_is_never_posted_to(sender: Sender) -> None:
    """S132."""
    sent = await _send(sender, f"http://{OURS}/inbox")

    assert sent.outcome == Refused(None, "the inbox is on our own server")


async def test_a_server_that_hangs_up_is_tried_later(sender: Sender) -> None:
    async def hang_up(_reader: object, _writer: object) -> None:
        return None

    async with rude_server(hang_up) as origin:
        sent = await _send(sender, f"{origin}/inbox")

    assert isinstance(sent.outcome, TryLater)


async def test_an_answer_that_is_no_http_is_tried_later(sender: Sender) -> None:
    async def babble(_reader: object, writer) -> None:
        writer.write(b"\x00\xff no such thing\r\n\r\n")
        await writer.drain()

    async with rude_server(babble) as origin:
        sent = await _send(sender, f"{origin}/inbox")

    assert isinstance(sent.outcome, TryLater)


async def test_a_parked_domain_is_no_sign_of_life(sender: Sender, peer: Peer) -> None:
    """S131: from a server that failed before, a web page is not a 2xx."""
    peer.answers("/inbox", "<h1>For sale</h1>", headers={"Content-Type": "text/html"})

    assert isinstance((await _send(sender, f"{peer.origin}/inbox", was_failing=True)).outcome, TryLater)
    assert isinstance((await _send(sender, f"{peer.origin}/inbox")).outcome, Delivered)


@pytest.mark.parametrize("status", [404, 410])
async def test_gone_is_for_the_actor_to_confirm(sender: Sender, peer: Peer, status: int) -> None:
    peer.answers("/inbox", status=status)

    assert isinstance((await _send(sender, f"{peer.origin}/inbox")).outcome, Gone)
