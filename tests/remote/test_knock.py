"""The double knock: which signature a server takes, and how we remember it (protocol sheet 2.3)."""

from __future__ import annotations

import pytest
from aiohttp import web

from bridge.errors import FetchUnusable
from bridge.remote.budget import Budget
from bridge.remote.documents import Documents
from bridge.remote.door import Door
from bridge.remote.hops import Hops
from bridge.remote.knock import Knock, Scheme
from bridge.terms import Server
from tests.support.local_servers import Peer
from tests.support.signed_fetches import OWN, note


class Memory:
    """What is remembered of servers, as `app` keeps it in a table."""

    def __init__(self) -> None:
        self.of: dict[str, str | None] = {}

    def remember(self, server: Server, scheme: str | None) -> None:
        self.of[server] = scheme


def knocking(memory: Memory) -> Knock:
    def scheme(name: str) -> Scheme:
        return Scheme(
            name=name, sign=lambda _method, url: None if name == "bare" and url.query is None else {"X-Scheme": name}
        )

    return Knock(
        schemes=[scheme(name) for name in ("cavage", "bare", "rfc9421")],
        remembered=memory.of.get,
        remember=memory.remember,
    )


def takes_only(peer: Peer, path: str, wanted: str, document: str) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        if request.headers["X-Scheme"] != wanted:
            return web.Response(status=401)
        return web.Response(text=document, content_type="application/activity+json")

    peer.scripts[path] = answer


async def test_a_refused_signature_is_followed_by_the_next_scheme_and_the_answer_is_remembered(
    door: Door, peer: Peer
) -> None:
    memory = Memory()
    documents = Documents(Hops(door, own_servers={OWN}), knock=knocking(memory))
    takes_only(peer, "/note", "rfc9421", note(f"{peer.origin}/note"))
    await documents.fetch_document(f"{peer.origin}/note", budget=Budget())
    assert [request.headers["X-Scheme"] for request in peer.asked] == ["cavage", "rfc9421"]
    assert memory.of == {peer.authority: "rfc9421"}
    await documents.fetch_document(f"{peer.origin}/note", budget=Budget())
    assert [request.headers["X-Scheme"] for request in peer.asked[2:]] == ["rfc9421"]


async def test_the_query_is_left_out_of_a_second_try(door: Door, peer: Peer) -> None:
    documents = Documents(Hops(door, own_servers={OWN}), knock=knocking(Memory()))
    takes_only(peer, "/note", "bare", note(f"{peer.origin}/note?page=1"))
    await documents.fetch_document(f"{peer.origin}/note?page=1", budget=Budget())
    assert [request.headers["X-Scheme"] for request in peer.asked] == ["cavage", "bare"]


async def test_a_remembered_scheme_that_no_longer_works_is_unlearned(door: Door, peer: Peer) -> None:
    memory = Memory()
    memory.of[peer.authority] = "rfc9421"
    documents = Documents(Hops(door, own_servers={OWN}), knock=knocking(memory))
    takes_only(peer, "/note", "cavage", note(f"{peer.origin}/note"))
    await documents.fetch_document(f"{peer.origin}/note", budget=Budget())
    assert memory.of == {peer.authority: "cavage"}
    takes_only(peer, "/note", "nothing", "")
    with pytest.raises(FetchUnusable, match="401"):
        await documents.fetch_document(f"{peer.origin}/note", budget=Budget())
    assert memory.of == {peer.authority: None}


async def test_a_server_that_takes_the_first_scheme_needs_no_memory(door: Door, peer: Peer) -> None:
    memory = Memory()
    documents = Documents(Hops(door, own_servers={OWN}), knock=knocking(memory))
    takes_only(peer, "/note", "cavage", note(f"{peer.origin}/note"))
    await documents.fetch_document(f"{peer.origin}/note", budget=Budget())
    assert memory.of == {}
