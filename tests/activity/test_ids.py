"""Addresses of ours: minted from the configuration only, and recognised strictly."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.activity.ids import Addresses, Blog, Ours, new_token

HOME = Addresses("https://links.example")
BLOG = Blog(
    id=1,
    url="https://links.example",
    handle="links",
    title="Lose Blätter",
    language="de",
    actor_token="a" * 22,
    created=datetime(2024, 8, 1, tzinfo=UTC),
)


def test_a_token_has_22_signs_and_does_not_come_twice() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(len(token) == 22 and token.isalnum() and token == token.lower() for token in tokens)


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        (HOME.actor("abc"), Ours("actor", "abc")),
        (HOME.actor("abc") + "/followers", Ours("followers", "abc")),
        (HOME.actor("abc") + "#main-key", Ours("key", "abc")),
        (HOME.instance_key_id, Ours("key", "")),
        (HOME.instance_actor, Ours("instance", "")),
        (HOME.instance_outbox, Ours("outbox", "")),
        (HOME.shared_inbox, Ours("shared_inbox", "")),
        (HOME.object("abc"), Ours("object", "abc")),
        (HOME.replies("abc"), Ours("replies", "abc")),
        (HOME.context("abc"), Ours("context", "abc")),
        (HOME.activity("abc"), Ours("activity", "abc")),
        (HOME.stamp("abc"), Ours("stamp", "abc")),
        (HOME.media("a b.png"), Ours("media", "a b.png")),
        (HOME.page("24"), Ours("page", "24")),
        (HOME.tag_page("Bücher"), Ours("tag", "Bücher")),
        (HOME.blog, Ours("blog", "")),
        ("https://links.example", Ours("blog", "")),
        ("HTTPS://Links.Example:443/object/abc", Ours("object", "abc")),
    ],
)
def test_every_address_that_we_mint_is_known_again(url: str, ours: Ours) -> None:
    assert HOME.kind_of(url) == ours


@pytest.mark.parametrize(
    "url",
    [
        "https://links.example/issues/24#comment-3",
        "https://links.example/issues/24?utm_source=x",
        HOME.page("24") + "/",
    ],
)
def test_a_page_is_known_as_people_paste_it(url: str) -> None:
    assert HOME.kind_of(url) == Ours("page", "24")


@pytest.mark.parametrize(
    "url",
    [
        "http://links.example/object/abc",
        "https://links.example:8443/object/abc",
        "https://links.example.evil.example/object/abc",
        "https://links.example@evil.example/object/abc",
        "https://links.example./object/abc",
        "https://links%2eexample/object/abc",
        "https://sub.links.example/object/abc",
        "https://links.example/object/abc?x=1",
        "https://links.example/object/abc#create",
        "https://links.example/object/abc#",
        "https://links.example/object/abc/",
        "https://links.example/object/abc/followers",
        "https://links.example/actor/abc#other-key",
        "https://links.example/object/../actor/abc",
        "https://links.example/object/",
        "https://links.example//object/abc",
        "https://links.example/issues/24/25",
        "https://links.example\\@evil.example/object/abc",
        "//links.example/object/abc",
        "",
        "x" * 100_000,
    ],
)
def test_what_is_not_literally_ours_is_not_ours(url: str) -> None:
    """S7: one parser, no userinfo, no trailing dot, no encoded dot, exact origin."""
    assert HOME.kind_of(url) is None


@given(st.text(max_size=200))
def test_no_text_after_our_origin_breaks_the_recogniser(tail: str) -> None:
    HOME.kind_of(HOME.origin + tail)


@pytest.mark.parametrize(
    "origin", ["links.example", "https://links.example/blog", "ftp://x.example", "https://u:p@x.example"]
)
def test_only_an_origin_makes_addresses(origin: str) -> None:
    with pytest.raises(ValueError, match="not an origin"):
        Addresses(origin)


def test_a_slug_and_a_tag_are_encoded_once() -> None:
    assert HOME.page("a/b c") == "https://links.example/issues/a%2Fb%20c"
    assert HOME.tag_page("KrasseLinks") == "https://links.example/tags/KrasseLinks"


def test_the_handle_is_at_the_account_domain_or_else_at_the_urls_host() -> None:
    assert BLOG.acct == "links@links.example"
    local = Addresses("http://127.0.0.1:8000")
    assert (local.host, local.hostname) == ("127.0.0.1:8000", "127.0.0.1")


def test_a_blog_answers_to_its_hosts_in_any_case_and_spelling() -> None:
    from_one_machine = Blog(
        id=1,
        url="http://localhost:8000",
        handle="links",
        title="t",
        language="de",
        actor_token="t",
        created=BLOG.created,
    )
    assert from_one_machine.acct == "links@localhost:8000"
    assert from_one_machine.accepts_host("LOCALHOST")
    assert from_one_machine.accepts_host("localhost:8000")
    assert not from_one_machine.accepts_host("localhost:8001")
    assert not from_one_machine.accepts_host("localhost.")
    assert not BLOG.accepts_host("evil.example")


def test_the_actors_collections_hang_below_its_id() -> None:
    assert BLOG.actor_id == "https://links.example/actor/" + "a" * 22
    assert BLOG.inbox == BLOG.actor_id + "/inbox"
    assert BLOG.rsa_key_id == BLOG.actor_id + "#main-key"
    assert HOME.kind_of(BLOG.featured) == Ours("featured", "a" * 22)
