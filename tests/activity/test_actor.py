"""The blog and the instance actor as other servers read them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bridge.activity.actor import MOST_FIELDS, actor_document, instance_actor_document
from bridge.activity.ids import Blog
from bridge.activity.json_text import read_json
from bridge.activity.remote_actor import remote_actor_from

PEM = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END PUBLIC KEY-----\n"
MULTIBASE = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
BLOG = Blog(
    id=1,
    url="https://links.example",
    handle="links",
    account_domain="example",
    title="Lose Blätter",
    description_html="<p>Was in der Woche war</p>",
    language="de",
    actor_token="a" * 22,
    created=datetime(2024, 8, 1, 7, 30, tzinfo=UTC),
    fields=(("Website", "https://links.example/?a=1&b=2"), ("Ort", 'Lübeck & "Umland" <3')),
    also_known_as=("https://old.example/users/links",),
    icon_url="https://links.example/media/icon.png",
    header_url="https://links.example/media/header.jpg",
)


def test_the_actor_carries_what_every_listed_server_needs() -> None:
    """Protocol sheet sections 3 and 14."""
    document = actor_document(BLOG, rsa_pem=PEM, ed25519_multibase=MULTIBASE)
    own = "https://links.example/actor/" + "a" * 22
    expected = {
        "id": own,
        "type": "Person",
        "preferredUsername": "links",
        "webfinger": "links@example",
        "name": "Lose Blätter",
        "summary": "<p>Was in der Woche war</p>",
        "url": "https://links.example/",
        "inbox": own + "/inbox",
        "outbox": own + "/outbox",
        "followers": own + "/followers",
        "following": own + "/following",
        "featured": own + "/featured",
        "endpoints": {"sharedInbox": "https://links.example/inbox"},
        "manuallyApprovesFollowers": False,
        "discoverable": True,
        "indexable": True,
        "published": "2024-08-01T07:30:00Z",
        "attributionDomains": ["links.example"],
        "alsoKnownAs": ["https://old.example/users/links"],
        "icon": {"type": "Image", "mediaType": "image/png", "url": "https://links.example/media/icon.png"},
        "image": {"type": "Image", "mediaType": "image/jpeg", "url": "https://links.example/media/header.jpg"},
        "publicKey": {"id": own + "#main-key", "owner": own, "publicKeyPem": PEM},
        "assertionMethod": [
            {"id": own + "#ed25519-key", "type": "Multikey", "controller": own, "publicKeyMultibase": MULTIBASE}
        ],
    }
    assert {key: document[key] for key in expected} == expected


def test_every_key_of_the_document_is_defined_in_its_context() -> None:
    document = actor_document(BLOG, rsa_pem=PEM, ed25519_multibase=MULTIBASE)
    inline = document["@context"][-1]
    standard = {
        "id", "type", "preferredUsername", "name", "summary", "url", "inbox", "outbox", "followers", "following",
        "endpoints", "published", "icon", "image", "attachment", "publicKey", "assertionMethod", "@context",
    }  # fmt: skip
    assert set(document) - standard <= set(inline)


def test_a_field_that_is_an_address_becomes_a_link_that_peers_can_verify() -> None:
    fields = actor_document(BLOG, rsa_pem=PEM, ed25519_multibase=None)["attachment"]
    assert fields == [
        {
            "type": "PropertyValue",
            "name": "Website",
            "value": '<a href="https://links.example/?a=1&amp;b=2" rel="me nofollow noopener" target="_blank">'
            "links.example/?a=1&amp;b=2</a>",
        },
        {"type": "PropertyValue", "name": "Ort", "value": 'Lübeck &amp; "Umland" &lt;3'},
    ]


def test_no_more_fields_go_out_than_are_shown() -> None:
    many = replace(BLOG, fields=tuple((f"Feld {n}", "x") for n in range(9)))
    assert len(actor_document(many, rsa_pem=PEM, ed25519_multibase=None)["attachment"]) == MOST_FIELDS


@pytest.mark.parametrize("actor_type", ["Person", "Organization", "Service"])
def test_all_actor_types_are_read_back_with_both_keys(actor_type: str) -> None:
    """FEP-521a."""
    document = actor_document(replace(BLOG, actor_type=actor_type), rsa_pem=PEM, ed25519_multibase=MULTIBASE)
    actor = remote_actor_from(read_json(json.dumps(document).encode()))
    assert actor.kind == actor_type
    assert [(key.id, key.kind) for key in actor.keys] == [
        (BLOG.rsa_key_id, "rsa"),
        (BLOG.ed25519_key_id, "ed25519"),
    ]
    assert actor.webfinger == "links@example"
    assert actor.shared_inbox == BLOG.addresses.shared_inbox


def test_without_an_ed25519_key_nothing_is_said_of_one() -> None:
    document = actor_document(BLOG, rsa_pem=PEM, ed25519_multibase=None)
    assert "assertionMethod" not in document
    assert not any("multikey" in str(context) for context in document["@context"])


def test_the_instance_actor_is_an_application_with_a_key_and_the_shared_inbox() -> None:
    """Protocol sheet 2.6, FEP-2677."""
    document = instance_actor_document(BLOG.addresses, rsa_pem=PEM)
    actor = remote_actor_from(document)
    assert (actor.id, actor.kind) == ("https://links.example/instance", "Application")
    assert actor.inbox == actor.shared_inbox == "https://links.example/inbox"
    assert actor.preferred_username == "links.example"
    assert actor.keys[0].id == BLOG.addresses.instance_key_id
