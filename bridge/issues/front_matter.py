"""The bytes of an issue file -> its front matter, every value with its line, and the Markdown below.

`issue.read_issue` calls it. Front matter is YAML between two lines `---` or TOML between two lines `+++`; both have
caps on size and depth (S119).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from bridge.errors import Fault, IssueFaults
from bridge.issues.limits import MOST_BYTES
from bridge.issues.notation import FORBIDDEN, Entry
from bridge.issues.toml_notation import TomlNotation
from bridge.issues.yaml_notation import YamlNotation

MOST_FRONT_MATTER = 64 * 1024  #: bytes of the front matter alone


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontMatter:
    """A file taken apart. Keys are in lower case, as Hugo reads them; `Entry.name` is the author's spelling."""

    entries: Mapping[str, Entry]
    body: str
    body_line: int


def read_front_matter(path: str, raw: bytes) -> FrontMatter:
    """Take the file apart; raises IssueFaults and nothing else, whatever the bytes are."""
    lines = _lines_of(path, raw)
    marker = lines[0].rstrip() if lines else ""
    if marker not in ("---", "+++"):
        _refuse(
            path,
            1,
            'The file must begin with its front matter: a line "---", a line "title: ...", and a line "---". '
            'A file that is no issue gets a name that begins with "_"',
        )
    end = next((n for n, line in enumerate(lines) if n and line.rstrip() == marker), None)
    if end is None:
        _refuse(path, 1, f'The front matter has no end. Write a line "{marker}" below its last key')
    text = "".join(line + "\n" for line in lines[1:end])
    if len(text.encode()) > MOST_FRONT_MATTER:
        _refuse(path, 1, "The front matter is over 64 KiB. Move the text below the line that ends it")
    read = YamlNotation(path, text) if marker == "---" else TomlNotation(path, text)
    entries = read.entries()
    if read.faults:
        raise IssueFaults(read.faults)
    body = lines[end + 1 :]
    first = next((n for n, line in enumerate(body) if line.strip()), None)
    if first is None:
        return FrontMatter(entries=entries, body="", body_line=end + 1)
    text = "\n".join(body[first:]).rstrip("\n") + "\n"
    return FrontMatter(entries=entries, body=text, body_line=end + 2 + first)


def _lines_of(path: str, raw: bytes) -> list[str]:
    if len(raw) > MOST_BYTES:
        _refuse(path, None, "The file is over 1 MiB. Split the issue, or move its pictures into files of their own")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        _refuse(path, 1, "The file is saved as UTF-16. Save it as UTF-8")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as broken:
        line = raw.count(b"\n", 0, broken.start) + 1
        _refuse(path, line, f"Byte 0x{raw[broken.start]:02X} here is not UTF-8. Save the file as UTF-8")
    # Windows editors write a byte order mark and CRLF; both are the editor's, not the author's.
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    faults = [
        Fault(path, number, f"The line holds the invisible character U+{ord(found[0]):04X}. Delete it")
        for number, line in enumerate(lines, 1)
        if (found := FORBIDDEN.search(line))
    ]
    if faults:
        raise IssueFaults(faults[:20])
    return lines


def _refuse(path: str, line: int | None, reason: str) -> NoReturn:
    raise IssueFaults([Fault(path, line, reason)])
