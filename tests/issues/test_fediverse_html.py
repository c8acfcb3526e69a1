"""The federated copy passes every server's allow-list as it is, and loses nothing but what the lists name."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from tests.support.letters import PAGE, rendered
from tests.support.oracles import ALLOW_LISTS, as_misskey_text, kept_by

EVERYTHING = """# Kopf *eins*

Absatz mit **fett**, *kursiv*, ~~weg~~, `code` und [Link](https://a.example/?a=1&b=2), #Wort, @kaffee@example.social.

- a
- b
  - c

3. drei
4. vier

> Zitat
> - Punkt

---

| Stadt | Zahl |
|---|---|
| Bonn | [1](/eins) |
| Kiel | 2 |

![Ein Hund](hund.png "Rex, *der* Hund")

```py
if a < b:
    return 1
```

Fuß[^1] H<sub>2</sub>O 10<sup>6</sup> 1<sup>st</sup> <q>gesagt</q> <mark>gelb</mark> <kbd>Strg</kbd>
<small>klein</small>
<u>unter</u> <s>alt</s> <cite>Buch</cite> <abbr title="x">HTML</abbr>
<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>

<dl><dt>Wort</dt><dd>Sinn</dd></dl>

<details><summary>Mehr</summary>Inhalt</details>

[intern](/issues/zwei) [Stelle](#kopf-eins) [Post](mailto:a@b.example)

[^1]: Note mit [Quelle](https://q.example)
"""


@pytest.mark.parametrize("server", ALLOW_LISTS)
def test_every_server_keeps_the_copy_as_it_is(server: str) -> None:
    full = rendered(EVERYTHING).full.html.replace('<a href="mailto:a@b.example">Post</a>', "Post")
    expected = BeautifulSoup(full, "html.parser").decode(formatter="minimal").replace("<br/>", "<br>")
    assert kept_by(server, full) == expected


@pytest.mark.parametrize("server", ALLOW_LISTS)
def test_no_word_of_the_page_is_lost(server: str) -> None:
    whole = rendered(EVERYTHING)
    soup = BeautifulSoup(kept_by(server, whole.full.html), "html.parser")
    federated = " ".join(" ".join(map(str, soup.find_all(string=True))).split())
    left_out = {"₂", "⁶"}
    for word in whole.text.replace("#Wort", "Wort").replace("@kaffee", "kaffee").split():
        bare = word.strip(".,[]()„“1")
        assert bare in federated or bare in ("H2O", "06"), bare
    assert all(sign in federated for sign in left_out)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("## Kopf [a](https://a.example)", '<p><strong>Kopf <a href="https://a.example">a</a></strong></p>'),
        ("# **Kopf**", "<p><strong>Kopf</strong></p>"),
        ("a\n\n---\n\nb", "<p>a</p><p>* * *</p><p>b</p>"),
        ("- a\n- b\n  1. c", "<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>"),
        ("- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"),
        ("3. a", '<ol start="3"><li>a</li></ol>'),
        ("eine\nZeile", "<p>eine Zeile</p>"),
        ("eine  \nZeile", "<p>eine<br>Zeile</p>"),
        ("a  b c", "<p>a  b c</p>"),
        ("[a](/b)", '<p><a href="https://links.example/b">a</a></p>'),
        ("[a](#b)", f'<p><a href="{PAGE}#b">a</a></p>'),
        ("[a](tel:1)", "<p>a</p>"),
        ("[![Hund](hund.png)](https://a.example)", '<p><a href="https://a.example">Hund</a></p>'),
        ("Text ![Hund](hund.png) Ende", "<p>Text  Ende</p>"),
        ("```\na\n\n  b < c\n```", "<pre><code>a\n\n  b &lt; c</code></pre>"),
        ("x<sup>2</sup> + y<sub>10</sub> 1<sup>st</sup>", "<p>x² + y₁₀ 1st</p>"),
        ("<q>a</q>", "<p>„a“</p>"),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "<p><strong>a</strong></p><p>b</p>"),
        ("<details><summary>a</summary>b</details>", "<p><strong>a</strong></p><p>b</p>"),
        ("<mark>a</mark> <kbd>b</kbd>", "<p><strong>a</strong> <code>b</code></p>"),
        ("<p>a</p><!-- geheim -->", "<p>a</p>"),
    ],
)
def test_what_servers_drop_is_said_otherwise(source: str, expected: str) -> None:
    assert rendered(source).full.html == expected


def test_a_table_becomes_a_paragraph_for_each_row() -> None:
    source = "|Stadt|Zahl|\n|-|-|\n|Bonn|[1](https://a.example)|\n|Kiel||"
    assert rendered(source).full.html == (
        '<p><strong>Stadt:</strong> Bonn<br><strong>Zahl:</strong> <a href="https://a.example">1</a></p>'
        "<p><strong>Stadt:</strong> Kiel<br><strong>Zahl:</strong></p>"
    )


def test_a_table_without_head_becomes_lines_with_bars() -> None:
    source = "<table><caption>Titel</caption><tr><td>a</td><td>b</td></tr></table>"
    assert rendered(source).full.html == "<p><strong>Titel</strong></p><p>a | b</p>"


def test_footnotes_become_numbered_paragraphs_with_whole_addresses() -> None:
    assert rendered("A[^x] B[^y]\n\n[^x]: eins\n[^y]: zwei\n\n    mehr").full.html == (
        f'<p>A<a href="{PAGE}#fn-1">[1]</a> B<a href="{PAGE}#fn-2">[2]</a></p><p>[1] eins</p><p>[2] zwei</p><p>mehr</p>'
    )


def test_pictures_leave_the_text_and_their_caption_stays() -> None:
    full = rendered('![Hund](hund.png "Rex")\n\nText ![Katze](katze.png)').full
    assert full.html == "<p><em>Rex</em></p><p>Text</p>"
    assert [picture.path for picture in full.pictures] == ["hund.png", "katze.png"]


def test_mentions_and_hashtags_keep_the_markup_that_servers_look_for() -> None:
    assert rendered("@kaffee@example.social #Wort").full.html == (
        '<p><span class="h-card"><a href="https://example.social/@kaffee" class="u-url mention">@<span>kaffee</span>'
        '</a></span> <a href="https://links.example/tags/Wort" class="mention hashtag" rel="tag">'
        "#<span>Wort</span></a></p>"
    )


def test_misskey_gets_lines_that_are_not_glued() -> None:
    source = "Davor:\n- a\n- b\n\n> Zitat\n> - c\n\n```\nx\n  y\n```\n\n## Kopf\n\n@kaffee@example.social [L](https://a.example)"
    assert as_misskey_text(rendered(source).full.html).splitlines() == [
        "Davor:", "a", "b", "", "> Zitat", "> c", "```", "x", "  y", "```", "", "", "**Kopf**", "",
        "@kaffee@example.social [L](https://a.example)",
    ]  # fmt: skip


def test_s120_deep_nesting_is_flattened_and_loses_no_text() -> None:
    whole = rendered("<div>" * 5000 + "tief" + "</div>" * 5000)
    assert whole.full.html == "<p>tief</p>"


@pytest.mark.parametrize(
    "link",
    [
        "[Text](javascript:alert(1))",
        "[Text](ftp://a.example/x)",
        "[Text](data:text/html,x)",
        "[Text]()",
        '<a name="stelle">Text</a>',
        '<a href="">Text</a>',
    ],
)
def test_a_link_without_a_usable_address_is_its_text(link: str) -> None:
    whole = rendered(f"Hier {link} da.")
    assert whole.full.html == "<p>Hier Text da.</p>"
    assert "href" not in whole.page_html


def test_loose_inline_html_is_a_paragraph_and_keeps_its_spaces() -> None:
    whole = rendered("<center><b>Fett</b> <i>kursiv</i></center>\n\n<center>x<sup>2</sup> <q>q</q></center>")
    assert whole.full.html == "<p><strong>Fett</strong> <em>kursiv</em></p><p>x² „q“</p>"
    assert "<div><b>Fett</b> <i>kursiv</i></div>" in whole.page_html
    assert "<p>lose <b>fett</b> <i>kursiv</i></p>" in rendered("<main>lose <b>fett</b> <i>kursiv</i></main>").page_html


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ('<iframe src="https://tube.example/embed/1?a=1&amp;b=2" title="Ein Film"></iframe>', "Ein Film"),
        (
            '<video controls poster="x.jpg"><source src="https://tube.example/embed/1?a=1&amp;b=2">Geht nicht</video>',
            "https://tube.example/embed/1?a=1&amp;b=2",
        ),
        (
            "<audio src=https://tube.example/embed/1?a=1&b=2></audio>",
            "https://tube.example/embed/1?a=1&amp;b=2",
        ),
    ],
)
def test_films_sounds_and_frames_become_links(source: str, label: str) -> None:
    whole = rendered(f"Davor.\n\n{source}\n\nDanach.")
    link = f'<a href="https://tube.example/embed/1?a=1&amp;b=2">{label}</a>'
    assert whole.full.html == f"<p>Davor.</p><p>{link}</p><p>Danach.</p>"
    assert f"{label}</a></p>" in whole.page_html
    assert whole.embeds == ("https://tube.example/embed/1?a=1&b=2",)
    assert "Geht nicht" not in whole.page_html


def test_a_film_beside_the_issue_leaves_its_name_and_code_stays_code() -> None:
    whole = rendered('<video src="film.mp4"></video>\n\n`<iframe src="https://a.example">`\n\n<iframe>Rest')
    assert whole.full.html == ('<p>film.mp4</p><p><code>&lt;iframe src="https://a.example"&gt;</code></p><p>Rest</p>')
    assert whole.embeds == ("film.mp4",)


def test_a_fifth_picture_leaves_a_link_in_the_text() -> None:
    source = "\n\n".join(f"![Bild {number}](hund.png?{number})" for number in range(1, 6))
    for whole in (rendered(source, format="full"), rendered(source, format="article")):
        assert len(whole.full.pictures) == 4
        assert whole.full.html == f'<p><a href="{whole.pictures[4].url}">Bild 5</a></p>'
    assert rendered(source).teaser_html == ""


def test_a_post_begins_and_ends_with_no_break() -> None:
    whole = rendered("---\n\nText.\n\n---\n\nMehr.\n\n---\n")
    assert whole.full.html == "<p>Text.</p><p>* * *</p><p>Mehr.</p>"
    assert whole.teaser_html.startswith("<p>Text.</p>")


def test_plain_text_has_no_numbers_of_footnotes_stuck_to_its_words() -> None:
    assert rendered("Fußnote[^1] da.\n\n[^1]: Note.\n").teaser.text == "Fußnote da."


def test_a_heading_s_own_name_is_no_hashtag() -> None:
    whole = rendered("## Titel {#Eigen}\n\nText.\n\n## Comments {#comments}\n\nMehr.\n", format="thread")
    assert whole.hashtags == ()
    assert [section.key for section in whole.sections] == ["Eigen", "comments-2"] or [
        section.key for section in whole.sections
    ] == ["Eigen", "comments"]
    assert 'id="Eigen"' in whole.page_html
