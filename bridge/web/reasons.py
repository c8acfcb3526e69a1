"""A stored reason, an English sentence -> the same in the language of the pages; for `web.admin`.

The store keeps what was written when it happened, and the command line prints it as it is. A catalogue
`locale/xx/LC_MESSAGES/reasons.po` has every sentence that we write as a template with named fields. A sentence is
matched against them, and the translation of the one that fits is filled with its fields. A field may be a sentence:
`it names a post that could not be fetched: https://far.example/1 answered 404` is two templates. What other servers
and libraries said stays as it is, and a sentence that fits no template is shown untranslated by the caller. The
templates are in the catalogue and nowhere else, so a new reason is added in one place.

The result contains words of strangers as plain text: page templates escape it, and nobody may mark it safe.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

from bridge.inbox.names import NAMES
from bridge.web.words import Words

log = logging.getLogger(__name__)

#: How a field is found in a sentence, and what is done with it. `cause` is a sentence that must be known, or the
#: template does not fit; `why` is one that may be anybody's; `list` is several, with commas; `text` stays as it is.
Kind = Literal["token", "number", "quoted", "day", "time", "text", "why", "cause", "list"]

#: The fields by their names. A template may use each once, so some kinds have several names.
FIELDS: Mapping[str, Kind] = {
    "address": "token", "other": "token", "server": "token", "method": "token", "header": "token", "word": "token",
    "number": "number", "least": "number", "most": "number",
    "quoted": "quoted",
    "day": "day", "time": "time",
    "said": "text", "title": "text",
    "why": "why", "who": "why",
    "cause": "cause", "kind": "cause", "verdict": "cause", "what": "cause",
    "list": "list",
}  # fmt: skip

_PATTERNS: Mapping[Kind, str] = {
    "token": r"\S+?",
    "number": r"\d+(?:\.\d+)?",
    "quoted": r"'[^']*'|\"[^\"]*\"",  # as Python's `repr` writes a text
    "day": r"\d{4}-\d\d-\d\d",
    "time": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC",
    "text": r".+?",
    "why": r".+?",
    "cause": r".+?",
    "list": r".+?",
}
_FIELD = re.compile(r"%\((\w+)\)s")
#: Longer ones are shown as they stand; ours are shorter, even with a report and five addresses in them.
_LONGEST = 16_000
#: A sentence in a sentence in a sentence. Ours go half as deep.
_DEEPEST = 8

_Memory = dict[tuple[str, int], str | None]


class _Template:
    """One sentence with its fields, and what it is in the other language."""

    def __init__(self, english: str, translated: str) -> None:
        """Raises ValueError where the two do not fit together."""
        self.pieces = _FIELD.split(english)  # text, name, text, name, ... text
        self.names = self.pieces[1::2]
        self.translated = translated
        try:
            translated % dict.fromkeys(self.names, "")
        except (KeyError, TypeError, ValueError) as fault:
            raise ValueError(f"{translated!r} has fields that {english!r} has not") from fault
        self.weight = sum(map(len, self.pieces[::2]))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Linear in the sentence: atomic groups, so that nothing is tried again but where the last field ends."""
        parts = [re.escape(self.pieces[0])]
        for place, name in enumerate(self.names):
            kind = _PATTERNS[FIELDS.get(name, "text")]
            after = re.escape(self.pieces[2 * place + 2])
            is_last = place == len(self.names) - 1
            parts.append(f"(?P<{name}>{kind}){after}" if is_last else f"(?>(?P<{name}>{kind}){after})")
        return re.compile("".join(parts), re.DOTALL)


class Reasons:
    """The reasons in one language. `catalogue` has the templates; what in it is not a template is left out."""

    def __init__(self, words: Words, catalogue: Mapping[str, str]) -> None:
        self._words = words
        self._whole = {english: said for english, said in catalogue.items() if not _FIELD.search(english)}
        self._by_letter: dict[str, list[_Template]] = {}
        for template in sorted(_templates(catalogue), key=lambda one: (-one.weight, len(one.names))):
            self._by_letter.setdefault(template.pieces[0][:1], []).append(template)

    def say(self, sentence: str) -> str | None:
        """The sentence in this language; None if it is not one of ours, or too long to be one."""
        return self._say(sentence.strip(), 0, {}) if len(sentence) <= _LONGEST else None

    def _say(self, sentence: str, depth: int, memory: _Memory) -> str | None:
        if depth > _DEEPEST or not sentence:
            return None
        place = (sentence, depth)
        if place not in memory:
            memory[place] = None
            memory[place] = self._found(sentence, depth, memory) or self._ended(sentence, depth, memory)
        return memory[place]

    def _ended(self, sentence: str, depth: int, memory: _Memory) -> str | None:
        """`inbox.why` makes whole sentences of reasons: with a capital at the start and a full stop at the end."""
        has_stop, first = sentence.endswith("."), sentence[:1]
        plain = sentence.removesuffix(".")
        for begun in (plain, first.lower() + plain[1:]):
            if begun != sentence and (said := self._found(begun, depth, memory)) is not None:
                capital = said if begun == plain else said[:1].upper() + said[1:]
                return f"{capital}." if has_stop else capital
        return None

    def _found(self, sentence: str, depth: int, memory: _Memory) -> str | None:
        if (said := self._whole.get(sentence)) is not None:
            return said
        if sentence in _NAMES:
            return self._words.say(sentence)
        for template in (*self._by_letter.get(sentence[:1], ()), *self._by_letter.get("", ())):
            fit = template.pattern.fullmatch(sentence)
            if fit is None:
                continue
            values = {name: self._value(name, fit[name], depth + 1, memory) for name in template.names}
            if None not in values.values():
                return str(template.translated % values)
        return None

    def _value(self, name: str, text: str, depth: int, memory: _Memory) -> str | None:
        match FIELDS.get(name, "text"):
            case "quoted":
                return text[1:-1]
            case "day":
                return self._moment(text, "%Y-%m-%d")
            case "time":
                return self._moment(text, "%Y-%m-%d %H:%M:%S UTC")
            case "why":
                return self._say(text, depth, memory) or text
            case "cause":
                return self._say(text, depth, memory)
            case "list":
                return ", ".join(self._say(part, depth, memory) or part for part in text.split(", "))
        return text

    def _moment(self, text: str, form: str) -> str | None:
        try:
            moment = datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            return None
        return self._words.date_time(moment) if "%H" in form else self._words.date(moment)


_NAMES = frozenset(NAMES.values())


def _templates(catalogue: Mapping[str, str]) -> Iterator[_Template]:
    for english, translated in catalogue.items():
        if _FIELD.search(english):
            try:
                yield _Template(english, translated)
            except ValueError as fault:
                log.error("a reason's translation is passed over: %s", fault)
