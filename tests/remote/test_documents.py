"""Documents that their own origin vouches for (security S34, S35, S37, S56, S60, S64, S65), and pages."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web

from bridge.errors import FetchError, FetchFailed, FetchGone, FetchNotFound, FetchRefused, FetchUnusable
from bridge.remote.budget import Budget, BudgetSpent
from bridge.remote.documents import Documents
from tests.support.local_servers import Peer
from tests.support.signed_fetches import assert_signed, note


async def test_a_document_is_fetched_with_a_signature_that_verifies(documents: Documents, peer: Peer) -> None:
    peer.serves("/note?x=1", note(f"{peer.origin}/note?x=1"))
    found = await documents.fetch_document(f"{peer.origin}/note?x=1", budget=Budget())
    assert found["type"] == "Note"
    assert peer.asked[0].headers["Accept"].startswith("application/activity+json, application/ld+json; profile=")
    assert_signed(peer)


async def test_a_fragment_is_not_sent(documents: Documents, peer: Peer) -> None:
    peer.serves("/actor", note(f"{peer.origin}/actor"))
    await documents.fetch_document(f"{peer.origin}/actor#main-key", budget=Budget())
    assert peer.paths == ["/actor"]


# --- what is a document ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media_type",
    [
        "application/activity+json",
        "application/activity+json; charset=utf-8",
        "Application/Activity+JSON",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json;charset=utf-8;profile="https://example.org/x https://www.w3.org/ns/activitystreams"',
    ],
)
async def test_the_types_of_activity_streams_are_taken(documents: Documents, peer: Peer, media_type: str) -> None:
    peer.serves("/note", note(f"{peer.origin}/note"), media_type=media_type)
    assert await documents.fetch_document(f"{peer.origin}/note", budget=Budget())


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/ld+json",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams-x"',
        "text/html",
        "text/plain",
        "image/png",
        "application/octet-stream",
        "application/activity+json-evil",
        "text/plain; application/activity+json",
        "",
    ],
)
async def test_s35_an_upload_that_looks_like_a_document_is_none(
    documents: Documents, peer: Peer, media_type: str
) -> None:
    peer.serves("/note", note(f"{peer.origin}/note"), media_type=media_type)
    with pytest.raises(FetchUnusable):
        await documents.fetch_document(f"{peer.origin}/note", budget=Budget())


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<!doctype html><title>oops</title>",
        "[]",
        "null",
        '"text"',
        '{"id": "',
        '{"id": 1}',
        '{"id": ["https://h.example/"]}',
        '{"id": "acct:a@h.example"}',
        '{"type": "Note"}',
        "[" * 100_000,
        '{"a":' * 1000 + "1" + "}" * 1000,
        '{"id": "x", "id": "y"}',
        '{"n": NaN}',
        '{"n": 1e999}',
        '{"n": ' + "9" * 5000 + "}",
        '{"id": "https://h.example/\\ud800"}',
    ],
)
async def test_s60_what_is_no_json_object_with_an_id_is_a_normal_negative_result(
    documents: Documents, peer: Peer, body: str
) -> None:
    peer.serves("/note", body)
    with pytest.raises(FetchUnusable):
        await documents.fetch_document(f"{peer.origin}/note", budget=Budget())


async def test_s59_a_document_over_one_mebibyte_is_refused(documents: Documents, peer: Peer) -> None:
    peer.serves("/note", note(f"{peer.origin}/note", content="x" * 1024 * 1024))
    with pytest.raises(FetchUnusable, match="over 1048576 bytes"):
        await documents.fetch_document(f"{peer.origin}/note", budget=Budget())


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, FetchNotFound),
        (410, FetchGone),
        (400, FetchUnusable),
        (401, FetchUnusable),
        (403, FetchUnusable),
        (406, FetchUnusable),
        (202, FetchUnusable),
        (204, FetchUnusable),
        (304, FetchUnusable),
        (408, FetchFailed),
        (429, FetchFailed),
        (500, FetchFailed),
        (503, FetchFailed),
    ],
)
async def test_each_status_has_its_meaning(
    documents: Documents, peer: Peer, status: int, error: type[FetchError]
) -> None:
    peer.answers("/note", status=status, headers={"Retry-After": "120"})
    with pytest.raises(error, match=str(status)) as raised:
        await documents.fetch_document(f"{peer.origin}/note", budget=Budget())
    if isinstance(raised.value, FetchFailed):
        assert raised.value.retry_after == timedelta(seconds=120)


# --- who may speak for what --------------------------------------------------------------------------------------


async def test_s34_a_copy_elsewhere_leads_to_the_original_at_its_own_origin(
    documents: Documents, peer: Peer, other_peer: Peer
) -> None:
    peer.serves("/copy", note(f"{other_peer.origin}/note", content="forged"))
    other_peer.serves("/note", note(f"{other_peer.origin}/note", content="true"))
    found = await documents.fetch_document(f"{peer.origin}/copy", budget=Budget())
    assert found["content"] == "true"


async def test_s34_the_original_is_asked_for_once_only(documents: Documents, peer: Peer, other_peer: Peer) -> None:
    peer.serves("/copy", note(f"{other_peer.origin}/a"))
    other_peer.serves("/a", note(f"{other_peer.origin}/b"))
    other_peer.serves("/b", note(f"{other_peer.origin}/b"))
    with pytest.raises(FetchUnusable, match="something else"):
        await documents.fetch_document(f"{peer.origin}/copy", budget=Budget())
    assert other_peer.paths == ["/a"]


async def test_s34_a_forgery_of_something_that_is_not_there_is_nothing(
    documents: Documents, peer: Peer, other_peer: Peer
) -> None:
    peer.serves("/copy", note(f"{other_peer.origin}/note"))
    with pytest.raises(FetchNotFound):
        await documents.fetch_document(f"{peer.origin}/copy", budget=Budget())


async def test_a_page_address_leads_to_the_documents_id_on_the_same_server(documents: Documents, peer: Peer) -> None:
    peer.serves("/@user/1", note(f"{peer.origin}/notes/1", content="at the page"))
    peer.serves("/notes/1", note(f"{peer.origin}/notes/1", content="at the id"))
    found = await documents.fetch_document(f"{peer.origin}/@user/1", budget=Budget())
    assert found["content"] == "at the id"


async def test_s37_a_redirect_to_another_origin_may_not_speak_for_the_first(
    documents: Documents, peer: Peer, other_peer: Peer
) -> None:
    """An open redirect on good.example must not make evil.example its mouth."""
    peer.redirects("/user", f"{other_peer.origin}/evil")
    other_peer.serves("/evil", note(f"{peer.origin}/user"))
    with pytest.raises(FetchUnusable, match="may not speak for it"):
        await documents.fetch_document(f"{peer.origin}/user", budget=Budget())


async def test_s37_an_original_that_redirects_to_another_origin_is_none(
    documents: Documents, peer: Peer, other_peer: Peer
) -> None:
    other_peer.serves("/copy", note(f"{peer.origin}/user"))
    peer.redirects("/user", f"{other_peer.origin}/copy")
    with pytest.raises(FetchUnusable):
        await documents.fetch_document(f"{other_peer.origin}/copy", budget=Budget())


async def test_a_redirect_to_another_origin_gives_the_document_of_that_origin(
    documents: Documents, peer: Peer, other_peer: Peer
) -> None:
    peer.redirects("/old", f"{other_peer.origin}/new")
    other_peer.serves("/new", note(f"{other_peer.origin}/new"))
    found = await documents.fetch_document(f"{peer.origin}/old", budget=Budget())
    assert found["id"] == f"{other_peer.origin}/new"


async def test_a_document_may_stand_behind_a_redirect_on_its_own_server(documents: Documents, peer: Peer) -> None:
    peer.redirects("/notes/1", "/api/notes/1")
    peer.serves("/api/notes/1", note(f"{peer.origin}/notes/1"))
    assert await documents.fetch_document(f"{peer.origin}/notes/1", budget=Budget())
    assert peer.paths == ["/notes/1", "/api/notes/1"]


async def test_s65_our_own_addresses_are_never_fetched(documents: Documents, peer: Peer) -> None:
    for url in ("https://links.example/actor/x", "http://links.example/actor/x", "https://LINKS.example:8443/instance"):
        with pytest.raises(FetchRefused, match="is our own"):
            await documents.fetch_document(url, budget=Budget())
    peer.redirects("/x", "https://links.example/actor/x")
    with pytest.raises(FetchRefused, match="is our own"):
        await documents.fetch_document(f"{peer.origin}/x", budget=Budget())
    peer.serves("/copy", note("https://links.example/object/x"))
    with pytest.raises(FetchRefused, match="is our own"):
        await documents.fetch_document(f"{peer.origin}/copy", budget=Budget())


# --- cost --------------------------------------------------------------------------------------------------------


async def test_s56_every_hop_and_every_knock_is_paid_for(documents: Documents, peer: Peer) -> None:
    peer.redirects("/x", "/y")
    peer.serves("/y", note(f"{peer.origin}/y"))
    budget = Budget(fetches=3)
    await documents.fetch_document(f"{peer.origin}/x", budget=budget)
    with pytest.raises(BudgetSpent):
        await documents.fetch_document(f"{peer.origin}/x", budget=budget)
    assert len(peer.asked) == 3


async def test_s58_the_time_of_the_budget_ends_a_fetch(documents: Documents, peer: Peer) -> None:
    async def never(_request: web.BaseRequest) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    peer.scripts["/x"] = never
    with pytest.raises(FetchError):
        await documents.fetch_document(f"{peer.origin}/x", budget=Budget(time_allowed=timedelta(seconds=0.2)))


async def test_s64_one_fetch_serves_all_who_want_the_document_now(documents: Documents, peer: Peer) -> None:
    peer.serves("/note", note(f"{peer.origin}/note"))
    url = f"{peer.origin}/note"
    found = await asyncio.gather(*(documents.fetch_document(url, budget=Budget()) for _ in range(10)))
    assert len(found) == 10
    assert peer.paths == ["/note"]


# --- pages -------------------------------------------------------------------------------------------------------


async def test_a_page_is_fetched_unsigned_over_five_redirects(documents: Documents, peer: Peer) -> None:
    for number in range(6):
        peer.redirects(f"/{number}", f"/{number + 1}")
    peer.answers(
        "/6", "<p>Grüße</p>", headers={"Content-Type": "text/html; charset=utf-8", "Link": "</wm>; rel=webmention"}
    )
    page = await documents.fetch_page(f"{peer.origin}/1", budget=Budget())
    assert (page.url, page.media_type, page.body) == (f"{peer.origin}/6", "text/html", "<p>Grüße</p>".encode())
    assert page.headers["Link"] == "</wm>; rel=webmention"
    assert all("Signature" not in request.headers for request in peer.asked)
    with pytest.raises(FetchUnusable, match="more than 5 redirects"):
        await documents.fetch_page(f"{peer.origin}/0", budget=Budget())


async def test_a_page_that_is_no_html_is_none(documents: Documents, peer: Peer) -> None:
    peer.answers("/x", "%PDF", headers={"Content-Type": "application/pdf"})
    with pytest.raises(FetchUnusable, match="application/pdf"):
        await documents.fetch_page(f"{peer.origin}/x", budget=Budget())


async def test_a_picture_has_its_own_cap_and_types(documents: Documents, peer: Peer) -> None:
    peer.answers("/a.png", b"\x89PNG" + b"x" * 5000, headers={"Content-Type": "image/png"})
    types = ("image/png", "image/jpeg")
    found = await documents.fetch_file(f"{peer.origin}/a.png", budget=Budget(), media_types=types, cap_bytes=10_000)
    assert found.body.startswith(b"\x89PNG")
    with pytest.raises(FetchUnusable):
        await documents.fetch_file(f"{peer.origin}/a.png", budget=Budget(), media_types=types, cap_bytes=1000)


async def test_a_page_at_an_address_with_umlauts_is_found(documents: Documents, peer: Peer) -> None:
    peer.answers("/grüße", "<p>", headers={"Content-Type": "text/html"})
    page = await documents.fetch_page(f"{peer.origin}/grüße", budget=Budget())
    assert page.url == f"{peer.origin}/gr%C3%BC%C3%9Fe"
