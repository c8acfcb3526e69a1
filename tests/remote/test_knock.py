"""The double knock: which signature a server takes, and how we remember it (protocol sheet 2.3)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from aiohttp import web

from bridge.errors import FetchError, FetchUnusable
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


def says(peer: Peer, path: str, statuses: Mapping[str, int]) -> None:
    """Let a path answer each scheme with a status, 200 with a document."""

    async def answer(request: web.BaseRequest) -> web.Response:
        status = statuses[request.headers["X-Scheme"]]
        document = note(f"{peer.origin}{path}")
        return web.Response(status=status, text=document, content_type="application/activity+json")

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


@pytest.mark.parametrize("status", [400, 500])
async def test_a_server_that_no_longer_reads_what_it_took_last_is_asked_with_the_first_scheme_once(
    door: Door, peer: Peer, status: int
) -> None:
    """As deliveries do: who reads draft-cavage alone may answer others so (protocol sheet 2.3, Fedify 1.6.2)."""
    memory = Memory()
    memory.of[peer.authority] = "rfc9421"
    documents = Documents(Hops(door, own_servers={OWN}), knock=knocking(memory))
    says(peer, "/note", {"rfc9421": status, "cavage": 200})
    await documents.fetch_document(f"{peer.origin}/note", budget=Budget())
    assert [request.headers["X-Scheme"] for request in peer.asked] == ["rfc9421", "cavage"]
    assert memory.of == {peer.authority: "cavage"}


@pytest.mark.parametrize("other", [400, 401, 403, 500])
async def test_what_no_scheme_changes_is_meant_and_nothing_is_unlearned(door: Door, peer: Peer, other: int) -> None:
    """One more request and no further; the answer is what was said to the scheme that the server takes."""
    memory = Memory()
    memory.of[peer.authority] = "rfc9421"
    documents = Documents(Hops(door, own_servers={OWN}), knock=knocking(memory))
    said = 400 if other != 500 else 500
    says(peer, "/note?page=2", {"rfc9421": said, "cavage": other, "bare": 200})
    with pytest.raises(FetchError, match=str(said)):
        await documents.fetch_document(f"{peer.origin}/note?page=2", budget=Budget())
    assert [request.headers["X-Scheme"] for request in peer.asked] == ["rfc9421", "cavage"]
    assert memory.of == {peer.authority: "rfc9421"}


@pytest.mark.parametrize(("learned", "status"), [(None, 400), (None, 500), ("rfc9421", 404), ("rfc9421", 503)])
async def test_what_speaks_of_no_signature_costs_no_second_request(
    door: Door, peer: Peer, learned: str | None, status: int
) -> None:
    memory = Memory()
    if learned is not None:
        memory.of[peer.authority] = learned
    documents = Documents(Hops(door, own_servers={OWN}), knock=knocking(memory))
    says(peer, "/note", {"rfc9421": status, "cavage": status})
    with pytest.raises(FetchError, match=str(status)):
        await documents.fetch_document(f"{peer.origin}/note", budget=Budget())
    assert len(peer.asked) == 1
