"""Who is asked for, in every spelling, and the discovery documents that answer."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.activity.ids import Blog
from bridge.activity.webfinger import (
    Usage,
    host_meta,
    jrd,
    nodeinfo,
    nodeinfo_links,
    resource_kind,
)
from bridge.errors import Malformed, NoSuchThing

BLOG = Blog(
    id=1,
    url="https://links.example",
    handle="links",
    title="Lose Blätter",
    language="de",
    actor_token="a" * 22,
    created=datetime(2024, 8, 1, tzinfo=UTC),
    icon_url="https://links.example/media/icon.png",
    old_handles=("Kette",),
)
SPLIT = replace(BLOG, account_domain="example")
LOCAL = replace(BLOG, url="http://127.0.0.1:8000", account_domain="")


@pytest.mark.parametrize(
    "resource",
    [
        "acct:links@links.example",
        "acct:LINKS@Links.Example",
        "ACCT:links@links.example",
        "acct%3Alinks%40links.example",
        "acct:links%40links.example",
        "acct:@links@links.example",
        "@links@links.example",
        "links@links.example",
        "acct:kette@links.example",
        BLOG.actor_id,
        BLOG.actor_id.replace(":", "%3A").replace("/", "%2F"),
    ],
)
def test_the_blog_is_found_in_every_spelling(resource: str) -> None:
    assert resource_kind(resource, blog=BLOG) == "blog"


@pytest.mark.parametrize("resource", ["https://links.example/", "https://links.example", "https://LINKS.example/"])
def test_the_servers_own_address_is_the_blogs_page_and_the_instance_actors_name(resource: str) -> None:
    assert resource_kind(resource, blog=BLOG) == "site"
    links = jrd("site", blog=BLOG)["links"]
    assert {"rel": "self", "type": "application/activity+json", "href": BLOG.actor_id} in links
    applications = [link["href"] for link in links if link["rel"].startswith("https://www.w3.org/ns/activitystreams#")]
    assert applications == [BLOG.addresses.instance_actor] * 2


@pytest.mark.parametrize("resource", ["acct:links.example@links.example", "https://links.example/instance"])
def test_the_instance_actor_is_found_by_its_host_and_by_its_id(resource: str) -> None:
    assert resource_kind(resource, blog=BLOG) == "instance"
    document = jrd("instance", blog=BLOG)
    assert document["subject"] == "acct:links.example@links.example"
    assert document["links"][0]["href"] == BLOG.addresses.instance_actor


def test_a_handle_on_the_bare_domain_is_answered_at_both_hosts_with_one_subject() -> None:
    assert resource_kind("acct:links@example", blog=SPLIT) == "blog"
    assert resource_kind("acct:links@links.example", blog=SPLIT) == "blog"
    assert jrd("blog", blog=SPLIT)["subject"] == "acct:links@example"


def test_on_one_machine_the_port_may_be_left_out() -> None:
    assert resource_kind("acct:links@127.0.0.1:8000", blog=LOCAL) == "blog"
    assert resource_kind("acct:links@127.0.0.1", blog=LOCAL) == "blog"
    assert jrd("blog", blog=LOCAL)["subject"] == "acct:links@127.0.0.1:8000"
    with pytest.raises(NoSuchThing):
        resource_kind("acct:links@127.0.0.1:8001", blog=LOCAL)


@pytest.mark.parametrize(
    "resource",
    [
        None,
        "",
        "acct:",
        "acct:@",
        "acct:@@",
        "acct:links",
        "acct:links@",
        "acct:@links.example",
        "acct:a@b@c",
        "acct:links@links.example@links.example",
        "acct:links@links.example\r\nX: y",
        "acct:links@links.example%0d%0aX: y",
        "acct:links\x00@links.example",
        "acct:links%00@links.example",
        "acct:li/nks@links.example",
        "acct:li%2Fnks@links.example",
        "acct:links@links.example/",
        "links",
        "acct:" + "x" * 1_000_000 + "@links.example",
    ],
)
def test_what_can_be_no_resource_is_malformed(resource: str | None) -> None:
    """S83."""
    with pytest.raises(Malformed):
        resource_kind(resource, blog=BLOG)


@pytest.mark.parametrize(
    "resource",
    [
        "acct:eva@links.example",
        "acct:links@far.example",
        "acct:links@links.example.",
        "acct:links@links.example:443x",
        "https://far.example/",
        "https://links.example/actor/unknown/inbox",
        "https://links.example/issues/24",
        "http://links.example/",
        "https://",
        "mailto:links@links.example",
    ],
)
def test_everybody_else_is_not_here(resource: str) -> None:
    """S83: and the answer repeats nothing of the question."""
    with pytest.raises(NoSuchThing) as refusal:
        resource_kind(resource, blog=BLOG)
    assert resource not in str(refusal.value)


def test_an_actor_id_with_a_foreign_token_is_not_the_blog() -> None:
    with pytest.raises(NoSuchThing):
        resource_kind("https://links.example/actor/" + "b" * 22, blog=BLOG)


@given(st.text(max_size=100), st.sampled_from(["", "acct:", "https://links.example", "acct:links@"]))
def test_no_text_raises_anything_but_a_refusal(text: str, start: str) -> None:
    with contextlib.suppress(Malformed, NoSuchThing):
        resource_kind(start + text, blog=BLOG)


def test_the_descriptor_links_actor_page_and_avatar() -> None:
    assert jrd("blog", blog=BLOG) == {
        "subject": "acct:links@links.example",
        "aliases": ["https://links.example/", BLOG.actor_id],
        "links": [
            {"rel": "self", "type": "application/activity+json", "href": BLOG.actor_id},
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": "https://links.example/"},
            {
                "rel": "http://webfinger.net/rel/avatar",
                "type": "image/png",
                "href": "https://links.example/media/icon.png",
            },
        ],
    }


def test_host_meta_names_the_webfinger_template() -> None:
    root = ET.fromstring(host_meta(BLOG.addresses))
    link = root.find("{http://docs.oasis-open.org/ns/xri/xrd-1.0}Link")
    assert link is not None
    assert link.get("rel") == "lrdd"
    assert link.get("template") == "https://links.example/.well-known/webfinger?resource={uri}"


def test_nodeinfo_is_linked_in_both_versions_and_names_the_application() -> None:
    """FEP-2677."""
    links = {link["rel"]: link["href"] for link in nodeinfo_links(BLOG.addresses)["links"]}
    assert links == {
        "http://nodeinfo.diaspora.software/ns/schema/2.0": "https://links.example/nodeinfo/2.0",
        "http://nodeinfo.diaspora.software/ns/schema/2.1": "https://links.example/nodeinfo/2.1",
        "https://www.w3.org/ns/activitystreams#Application": "https://links.example/instance",
    }


def test_nodeinfo_tells_what_runs_here() -> None:
    document = nodeinfo("2.1", blog=BLOG, software_version="0.1.0", usage=Usage(posts=24, comments=7))
    assert document["version"] == "2.1"
    assert document["software"] == {"name": "rundbrief", "version": "0.1.0"}
    assert document["protocols"] == ["activitypub"]
    assert document["openRegistrations"] is False
    assert document["usage"]["localPosts"] == 24
    assert document["services"] == {"inbound": [], "outbound": ["atom1.0", "rss2.0"]}
