"""The teaser and the sections of a thread (contract section 5)."""

from __future__ import annotations

import random

import pytest

from bridge.issues.sections import match_sections
from tests.support.letters import PAGE, rendered


def words(count: int, word: str = "Wort") -> str:
    return " ".join([word] * count)


def teaser(source: str) -> str:
    return rendered(source).teaser_html


def test_whole_paragraphs_up_to_about_500_characters() -> None:
    first, second, third = words(40, "eins"), words(40, "zwei"), words(40, "drei")
    assert teaser(f"{first}\n\n{second}\n\n{third}") == f"<p>{first}</p><p>{second}</p>"


def test_a_long_first_paragraph_ends_at_a_word() -> None:
    found = rendered(f"**Anfang** {words(300)}").teaser
    assert found.text.endswith("Wort …")
    assert 450 < len(found.text) <= 500
    assert found.html.startswith("<p><strong>Anfang</strong> Wort")


def test_a_first_word_that_never_ends_is_cut_too() -> None:
    assert len(rendered("a" * 900).teaser.text) <= 502


def test_a_quotation_goes_in_whole_or_not_at_all() -> None:
    short, long = words(20), words(300)
    assert teaser(f"Davor:\n\n> {short}\n\nDanach.") == (
        f"<p>Davor:</p><blockquote><p>{short}</p></blockquote><p>Danach.</p>"
    )
    assert teaser(f"Davor:\n\n> {long}\n\nDanach.") == "<p>Davor:</p>"
    assert teaser(f"> {long}\n\nDanach.") == f"<blockquote><p>{long}</p></blockquote>"


def test_a_long_list_at_the_start_gives_its_first_items() -> None:
    found = teaser("\n".join(f"- {words(30)}" for _ in range(9)))
    assert found == f"<ul>{f'<li>{words(30)}</li>' * 3}</ul>"


def test_the_author_s_own_teaser_is_taken_as_it_is() -> None:
    assert rendered("Text.", teaser=f"*Selbst* {words(200)}").teaser_html == f"<p><em>Selbst</em> {words(200)}</p>"


def test_a_teaser_does_not_end_with_a_heading_or_a_break() -> None:
    assert teaser(f"Davor.\n\n---\n\n## Kopf\n\n> {words(300)}") == "<p>Davor.</p>"


def test_pictures_are_no_part_of_a_teaser_s_text() -> None:
    found = rendered("![Hund](hund.png)\n\nText.").teaser
    assert (found.html, [picture.path for picture in found.pictures]) == ("<p>Text.</p>", ["hund.png"])


def sections(source: str, **values: object) -> list[tuple[str, str]]:
    return [(section.heading, section.text) for section in rendered(source, format="thread", **values).sections]


def test_sections_are_cut_at_headings_and_breaks() -> None:
    source = "Vorweg.\n\n## Eins\n\nA\n\n---\n\nB\n\n### Drei\n\nC\n\n> zitiert"
    assert sections(source) == [("Eins", "Eins\nA"), ("", "B"), ("Drei", "Drei\nC\nzitiert")]


def test_an_opening_that_the_first_post_shows_whole_is_no_reply() -> None:
    assert sections("Vorweg.\n\n---\n\nA") == [("", "A")]
    assert sections("Vorweg.\n\n---\n\nA", teaser="Anders.") == [("", "Vorweg."), ("", "A")]
    assert [text[:4] for _, text in sections(f"{words(200)}\n\n---\n\nA")] == ["Wort", "A"]
    assert sections("![Hund](hund.png)\n\nVorweg.\n\n---\n\nA")[0] == ("", "Vorweg.")


def test_a_section_with_a_heading_is_always_a_reply() -> None:
    assert [heading for heading, _ in sections("## Eins\n\nA\n\n## Zwei\n\nB")] == ["Eins", "Zwei"]


def test_a_heading_right_below_another_begins_no_section() -> None:
    assert sections("## Teil\n\n### Eins\n\nA\n\n### Zwei\n\nB") == [("Teil", "Teil\nEins\nA"), ("Zwei", "Zwei\nB")]


def test_the_first_post_of_a_thread_ends_where_the_first_section_ends() -> None:
    assert rendered("Vorweg.\n\n---\n\nKurz.", format="thread").teaser_html == "<p>Vorweg.</p>"


def test_a_long_section_is_cut_at_a_paragraph_with_a_link_to_the_rest() -> None:
    source = "Vorweg.\n\n## Lang\n\n" + "\n\n".join(f"{i}. Absatz {words(190)}".replace(".", "") for i in range(9))
    whole = rendered(source, format="thread")
    (section,) = whole.sections
    assert section.cut
    assert 4000 < len(section.text) <= 5000
    assert section.html.endswith(f'<p><a href="{PAGE}#lang-rest">Weiterlesen auf der Seite</a></p>')
    rest = whole.page_html.split('id="lang-rest"')[1]
    assert rest.startswith(f">{section.text.count('Absatz')} Absatz")


def test_a_section_of_one_long_paragraph_ends_at_a_word() -> None:
    (section,) = rendered(f"## Lang\n\n{words(2000)}", format="thread", language="en").sections
    assert section.cut
    assert len(section.text) <= 5002
    assert f'Wort …</p><p><a href="{PAGE}#lang-rest">Read on at the page</a></p>' in section.html


def test_footnotes_go_with_the_section_that_cites_them() -> None:
    source = "Vorweg.\n\n---\n\nA[^1]\n\n---\n\nB[^2]\n\n[^1]: Fuß eins\n[^2]: Fuß zwei"
    first, second = rendered(source, format="thread").sections
    assert first.html == f'<p>A<a href="{PAGE}#fn-1">[1]</a></p><p>[1] Fuß eins</p>'
    assert second.html == f'<p>B<a href="{PAGE}#fn-2">[2]</a></p><p>[2] Fuß zwei</p>'


OLD = [
    ("a", "Die Bahn fährt heute wieder nicht"),
    ("b", "Der Algo spielt verrückt im Netz"),
    ("c", "Zum Schluss ein Lied"),
]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (OLD, {"a": "a", "b": "b", "c": "c"}),
        ([("a", "Die Bahn fährt heute wieder"), *OLD[1:]], {"a": "a", "b": "b", "c": "c"}),
        ([OLD[0], OLD[2]], {"a": "a", "c": "c"}),
        ([("x", "Ganz neu hier vorn"), *OLD], {"a": "a", "b": "b", "c": "c"}),
        ([OLD[0], ("x", "Ganz neu dazwischen gesetzt"), *OLD[1:]], {"a": "a", "b": "b", "c": "c"}),
        ([OLD[2], OLD[0], OLD[1]], {"a": "a", "b": "b", "c": "c"}),
        ([("n", OLD[0][1]), *OLD[1:]], {"n": "a", "b": "b", "c": "c"}),
        ([OLD[0], ("n", "Der Algo spielt sehr verrückt im Netz"), OLD[2]], {"a": "a", "n": "b", "c": "c"}),
        ([OLD[0], ("n", "Völlig umgeschrieben, kein Wort gleich"), OLD[2]], {"a": "a", "n": "b", "c": "c"}),
        ([], {}),
    ],
)
def test_a_changed_section_keeps_its_key(new: list[tuple[str, str]], expected: dict[str, str]) -> None:
    assert match_sections(OLD, new) == expected


def test_a_section_is_matched_to_one_old_one_at_most_whatever_is_edited() -> None:
    chance = random.Random(4)
    for _ in range(200):
        old = [(f"o{i}", words(chance.randint(0, 4), chance.choice("abc"))) for i in range(chance.randint(0, 6))]
        new = [(f"n{i}", words(chance.randint(0, 4), chance.choice("abc"))) for i in range(chance.randint(0, 6))]
        found = match_sections(old, new)
        assert len(set(found.values())) == len(found)
        assert set(found) <= {key for key, _ in new}
        assert set(found.values()) <= {key for key, _ in old}


def test_keys_do_not_change_when_a_section_is_put_before_them() -> None:
    body = "\n\n---\n\n".join(["Vorweg.", "Die Bahn fährt.", "Der Algo spielt."])
    longer = body.replace("Vorweg.", "Vorweg.\n\n---\n\nGanz neu.")
    before = [section.key for section in rendered(body, format="thread").sections]
    after = [section.key for section in rendered(longer, format="thread").sections]
    assert after == ["ganz-neu", *before] == ["ganz-neu", "die-bahn-faehrt", "der-algo-spielt"]


@pytest.mark.parametrize(
    ("block", "end"),
    [
        ("\n>\n".join(f"> Absatz {number} {words(60)}" for number in range(40)), "Wort</p></blockquote>"),
        ("\n".join(f"- Punkt {number} {words(60)}" for number in range(40)), "Wort</li></ul>"),
        ("1. eins\n\n   " + "\n\n   ".join(f"{number} {words(60)}" for number in range(40)), "Wort</p></li></ol>"),
        ("```\n" + "\n".join(f"zeile {number} {words(60)}" for number in range(40)) + "\n```", "Wort</code></pre>"),
        ("|a|b|\n|-|-|\n" + "\n".join(f"|{number}|{words(60)}|" for number in range(40)), "Wort</p>"),
        (f"> {words(2000)}", "Wort …</p></blockquote>"),
        (f"```\n{words(2000)}\n```", "Wort …</code></pre>"),
    ],
)
def test_a_section_of_one_long_block_is_cut_inside_of_it(block: str, end: str) -> None:
    whole = rendered(f"# Eins\n\nText.\n\n# Zwei\n\n{block}\n", format="thread")
    section = whole.sections[-1]
    assert section.cut
    assert 2500 < len(section.text) <= 5000
    content, _, link = section.html.rpartition("<p><a ")
    assert content.endswith(end)
    assert link.startswith(f'href="{PAGE}#zwei-rest"')
    assert 'id="zwei-rest"' in whole.page_html
