"""What preview cards (https://ogp.me) and feed readers take from a page's head."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from bridge.web.view import (
    BlogView,
    ConversationView,
    FrontView,
    IssueView,
    Templates,
    render_archive,
    render_front,
    render_issue,
    render_tag,
)

TEMPLATES = Templates()


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("de", "de_DE"),
        ("en", "en_US"),
        ("de-AT", "de_AT"),
        ("pt-br", "pt_BR"),
        ("zh-Hant", "zh_TW"),
        ("gsw", "gsw_CH"),
        ("x-privat", None),
        ("ar-001", None),
    ],
)
def test_every_public_page_names_its_locale_where_the_language_is_known(
    blog: BlogView, issue: IssueView, language: str, locale: str | None
) -> None:
    blog, issue = replace(blog, language=language), replace(issue, language=language)
    pages = [
        render_front(TEMPLATES, FrontView(blog=blog, issues=())),
        render_issue(TEMPLATES, replace(blog, language="fr"), issue, ConversationView()),
        render_archive(TEMPLATES, blog, []),
        render_tag(TEMPLATES, blog, "Wege", []),
    ]
    for page in pages:
        found = BeautifulSoup(page, "html.parser").find_all("meta", property="og:locale")
        assert [meta["content"] for meta in found] == ([] if locale is None else [locale])


def test_a_reader_that_takes_the_first_feed_of_an_issue_gets_the_issues_and_not_the_comments(
    blog: BlogView, issue: IssueView
) -> None:
    head = BeautifulSoup(render_issue(TEMPLATES, blog, issue, ConversationView()), "html.parser")
    feeds = [link["href"] for link in head.select('link[type$="+xml"]')]
    assert feeds == [f"{blog.url}/feed.xml", f"{blog.url}/rss.xml", f"{issue.url}/feed.xml"]
