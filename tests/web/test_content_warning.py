"""What an author warns of is shown nowhere before a reader asks for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bs4 import BeautifulSoup

from bridge.web.view import (
    BlogView,
    ConversationView,
    FrontView,
    IssueLine,
    IssueView,
    Templates,
    render_archive,
    render_front,
    render_issue,
    render_tag,
)

TEMPLATES = Templates()


def test_the_warning_stands_in_place_of_teaser_and_cover(blog: BlogView, issue: IssueView) -> None:
    text = render_issue(TEMPLATES, blog, replace(issue, content_warning="Bahn"), ConversationView())
    page = BeautifulSoup(text, "html5lib")
    assert page.select("article details:not([open]) img.cover")
    assert not page.select("article > img, meta[property='og:image'], meta[name='twitter:card']")
    described = page.select("meta[name=description], meta[property='og:description']")
    assert [meta["content"] for meta in described] == ["Inhaltswarnung: Bahn"] * 2
    assert issue.teaser not in text


def test_lists_show_the_warning_alone(blog: BlogView) -> None:
    line = IssueLine(
        url="https://links.example/issues/1",
        title="Eins",
        published=datetime(2024, 8, 5, tzinfo=UTC),
        language="de",
        teaser="Wer gibt den Einsatz?",
        content_warning="Bahn",
    )
    front = render_front(TEMPLATES, FrontView(blog=blog, issues=(line,)))
    tag = render_tag(TEMPLATES, blog, "Wege", [line])
    for text in (front, tag, render_archive(TEMPLATES, blog, [line])):
        assert line.teaser not in text
    for text in (front, tag):
        (summary,) = BeautifulSoup(text, "html5lib").select(".p-summary")
        assert " ".join(summary.text.split()) == "Inhaltswarnung: Bahn"
