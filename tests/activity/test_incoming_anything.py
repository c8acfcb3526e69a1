"""Whatever a stranger sends ends in a type or in Malformed, never in another exception (security S75)."""

from __future__ import annotations

import contextlib
import json
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


def funfedi_cases() -> list[Any]:
    """The samples of funfedi.dev, each with what the makers expect of a server."""
    found = []
    module = funfedi.load()
    environment = module.Environment(sending_actor_profile={"id": EVA}, receiving_actor=BLOG)
    for suite in (module.activity_suite, module.event_suite, module.notes_suite, module.poll_suite):
        for title, cases in suite.tests.items():
            for case in cases:
                activity, _ = case.maker.activity_and_object(environment)
                found.append(pytest.param(str(case.status), activity, id=f"{title}: {case.name}"))
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
