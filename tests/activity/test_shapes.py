"""One value in any of its wire shapes, and the quick address test against the one URL parser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.activity.shapes import id_of, ids_of, text_of, type_of, web_url
from bridge.activity.wire_names import plain_keys, short_name
from bridge.errors import Malformed
from bridge.urls import BadUrl, parse_url

URL = "https://far.example/users/eva"


def accepted(text: str) -> bool:
    try:
        parse_url(text, allow_http=True)
    except BadUrl:
        return False
    return True


@given(
    st.sampled_from(["https://", "http://", "HTTPS://", ""]),
    st.text("ab1.-_:@%[]ü", max_size=12) | st.just("far.example"),
    st.text("ab/?#&=%<>\" \\\x00\u202e^`{|}~'()", max_size=12),
)
def test_the_quick_address_test_agrees_with_the_url_parser(scheme: str, host: str, rest: str) -> None:
    """S7: two parsers must never read one address differently."""
    text = scheme + host + rest
    assert (web_url(text) is not None) == accepted(text)


@pytest.mark.parametrize(
    "text",
    [
        URL,
        "https://" + "a" * 63 + ".example/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 130 + "example/",
        "https://a-.example/",
        "https://-a.example/",
        "https://far.example.",
        "https://far.1/",
        "https://far.example:443/",
        "https://far.example/" + "x" * 2028,
        "https://far.example/" + "x" * 2029,
    ],
)
def test_the_quick_address_test_agrees_at_the_edges(text: str) -> None:
    assert (web_url(text) is not None) == accepted(text)


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        True,
        [],
        {},
        [[URL]],
        [None, URL],
        {"id": [URL]},
        {"id": {"id": URL}},
        "",
        "x",
        {"href": URL},
        {"type": "Mention", "href": URL},
        {"type": "Link", "href": [URL]},
    ],
)
def test_what_names_no_address_names_none(value: object) -> None:
    assert id_of(value) is None


@pytest.mark.parametrize(
    "value",
    [
        URL,
        [URL],
        {"id": URL},
        [{"id": URL}],
        {"@id": URL},
        [{"@id": URL, "x": 1}],
        {"type": "Link", "href": URL},
        [{"type": ["Link"], "href": URL}],
        {"@type": "as:Link", "href": URL},
    ],
)
def test_a_reference_may_be_an_address_an_object_a_link_or_a_list(value: object) -> None:
    assert id_of(value) == URL


def test_of_many_references_the_first_good_ones_count() -> None:
    assert ids_of([5, URL, "x", {"id": f"{URL}2"}, f"{URL}3"], 2) == (URL, f"{URL}2")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ja", "ja"),
        (["ja", "nein"], "ja"),
        ({"de": "ja", "en": "yes"}, "ja"),
        ({"@value": "ja", "@language": "de"}, "ja"),
        ([{"@value": "ja"}], "ja"),
        ({"de": ["ja"]}, ""),
        ({}, ""),
        (None, ""),
        (5, ""),
    ],
)
def test_a_text_may_come_in_a_map_a_list_or_expanded(value: object, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize("kind", ["Note", ["Note", "x:Extra"], "as:Note", "https://www.w3.org/ns/activitystreams#Note"])
def test_a_type_has_one_short_name(kind: object) -> None:
    assert type_of({"type": kind}) == type_of({"@type": kind}) == "Note"


def test_names_with_a_prefix_that_we_do_not_know_stay() -> None:
    assert short_name("dfrn:unlisted") == "dfrn:unlisted"
    document = {"type": "Note", "content": "x"}
    assert plain_keys(document) is document
    assert plain_keys({"toot:featured": 1, "diaspora:guid": 2}) == {"featured": 1, "diaspora:guid": 2}


def test_two_spellings_that_disagree_are_malformed() -> None:
    with pytest.raises(Malformed):
        plain_keys({"id": URL, "@id": f"{URL}2"})
    assert plain_keys({"id": URL, "@id": URL}) == {"id": URL}
