"""An issue as one Article with a preview Note (FEP-b2b8)."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.activity.article import article_from_issue
from bridge.terms import Document
from tests.support.golden import as_text, golden
from tests.support.letters import PAGE, letter, picture, place, rendered


def article(body: str = "Die *erste* Zeile.\n\n![Ein Hund](hund.png)\n\n## Kopf\n\nMehr.", **values: Any) -> Document:
    issue = letter(body, format="article", **values)
    return article_from_issue(issue, rendered(issue), place(), [picture("hund.png"), picture("titel.jpg", alt="Titel")])


def test_the_golden_article() -> None:
    document = article(cover="titel.jpg", tags=("krasse links",))
    assert golden("article", document) == as_text(document)


@pytest.mark.parametrize(
    ("values", "summary"),
    [
        ({"body": "Die *erste* Zeile.\n\n> Zitat"}, "Die erste Zeile. „Zitat“"),
        ({"teaser": "Selbst *gesagt*."}, "Selbst gesagt."),
        ({"body": ""}, "Rundbrief Drei"),
        ({"body": "![Hund](hund.png)"}, "Rundbrief Drei"),
        ({"content_warning": "Politik"}, "Politik"),
    ],
)
def test_the_summary_is_the_teaser_and_never_empty(values: dict[str, Any], summary: str) -> None:
    assert article(**values)["summary"] == summary


def test_name_content_and_preview_stand_for_themselves() -> None:
    document = article()
    assert document["type"] == "Article"
    assert document["name"] == "Rundbrief Drei"
    assert document["content"].startswith("<p>Die <em>erste</em> Zeile.</p>")
    assert document["contentMap"] == {"de": document["content"]}
    preview = document["preview"]
    assert preview["type"] == "Note"
    assert preview["content"].startswith(f'<p><strong><a href="{PAGE}">Rundbrief Drei</a></strong></p><p>Die')
    assert "id" not in preview


def test_a_content_warning_hides_the_preview_s_text() -> None:
    document = article(content_warning="Politik")
    assert document["sensitive"] is True
    assert "erste" not in document["preview"]["content"]


def test_the_cover_is_the_article_s_image() -> None:
    assert article(cover="titel.jpg")["image"]["name"] == "Titel"
    assert "image" not in article()
