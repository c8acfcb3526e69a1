"""HTML on a terminal: what is quoted, listed, code or a picture can be told apart, at any width."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bridge.cli.prose import Prose


def shown(html: str, width: int = 60) -> list[str]:
    screen = io.StringIO()
    Console(file=screen, width=width, color_system=None).print(Prose(html))
    return [line.rstrip() for line in screen.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("<h2>Titel</h2><p>Eins\n  und <b>zwei</b>.</p>", ["Titel", "", "Eins und zwei."]),
        ("<p>Eins<br>\n zwei</p>", ["Eins", "zwei"]),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", ["• a", "  • b", "• c"]),
        ("<ol><li><p>a</p><p>weiter</p></li><li>b</li></ol>", ["1. a", "   weiter", "2. b"]),
        ("<blockquote><p>a</p><ul><li>b</li></ul></blockquote><p>c</p>", ["│ a", "│", "│ • b", "", "c"]),
        ("<p>so:</p><pre><code>x = 1\n\n  y\n</code></pre>", ["so:", "", "    x = 1", "", "      y"]),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", ["a | b", "1 | 2"]),
        ("<p>a</p><hr><p>b</p>", ["a", "", "* * *", "", "b"]),
        ('<p><img alt="Ein Feld"> <img></p>', ["[Ein Feld] [a picture without description]"]),
        ('<p><a href="x"><span class="invisible">https://</span><span class="ellipsis">x.example/a</span></a></p>',
         ["x.example/a…"]),
        ("frei <p>Absatz</p> danach", ["frei", "", "Absatz", "", "danach"]),
        ("", []),
    ],
)  # fmt: skip
def test_blocks_can_be_told_apart(html: str, lines: list[str]) -> None:
    assert shown(html) == lines


def test_a_long_quotation_has_its_bar_on_every_line() -> None:
    lines = shown(f"<blockquote><ul><li>{'wort ' * 20}</li></ul></blockquote>", width=24)
    assert lines[0].startswith("│ • wort")
    assert len(lines) > 3
    assert all(line.startswith("│   wort") and len(line) <= 24 for line in lines[1:])


def test_what_is_nested_without_end_is_shown_all_the_same() -> None:
    assert "tief" in " ".join(shown("<blockquote>" * 30 + "tief" + "</blockquote>" * 30, width=20))
