"""Bytes from a stranger -> one JSON object that every parser reads the same way, or Malformed.

The inbox and every fetch come through here before a value is looked at. Stricter than `json.loads`: what RFC 8259
leaves open, I-JSON (RFC 7493) closes, so that what a signature or proof covers is what we read (security S28, S69-S72).
"""

from __future__ import annotations

import json
import math
import re
from json import JSONDecodeError, JSONDecoder
from typing import NoReturn

from bridge.errors import Malformed
from bridge.terms import Document

#: Deepest nesting that we read; CPython's own parser ends in RecursionError somewhere beyond 900.
DEEPEST = 64
# Numbers in ActivityStreams are counts and sizes. Longer ones only serve to make two parsers disagree.
_LONGEST_NUMBER = 40

# Strings, one unterminated at the end included, so that no input is scanned twice.
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
# Escapes of surrogates and NUL; pairs of surrogates are emoji and common, so a find is only a reason to look closer.
_SUSPICIOUS = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
_UNFIT = re.compile("[\x00\ud800-\udfff]")


def read_json(raw: bytes) -> Document:
    """Read one JSON object in UTF-8. Raises Malformed for anything that two JSON parsers might read differently."""
    if _depth_exceeded(raw):
        raise Malformed(f"JSON is nested deeper than {DEEPEST}")
    try:
        parsed = _DECODER.decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Malformed("JSON is not UTF-8") from error
    except JSONDecodeError as error:
        raise Malformed(f"no JSON: {error.msg} at {error.pos}") from error
    except RecursionError as error:
        raise Malformed("JSON is nested too deeply") from error
    if not isinstance(parsed, dict):
        raise Malformed("JSON is no object")
    if b"\\u" in raw and _SUSPICIOUS.search(raw) and not _is_clean(parsed):
        raise Malformed("JSON holds a NUL or half a surrogate pair")
    return parsed


def _depth_exceeded(raw: bytes) -> bool:
    # Two counts in C settle nearly every document: without 64 opening brackets there is no depth of 64.
    if raw.count(b"{") + raw.count(b"[") <= DEEPEST:
        return False
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", raw)):
        if bracket in b"{[":
            depth += 1
            if depth > DEEPEST:
                return True
        else:
            depth -= 1
    return False


def _is_clean(parsed: Document) -> bool:
    waiting: list[object] = [parsed]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if _UNFIT.search(value):
                return False
        elif isinstance(value, dict):
            waiting += value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return True


def _without_duplicates(pairs: list[tuple[str, object]]) -> Document:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("JSON names the same key twice")
    return members


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise Malformed("JSON holds an integer too long to be one")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits) if len(digits) <= _LONGEST_NUMBER else math.inf
    if math.isinf(number):
        raise Malformed("JSON holds a number out of range")
    return number


def _constant(name: str) -> NoReturn:
    raise Malformed(f"JSON holds {name}")


_DECODER: JSONDecoder = json.JSONDecoder(
    object_pairs_hook=_without_duplicates, parse_int=_integer, parse_float=_number, parse_constant=_constant
)
