"""The YAML 1.1 between `---` -> the values of `notation`; called by `front_matter`.

From the parser's events alone: nothing is constructed, so no tag can name a type and no alias can multiply (S119).
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from bridge.issues.notation import DEEPEST, Entry, Listing, Notation, Scalar, Table, Value


class YamlNotation(Notation):
    """YAML from the parser's events: nothing is constructed, so no tag can name a type and no alias can multiply."""

    def entries(self) -> dict[str, Entry]:
        try:
            events = yaml.parse(self.text, Loader=yaml.SafeLoader)
            return self._document(event for event in events if not isinstance(event, _FRAME))
        except yaml.MarkedYAMLError as broken:
            problem = str(broken.problem or broken.context)
            marks = [broken.problem_mark, broken.context_mark]
            if problem.startswith(_OPENED):
                marks.reverse()  # the place where it was opened, not the one where the hope of a closing ended
            mark = marks[0] or marks[1]
            self.refuse(*self._explained(mark.index if mark else 0, problem))
        except yaml.reader.ReaderError as broken:
            self.refuse(self.line_at(broken.position), f"The invisible character U+{_code(broken.character):04X} "
                        "cannot stand in YAML. Delete it")  # fmt: skip
        except (ValueError, OverflowError):  # "\U00110000" in quotes: PyYAML lets chr() fail
            self.refuse(2, "A value in quotes holds an escape that names no character")

    def _document(self, events: Iterator[yaml.Event]) -> dict[str, Entry]:
        first = next(events, None)
        if first is None:
            return {}
        if not isinstance(first, yaml.MappingStartEvent):
            reason = 'The front matter must be lines of "key: value", such as "title: My first letter"'
            self.refuse(self._line(first), reason)
        whole = self._table(first, events, 1)
        if (more := next(events, None)) is not None:
            self.refuse(self._line(more), 'A second YAML document begins here. Delete the line "---" or "..." above it')
        return dict(whole.entries)

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Value:
        line = self._line(event)
        if depth > DEEPEST:
            self.too_deep(line)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            self.refuse(line, 'A plain value may not begin with "*" or "&". Put it in quotes, or write the value out')
        if getattr(event, "tag", None) is not None:
            self.refuse(line, 'A plain value may not begin with "!". Put it in quotes')
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style is None
            return self.scalar(event.value, line, plain=plain, cut_off=plain and self._is_cut_off(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._table(event, events, depth)
        items: list[Value] = []
        while not isinstance(item := next(events), yaml.SequenceEndEvent):
            items.append(self._value(item, events, depth + 1))
        return Listing(items=tuple(items), line=line)

    def _table(self, start: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Table:
        if getattr(start, "anchor", None) is not None or getattr(start, "tag", None) is not None:
            self.refuse(self._line(start), 'Tags ("!") and anchors ("&") are not used here. Delete it')
        entries: list[Entry] = []
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._value(event, events, depth + 1)
            if not isinstance(key, Scalar):
                self.refuse(key.line, "A list cannot be a key. Put the text in quotes if it is a value")
            entries.append(Entry(name=key.text, line=key.line, value=self._value(next(events), events, depth + 1)))
        return self.table(entries, self._line(start))

    def _is_cut_off(self, event: yaml.Event) -> bool:
        end = event.end_mark.index if event.end_mark else 0
        rest, _, _ = self.text[end : end + 1000].partition("\n")
        return rest.lstrip(" ").startswith("#")

    def _line(self, event: yaml.Event) -> int:
        # Not the mark's own line: PyYAML also counts U+2028 and U+0085 as line ends, editors and git do not.
        return self.line_at(event.start_mark.index if event.start_mark else 0)

    def _explained(self, index: int, problem: str) -> tuple[int, str]:
        line = self.line_at(index)
        reason = next((said for part, said in _YAML_PROBLEMS if part in problem), f"YAML cannot read this: {problem}")
        above = self.text.split("\n")[: line - 2]
        if "" in (kept.strip() for kept in above):
            reason += '. Is the line "---" missing that ends the front matter?'
        return line, reason


_FRAME = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)

_OPENED = ("found unexpected end of stream", "expected ',' or ']'", "expected ',' or '}'")
_QUOTE_IT = 'Put the value in quotes: title: "One: two"'
#: What PyYAML says (scanner.py and parser.py of 6.0) and what an author should do.
_YAML_PROBLEMS = (
    ("character '\\t'", "A tab stands where YAML wants spaces. Replace the tab with spaces"),
    ("mapping values are not allowed", f'A value that holds ": " needs quotes. {_QUOTE_IT}'),
    ("could not find expected ':'", 'This line, or the one above it, has no "key: value"'),
    ("expected <block end>", f"The line does not fit: wrong indentation, or a quote inside of quotes. {_QUOTE_IT}"),
    ("character '@'", f'A value that begins with "@" needs quotes. {_QUOTE_IT}'),
    ("character '`'", f"A value that begins with a backtick needs quotes. {_QUOTE_IT}"),
    ("character '%'", f'A value that begins with "%" needs quotes. {_QUOTE_IT}'),
    ("undefined tag", 'A plain value may not begin with "!". Put it in quotes'),
    ("unexpected end of stream", "A quotation mark is opened here and never closed"),
    ("expected ',' or ']'", 'A list that begins with "[" is not closed with "]"'),
    ("expected ',' or '}'", 'A value that begins with "{" is not closed with "}". Put it in quotes'),
    ("alphabetic or numeric character", 'A plain value may not begin with "*" or "&". Put it in quotes'),
    ("sequence entries are not allowed", f'A value that begins with "- " needs quotes. {_QUOTE_IT}'),
    ("expected '<document start>'", 'The front matter has ended above, at a line "..." or "%". Delete that line'),
    ("unknown escape character", "A backslash inside of double quotes needs a second one. Or use single quotes"),
)


def _code(character: str | int) -> int:
    return character if isinstance(character, int) else ord(character)
