"""Handles to actors and back (security S41, S51, S60, S82, S116, S117; protocol sheet 4 and 12)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bridge.activity.remote_actor import RemoteActor, remote_actor_from
from bridge.errors import FetchError, FetchFailed, FetchNotFound, FetchRefused, FetchUnusable
from bridge.remote.budget import Budget
from bridge.remote.door import Door
from bridge.remote.hops import Hops
from bridge.remote.webfinger import Found, WebFinger, handle_from
from bridge.terms import ActorId, Server
from tests.support.local_servers import Authority, Names, Peer, serving


@pytest.fixture
def webfinger(door: Door) -> WebFinger:
    return WebFinger(Hops(door, own_servers={Server("links.example")}))


def link(rel: str, **more: str) -> dict[str, str]:
    return {"rel": rel, **more}


def serve_jrd(
    peer: Peer, user: str, *links: dict[str, str], subject: str | None = None, actor: str | None = None
) -> str:
    """Let the peer know a user; gives the handle."""
    handle = f"{user}@{peer.authority}"
    own = [link("self", type="application/activity+json", href=actor or f"{peer.origin}/users/{user}")]
    jrd = {"subject": f"acct:{subject or handle}", "links": [*own, *links]}
    path = f"/.well-known/webfinger?resource=acct:{handle}"
    peer.answers(path, json.dumps(jrd), headers={"Content-Type": "application/jrd+json; charset=utf-8"})
    return handle


def actor_of(actor_id: str, **more: str) -> RemoteActor:
    return remote_actor_from(
        {"id": actor_id, "type": "Person", "preferredUsername": "jo", "inbox": f"{actor_id}/inbox", **more}
    )


# --- handles -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "acct"),
    [
        ("@jo@example.social", "jo@example.social"),
        ("jo@example.social", "jo@example.social"),
        ("acct:Jo@EXAMPLE.Social", "Jo@example.social"),
        ("  @jo.a-b_c@example.social ", "jo.a-b_c@example.social"),
        ("@jo@bücher.example", "jo@xn--bcher-kva.example"),
        ("@jo@example.social:443", "jo@example.social"),
    ],
)
def test_handles_are_read_as_people_write_them(text: str, acct: str) -> None:
    handle = handle_from(text, allow_private=False)
    assert handle is not None
    assert handle.acct == acct


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "jo",
        "@jo",
        "@@example.social",
        "jo@",
        "a@b@c",
        "jo@example.social/x",
        "jo@example.social?x",
        "jo@exa mple",
        "jo smith@example.social",
        "jo@example.social:8443",
        "jo@user:word@example.social",
        "jo@.example",
        "jo@example..social",
        "jo@example.social.",
        "jo@2130706433",
        "jo@0x7f.1",
        "jo&x=y@example.social",
        "jo/../x@example.social",
        "jo\r\n@example.social",
        "jo@example.social#x",
        "https://example.social/@jo",
        "jo%40@example.social",
    ],
)
def test_s117_what_is_no_handle_is_none(text: str) -> None:
    assert handle_from(text, allow_private=False) is None


def test_on_one_machine_a_handle_may_name_a_port() -> None:
    handle = handle_from("@links@127.0.0.1:8000", allow_private=True)
    assert handle is not None
    assert handle.host == "127.0.0.1:8000"


@given(st.text(max_size=200))
def test_any_text_is_a_handle_or_none(text: str) -> None:
    for candidate in (text, f"@{text}@example.social", f"jo@{text}"):
        handle = handle_from(candidate, allow_private=False)
        assert handle is None or handle_from(handle.acct, allow_private=False) == handle


def test_s82_reading_a_handle_is_linear() -> None:
    started = time.process_time()
    for text in ("a." * 50_000 + "@h.example", "jo@" + "a." * 50_000, "@" * 100_000, " " * 100_000 + "jo@h"):
        handle_from(text, allow_private=False)
    assert time.process_time() - started < 0.05


# --- handle to actor ---------------------------------------------------------------------------------------------


async def test_a_handle_leads_to_its_actor_and_page(webfinger: WebFinger, peer: Peer) -> None:
    page = link("http://webfinger.net/rel/profile-page", type="text/html", href=f"{peer.origin}/@jo")
    handle = serve_jrd(peer, "jo", page)
    found = await webfinger.find(f"@{handle}", budget=Budget())
    assert (found.acct, found.actor_id, found.url) == (handle, f"{peer.origin}/users/jo", f"{peer.origin}/@jo")
    assert await webfinger.find_actor(handle, budget=Budget()) == f"{peer.origin}/users/jo"
    assert "Signature" not in peer.asked[0].headers


@pytest.mark.parametrize(
    "media_type",
    [
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "application/activity+json; charset=utf-8",
    ],
)
async def test_both_types_of_the_self_link_are_known(webfinger: WebFinger, peer: Peer, media_type: str) -> None:
    jrd = {"subject": f"acct:jo@{peer.authority}", "links": [link("self", type=media_type, href=f"{peer.origin}/jo")]}
    peer.answers("/.well-known/webfinger", json.dumps(jrd), headers={"Content-Type": "application/json"})
    assert await webfinger.find_actor(f"jo@{peer.authority}", budget=Budget()) == f"{peer.origin}/jo"


@pytest.mark.parametrize(
    "jrd",
    [
        "[]",
        "no json",
        "{}",
        '{"links": {}}',
        '{"links": [1, null, {"rel": []}, {"rel": "self"}]}',
        '{"links": [{"rel": "self", "type": "text/html", "href": "https://h.example/"}]}',
        '{"links": [{"rel": "self", "type": ["application/activity+json"], "href": "https://h.example/"}]}',
        '{"links": [{"rel": "self", "type": "application/activity+json", "href": "javascript:alert(1)"}]}',
        '{"links": [{"rel": "self", "type": "application/activity+json", "href": {"x": 1}}]}',
    ],
)
async def test_s60_a_broken_answer_is_a_normal_negative_result(webfinger: WebFinger, peer: Peer, jrd: str) -> None:
    peer.answers("/.well-known/webfinger", jrd, headers={"Content-Type": "application/jrd+json"})
    with pytest.raises(FetchUnusable):
        await webfinger.find_actor(f"jo@{peer.authority}", budget=Budget())


async def test_an_answer_of_another_type_is_none(webfinger: WebFinger, peer: Peer) -> None:
    serve_jrd(peer, "jo")
    peer.answers("/.well-known/webfinger", "<html>", headers={"Content-Type": "text/html"})
    with pytest.raises(FetchUnusable, match="text/html"):
        await webfinger.find_actor(f"al@{peer.authority}", budget=Budget())


async def test_an_unknown_user_is_not_found(webfinger: WebFinger, peer: Peer) -> None:
    with pytest.raises(FetchNotFound):
        await webfinger.find_actor(f"nobody@{peer.authority}", budget=Budget())


async def test_what_is_no_handle_is_refused_before_anything_is_asked(webfinger: WebFinger) -> None:
    with pytest.raises(FetchRefused, match="is no handle"):
        await webfinger.find_actor("https://example.social/@jo", budget=Budget())


async def test_a_domain_may_keep_its_actors_elsewhere_when_both_say_so(
    webfinger: WebFinger, peer: Peer, other_peer: Peer
) -> None:
    """jo@ap.example is really jo@example, whose WebFinger names the actor on ap.example."""
    actor = f"{peer.origin}/users/jo"
    proper = serve_jrd(other_peer, "jo", actor=actor)
    asked = serve_jrd(peer, "jo", subject=proper)
    found = await webfinger.find(asked, budget=Budget())
    assert (found.acct, found.actor_id) == (proper, actor)


async def test_s41_a_domain_cannot_give_its_users_the_handles_of_another(
    webfinger: WebFinger, peer: Peer, other_peer: Peer
) -> None:
    victim = serve_jrd(other_peer, "victim")
    asked = serve_jrd(peer, "jo", subject=victim)
    with pytest.raises(FetchUnusable, match="nobody knows of it"):
        await webfinger.find(asked, budget=Budget())


async def test_s41_the_subject_in_another_case_is_the_same(webfinger: WebFinger, peer: Peer) -> None:
    handle = serve_jrd(peer, "jo", subject=f"Jo@{peer.authority}")
    assert (await webfinger.find(handle, budget=Budget())).acct == f"Jo@{peer.authority}"
    assert len(peer.asked) == 1


async def test_s51_a_redirect_to_a_forbidden_place_is_not_followed(webfinger: WebFinger, peer: Peer) -> None:
    peer.redirects("/.well-known/webfinger", "http://169.254.169.254/latest")
    with pytest.raises(FetchRefused):
        await webfinger.find_actor(f"jo@{peer.authority}", budget=Budget())


async def test_a_redirect_to_the_server_that_knows_is_followed(
    webfinger: WebFinger, peer: Peer, other_peer: Peer
) -> None:
    handle = f"jo@{peer.authority}"
    peer.redirects("/.well-known/webfinger", f"{other_peer.origin}/.well-known/webfinger?resource=acct:{handle}")
    jrd = {
        "subject": f"acct:{handle}",
        "links": [link("self", type="application/activity+json", href=f"{other_peer.origin}/jo")],
    }
    other_peer.answers("/.well-known/webfinger", json.dumps(jrd), headers={"Content-Type": "application/jrd+json"})
    assert await webfinger.find_actor(handle, budget=Budget()) == f"{other_peer.origin}/jo"


def _serve_host_meta(peer: Peer, template: str) -> None:
    xrd = f'<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template="{template}"/></XRD>'
    peer.answers("/.well-known/host-meta", xrd, headers={"Content-Type": "application/xrd+xml"})


async def test_a_domain_without_webfinger_says_in_its_host_meta_who_answers_for_it(
    webfinger: WebFinger, peer: Peer, other_peer: Peer
) -> None:
    """So Mastodon finds people whose handle is on a domain that serves nothing but files."""
    handle, actor = f"jo@{peer.authority}", f"{other_peer.origin}/users/jo"
    _serve_host_meta(peer, f"{other_peer.origin}/finger?of={{uri}}")
    jrd = {"subject": f"acct:{handle}", "links": [link("self", type="application/activity+json", href=actor)]}
    headers = {"Content-Type": "application/jrd+json"}
    other_peer.answers(f"/finger?of=acct:{handle}", json.dumps(jrd), headers=headers)

    assert await webfinger.find(handle, budget=Budget()) == Found(acct=handle, actor_id=ActorId(actor), url=actor)


async def test_a_host_meta_that_names_the_same_webfinger_is_not_asked_twice(webfinger: WebFinger, peer: Peer) -> None:
    """As most do: then it is the user who is not there."""
    _serve_host_meta(peer, f"{peer.origin}/.well-known/webfinger?resource={{uri}}")
    with pytest.raises(FetchNotFound):
        await webfinger.find_actor(f"nobody@{peer.authority}", budget=Budget())
    assert len(peer.asked) == 2


async def test_s51_a_host_meta_leads_to_no_forbidden_place(webfinger: WebFinger, peer: Peer) -> None:
    _serve_host_meta(peer, "http://169.254.169.254/latest?{uri}")
    with pytest.raises(FetchRefused):
        await webfinger.find_actor(f"jo@{peer.authority}", budget=Budget())


async def test_outside_tests_only_https_is_asked(tmp_path: Path, peer: Peer) -> None:
    names = Names({"good.example": ["127.0.0.1"]})
    async with Door(origin="https://links.example", resolver=names) as door:
        webfinger = WebFinger(Hops(door, own_servers=()))
        with pytest.raises(FetchRefused):
            await webfinger.find_actor(f"jo@{peer.authority}", budget=Budget())
        with pytest.raises(FetchRefused, match="not a public address"):
            await webfinger.find_actor("jo@good.example", budget=Budget())
    assert peer.asked == []


async def test_on_one_machine_a_server_may_have_certificates_of_its_own_authority(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    names = Names({"good.example": ["127.0.0.1"]})
    async with (
        serving(name="good.example", tls=authority.server_context("good.example")) as peer,
        Door(origin="https://links.example", allow_private=True, ca_file=authority.ca_file, resolver=names) as door,
    ):
        handle = serve_jrd(peer, "jo")
        found = await WebFinger(Hops(door, own_servers=())).find_actor(handle, budget=Budget())
    assert found == f"{peer.origin}/users/jo"


# --- actor to handle ---------------------------------------------------------------------------------------------


async def test_s41_a_handle_that_its_host_confirms_is_verified(webfinger: WebFinger, peer: Peer) -> None:
    handle = serve_jrd(peer, "jo")
    assert await webfinger.two_way_handle(actor_of(f"{peer.origin}/users/jo"), budget=Budget()) == handle


async def test_s41_a_handle_that_its_host_gives_to_somebody_else_is_not(webfinger: WebFinger, peer: Peer) -> None:
    serve_jrd(peer, "jo")
    assert await webfinger.two_way_handle(actor_of(f"{peer.origin}/users/evil"), budget=Budget()) is None


async def test_s41_a_claim_to_another_domain_counts_when_that_domain_agrees(
    webfinger: WebFinger, peer: Peer, other_peer: Peer
) -> None:
    """FEP-2c59."""
    actor = actor_of(f"{peer.origin}/users/jo", webfinger=f"josephine@{other_peer.authority}")
    serve_jrd(peer, "jo")
    assert await webfinger.two_way_handle(actor, budget=Budget()) == f"jo@{peer.authority}"
    handle = serve_jrd(other_peer, "josephine", actor=actor.id)
    assert await webfinger.two_way_handle(actor, budget=Budget()) == handle


async def test_s41_without_an_answer_nothing_is_verified(webfinger: WebFinger) -> None:
    with pytest.raises(FetchFailed):
        await webfinger.two_way_handle(actor_of("http://127.0.0.1:1/users/jo"), budget=Budget())


# --- what a home server offers -----------------------------------------------------------------------------------


async def test_the_home_server_says_where_to_follow(webfinger: WebFinger, peer: Peer) -> None:
    template = f"{peer.origin}/authorize_interaction?uri={{uri}}"
    handle = serve_jrd(peer, "jo", link("http://ostatus.org/schema/1.0/subscribe", template=template))
    assert await webfinger.subscribe_template(handle, budget=Budget()) == template
    home = await webfinger.find_home(handle, budget=Budget())
    uri = "https://links.example/object/a?b&c"
    expected = f"{peer.origin}/authorize_interaction?uri=https%3A%2F%2Flinks.example%2Fobject%2Fa%3Fb%26c"
    for intent in ("Follow", "Create", "Like"):
        assert home.page_for(uri, intent=intent) == expected


async def test_activity_intents_are_preferred(webfinger: WebFinger, peer: Peer) -> None:
    """FEP-3b86; an unknown place in a template becomes empty."""
    base = "https://w3id.org/fep/3b86/"
    handle = serve_jrd(
        peer,
        "jo",
        link(f"{base}Like", template=f"{peer.origin}/like?it={{object}}&then={{on-success}}"),
        link(f"{base}Create", template=f"{peer.origin}/write?to={{inReplyTo}}&text={{content}}"),
        link(f"{base}Follow", template=f"{peer.origin}/follow-nothing"),
    )
    home = await webfinger.find_home(handle, budget=Budget())
    assert (
        home.page_for("https://h.example/1", intent="Like")
        == f"{peer.origin}/like?it=https%3A%2F%2Fh.example%2F1&then="
    )
    assert (
        home.page_for("https://h.example/1", intent="Create")
        == f"{peer.origin}/write?to=https%3A%2F%2Fh.example%2F1&text="
    )
    assert home.page_for("https://h.example/1", intent="Follow") is None


@pytest.mark.parametrize(
    "template", ["javascript:alert('{uri}')", "/local?uri={uri}", "https://{uri}/", "data:{uri}", "x"]
)
async def test_s116_a_template_that_is_no_web_address_is_not_offered(
    webfinger: WebFinger, peer: Peer, template: str
) -> None:
    handle = serve_jrd(peer, "jo", link("http://ostatus.org/schema/1.0/subscribe", template=template))
    assert await webfinger.subscribe_template(handle, budget=Budget()) is None


# --- mentions ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def silent_peer() -> AsyncIterator[Peer]:
    async with serving() as peer:

        async def never(_request: web.BaseRequest) -> web.Response:
            await asyncio.Event().wait()
            return web.Response()

        peer.scripts["/.well-known/webfinger"] = never
        yield peer


async def test_mentions_that_resolve_in_time_are_found_and_the_others_left_out(
    webfinger: WebFinger, peer: Peer, silent_peer: Peer
) -> None:
    handles = [serve_jrd(peer, f"user{number}") for number in range(8)]
    others = [f"nobody@{peer.authority}", f"jo@{silent_peer.authority}", "jo@127.0.0.1:1", "no handle"]
    started = asyncio.get_running_loop().time()
    found = await webfinger.resolve_mentions(handles + others, time_allowed=timedelta(seconds=0.7))
    assert asyncio.get_running_loop().time() - started < 2
    assert sorted(found) == sorted(handles)
    assert found[handles[3]].actor_id == f"{peer.origin}/users/user3"


async def test_no_mentions_cost_nothing(webfinger: WebFinger) -> None:
    assert await webfinger.resolve_mentions([]) == {}


async def test_an_error_of_one_lookup_is_an_error(webfinger: WebFinger) -> None:
    with pytest.raises(FetchError) as raised:
        await webfinger.find_actor("jo@127.0.0.1:1", budget=Budget())
    assert isinstance(raised.value, FetchFailed)
