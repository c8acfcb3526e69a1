"""What authors of letters write, each with what must be left of it wherever it is read (issue 4)."""

from __future__ import annotations

from typing import NamedTuple

_TYPED = ("„unten“", "“oben”", "«spitz»", '"gerade"')
_LONG = " ".join(["Schwerlosigkeit"] * 56) + " Ende."
_ADDRESS = "https://quelle.example/a_b_c"


class Habit(NamedTuple):
    """Markdown, the words to be found, and what of its form a page and a feed keep, as a CSS selector."""

    source: str
    words: str
    form: str


HABITS = {
    "quotation between the author's paragraphs": Habit(
        "Davor.\n\n> Zitat – eins\n\nDanach.", "Davor. Zitat – eins Danach.", "p + blockquote + p"
    ),
    "list inside a quotation": Habit(
        "> Er sagt:\n> - erstens\n> - zweitens", "Er sagt: erstens zweitens", "blockquote > ul > li + li"
    ),
    "list inside a section": Habit(
        "Davor:\n- ein Punkt\n- noch einer\n\nDanach.",
        "Davor: ein Punkt noch einer Danach.",
        "p + ul > li + li",
    ),
    "section break": Habit("Davor.\n\n---\n\nDanach.", "Davor. Danach.", "p + hr + p"),
    "signs": Habit("§ 5 – 3 $ und 12 % von 1 & 2", "§ 5 – 3 $ und 12 % von 1 & 2", "p"),
    "bare signs": Habit("§ – $ %", "§ – $ %", "p"),
    "gender star": Habit("KI-Freund*innen und Leser*innen.", "KI-Freund*innen und Leser*innen.", "p:not(:has(em))"),
    "quotation marks of four kinds": Habit(" ".join(_TYPED), " ".join(_TYPED), "p"),
    "900 characters": Habit(_LONG, _LONG, "p"),
    "link alone on a line": Habit(_ADDRESS, _ADDRESS, f'p > a[href="{_ADDRESS}"]:only-child'),
}
