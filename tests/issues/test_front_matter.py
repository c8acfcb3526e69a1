"""Front matter: what an author may write, and what they are told when it cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import Fault, IssueFaults
from bridge.issues.front_matter import FrontMatter, read_front_matter
from bridge.issues.notation import Listing, Scalar


def refusal(raw: bytes | str) -> str:
    with pytest.raises(IssueFaults) as refused:
        read_front_matter("24.md", raw if isinstance(raw, bytes) else raw.encode())
    return str(refused.value)


def texts(matter: FrontMatter) -> dict[str, str]:
    return {key: entry.value.text for key, entry in matter.entries.items() if isinstance(entry.value, Scalar)}


def yaml(*lines: str) -> str:
    return "\n".join(["---", *lines, "---", "", "Hallo.", ""])


def toml(*lines: str) -> str:
    return "\n".join(["+++", *lines, "+++", "", "Hallo.", ""])


def test_yaml_and_toml_give_the_same_keys_lines_and_body() -> None:
    for raw in (yaml("title: Neues", "number: 24"), toml('title = "Neues"', "number = 24")):
        matter = read_front_matter("24.md", raw.encode())
        assert texts(matter) == {"title": "Neues", "number": "24"}
        assert [entry.line for entry in matter.entries.values()] == [2, 3]
        assert (matter.body, matter.body_line) == ("Hallo.\n", 6)


def test_a_scalar_stays_what_the_author_wrote() -> None:
    matter = read_front_matter("a.md", yaml("title: No", "slug: 0042", "date: 2024-08-05", "tags: [1e3, yes]").encode())
    assert texts(matter) == {"title": "No", "slug": "0042", "date": "2024-08-05"}
    tags = matter.entries["tags"].value
    assert isinstance(tags, Listing)
    assert [item.text for item in tags.items if isinstance(item, Scalar)] == ["1e3", "yes"]


def test_toml_numbers_and_dates_become_text_too() -> None:
    raw = toml("title = 1.50", "draft = true", "date = 2024-08-05T09:00:00+02:00", "updated = 2024-08-06")
    assert texts(read_front_matter("a.md", raw.encode())) == {
        "title": "1.50",
        "draft": "true",
        "date": "2024-08-05T09:00:00+02:00",
        "updated": "2024-08-06",
    }


def test_windows_line_ends_and_a_byte_order_mark_are_taken() -> None:
    matter = read_front_matter("a.md", b"\xef\xbb\xbf---\r\ntitle: x\r\n---\r\n\r\neins\r\nzwei\r\n")
    assert texts(matter) == {"title": "x"}
    assert (matter.body, matter.body_line) == ("eins\nzwei\n", 5)


def test_section_breaks_in_the_text_are_no_end_of_anything() -> None:
    matter = read_front_matter("a.md", b"---\ntitle: x\n---\neins\n\n---\n\nzwei\n")
    assert matter.body == "eins\n\n---\n\nzwei\n"


def test_keys_are_found_in_any_case_as_hugo_does() -> None:
    matter = read_front_matter("a.md", yaml("Title: x").encode())
    assert matter.entries["title"].name == "Title"


def test_toml_keys_have_their_lines_even_below_texts_that_look_like_keys() -> None:
    raw = toml(
        'a = """', 'title = "no"', '"""', "tags = [", '  "a = 1",', "]", 'title = "yes" # x = 1', "[params]", "b = 1"
    )
    matter = read_front_matter("a.md", raw.encode())
    assert {key: entry.line for key, entry in matter.entries.items()} == {"a": 2, "tags": 5, "title": 8, "params": 9}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "24.md:1: The file must begin with its front matter"),
        (b"Hallo", "24.md:1: The file must begin with its front matter"),
        (b"---\ntitle: x\n", '24.md:1: The front matter has no end. Write a line "---"'),
        (b"+++\ntitle = 'x'\n---\n", '24.md:1: The front matter has no end. Write a line "+++"'),
        (b"---\ntitle: \xe4\n---\n", "24.md:2: Byte 0xE4 here is not UTF-8. Save the file as UTF-8"),
        ("---\ntitle: x\n---\n".encode("utf-16"), "24.md:1: The file is saved as UTF-16. Save it as UTF-8"),
        (b"---\ntitle: x\n---\na\n\x00b\n", "24.md:5: The line holds the invisible character U+0000. Delete it"),
        (b"x" * (1024 * 1024 + 1), "24.md: The file is over 1 MiB"),
        (b"---\n" + b"a: b\n" * 14000 + b"---\n", "24.md:1: The front matter is over 64 KiB"),
    ],
)
def test_a_file_that_cannot_be_taken_apart_says_why(raw: bytes, said: str) -> None:
    """S119: no end marker, not UTF-8, too large."""
    assert refusal(raw).startswith(said)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("title: !!python/object/apply:os.system [x]", '3: A plain value may not begin with "!"'),
        ("title: !x y", '3: A plain value may not begin with "!"'),
        ("title: &x y", '3: A plain value may not begin with "*" or "&"'),
        ("title: *x", '3: A plain value may not begin with "*" or "&"'),
        ("x: &a [1, 1]\ny: [*a, *a]", '3: A plain value may not begin with "*" or "&"'),
        ("title: a: b", '3: A value that holds ": " needs quotes'),
        ("title:\tx", "3: A tab stands where YAML wants spaces"),
        ("title: x\n\ttags: y", "4: A tab stands where YAML wants spaces"),
        ("title: @kaffee", '3: A value that begins with "@" needs quotes'),
        ('title: "x', "3: A quotation mark is opened here and never closed"),
        ('title: "sagt "ja" dazu"', "3: The line does not fit"),
        ("title: [a", '3: A list that begins with "[" is not closed'),
        ("title: {{ x }}", "3: A list cannot be a key"),
        ("x: " + "[" * 30, "3: Lists are nested here more than 20 deep"),
        ("x: " + "{a: " * 30, "3: Lists are nested here more than 20 deep"),
        ('title: "\\U00110000"', "2: A value in quotes holds an escape that names no character"),
        ('title: "\\ud83d"', "3: The value holds the invisible character U+D83D"),
        ('title: "a\\x00b"', "3: The value holds the invisible character U+0000"),
        ("...\nfoo: 1", "4: The front matter has ended above"),
        ("title: a\x7fb", "3: The invisible character U+007F cannot stand in YAML"),
        ('x: ["a",\n  "b"\ny: 1', '3: A list that begins with "[" is not closed'),
    ],
)
def test_yaml_that_cannot_be_read_says_where_and_what_to_do(line: str, said: str) -> None:
    """S119: tags, anchors, aliases, depth, tabs; the line counted as editors count."""
    assert f"24.md:{said}" in refusal(yaml("first: 1", line))


def test_line_numbers_are_those_of_editors_not_of_yaml() -> None:
    """YAML also ends a line at U+2028 and U+0085."""
    assert "24.md:3: " in refusal(yaml("first: 'a\u2028 b\u0085 c'", "x: &y z"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("title = x", "3: TOML cannot read this: Invalid value"),
        ("title", "3: TOML cannot read this: Expected '='"),
        ("first = 2", "3: The key on this line stands already above"),
        ("x = " + "[" * 5000, "3: Lists are nested here more than 20 deep"),
        ("x = " + "{a=" * 5000, "3: Lists are nested here more than 20 deep"),
        ("x" + ".a" * 9000 + " = 1", "3: Lists are nested here more than 20 deep"),
        ("x = " + "9" * 5000, "TOML cannot read this: a value is out of its range"),
        ("x = " + "9" * 50, "3: The number is too large"),
        ('x = "\\u0000"', "3: The value holds the invisible character U+0000"),
        ("x = 2024-13-01", "3: TOML cannot read this"),
    ],
)
def test_toml_that_cannot_be_read_says_where_and_what_to_do(line: str, said: str) -> None:
    """S119 for TOML: tomllib's own recursion has no cap."""
    assert said in refusal(toml("first = 1", line))


def test_every_duplicate_key_is_named_with_both_lines() -> None:
    """S119: duplicate keys, also those that differ in case only."""
    assert refusal(yaml("title: x", "title: y", "tags: a", "Tags: b")).split("\n") == [
        '24.md:3: The key "title" stands already on line 2. Delete one of the two',
        '24.md:5: The key "Tags" stands already on line 4. Delete one of the two',
    ]
    assert "24.md:3: The key" in refusal(toml('title = "x"', 'Title = "y"'))


def test_a_forgotten_end_marker_is_guessed_when_the_text_follows() -> None:
    assert refusal("---\ntitle: x\n\nEs war einmal\nein Satz: mit Punkt: drin\n\n---\n\nEnde\n").endswith(
        'Is the line "---" missing that ends the front matter?'
    )


def test_what_yaml_takes_as_a_comment_is_marked() -> None:
    matter = read_front_matter("a.md", yaml("title: Hallo # Welt", "tags: #eins", "x: 'a # b'").encode())
    cut = {key: entry.value.cut_off for key, entry in matter.entries.items() if isinstance(entry.value, Scalar)}
    assert cut == {"title": True, "tags": True, "x": False}


def attempt(raw: bytes) -> tuple[FrontMatter | None, list[Fault]]:
    """What comes of the bytes; anything raised but IssueFaults fails the test."""
    try:
        return read_front_matter("a.md", raw), []
    except IssueFaults as refused:
        return None, list(refused.faults)


@pytest.mark.parametrize("filling", [" " * 60000, "\n" * 60000, "#" * 60000, "'" * 60000, '"\\' * 30000, "." * 60000])
@pytest.mark.parametrize("marker", ["---", "+++"])
def test_no_front_matter_keeps_us_busy(marker: str, filling: str) -> None:
    """S119: one of these took 106 s once; a hang is what this would show."""
    matter, faults = attempt(f"{marker}\n{filling}\n{marker}\n".encode())
    assert matter or faults


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_faults(raw: bytes) -> None:
    for start in (b"", b"---\n", b"+++\n"):
        for end in (b"", b"\n---\n", b"\n+++\n"):
            matter, faults = attempt(start + raw + end)
            assert (matter is None) == bool(faults)
            assert all(fault.path == "a.md" and fault.reason for fault in faults)


_SIGNS = [
    ": ",
    ":",
    "\n",
    "\n  ",
    "- ",
    "? ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "'",
    '"',
    "|",
    ">",
    "&a",
    "*a",
    "!t",
    "#",
    " ",
    "\t",
]
_WORDS = [
    "title",
    "2024-08-05",
    "1.5",
    "true",
    "~",
    "%",
    "@",
    "\\",
    "\\u0000",
    "\u2028",
    "ä",
    "\n...",
    "<<",
    "=",
    ".",
    '"""',
    "'''",
]
_PIECES = st.sampled_from(_SIGNS + _WORDS)


@settings(max_examples=300)
@given(st.lists(_PIECES | st.text(max_size=5), max_size=40), st.sampled_from(["---", "+++"]))
def test_any_mixture_of_signs_is_read_or_refused_with_faults(pieces: list[str], marker: str) -> None:
    raw = f"{marker}\n{''.join(pieces)}\n{marker}\nText\n".encode("utf-8", "surrogatepass")
    matter, faults = attempt(raw)
    last = raw.count(b"\n") + 1
    assert all(fault.line is None or 1 <= fault.line <= last for fault in faults)
    assert matter is None or all(2 <= entry.line <= last for entry in matter.entries.values())
