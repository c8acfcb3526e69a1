"""What lists, feeds and preview cards say of an issue: sentences, as somebody would read them out."""

from __future__ import annotations

import pytest

from tests.support.letters import letter, rendered


def summary(source: str, **values: str) -> str:
    return rendered(letter(source, **values)).summary


def test_a_heading_is_no_sentence_and_is_left_out() -> None:
    assert summary("# Drei Dinge\n\nEs regnet.\n\n## Wetter\n\nNoch immer.") == "Es regnet. Noch immer."


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("- Ein Rad\n- Ein Boot\n- Eine Karte\n\nDanach.", "Ein Rad; Ein Boot; Eine Karte. Danach."),
        ("1. Es regnet.\n2. Es schneit!", "Es regnet. Es schneit!"),
        ("Einkaufen:\n\n- Butter\n- Eier", "Einkaufen: Butter; Eier"),
        ("Einkaufen\n\n- Butter\n- Eier", "Einkaufen: Butter; Eier"),
        ("- Obst\n  - Äpfel\n  - Birnen\n- Brot", "Obst: Äpfel; Birnen; Brot"),
        ("- Erstens\n\n  Ein Absatz.\n\n- Zweitens", "Erstens. Ein Absatz. Zweitens"),
        ("- *Ein* `Rad` aus [Holz](https://a.example)\n- „Ein Boot.“\n- Ende", "Ein Rad aus Holz; „Ein Boot.“ Ende"),
    ],
)
def test_items_of_a_list_are_told_apart(source: str, said: str) -> None:
    assert summary(source) == said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Ohne Punkt\n\nMit Punkt.", "Ohne Punkt. Mit Punkt."),
        ("Fragt er (wirklich?)\n\nJa.", "Fragt er (wirklich?) Ja."),
        ("Liebe Leute,\n\nes geht los", "Liebe Leute, es geht los"),
        ("Über den\nZeilenfall hinaus.", "Über den Zeilenfall hinaus."),
        ("https://a.example/b\n\nDanach.", "https://a.example/b · Danach."),
        ("Rosen sind rot  \nVeilchen sind blau", "Rosen sind rot / Veilchen sind blau"),
    ],
)
def test_paragraphs_follow_each_other_as_sentences(source: str, said: str) -> None:
    assert summary(source) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Sie schreibt: „Es ist kalt.“ Das stimmt."),
        ("de-AT", "Sie schreibt: „Es ist kalt.“ Das stimmt."),
        ("en", "Sie schreibt: “Es ist kalt.” Das stimmt."),
        ("fr", "Sie schreibt: «\u00a0Es ist kalt.\u00a0» Das stimmt."),
        ("ja", "Sie schreibt: “Es ist kalt.” Das stimmt."),
    ],
)
def test_a_quotation_is_marked_as_one(language: str, said: str) -> None:
    assert summary("Sie schreibt:\n\n> Es ist kalt.\n\nDas stimmt.", language=language) == said


def test_a_quotation_that_has_marks_gets_no_more() -> None:
    assert summary("> „Kalt“, sagt sie.") == "„Kalt“, sagt sie."


def test_a_quotation_in_a_quotation_has_the_other_marks() -> None:
    assert summary("> Er sagt:\n>\n> > Kalt.") == "„Er sagt: ‚Kalt.‘“"
    assert summary("> Er sagt:\n>\n> > Kalt.", language="en") == "“Er sagt: ‘Kalt.’”"


def test_code_tables_pictures_and_footnotes_are_no_prose() -> None:
    code, table = "```\nrm -rf\n```", "| a | b |\n|---|---|\n| 1 | 2 |"
    source = f"{code}\n\n{table}\n\n![Bild](a.png)\n\n---\n\nDer Text[^1].\n\n[^1]: Die Note."
    assert summary(source) == "Der Text."


def test_where_nothing_is_prose_its_lines_are_told_apart() -> None:
    assert summary("# Eins\n\n## Zwei") == "Eins · Zwei"
    assert summary("```\neins\nzwei\n```") == "eins · zwei"
    assert summary("") == ""


def test_it_ends_where_a_teaser_would() -> None:
    first, second, third = (" ".join([word] * 40) + "." for word in ("eins", "zwei", "drei"))
    assert summary(f"{first}\n\n{second}\n\n{third}") == f"{first} {second}"
    long = summary(" ".join(["Wort"] * 300))
    assert long.endswith("Wort …")
    assert len(long) <= 502
    quoted = summary("> " + " ".join(["Wort"] * 300))
    assert quoted.endswith("Wort …“")
    assert len(quoted) <= 504


def test_the_authors_own_teaser_is_taken_whole() -> None:
    teaser = "## Vorweg\n\n* Eins\n* Zwei\n\n" + " ".join(["Wort"] * 200)
    assert summary("Text.", teaser=teaser) == "Eins; Zwei. " + " ".join(["Wort"] * 200)
    assert summary("Text.", teaser="# Nur das") == "Nur das"


def test_what_the_fediverse_gets_stays_as_it_was() -> None:
    found = rendered("# Drei Dinge\n\n- Ein Rad\n- Ein Boot\n\nDanach.").teaser
    assert found.text == "Drei Dinge\nEin Rad\nEin Boot\nDanach."
    assert "Drei Dinge" in found.html
