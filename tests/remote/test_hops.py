"""Redirects, hop by hop (security S51 to S54)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import FetchRefused, FetchUnusable
from bridge.remote.budget import Budget
from bridge.remote.documents import Documents
from bridge.remote.door import Door
from bridge.remote.hops import Hops
from tests.support.local_servers import Authority, Names, Peer, serving
from tests.support.signed_fetches import KNOCK, OWN, assert_signed, note


async def test_s52_three_redirects_are_followed_and_a_fourth_is_not(documents: Documents, peer: Peer) -> None:
    for number in range(4):
        peer.redirects(f"/{number}", f"/{number + 1}", status=(301, 302, 307, 308)[number])
    peer.serves("/4", note(f"{peer.origin}/4"))
    assert await documents.fetch_document(f"{peer.origin}/1", budget=Budget())
    with pytest.raises(FetchUnusable, match="more than 3 redirects"):
        await documents.fetch_document(f"{peer.origin}/0", budget=Budget())


@pytest.mark.parametrize("location", ["/x", "/x#again", "/y"])
async def test_s52_a_circle_of_redirects_ends(documents: Documents, peer: Peer, location: str) -> None:
    peer.redirects("/x", location)
    peer.redirects("/y", "/x")
    with pytest.raises(FetchUnusable, match="in a circle"):
        await documents.fetch_document(f"{peer.origin}/x", budget=Budget())
    assert len(peer.asked) <= 2


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0/",
        "http://[64:ff9b::7f00:1]/",
        "file:///etc/passwd",
        "data:application/activity+json,{}",
        "ftp://h.example/",
        "gopher://h.example/",
        "javascript:alert(1)",
        "http://user@127.0.0.1/",
        "//[::1",
        "",
        "/" + "x" * 5000,
        "http://h.example/\tx",
        "http://2130706433/",
    ],
)
async def test_s51_s53_a_redirect_takes_us_nowhere_that_we_would_not_go(
    documents: Documents, peer: Peer, location: str
) -> None:
    peer.redirects("/x", location)
    with pytest.raises((FetchRefused, FetchUnusable)):
        await documents.fetch_document(f"{peer.origin}/x", budget=Budget())
    assert peer.paths == ["/x"]


async def test_s53_a_redirect_without_location_is_no_document(documents: Documents, peer: Peer) -> None:
    peer.answers("/x", status=302)
    with pytest.raises(FetchUnusable, match="without saying where"):
        await documents.fetch_document(f"{peer.origin}/x", budget=Budget())


async def test_s54_each_hop_is_signed_for_its_own_target(documents: Documents, peer: Peer, other_peer: Peer) -> None:
    peer.redirects("/x", f"{other_peer.origin}/y")
    other_peer.serves("/y", note(f"{other_peer.origin}/y"))
    await documents.fetch_document(f"{peer.origin}/x", budget=Budget())
    first, second = peer.asked[0].headers, other_peer.asked[0].headers
    assert first["Signature"] != second["Signature"]
    assert second["Host"] == other_peer.authority
    assert_signed(peer)
    assert_signed(other_peer)


async def test_s53_a_redirect_from_https_to_http_is_refused(tmp_path: Path, peer: Peer) -> None:
    authority = Authority(tmp_path)
    names = Names({"good.example": ["127.0.0.1"]})
    async with (
        serving(name="good.example", tls=authority.server_context("good.example")) as secure,
        Door(origin="https://links.example", allow_private=True, ca_file=authority.ca_file, resolver=names) as door,
    ):
        secure.redirects("/x", f"{peer.origin}/x")
        with pytest.raises(FetchRefused, match="from https to http"):
            await Documents(Hops(door, own_servers={OWN}), knock=KNOCK).fetch_document(
                f"{secure.origin}/x", budget=Budget()
            )
    assert peer.asked == []
