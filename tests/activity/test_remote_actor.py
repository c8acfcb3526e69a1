"""Actors and keys as other servers publish them: who they are, which keys are theirs, what is not believed."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.activity.remote_actor import (
    LONGEST_NAME,
    LONGEST_SUMMARY,
    MOST_KEYS,
    KeyEntry,
    RemoteActor,
    key_from,
    keys_of,
    remote_actor_from,
)
from bridge.errors import Malformed
from bridge.terms import ActorId, Document, KeyId
from tests.support.wire import incoming

EVA = "https://far.example/users/eva"
PEM = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END PUBLIC KEY-----\n"
MULTIBASE = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
RSA = {"id": f"{EVA}#main-key", "owner": EVA, "publicKeyPem": PEM}
ED25519 = {"id": f"{EVA}#ed", "type": "Multikey", "controller": EVA, "publicKeyMultibase": MULTIBASE}


def document(**more: Any) -> Document:
    return {"id": EVA, "type": "Person", "preferredUsername": "eva", "inbox": f"{EVA}/inbox"} | more


def actor(**more: Any) -> RemoteActor:
    return remote_actor_from(document(**more))


def test_a_mastodon_actor_is_read_whole() -> None:
    steffen = remote_actor_from(incoming("mastodon_actor"))
    own = "https://social.example/users/kaffeeringe"
    assert (steffen.id, steffen.kind, steffen.preferred_username, steffen.name) == (
        own,
        "Person",
        "kaffeeringe",
        "Steffen",
    )
    assert steffen.summary_text == "Schreibt über Kaffee und Netze.\nKiel"
    assert (steffen.inbox, steffen.shared_inbox) == (f"{own}/inbox", "https://social.example/inbox")
    assert (steffen.outbox, steffen.followers) == (f"{own}/outbox", f"{own}/followers")
    assert steffen.featured == f"{own}/collections/featured"
    assert steffen.url == "https://social.example/@kaffeeringe"
    assert steffen.icon_url == "https://files.social.example/avatars/1.png"
    assert [(key.id, key.owner, key.kind) for key in steffen.keys] == [(f"{own}#main-key", own, "rsa")]


@pytest.mark.parametrize("kind", ["Person", "Service", "Application", "Group", "Organization"])
def test_all_five_kinds_of_actor_are_actors(kind: str) -> None:
    assert actor(type=kind).kind == kind


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "Note"},
        {"type": "Tombstone"},
        {"type": None},
        {"id": "acct:eva@far.example"},
        {"id": None},
        {"inbox": None},
        {"inbox": "javascript:alert(1)"},
        {"inbox": [f"{EVA}/1", f"{EVA}/2"]},
        {"@graph": []},
    ],
)
def test_without_id_type_or_inbox_it_is_no_actor(broken: Document) -> None:
    """S75."""
    with pytest.raises(Malformed):
        actor(**broken)


# --- names and addresses ---


def test_names_are_plain_text_without_direction_tricks_and_capped() -> None:
    """S73, S74, S89: markup stays visible as text, the pages escape it."""
    eva = actor(
        name="<b>E\u202eva\u200b</b>\n\x07 e\u0301", summary="<p>Eins</p><script>alert(1)</script><p>&lt;zwei&gt;</p>"
    )
    assert eva.name == "<b>Eva</b> é"
    assert eva.summary_text == "Eins\n<zwei>"
    flood = actor(name="n" * 1_000_000, summary="<p>" + "s" * 1_000_000)
    assert (len(flood.name), len(flood.summary_text)) == (LONGEST_NAME, LONGEST_SUMMARY)


@pytest.mark.parametrize("name", [None, "", "\u202e\u200b", 5, {}])
def test_without_a_visible_name_the_username_is_the_name(name: object) -> None:
    """S74: no invisible handles."""
    assert actor(name=name).name == "eva"


def test_a_name_may_come_as_a_map_of_languages() -> None:
    assert actor(name=None, nameMap={"de": "Eva"}).name == "Eva"


@pytest.mark.parametrize("username", ["a b", "eva@evil.example", "<eva>", "e/va", "", None, 5, "\u202e", "x" * 101])
def test_a_username_that_fits_no_handle_is_not_shown(username: object) -> None:
    """S41."""
    assert actor(preferredUsername=username).preferred_username == ""


def test_webfinger_names_who_has_no_username() -> None:
    """FEP-2c59."""
    eva = actor(preferredUsername=None, webfinger="eva@example")
    assert (eva.preferred_username, eva.webfinger) == ("eva", "eva@example")
    assert actor(webfinger="@eva@far.example").webfinger == "eva@far.example"
    assert actor(webfinger="no handle").webfinger is None


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://else.example/@eva", "data:text/html,x", 5, None])
def test_a_profile_page_elsewhere_is_dropped(url: object) -> None:
    """S90, S91."""
    assert actor(url=url).url is None


@pytest.mark.parametrize(
    "icon",
    [
        "https://far.example/a.png",
        {"type": "Image", "url": "https://far.example/a.png"},
        [{"type": "Image", "url": "https://far.example/a.png"}],
        {"type": "Image", "url": {"type": "Link", "href": "https://far.example/a.png"}},
        {"type": "Image", "url": [{"type": "Link", "href": "https://far.example/a.png"}]},
    ],
)
def test_an_icon_is_found_in_any_shape(icon: object) -> None:
    assert actor(icon=icon).icon_url == "https://far.example/a.png"
    assert actor(icon={"type": "Image", "url": "javascript:alert(1)"}).icon_url is None


def test_moving_people_name_where_from_and_where_to() -> None:
    moved = actor(alsoKnownAs="https://old.example/u/eva", movedTo={"id": "https://new.example/u/eva"})
    assert moved.also_known_as == ("https://old.example/u/eva",)
    assert moved.moved_to == "https://new.example/u/eva"


@pytest.mark.parametrize(
    "asking",
    [
        {"summary": "<p>Bitte nicht: #NoBlog</p>"},
        {"summary": '<a href="https://far.example/tags/nobridge">#<span>nobridge</span></a>'},
        {"tag": [{"type": "Hashtag", "name": "#nobridge"}]},
    ],
)
def test_a_profile_may_ask_to_stay_off_our_pages(asking: Document) -> None:
    assert actor(**asking).no_blog
    assert not actor(summary="#noblogger").no_blog


# --- keys ---


def test_both_kinds_of_keys_are_listed() -> None:
    """FEP-521a."""
    eva = actor(publicKey=RSA, assertionMethod=[ED25519])
    assert eva.keys == (
        KeyEntry(id=KeyId(f"{EVA}#main-key"), owner=ActorId(EVA), kind="rsa", material=PEM),
        KeyEntry(id=KeyId(f"{EVA}#ed"), owner=ActorId(EVA), kind="ed25519", material=MULTIBASE),
    )
    assert eva.key(KeyId(f"{EVA}#ed")) == eva.keys[1]
    assert eva.key(KeyId(f"{EVA}#other")) is None


def test_several_rsa_keys_may_stand_in_a_list() -> None:
    second = RSA | {"id": f"{EVA}#second"}
    assert [key.id for key in actor(publicKey=[RSA, second]).keys] == [f"{EVA}#main-key", f"{EVA}#second"]


@pytest.mark.parametrize(
    "key",
    [
        RSA | {"owner": "https://victim.example/users/v"},
        RSA | {"owner": 5},
        RSA | {"id": "https://evil.example/key"},
        RSA | {"id": "https://far.example:8443/users/eva#main-key"},
        RSA | {"id": "http://far.example/users/eva#main-key"},
        RSA | {"id": "https://far.example@evil.example/#key"},
        RSA | {"id": None},
        RSA | {"publicKeyPem": PEM.replace("PUBLIC", "PRIVATE")},
        RSA | {"publicKeyPem": PEM * 100},
        RSA | {"publicKeyPem": "x"},
        RSA | {"publicKeyPem": 5},
        f"{EVA}#main-key",
        5,
        [[RSA]],
    ],
)
def test_a_key_that_is_not_the_actors_own_is_left_out(key: object) -> None:
    """S3, S5, S6, S7, S24, S75."""
    assert actor(publicKey=key).keys == ()


@pytest.mark.parametrize(
    "key",
    [
        ED25519 | {"controller": "https://victim.example/users/v"},
        {name: value for name, value in ED25519.items() if name != "controller"},
        ED25519 | {"type": "Key"},
        ED25519 | {"id": "https://evil.example/key"},
        ED25519 | {"publicKeyMultibase": "z" * 5000},
        ED25519 | {"publicKeyMultibase": MULTIBASE.replace("z6Mk", "z4MX")},
        ED25519 | {"publicKeyMultibase": MULTIBASE[:-1] + "0"},
        f"{EVA}#ed",
    ],
)
def test_a_broken_multikey_is_left_out_and_the_rest_stays(key: object) -> None:
    """S27 and FEP-521a: malformed entries are ignored."""
    assert [entry.kind for entry in actor(publicKey=RSA, assertionMethod=[key]).keys] == ["rsa"]


def test_no_actor_has_more_keys_than_anybody_needs() -> None:
    """S73."""
    keys = [RSA | {"id": f"{EVA}#{n}"} for n in range(1000)]
    assert len(actor(publicKey=keys).keys) == MOST_KEYS


def test_a_key_without_owner_in_the_actors_own_document_is_the_actors() -> None:
    assert len(actor(publicKey={"id": f"{EVA}#main-key", "publicKeyPem": PEM}).keys) == 1


def test_gotosocials_stub_gives_the_key_and_names_its_owner() -> None:
    stub = incoming("gotosocial_key_stub")
    entry = key_from(stub, key_id=KeyId("https://gts.example/users/elke/main-key"))
    assert entry.owner == "https://gts.example/users/elke"
    assert keys_of(stub) == (entry,)
    with pytest.raises(Malformed):
        remote_actor_from(stub)


@pytest.mark.parametrize("owner", ["owner", "controller"])
def test_a_bare_key_names_its_owner(owner: str) -> None:
    bare = {"id": f"{EVA}/key", "type": "Key", owner: EVA, "publicKeyPem": PEM}
    assert key_from(bare, key_id=KeyId(f"{EVA}/key")).owner == EVA
    assert key_from(ED25519, key_id=KeyId(f"{EVA}#ed")).kind == "ed25519"


@pytest.mark.parametrize(
    "found",
    [
        {"id": f"{EVA}/other", "owner": EVA, "publicKeyPem": PEM},
        {"id": f"{EVA}/key", "owner": "https://victim.example/users/v", "publicKeyPem": PEM},
        document(publicKey=RSA),
        document(),
        {"id": f"{EVA}/key", "type": "Note"},
        {},
    ],
)
def test_a_key_under_another_id_or_of_a_foreign_owner_is_not_taken(found: Document) -> None:
    """S3, S4, S5."""
    with pytest.raises(Malformed):
        key_from(found, key_id=KeyId(f"{EVA}/key"))


def test_an_actor_gives_the_key_that_was_asked_for() -> None:
    second = RSA | {"id": f"{EVA}#second"}
    assert key_from(document(publicKey=[RSA, second]), key_id=KeyId(f"{EVA}#second")).id == f"{EVA}#second"
