"""Markdown as contract section 5 reads it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import IssueFaults
from bridge.issues.markdown_rules import MAX_BODY, html_from_markdown
from bridge.issues.page_html import sanitised
from tests.support.letters import PEOPLE, letter, rendered


def html(text: str) -> str:
    converted = html_from_markdown(text, mention=PEOPLE.get, tag_url=lambda tag: f"/tags/{tag}")
    return converted.html.replace("\n", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Kopf", "<h1>Kopf</h1>"),
        ("### Kopf ###", "<h3>Kopf</h3>"),
        ("# C#", "<h1>C#</h1>"),
        ("Kopf\n====", "<h1>Kopf</h1>"),
        ("Kopf\n---", "<h2>Kopf</h2>"),
        ("eins\nzwei\n---", "<p>eins" + "zwei</p><hr>"),
        ("eins\n\n---\n\nzwei", "<p>eins</p><hr><p>zwei</p>"),
        ("* * *", "<hr>"),
    ],
)
def test_a_heading_needs_a_space_and_a_break_stands_alone(text: str, expected: str) -> None:
    assert html(text) == expected


def test_a_hashtag_at_the_start_of_a_line_is_no_heading() -> None:
    assert html("#Wort").startswith('<p><a href="/tags/Wort" class="mention hashtag" rel="tag">#<span>Wort</span></a>')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Text\n- a\n- b", "<p>Text</p><ul><li>a</li><li>b</li></ul>"),
        ("Text\n1. a\n2. b", "<p>Text</p><ol><li>a</li><li>b</li></ol>"),
        ("- a\n  - b\n    - c\n- d", "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d</li></ul>"),
        ("1. a\n  - b\n2. c", "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>"),
        ("- a\n    - b", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("* a\n+ b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("1. a\n2. b\n3) c", '<ol><li>a</li><li>b</li></ol><ol start="3"><li>c</li></ol>'),
        ("1. a\n\n3) c", '<ol><li>a</li></ol><ol start="3"><li>c</li></ol>'),
        ("- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"),
        ("- a\n\n  mehr\n- b", "<ul><li><p>a</p><p>mehr</p></li><li><p>b</p></li></ul>"),
        ("- a\n\n  - b", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("- a\nfaul", "<ul><li>afaul</li></ul>"),
        ("- a\n\nneu", "<ul><li>a</li></ul><p>neu</p>"),
        ("- a\n1. b", "<ul><li>a</li></ul><ol><li>b</li></ol>"),
        ("- ```\n  x\n  ```", "<ul><li><pre><code>x</code></pre></li></ul>"),
        ("Es war\n1986. Ein Jahr", "<p>Es war1986. Ein Jahr</p>"),
        ("a -b\n-c", "<p>a -b-c</p>"),
    ],
)
def test_lists_follow_a_paragraph_directly_and_nest_by_two_spaces(text: str, expected: str) -> None:
    assert html(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> a\n> b", "<blockquote><p>ab</p></blockquote>"),
        ("> a\n\n> b", "<blockquote><p>a</p></blockquote><blockquote><p>b</p></blockquote>"),
        ("> a\n>\n> b", "<blockquote><p>a</p><p>b</p></blockquote>"),
        ("> a\n\nText\n\n> b", "<blockquote><p>a</p></blockquote><p>Text</p><blockquote><p>b</p></blockquote>"),
        ("Text:\n> a", "<p>Text:</p><blockquote><p>a</p></blockquote>"),
        ("> - a\n> - b", "<blockquote><ul><li>a</li><li>b</li></ul></blockquote>"),
        ("> Text\n> - a\n>   - b", "<blockquote><p>Text</p><ul><li>a<ul><li>b</li></ul></li></ul></blockquote>"),
        ("- a\n  > b", "<ul><li>a<blockquote><p>b</p></blockquote></li></ul>"),
        ("> > a", "<blockquote><blockquote><p>a</p></blockquote></blockquote>"),
    ],
)
def test_quotations_hold_paragraphs_and_lists(text: str, expected: str) -> None:
    assert html(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "KI-Freund*innen",
        "Freund*innen und Leser*innen",
        "Freund*innen, Leser*innen und Kolleg*innen",
        "der*die Leser*in",
        "Menu\u0308*karte und Cafe\u0301*s",
        "snake_case_name und noch_einer",
        "2*3*4 = 24",
        "5 * 3 * 2",
        "§ 5 – 3 $ und 12 %",
        "„deutsch“ “english” «français» 'so' \"gerade\"",
        "a -- b --- c ... (c) (r)",
        "~ungefähr~",
        "offen ** und *",
        "C# und F#",
    ],
)
def test_the_author_s_characters_are_not_changed(text: str) -> None:
    assert html(text).replace("&quot;", '"') == f"<p>{text}</p>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*a* _b_", "<em>a</em> <em>b</em>"),
        ("**a** __b__", "<strong>a</strong> <strong>b</strong>"),
        ("***a***", "<em><strong>a</strong></em>"),
        ("**a *b* c**", "<strong>a <em>b</em> c</strong>"),
        ("*Freund*innen*", "<em>Freund*innen</em>"),
        ("**Leser*innen**", "<strong>Leser*innen</strong>"),
        ("Daten**schutz**gesetz", "Daten<strong>schutz</strong>gesetz"),
        ("~~weg~~", "<del>weg</del>"),
        (r"\*nicht\* \#a", "*nicht* #a"),
        ("`a*b*` ``c`d``", "<code>a*b*</code> <code>c`d</code>"),
        ("`offen", "`offen"),
        ("&copy; &amp; & &x;", "© &amp; &amp; &amp;x;"),
        ("a  \nb\\\nc", "a<br>b<br>c"),
    ],
)
def test_emphasis_code_and_escapes(text: str, expected: str) -> None:
    assert html(text) == f"<p>{expected}</p>"


@pytest.mark.parametrize(
    ("text", "href", "shown"),
    [
        ("https://a.example", "https://a.example", "https://a.example"),
        ("(https://a.example/b_c_d)", "https://a.example/b_c_d", "https://a.example/b_c_d"),
        ("https://a.example/x(y).", "https://a.example/x(y)", "https://a.example/x(y)"),
        ("„https://a.example/x“", "https://a.example/x", "https://a.example/x"),
        ("https://a.example/?a=1&b=2#c", "https://a.example/?a=1&amp;b=2#c", "https://a.example/?a=1&amp;b=2#c"),
        ("<https://a.example/#x>", "https://a.example/#x", "https://a.example/#x"),
        ("<ada@a.example>", "mailto:ada@a.example", "ada@a.example"),
        ("[a](https://a.example/x(y))", "https://a.example/x(y)", "a"),
        ("[a][r]\n\n[r]: https://a.example/r", "https://a.example/r", "a"),
        ("[a](https://a.example/#tag)", "https://a.example/#tag", "a"),
        ("[#kein @tag@a.example](/b)", "/b", "#kein @tag@a.example"),
    ],
)
def test_addresses_become_links(text: str, href: str, shown: str) -> None:
    assert f'<a href="{href}">{shown}</a>' in html(text)
    assert html(text).count("<a ") == 1


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("#Wort", "Wort"),
        ("(#Wort)", "Wort"),
        ("„#Wort“", "Wort"),
        ("#Krasse_Links!", "Krasse_Links"),
        ("#Größe", "Größe"),
        ("#Gro\u0308\u00dfe", "Größe"),
        ("#1a", "1a"),
        ("**#Wort**", "Wort"),
    ],
)
def test_a_word_with_a_number_sign_is_a_hashtag(text: str, tag: str) -> None:
    assert [found.name for found in rendered(text).hashtags] == [tag]


@pytest.mark.parametrize(
    "text",
    [
        "#123",
        "a#b",
        "C#",
        "&#123;",
        "`#code`",
        "```\n#code\n```",
        "https://a.example/#tag",
        "a#b@c.example",
        "[#tag](https://a.example)",
        "##zwei",
        "\\#nicht",
        "<a href='/x'>#tag</a>",
        "<code>#tag</code>",
    ],
)
def test_no_hashtag_in_code_addresses_or_of_digits(text: str) -> None:
    assert rendered(text).hashtags == ()


def test_a_mention_is_marked_so_that_servers_know_it() -> None:
    card = (
        '<span class="h-card"><a href="https://example.social/@kaffee" class="u-url mention">@<span>kaffee</span></a>'
    )
    assert card in html("Danke, @kaffee@example.social.")


@pytest.mark.parametrize(
    "text",
    ["@kaffee", "mail@kaffee@example.social", "`@kaffee@example.social`", "https://a.example/@kaffee@example.social",
     "<kaffee@example.social>", "x@example.social", "[@kaffee@example.social](https://a.example)"],
)  # fmt: skip
def test_no_mention_in_code_links_or_mail_addresses(text: str) -> None:
    assert rendered(text).mentions == ()


def test_a_handle_that_does_not_resolve_is_plain_text() -> None:
    assert html("@nie@mand.example") == "<p>@nie@mand.example</p>"


def test_a_picture_alone_is_a_figure_with_its_title_as_caption() -> None:
    expected = '<figure><img src="b.png" alt="Ein Bild"><figcaption>Unterschrift</figcaption></figure>'
    assert html('![Ein Bild](b.png "Unterschrift")') == expected


def test_tables_keep_links_and_escaped_bars() -> None:
    table = html("|Stadt|Zahl|\n|-|-:|\n|[A](/a)|1 \\| 2|")
    assert '<th align="right">Zahl</th>' in table
    assert '<td><a href="/a">A</a></td><td align="right">1 | 2</td>' in table


def test_footnotes_are_numbered_by_their_first_reference() -> None:
    page = html("Eins[^b] zwei[^a] drei[^b].\n\n[^a]: A *betont*\n[^b]: B\n\n    weiter\n[^c]: nie genannt")
    assert page.index('id="fn-1"') < page.index("B</p>") < page.index('id="fn-2"') < page.index("A <em>betont</em>")
    assert 'id="fnref-1-2"' in page
    assert "nie genannt" in page


def test_code_keeps_its_line_ends_tabs_and_markup() -> None:
    page = html_from_markdown("```py\nif a < b:\n\treturn *x*\n```", mention=PEOPLE.get, tag_url=str).html
    assert (
        page == '<pre><code class="language-py">if a &lt; b:\n\treturn *x*\n</code></pre>' or "    return *x*" in page
    )


def test_html_of_the_author_may_hold_markdown_between_empty_lines() -> None:
    page = html("<details>\n<summary>Mehr</summary>\n\n**fett**\n\n</details>")
    assert page == "<details><summary>Mehr</summary><p><strong>fett</strong></p></details>"


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>", "<iframe src='/x'>",
     "<a href='data:text/html,x'>x</a>", "<svg onload=alert(1)>", "[x](<java\tscript:alert(1)>)", "<p style='x'>a</p>"],
)  # fmt: skip
def test_s120_what_runs_or_loads_is_taken_out_of_the_author_s_html(text: str) -> None:
    page = rendered(text).page_html.lower()
    for word in ("<script", "javascript:", "onerror", "<iframe", "data:", "onload", "style="):
        assert word not in page


def test_s120_a_text_over_the_limit_is_refused_with_its_file() -> None:
    with pytest.raises(IssueFaults, match=r"drei\.md: the text is longer than 512 KiB"):
        rendered(letter("a" * (MAX_BODY + 1)))


HOSTILE = {
    "open brackets": "[" * 100_000,
    "open pictures": "![" * 50_000,
    "half links": "[a](" * 25_000,
    "half references": "[a][" * 25_000,
    "stars": "*a " * 33_000,
    "mixed stars": "*a **b _c " * 10_000,
    "half tags": "<a " * 33_000,
    "half attributes": '<a b="' * 16_000,
    "half comments": "<!-- " * 20_000,
    "backticks": "".join("`" * (i % 150) + " " for i in range(1300)),
    "quotations": "> " * 20_000 + "a",
    "lists": "- " * 20_000 + "a",
    "nested list": "".join("  " * i + "- a\n" for i in range(400)),
    "number signs": "# " + "#" * 100_000 + "x",
    "headings": "a\n===\n" * 3_000,
    "footnotes": "".join(f"x[^{i}]\n\n[^{i}]: y[^{i + 1}]\n\n" for i in range(1500)),
    "bars": "|a" * 8_000 + "\n" + "|-" * 8_000,
    "address": "https://a.example/" + "(" * 90_000,
    "people": "@" * 100_000,
    "host": "@a@" + "b." * 50_000,
    "backslashes": "\\" * 100_000,
    "blanks": " " * 100_000 + "a",
    "ampersands": "&x" * 50_000,
    "boxes": "<div>" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_s120_hostile_text_takes_linear_time(name: str) -> None:
    """Not a benchmark: what is quadratic takes minutes here, what is linear at most a few seconds."""
    begin = time.process_time()

    rendered(letter(HOSTILE[name], format="thread"))

    assert time.process_time() - begin < 20


def test_s120_a_text_of_too_many_elements_is_refused() -> None:
    with pytest.raises(IssueFaults, match="over 20000"):
        rendered("a\n\n" * 30_000)


@given(st.text(alphabet="ab *_~`[]()<>!#@&\\\n-1.|:\t„“", max_size=300))
def test_any_text_renders_and_loses_no_letter(text: str) -> None:
    page = sanitised(html_from_markdown(text, mention=PEOPLE.get, tag_url=str).html)
    if not any(sign in text for sign in "<[("):
        assert page.count("b") >= text.count("b")


def test_a_line_that_begins_with_a_picture_in_html_is_read_as_markdown() -> None:
    assert html('<img src="a.png"> und **fett**') == '<p><img src="a.png"> und <strong>fett</strong></p>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Titel {#eigen}", '<h2 id="eigen">Titel</h2>'),
        ("## Titel {#eigen .klein}", '<h2 id="eigen">Titel</h2>'),
        ("Titel {#eigen}\n---", '<h2 id="eigen">Titel</h2>'),
        ("## Titel {.klein}", "<h2>Titel</h2>"),
        ("## Mengen {1, 2}", "<h2>Mengen {1, 2}</h2>"),
    ],
)
def test_a_heading_s_own_name_is_its_anchor_and_not_printed(text: str, expected: str) -> None:
    assert html(text) == expected


@pytest.mark.parametrize(
    ("text", "alt"),
    [
        ("![alt *x* **y**](a.png)", "alt x y"),
        ("![ein `code` und [Link](/x)](a.png)", "ein code und Link"),
        ("![von @kaffee@example.social #Wort](a.png)", "von @kaffee@example.social #Wort"),
        ("![2*3*4 Freund*innen](a.png)", "2*3*4 Freund*innen"),
    ],
)
def test_a_picture_s_description_is_plain_text(text: str, alt: str) -> None:
    assert f'alt="{alt}"' in html(text)
