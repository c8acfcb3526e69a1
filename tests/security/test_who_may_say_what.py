"""Good signatures of the wrong people, against a real server: security S2 to S7, S24 to S35, S37 to S45."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.demo.stage import request, wait_until
from bridge.signature.integrity_proof import ProofClaim, add_proof, proof_claim, proves
from bridge.signature.keys import public_key_from_multibase
from tests.support.attack import AS2, CONTEXT, PUBLIC, Person, RunningBlog, Town, said
from tests.support.signing import post_headers, request_with

Unchanged = Callable[[], bool]


def as_if(victim: Person, eve: Person, activity: dict[str, Any]) -> dict[str, Any]:
    """The activity under the victim's name."""
    return json.loads(json.dumps(activity).replace(eve.id, victim.id))  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", ["Follow", "Like", "Undo", "Move", "Update", "Flag"])
def test_s2_somebody_elses_name_is_401_without_a_question_to_them(
    blog: RunningBlog, eve: Person, victim: Person, unchanged: Unchanged, kind: str
) -> None:
    asked = len(victim.town.asked)
    activity = as_if(victim, eve, eve.act(kind, blog.actor, target=eve.id))

    reply = blog.post(eve, activity)

    assert (reply.status, reply.headers.get("accept-signature")) == (401, None)
    assert len(victim.town.asked) == asked
    assert unchanged()


def test_s2_s25_a_post_put_into_anothers_mouth_is_not_kept(
    blog: RunningBlog, eve: Person, victim: Person, unchanged: Unchanged
) -> None:
    """Its own server is asked once, does not know it, and the copy that came is never looked at."""
    note = victim.note(blog, "nie gesagt")

    reply = blog.post(eve, victim.act("Create", note))

    assert reply.status == 401
    assert victim.town.asked.count(note["id"].removeprefix(victim.town.origin)) == 1
    assert unchanged()


def test_s25_of_a_post_that_was_handed_on_the_origins_words_count(
    blog: RunningBlog, eve: Person, victim: Person
) -> None:
    note = victim.note(blog, "die eigenen Worte")
    victim.town.serves(note["id"].removeprefix(victim.town.origin), note)

    reply = blog.post(eve, victim.act("Create", {**note, "content": "<p>untergeschoben</p>"}))

    assert reply.status == 202
    assert "die eigenen Worte" in blog.comments()
    assert "untergeschoben" not in blog.comments()


def handed_on_delete(eve: Person, victim: Person, object_id: str, way: str) -> dict[str, Any]:
    """The Delete of somebody else, by itself under Eve's signature or in a boost of hers."""
    deletion = victim.act("Delete", object_id)
    return deletion if way == "itself" else eve.act("Announce", deletion)


@pytest.mark.parametrize("way", ["itself", "in a boost"])
@pytest.mark.parametrize("to", ["direct", "followers"])
def test_s25_s30_who_reads_along_deletes_nothing_private(
    blog: RunningBlog, eve: Person, victim: Person, to: str, way: str
) -> None:
    """What was not said to all is a 404 to us too, so its own server confirms no Delete of it that others hand on."""
    audience = [blog.actor] if to == "direct" else [f"{victim.id}/followers", blog.actor]
    note = victim.note(blog, "im Vertrauen", to=audience, cc=[])
    assert blog.post(victim, victim.act("Create", note, to=audience)).status == 202

    assert blog.post(eve, handed_on_delete(eve, victim, note["id"], way)).status == 202
    assert blog.asked("SELECT state, text FROM entries WHERE object_id = ?", note["id"]) == [
        ("private", "im Vertrauen")
    ]

    assert blog.post(victim, victim.act("Delete", note["id"])).status == 202
    assert blog.asked("SELECT state, text FROM entries WHERE object_id = ?", note["id"]) == [("deleted", "")]


@pytest.mark.parametrize("way", ["itself", "in a boost"])
def test_s25_s30_nobody_deletes_what_another_will_say(blog: RunningBlog, eve: Person, victim: Person, way: str) -> None:
    """Ids that are counted up can be foretold; that such a post is not there yet is no word of its author."""
    text = f"noch nicht gesagt, {way}"
    note = victim.note(blog, text)

    assert blog.post(eve, handed_on_delete(eve, victim, note["id"], way)).status == 202
    assert blog.post(victim, victim.act("Create", note)).status == 202

    assert text in blog.comments()


def test_s14_s25_who_hands_on_something_early_does_not_use_up_its_id(
    blog: RunningBlog, eve: Person, victim: Person
) -> None:
    """What its author says later under an id that could be foretold (`#updates/1`, `#delete`) still counts."""
    note = said(blog, victim, "zuerst so gesagt")
    path = note["id"].removeprefix(victim.town.origin)
    victim.town.serves(path, note)
    update = victim.act("Update", note, id=f"{note['id']}#updates/1")
    assert blog.post(eve, update).status == 202

    edited = {**note, "content": "<p>dann anders</p>", "updated": datetime.now(UTC).isoformat()}
    victim.town.serves(path, edited)
    assert blog.post(victim, {**update, "object": edited}).status == 202

    assert "dann anders" in blog.comments()
    assert "zuerst so gesagt" not in blog.comments()


def test_s25_a_proof_makes_a_handed_on_post_good_without_asking(blog: RunningBlog, eve: Person, victim: Person) -> None:
    """FEP-8b32: the key is fetched, the post is not."""
    note = victim.note(blog, "von ihr selbst bewiesen")

    assert blog.post(eve, victim.proven(victim.act("Create", note))).status == 202
    assert "von ihr selbst bewiesen" in blog.comments()
    assert note["id"].removeprefix(victim.town.origin) not in victim.town.asked


def bad_proofs(victim: Person, eve: Person, activity: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Proofs that look good."""
    good = victim.proven(activity)
    proof = good["proof"]
    return {
        "by Eve's key": add_proof(activity, signer=eve.ed_signer, now=datetime.now(UTC)),
        "by Eve's key under the victim's name": {
            **good,
            "proof": {**add_proof(activity, signer=eve.ed_signer, now=datetime.now(UTC))["proof"],
                      "verificationMethod": f"{victim.id}#ed25519-key"},
        },
        "of another text": {**good, "object": {**good["object"], "content": "<p>verdreht</p>"}},
        "for another purpose": {**good, "proof": {**proof, "proofPurpose": "authentication"}},
        "of another suite": {**good, "proof": {**proof, "cryptosuite": "eddsa-rdfc-2022"}},
        "with a domain": {**good, "proof": {**proof, "domain": "elsewhere.example"}},
        "expired": {**good, "proof": {**proof, "expires": "2020-01-01T00:00:00Z"}},
        "twice": {**good, "proof": [proof, proof]},
        "of the future": add_proof(
            activity, signer=victim.ed_signer, now=datetime.now(UTC) + timedelta(days=1)
        ),
    }  # fmt: skip


@pytest.mark.parametrize(
    "which",
    ["by Eve's key", "by Eve's key under the victim's name", "of another text", "for another purpose",
     "of another suite", "with a domain", "expired", "twice", "of the future"],
)  # fmt: skip
def test_s27_a_proof_that_is_wrong_in_any_way_is_none(
    blog: RunningBlog, eve: Person, victim: Person, unchanged: Unchanged, which: str
) -> None:
    activity = victim.act("Create", victim.note(blog, "falsch bewiesen"))

    assert blog.post(eve, bad_proofs(victim, eve, activity)[which]).status == 401
    assert unchanged()


def test_every_activity_of_ours_carries_a_proof_that_holds(blog: RunningBlog, eve: Person) -> None:
    """FEP-8b32 and FEP-521a: anybody can check it with the Multikey in our actor."""
    follow = eve.act("Follow", blog.actor)
    assert blog.post(eve, follow).status == 202
    bodies = [json.loads(body) for (body,) in blog.asked("SELECT body FROM activities")]
    assert {body["type"] for body in bodies} >= {"Create", "Accept"}
    actor = blog.get(blog.actor)
    keys = {key["id"]: key["publicKeyMultibase"] for key in actor["assertionMethod"]}

    for body in bodies:
        assert "https://w3id.org/security/data-integrity/v1" in body["@context"]
        proof_holds(body, keys)
    (page,) = (blog.get(f"{blog.actor}/outbox?page=1"),)
    for body in page["orderedItems"]:
        proof_holds(body, keys)


def proof_holds(body: dict[str, Any], keys: dict[str, str]) -> None:
    claim = proof_claim(body, now=datetime.now(UTC))
    assert isinstance(claim, ProofClaim), claim
    assert claim.owner == body["actor"]
    assert proves(claim, public_key_from_multibase(keys[claim.key_id]))


@pytest.mark.parametrize("keyword", ["@graph", "@included", "@reverse"])
def test_s26_restructuring_is_400_and_a_linked_data_signature_means_nothing(
    blog: RunningBlog, eve: Person, victim: Person, unchanged: Unchanged, keyword: str
) -> None:
    activity = victim.act("Create", victim.note(blog, "umgebaut"))
    signature = {"type": "RsaSignature2017", "creator": victim.key_id, "created": "2024-08-05T07:00:00Z",
                 "signatureValue": "AAAA"}  # fmt: skip

    assert blog.post(eve, {**activity, keyword: [activity]}).status == 400
    assert blog.post(eve, {**activity, "signature": signature}).status == 401
    assert unchanged()


@pytest.mark.parametrize("raw", [b'{"type":"Like","type":"Follow"', b'{"n":1e400,"type":"Like"'])
def test_s28_a_document_that_two_parsers_read_differently_is_400(
    blog: RunningBlog, eve: Person, unchanged: Unchanged, raw: bytes
) -> None:
    body = raw + f',"actor":"{eve.id}","object":"{blog.note}"}}'.encode()

    assert blog.post(eve, body).status == 400
    assert unchanged()


def test_s29_s30_nobody_changes_or_deletes_the_comment_of_another(
    blog: RunningBlog, eve: Person, town: Town, victim: Person
) -> None:
    """Not somebody of another server, and not a neighbour on the same one."""
    neighbour = town.person(f"{eve.name}-nebenan")
    note = said(blog, victim, "bleibt stehen")
    near = said(blog, neighbour, "bleibt auch stehen")

    for theirs in (note, near):
        update = eve.act("Update", {**theirs, "content": "<p>verdreht</p>", "updated": "2099-01-01T00:00:00Z"})
        assert blog.post(eve, update).status == 202
        assert blog.post(eve, eve.act("Delete", theirs["id"])).status == 202
        assert blog.post(eve, eve.act("Delete", {"id": theirs["id"], "type": "Tombstone"})).status == 202

    assert "bleibt stehen" in blog.comments()
    assert "bleibt auch stehen" in blog.comments()
    assert "verdreht" not in blog.comments()


def test_a_post_that_is_deleted_at_the_moment_it_comes_is_not_shown(blog: RunningBlog, eve: Person) -> None:
    """Whichever of the two is first, both are taken, and nothing of it stands on the page."""
    assert blog.post(eve, eve.act("Like", blog.note)).status == 202
    for number in range(10):
        note = eve.note(blog, f"flüchtig {number}.")
        both = [eve.act("Create", note), eve.act("Delete", {"id": note["id"], "type": "Tombstone"})]
        with ThreadPoolExecutor(2) as pool:
            assert [reply.status for reply in pool.map(blog.send, [blog.signed(eve, one) for one in both])] == [202] * 2
    assert "flüchtig" not in blog.comments()


@pytest.mark.parametrize(
    "how", ["S31 elsewhere", "S31 of another author", "S32 over our own post", "S33 activity elsewhere"]
)
def test_s31_s32_s33_a_post_that_is_not_the_senders_is_202_and_not_shown(
    blog: RunningBlog, eve: Person, victim: Person, how: str
) -> None:
    note = eve.note(blog, f"zu Unrecht {how}")
    activity = eve.act("Create", note)
    if how == "S31 elsewhere":
        note["id"] = f"{victim.id}/notes/1"
    elif how == "S31 of another author":
        note["attributedTo"] = victim.id
    elif how == "S32 over our own post":
        note["id"] = blog.note
    else:
        activity["id"] = f"{victim.id}/acts/1"

    assert blog.post(eve, activity).status == 202
    assert "zu Unrecht" not in blog.comments()
    assert "Nebel im Moor" in json.dumps(blog.get(blog.note))


def test_s33_a_delete_without_an_id_is_understood(blog: RunningBlog, eve: Person) -> None:
    note = said(blog, eve, "verschwindet wieder")
    delete = eve.act("Delete", note["id"])
    del delete["id"]

    assert blog.post(eve, delete).status == 202
    assert "verschwindet wieder" not in blog.comments()


def test_s38_answers_to_what_we_never_asked_change_nothing(blog: RunningBlog, eve: Person) -> None:
    before = blog.rows()
    for kind in ("Accept", "Reject"):
        follow = {"id": f"{blog.origin}/activity/x", "type": "Follow", "actor": blog.actor, "object": eve.id}
        assert blog.post(eve, eve.act(kind, follow)).status == 202
    after = blog.rows()
    assert {name for name in after if after[name] != before[name]} <= {
        "received",
        "remote_actors",
        "remote_keys",
        "servers",
    }


def test_s39_nobody_unfollows_for_another(blog: RunningBlog, eve: Person, victim: Person) -> None:
    follow = victim.act("Follow", blog.actor)
    assert blog.post(victim, follow).status == 202

    for undo in (eve.act("Undo", follow), eve.act("Undo", follow["id"]), eve.act("Undo", f"{eve.id}/never")):
        assert blog.post(eve, undo).status == 202

    assert blog.asked("SELECT count(*) FROM followers WHERE actor_id = ?", victim.id) == [(1,)]


def test_s40_a_move_that_the_target_does_not_know_changes_nothing(
    blog: RunningBlog, eve: Person, victim: Person
) -> None:
    assert blog.post(eve, eve.act("Follow", blog.actor)).status == 202

    assert blog.post(eve, eve.act("Move", eve.id, target=victim.id)).status == 202
    assert blog.post(eve, {**eve.act("Move", victim.id), "target": eve.id}).status == 202

    assert blog.asked("SELECT count(*) FROM followers WHERE actor_id = ?", victim.id) == [(0,)]
    assert blog.asked("SELECT count(*) FROM followers WHERE actor_id = ?", eve.id) == [(1,)]


def test_s43_a_quote_request_gets_no_stamp_that_can_be_guessed_or_claimed(
    blog: RunningBlog, eve: Person, victim: Person
) -> None:
    before = blog.asked("SELECT count(*) FROM activities")
    for instrument in ("javascript:alert(1)", f"{victim.id}/notes/1", "data:text/html,x"):
        blog.post(eve, eve.act("QuoteRequest", blog.note, instrument=instrument))

    assert blog.asked("SELECT count(*) FROM activities") == before
    assert request(f"{blog.origin}/stamp/1", accept=AS2).status == 404


def test_s44_a_header_that_asks_us_to_synchronise_with_a_third_party_is_passed_over(
    blog: RunningBlog, eve: Person, victim: Person
) -> None:
    asked = list(victim.town.asked)
    good = blog.signed(eve, eve.act("Like", blog.note))
    header = f'collectionId="{eve.id}/followers", url="{victim.id}/followers", digest="{"0" * 64}"'

    sent = request_with({**dict(good.headers), "collection-synchronization": header}, body=good.body)

    assert blog.send(sent).status == 202
    assert victim.town.asked == asked


def test_s45_what_is_said_to_the_author_alone_is_nowhere_to_be_read(blog: RunningBlog, eve: Person) -> None:
    direct = eve.note(blog, "nur für dich", to=[blog.actor], cc=[])
    followers_only = eve.note(blog, "nur für Freunde", to=[f"{eve.id}/followers"], cc=[blog.actor])
    for note in (direct, followers_only):
        assert blog.post(eve, {**eve.act("Create", note), "to": note["to"], "cc": note["cc"]}).status == 202

    replies = request(f"{blog.note}/replies", accept=AS2).text
    page = request(blog.page, accept="text/html").text
    for text in ("nur für dich", "nur für Freunde", direct["id"], followers_only["id"]):
        assert text not in blog.comments() + replies + page
    known, unknown = (request(f"{blog.origin}/object/{name}", accept=AS2) for name in ("a" * 22, "b" * 22))
    assert (known.status, known.text) == (unknown.status, unknown.text)


@pytest.mark.parametrize("kind", ["Delete", "Update"])
def test_s76_a_delete_of_a_stranger_is_202_at_once_without_a_look_at_its_signature(
    blog: RunningBlog, eve: Person, town: Town, unchanged: Unchanged, kind: str
) -> None:
    """Protocol sheet 7.1: neither the end nor a change of somebody of whom nothing is held costs anything."""
    asked = len(town.asked)
    for number in range(50):
        stranger = f"{town.origin}/people/unknown{number}"
        about: object = stranger if kind == "Delete" else {"id": stranger, "type": "Person"}
        delete = {"@context": CONTEXT, "type": kind, "actor": stranger, "object": about, "to": [PUBLIC]}
        body = json.dumps(delete).encode()
        headers = post_headers(body=body, host=blog.authority, date=datetime.now(UTC))
        assert blog.send(request_with(headers, body=body)).status == 202
    assert len(town.asked) == asked
    assert unchanged()


def test_s79_deliveries_cannot_be_aimed_at_a_third_party(blog: RunningBlog, eve: Person, victim: Person) -> None:
    eve.town.serves(eve.path, eve.document(inbox=f"{victim.id}/inbox"))
    assert blog.post(eve, eve.act("Follow", blog.actor)).status == 202
    assert blog.asked("SELECT count(*) FROM followers WHERE actor_id = ?", eve.id) == [(0,)]

    shared = eve.town.person(f"{eve.name}-shared")
    shared.town.serves(shared.path, shared.document(endpoints={"sharedInbox": f"{victim.town.origin}/inbox"}))
    assert blog.post(shared, shared.act("Follow", blog.actor)).status == 202
    assert blog.asked("SELECT shared_inbox FROM followers WHERE actor_id = ?", shared.id) == [(None,)]
    moved = shared.document(inbox=f"{victim.id}/inbox", endpoints={"sharedInbox": f"{victim.town.origin}/inbox"})
    assert blog.post(shared, shared.act("Update", moved)).status == 202
    assert blog.asked("SELECT inbox, shared_inbox FROM followers WHERE actor_id = ?", shared.id) == [
        (f"{shared.id}/inbox", None)
    ]
    wait_until("the Accept came", lambda: [path for path, _, _ in shared.town.posted if path == f"{shared.path}/inbox"],
               seconds=10)  # fmt: skip
    assert not [path for path, _, _ in victim.town.posted if path in (f"{victim.path}/inbox", "/inbox")]
