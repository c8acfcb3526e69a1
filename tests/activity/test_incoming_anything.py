"""Whatever a stranger sends ends in a type or in Malformed, never in another exception (security S75)."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.activity import incoming_types as types
from bridge.activity.collection import items_of
from bridge.activity.incoming import parse_activity, parse_note, peek
from bridge.activity.incoming_note import POST_TYPES
from bridge.activity.json_text import read_json
from bridge.activity.remote_actor import keys_of, remote_actor_from
from bridge.activity.wire_names import PUBLIC
from bridge.errors import Malformed
from bridge.terms import Document
from tests.support import funfedi
from tests.support.wire import NAMES, incoming

EVA = "https://far.example/users/eva"
POST = "https://links.example/object/bbbbbbbbbbbbbbbbbbbbbb"
BLOG = "https://links.example/actor/aaaaaaaaaaaaaaaaaaaaaa"


def activity(kind: str, **more: Any) -> Document:
    return {"id": f"{EVA}#{kind}", "type": kind, "actor": EVA} | more


def funfedi_cases() -> list[Any]:
    """The samples of funfedi.dev, each with what the makers expect of a server."""
    found = []
    module = funfedi.load()
    environment = module.Environment(sending_actor_profile={"id": EVA}, receiving_actor=BLOG)
    for suite in (module.activity_suite, module.event_suite, module.notes_suite, module.poll_suite):
        for title, cases in suite.tests.items():
            for case in cases:
                sample, _ = case.maker.activity_and_object(environment)
                found.append(pytest.param(str(case.status), sample, id=f"{title}: {case.name}"))
    return found


@pytest.mark.parametrize(("status", "document"), funfedi_cases())
def test_the_public_parsing_cases_end_in_a_type_or_malformed(status: str, document: Document) -> None:
    """S75, with the samples of funfedi.dev."""
    document = read_json(json.dumps(document).encode())
    if status == "recommended":
        assert not isinstance(parse_activity(document), types.Unknown)
    with contextlib.suppress(Malformed):
        assert isinstance(parse_activity(document), types.Incoming)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)
KEYS = (
    "@context @id @type @graph id actor object target instrument to cc as:to attributedTo inReplyTo content contentMap "
    "name summary tag attachment url href published updated quote replies first items oneOf totalItems icon inbox "
    "publicKey mediaType language likes _misskey_reaction sensitive endpoints assertionMethod context"
).split()
LEAVES = JSON | st.sampled_from([EVA, POST, PUBLIC, "as:Public", "2024-08-05T10:00:60Z", "#x", ":x:", "text/html"])
TYPES = st.sampled_from(
    sorted(POST_TYPES)
    + "Create Update Delete Undo Announce Like Follow Flag Move Add QuoteRequest EmojiReact Accept as:Note".split()
    + "Person Tombstone Mention Hashtag Emoji Link Image Collection CollectionPage Multikey".split()
)


def _is_document(value: object) -> bool:
    return isinstance(value, dict)


def documents(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Document]:
    """Activity-like documents around the given values."""
    some = inner | LEAVES | st.lists(inner | LEAVES, max_size=3)
    named = {"type": TYPES, "id": st.just(f"{EVA}/1"), "actor": st.just(EVA), "object": inner}
    return st.fixed_dictionaries(named, optional={key: some for key in KEYS if key not in named})


@given(st.dictionaries(st.text(max_size=8), JSON) | st.recursive(LEAVES, documents, max_leaves=6).filter(_is_document))
def test_no_document_raises_anything_but_malformed(document: Document) -> None:
    """S75."""
    for parse in (parse_activity, parse_note, peek, remote_actor_from, items_of, keys_of):
        with contextlib.suppress(Malformed):
            parse(document)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30)
@given(st.data())
def test_no_single_wrong_value_in_a_real_shape_raises_anything_but_malformed(name: str, data: st.DataObject) -> None:
    """S75."""
    document = incoming(name)
    place: Any = document
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(LEAVES)
            break
        place = place[key]
    for parse in (parse_activity, parse_note, remote_actor_from, items_of):
        with contextlib.suppress(Malformed):
            parse(document)


@pytest.mark.parametrize("key", ["@graph", "@included", "@reverse"])
def test_a_document_that_restructures_itself_is_malformed(key: str) -> None:
    """S26."""
    with pytest.raises(Malformed, match=re.escape(key)):
        parse_activity(activity("Like", object=POST) | {key: []})
    with pytest.raises(Malformed):
        parse_note({"id": f"{EVA}/1", "type": "Note", "attributedTo": EVA, key: {}})


def test_the_ld_signature_is_ignored_whatever_it_says() -> None:
    """S26."""
    document = incoming("mastodon_create_reply")
    unsigned = {key: value for key, value in document.items() if key != "signature"}
    assert parse_activity(document) == parse_activity(unsigned)


def test_two_spellings_of_one_key_must_agree() -> None:
    """S71, as prefixes make it possible."""
    with pytest.raises(Malformed, match="two spellings"):
        parse_activity(activity("Like", object=POST) | {"as:actor": "https://victim.example/u/1"})
    assert parse_activity(activity("Like", object=POST) | {"as:actor": EVA}).actor == EVA


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"type": "Like"},
        {"actor": EVA, "object": POST},
        activity("Like"),
        activity("Like", object=5),
        activity("Like", object={}),
        activity("Like", object=[]),
        activity("Like", object=[POST, f"{POST}2"]),
        activity("Like", object=[[POST]]),
        activity("Like", object="javascript:alert(1)"),
        activity("Like", object=POST) | {"actor": [EVA, f"{EVA}2"]},
        activity("Like", object=POST) | {"actor": None},
        activity("Like", object=POST) | {"actor": "eva"},
        activity("Like", object=POST) | {"actor": "https://eva@far.example/u"},
        activity("Like", object=POST) | {"actor": EVA + "x" * 2048},
        activity("Like", object=POST) | {"id": 5},
        activity("Like", object=POST) | {"id": {"a": 1}},
        activity("Like", object=POST) | {"type": 5},
        activity("Like", object=POST) | {"type": []},
        activity("Like", object=POST) | {"type": [["Like"]]},
        activity("Create", object={"type": "Note"}),
        activity("Create", object={"type": "Note", "id": None}),
        activity("Create", object={"type": "Note", "id": f"{EVA}/1", "attributedTo": 7}),
        activity("Create", object={"type": "Note", "id": f"{EVA}/1", "inReplyTo": 7}),
        activity("Create", object={"type": "Note", "id": f"{EVA}/1", "inReplyTo": [[POST]]}),
        activity("Create", object=None),
        activity("Undo"),
        activity("Undo", object={"actor": EVA}),
        activity("Delete", object=True),
        activity("Move", object=EVA),
        activity("Add", object=5, target=EVA),
    ],
)
def test_wrong_types_and_missing_values_are_malformed(broken: Document) -> None:
    """S75."""
    with pytest.raises(Malformed):
        parse_activity(broken)
