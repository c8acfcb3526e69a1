"""What strangers send as JSON: read strictly, or refused as Malformed and nothing else."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.activity.json_text import DEEPEST, read_json
from bridge.errors import Malformed


def test_an_activity_is_read_as_it_stands() -> None:
    document = {"type": "Follow", "actor": "https://far.example/u/eva", "n": [1, -2.5, True, None], "text": "Grüße 🎈"}
    assert read_json(json.dumps(document).encode()) == document
    assert read_json(json.dumps(document, ensure_ascii=False).encode()) == document


def test_depth_64_is_read_and_65_refused() -> None:
    """S69."""
    deep = b'{"a":' + b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1) + b"}"
    assert read_json(deep)
    with pytest.raises(Malformed, match="deeper"):
        read_json(b'{"a":' + b"[" * DEEPEST + b"]" * DEEPEST + b"}")


@pytest.mark.parametrize("piece", [b"[", b'{"a":', b"[{", b'"[', b'\\"[', b'"\\"'])
def test_a_megabyte_of_opening_brackets_is_refused_in_milliseconds(piece: bytes) -> None:
    """S69 and S82: the depth scan is linear, also for strings that never end."""
    started = time.process_time()
    with pytest.raises(Malformed):
        read_json(b'{"a":' + piece * (1_000_000 // len(piece)))
    assert time.process_time() - started < 1


def test_brackets_within_strings_are_no_depth() -> None:
    document = {"a": "[" * 1000 + '"{\\' * 500, "b": ["{"] * 100}
    assert read_json(json.dumps(document).encode()) == document


def test_many_flat_lists_are_no_depth() -> None:
    assert len(read_json(b'{"a":[' + b"[]," * 1000 + b"[]]}")["a"]) == 1001


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'{"n":' + b"9" * 5000 + b"}", id="S70 5,000 digits"),
        pytest.param(b'{"n":NaN}', id="S70 NaN"),
        pytest.param(b'{"n":-Infinity}', id="S70 Infinity"),
        pytest.param(b'{"n":1e400}', id="S28 1e400"),
        pytest.param(b'{"n":0.' + b"1" * 5000 + b"}", id="S70 5,000 decimals"),
        pytest.param(b'{"actor":"a","actor":"b"}', id="S71 duplicate key"),
        pytest.param(b'{"o":{"id":"a","\\u0069d":"b"}}', id="S71 duplicate key by escape"),
        pytest.param(b'{"t":"\\ud800"}', id="S72 lone surrogate"),
        pytest.param(b'{"t":["x","\\uDC00\\ud83d"]}', id="S72 surrogates in wrong order"),
        pytest.param(b'{"\\ud800":1}', id="S72 lone surrogate in a key"),
        pytest.param(b'{"t":"\\u0000"}', id="S72 NUL"),
        pytest.param(b'{"t":"\x00"}', id="S72 raw NUL"),
        pytest.param(b'{"t":"a\x1bb"}', id="S72 raw control"),
        pytest.param(b'{"t":"\xff\xfe"}', id="S72 invalid UTF-8"),
        pytest.param(b'{"t":"\xed\xa0\x80"}', id="S72 surrogate as UTF-8"),
        pytest.param(b'\xef\xbb\xbf{"t":1}', id="S72 BOM"),
        pytest.param('{"t":1}'.encode("utf-16"), id="S72 UTF-16"),
        pytest.param('{"t":1}'.encode("utf-16-le"), id="S72 UTF-16 without BOM"),
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"x"', id="a string"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"a":1} {"b":2}', id="two documents"),
        pytest.param(b"{'a':1}", id="single quotes"),
        pytest.param(b'{"a":1,}', id="trailing comma"),
        pytest.param(b"<html>", id="HTML"),
    ],
)
def test_what_parsers_read_differently_is_refused(raw: bytes) -> None:
    """S28, S70, S71, S72."""
    with pytest.raises(Malformed):
        read_json(raw)


def test_escaped_emoji_and_a_backslash_before_u_are_fine() -> None:
    assert read_json(b'{"t":"\\ud83c\\udf88","c":"\\\\u0000 \\\\ud800"}') == {"t": "🎈", "c": "\\u0000 \\ud800"}


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_but_malformed(raw: bytes) -> None:
    with contextlib.suppress(Malformed):
        read_json(raw)


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**53), 2**53)
            | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
            st.lists,
            max_leaves=20,
        ),
    ),
    st.booleans(),
)
def test_well_formed_documents_come_back_equal(document: dict[str, object], ascii_only: bool) -> None:
    assert read_json(json.dumps(document, ensure_ascii=ascii_only).encode()) == document
