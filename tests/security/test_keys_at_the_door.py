"""Keys that are not the sender's, or are no keys, or are gone: security S3 to S7, S24, S34, S35, S37, S48, S55, S61."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.support.attack import CONTEXT, Person, RunningBlog, Town, exchange, said, wire_of
from tests.support.signing import pem_of

Unchanged = Callable[[], bool]


def test_s3_a_key_that_calls_itself_anothers_is_401(
    blog: RunningBlog, eve: Person, victim: Person, unchanged: Unchanged
) -> None:
    path = f"{eve.path}/key"
    key_id = eve.town.serves(
        path, {"@context": CONTEXT, "id": eve.town.origin + path, "owner": victim.id, "publicKeyPem": pem_of(eve.key)}
    )

    assert blog.post(eve, victim.act("Like", blog.note), key_id=key_id).status == 401
    assert blog.asked("SELECT * FROM remote_keys WHERE actor_id = ?", victim.id) == []
    assert unchanged()


def test_s4_a_key_document_of_another_id_than_its_address_is_401(
    blog: RunningBlog, eve: Person, unchanged: Unchanged
) -> None:
    copy = f"{eve.path}/copy"
    eve.town.serves(copy, {"id": f"{eve.id}/else", "owner": eve.id, "publicKeyPem": pem_of(eve.key)})

    assert blog.post(eve, eve.act("Like", blog.note), key_id=eve.town.origin + copy).status == 401
    assert unchanged()


def test_s5_s6_a_key_on_another_host_or_port_is_401_though_the_actor_lists_it(
    blog: RunningBlog, eve: Person, victim: Person, unchanged: Unchanged
) -> None:
    for town in (victim.town, Town("127.0.0.1")):
        key_id = f"{town.origin}/key"
        key = {"id": key_id, "owner": eve.id, "publicKeyPem": pem_of(eve.key)}
        town.serves("/key", key)
        eve.town.serves(eve.path, eve.document(publicKey=key))
        assert blog.post(eve, eve.act("Like", blog.note), key_id=key_id).status == 401
        if town is not victim.town:
            town.close()
    assert unchanged()


@pytest.mark.parametrize(
    "key_id",
    ["http://{host}@evil.example/key", "http://eve:x@{host}{path}#main-key", "http://127.0.0.1.:{port}{path}#main-key",
     "http://127.1:{port}{path}#main-key", "http://2130706433:{port}{path}#main-key", "http://0x7f.1:{port}{path}",
     "http://%31%32%37.0.0.1:{port}{path}", "HTTP://127。0。0。1:{port}{path}#main-key", "//{host}{path}",
     "acct:eve@{host}", "javascript:alert(1)", "file:///etc/passwd", "ftp://{host}{path}",
     "http://{host}{path}\t#main-key", "x" * 5000],
)  # fmt: skip
def test_s7_s48_s55_a_key_id_in_disguise_is_401(
    blog: RunningBlog, eve: Person, unchanged: Unchanged, key_id: str
) -> None:
    port = eve.town.authority.partition(":")[2]
    written = key_id.format(host=eve.town.authority, path=eve.path, port=port)

    assert blog.post(eve, eve.act("Like", blog.note), key_id=written).status in (400, 401)
    assert unchanged()


def odd_keys() -> dict[str, str]:
    """Keys that prove nothing, or cost too much."""
    tiny = rsa.generate_private_key(65537, 1024)
    curve = ec.generate_private_key(ec.SECP256R1())
    private = tiny.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    curve_pem = curve.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()
    return {
        "small": pem_of(tiny),
        "curve": curve_pem,
        "private": private,
        "long": "-----BEGIN PUBLIC KEY-----\n" + "A" * 1_000_000 + "\n-----END PUBLIC KEY-----\n",
        "none": "kein Schlüssel",
    }


@pytest.mark.parametrize("which", ["small", "curve", "private", "long", "none"])
def test_s24_a_key_that_nobody_should_trust_is_401(
    blog: RunningBlog, eve: Person, unchanged: Unchanged, which: str
) -> None:
    key = {"id": eve.key_id, "owner": eve.id, "publicKeyPem": odd_keys()[which]}
    eve.town.serves(eve.path, eve.document(publicKey=key))

    assert blog.post(eve, eve.act("Like", blog.note)).status == 401
    assert unchanged()


@pytest.mark.parametrize(
    "media_type", ["application/json", "text/plain", "image/png", "application/octet-stream", "text/html"]
)
def test_s35_an_actor_in_an_uploaded_file_is_401(
    blog: RunningBlog, eve: Person, unchanged: Unchanged, media_type: str
) -> None:
    eve.town.serves(eve.path, eve.document(), media_type=media_type)

    assert blog.post(eve, eve.act("Like", blog.note)).status == 401
    assert unchanged()


def test_s34_s37_an_open_redirect_speaks_for_nobody(
    blog: RunningBlog, eve: Person, victim: Person, unchanged: Unchanged
) -> None:
    """The victim's server leads to Eve's document, which says that it is the victim."""
    forged = {
        **victim.document(),
        "publicKey": {"id": victim.key_id, "owner": victim.id, "publicKeyPem": pem_of(eve.key)},
    }
    eve.town.serves(f"{eve.path}/forged", forged)
    victim.town.pages[victim.path] = (302, {"Location": f"{eve.id}/forged"}, b"")

    assert blog.post(eve, victim.act("Like", blog.note), key_id=victim.key_id).status == 401
    assert unchanged()


def test_an_account_that_went_with_its_key_is_deleted_by_its_servers_410_and_not_by_a_404(
    blog: RunningBlog, town: Town
) -> None:
    """Protocol sheet 7.1; and somebody else's word is not enough while the account stands."""
    gone, hidden, alive = (
        town.person(f"{name}-{datetime.now(UTC).timestamp()}") for name in ("gone", "hidden", "alive")
    )
    for person in (gone, hidden, alive):
        said(blog, person, f"von {person.name}")
    town.serves(gone.path, {"id": gone.id, "type": "Tombstone"}, status=410)
    town.serves(hidden.path, b"", status=404)

    stranger = town.person("stranger", shown=False)
    town.serves("/gone-key", b"", status=410)
    for person, key_id, status in (
        (hidden, f"{hidden.id}#other", 401),
        (alive, f"{town.origin}/gone-key", 401),
        (gone, f"{gone.id}#other", 202),
    ):
        delete = person.act("Delete", person.id)
        assert blog.post(stranger, delete, key_id=key_id).status == status

    shown = blog.comments()
    assert f"von {gone.name}" not in shown
    assert f"von {hidden.name}" in shown
    assert f"von {alive.name}" in shown


def test_a_key_changed_without_a_word_is_found_once_and_then_not_asked_for_again(blog: RunningBlog, town: Town) -> None:
    """Rotation; security S61 and CVE-2026-34148: who signs wrong cannot make us fetch for each request."""
    person = town.person(f"rotating{datetime.now(UTC).timestamp()}")
    assert blog.post(person, person.act("Like", blog.note)).status == 202
    after = Person(town=town, name=person.name, key=town.person("spare").key, ed=person.ed)
    town.serves(person.path, after.document())

    assert blog.post(after, after.act("Like", blog.note)).status == 202
    asked = town.asked.count(person.path)
    for _ in range(5):
        assert blog.post(person, person.act("Like", blog.note)).status == 401
    assert town.asked.count(person.path) == asked == 2


def test_s61_a_badly_signed_request_costs_one_fetch_of_the_key_and_no_write(
    blog: RunningBlog, eve: Person, town: Town, unchanged: Unchanged
) -> None:
    liar = Person(town=town, name=eve.name, key=town.person("liar").key, ed=eve.ed)
    for _ in range(5):
        assert blog.post(liar, liar.act("Create", liar.note(blog, "gelogen"))).status == 401
    # Once for the first, and once more when the second did not fit: the key might have been changed meanwhile.
    assert town.asked.count(eve.path) == 2
    assert unchanged()


def test_s61_sixty_invented_keys_do_not_keep_the_new_people_of_that_server_out(
    blog: RunningBlog, eve: Person, other_town: Town
) -> None:
    """Eve names keys of a server that are not there; its next new person sends from another address, and is heard."""
    like = eve.act("Like", blog.note)
    for number in range(62):
        asked = blog.signed(eve, like, key_id=f"{other_town.origin}/nobody{number}#main-key")
        assert exchange(blog.authority, wire_of(asked), network="127.0.0.3").status == (401 if number < 60 else 503)
    new = other_town.person(f"neu{datetime.now(UTC).timestamp()}")
    asked = blog.signed(new, new.act("Like", blog.note))
    assert exchange(blog.authority, wire_of(asked), network="127.0.0.3").status == 503
    assert exchange(blog.authority, wire_of(asked), network="127.0.0.4").status == 202


def test_s3_who_lists_the_key_of_a_neighbour_shuts_nobody_out(blog: RunningBlog, town: Town) -> None:
    """By a document that is fetched, and by one that an Update brings along."""
    now = datetime.now(UTC).timestamp()
    jo, eve = town.person(f"jo{now}"), town.person(f"ev{now}")
    stolen = {"id": jo.key_id, "owner": eve.id, "publicKeyPem": pem_of(eve.key)}
    document = eve.document(publicKey=[eve.document()["publicKey"], stolen])
    town.serves(eve.path, document)
    assert blog.post(eve, eve.act("Like", blog.note)).status == 202
    assert blog.post(eve, eve.act("Update", document)).status == 202

    said(blog, jo, f"von {jo.name}")
    assert blog.post(eve, eve.act("Update", document)).status == 202
    assert blog.post(jo, jo.act("Like", blog.note)).status == 202
    assert town.asked.count(jo.path) == 1
    assert blog.post(eve, jo.act("Undo", jo.act("Like", blog.note)), key_id=jo.key_id).status == 401


def test_s61_a_key_that_is_not_there_is_401_and_one_that_cannot_be_had_now_is_503(
    blog: RunningBlog, eve: Person, town: Town, unchanged: Unchanged
) -> None:
    for status, expected in ((404, 401), (410, 401), (403, 401), (500, 503), (429, 503)):
        person = town.person(f"{eve.name}-{status}", shown=False)
        town.serves(person.path, b"", status=status)
        for _ in range(2):
            reply = blog.post(person, person.act("Like", blog.note))
            assert reply.status == expected, status
            assert ("retry-after" in reply.headers) == (expected == 503)
        assert town.asked.count(person.path) <= 2, "asked in both schemes where it is 401 or 403, else once"
    nobody = Person(town=Town("127.0.0.1"), name="nobody", key=eve.key, ed=eve.ed)
    nobody.town.close()
    assert blog.post(nobody, nobody.act("Like", blog.note)).status == 503
    assert unchanged()
