"""The text of a structured field (RFC 8941: Dictionary) -> its members, and back to the one canonical text.

`rfc9421` and `digest` read Signature-Input, Signature and Content-Digest with it. It knows what those three need:
inner lists, strings, tokens, integers, booleans and byte sequences. Everything else, and every label that stands
twice, is a fault: two readers must not see two things.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import Error, a2b_base64
from collections.abc import Sized
from dataclasses import dataclass

from bridge.signature.request import SignatureFault

#: Longest field we read, in characters.
LONGEST = 64 * 1024

#: Most entries of a dictionary, a list or a set of parameters. Nobody sends a tenth of it.
_MOST_ENTRIES = 64


@dataclass(frozen=True, slots=True)
class Token:
    """A bare word, which is not the string of the same letters."""

    text: str


#: What a member or a parameter may hold.
Bare = str | int | bool | bytes | Token
Parameters = dict[str, Bare]


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One value with its parameters."""

    value: Bare
    parameters: Parameters


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One entry of a dictionary: a bare value, or an inner list of items."""

    value: Bare | tuple[Item, ...]
    parameters: Parameters


# Quantifiers are possessive, so a match never goes back: reading is linear in the length whatever is there.
_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*+")
_STRING = re.compile(r'"((?:[ !#-\[\]-~]++|\\["\\])*+)"')
_ESCAPED = re.compile(r"\\(.)")
_INTEGER = re.compile(r"-?[0-9]{1,15}+(?![0-9.])")
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*+")
_BYTES = re.compile(r":([A-Za-z0-9+/]*+={0,2}):")
_SPACES = re.compile(r" *+")
_COMMA = re.compile(r"[ \t]*+,[ \t]*+(?!\Z)")


def parse_dictionary(text: str, *, name: str) -> dict[str, Member]:
    """Read a Dictionary field. `name` is what a fault calls it. Raises SignatureFault("malformed")."""
    if len(text) > LONGEST:
        raise SignatureFault("malformed", f"the {name} header is longer than 64 kB")
    reader = _Reader(text.strip(" "), name)
    return reader.dictionary()


def serialize_list(items: tuple[Item, ...], parameters: Parameters) -> str:
    """Write an inner list with its parameters (RFC 8941 4.1.1.1): the value of `@signature-params`."""
    inner = " ".join(serialize_item(item) for item in items)
    return f"({inner}){_serialize_parameters(parameters)}"


def serialize_item(item: Item) -> str:
    """Write one value with its parameters."""
    return _serialize_bare(item.value) + _serialize_parameters(item.parameters)


def serialize_string(text: str) -> str:
    """Write a string. Raises ValueError for characters a structured field cannot hold."""
    if not (text.isascii() and text.isprintable()):
        raise ValueError("a structured string is printable ASCII")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _serialize_parameters(parameters: Parameters) -> str:
    return "".join(
        f";{name}" if value is True else f";{name}={_serialize_bare(value)}" for name, value in parameters.items()
    )


def _serialize_bare(value: Bare) -> str:
    if isinstance(value, str):
        return serialize_string(value)
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return ":" + b64encode(value).decode("ascii") + ":"
    return value.text


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.place = 0

    def dictionary(self) -> dict[str, Member]:
        members: dict[str, Member] = {}
        if not self.text:
            raise self.fault()
        while True:
            key = self.take(_KEY)
            if key in members:
                raise SignatureFault("malformed", f"a label stands twice in the {self.name} header")
            members[key] = self.member()
            self.check_number(members)
            if self.place == len(self.text):
                return members
            self.take(_COMMA)

    def member(self) -> Member:
        if not self.accept("="):
            return Member(value=True, parameters=self.parameters())
        if not self.accept("("):
            return Member(value=self.bare(), parameters=self.parameters())
        items: list[Item] = []
        while True:
            spaces = self.take(_SPACES)
            if self.accept(")"):
                return Member(value=tuple(items), parameters=self.parameters())
            if items and not spaces:
                raise self.fault()
            items.append(Item(value=self.bare(), parameters=self.parameters()))
            self.check_number(items)

    def parameters(self) -> Parameters:
        parameters: Parameters = {}
        while self.accept(";"):
            self.take(_SPACES)
            key = self.take(_KEY)
            if key in parameters:
                raise SignatureFault("malformed", f"a parameter stands twice in the {self.name} header")
            parameters[key] = self.bare() if self.accept("=") else True
            self.check_number(parameters)
        return parameters

    def bare(self) -> Bare:
        first = self.text[self.place : self.place + 1]
        if first == '"':
            text = self.take(_STRING, group=1)
            return _ESCAPED.sub(r"\1", text) if "\\" in text else text
        if first == ":":
            try:
                return a2b_base64(self.take(_BYTES, group=1), strict_mode=True)
            except Error:
                raise self.fault() from None
        if first == "?":
            self.place += 1
            if self.accept("1"):
                return True
            if self.accept("0"):
                return False
            raise self.fault()
        if first.isascii() and (first.isdigit() or first == "-"):
            return int(self.take(_INTEGER))
        return Token(self.take(_TOKEN))

    def accept(self, character: str) -> bool:
        if self.text.startswith(character, self.place):
            self.place += 1
            return True
        return False

    def take(self, pattern: re.Pattern[str], *, group: int = 0) -> str:
        found = pattern.match(self.text, self.place)
        if found is None:
            raise self.fault()
        self.place = found.end()
        return found[group]

    def check_number(self, entries: Sized) -> None:
        if len(entries) > _MOST_ENTRIES:
            raise SignatureFault("malformed", f"the {self.name} header has more than {_MOST_ENTRIES} entries")

    def fault(self) -> SignatureFault:
        return SignatureFault("malformed", f"the {self.name} header is no structured field")
