"""Text that is written from right to left, on pages that are not, and the other way round."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup, Tag

from bridge.web.feed_view import FeedItem, json_feed
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
)
from bridge.web.words import Words

TEMPLATES = Templates()


def the(page: BeautifulSoup | Tag, selector: str) -> Tag:
    found = page.select_one(selector)
    assert found is not None, selector
    return found


@pytest.mark.parametrize(
    ("language", "way"),
    [("de", "ltr"), ("ar", "rtl"), ("fa-IR", "rtl"), ("he", "rtl"), ("az-Arab", "rtl"), ("x-none", "ltr"), ("", "ltr")],
)
def test_a_language_says_which_way_it_is_written(language: str, way: str) -> None:
    assert Words.direction(language) == way


def test_an_arabic_issue_of_a_german_blog_runs_from_right_to_left_and_what_is_ours_does_not(
    blog: BlogView, issue: IssueView
) -> None:
    arabic = replace(issue, language="ar", title="رسالة (1)")
    page = BeautifulSoup(render_issue(TEMPLATES, blog, arabic, ConversationView()), "html5lib")

    letter = the(page, "article[aria-labelledby=title]")
    assert letter["dir"] == "rtl"
    ours = the(letter, "header p.quiet")
    assert (ours["lang"], ours["dir"]) == ("de", "ltr")
    assert "\N{FIRST STRONG ISOLATE}رسالة (1)\N{POP DIRECTIONAL ISOLATE}" in the(page, "#comments").text


def test_where_everything_runs_one_way_nothing_is_said_of_it(blog: BlogView, issue: IssueView) -> None:
    page = render_issue(TEMPLATES, blog, replace(issue, language="fr"), ConversationView())
    assert " dir=" not in page
    assert "\N{FIRST STRONG ISOLATE}" not in page


def test_an_arabic_blog_is_an_arabic_page(blog: BlogView, issue: IssueView) -> None:
    page = render_issue(TEMPLATES, replace(blog, language="ar"), replace(issue, language="ar"), ConversationView())
    assert '<html lang="ar" dir="rtl">' in page
    assert page.count(" dir=") == 1


def test_lists_of_issues_say_which_way_each_title_runs(blog: BlogView, issue: IssueView) -> None:
    line = IssueLine(url=issue.url, title="رسالة", published=issue.published, language="ar", teaser="فقرة.")
    front = BeautifulSoup(render_front(TEMPLATES, FrontView(blog=blog, issues=(line,))), "html5lib")
    archive = BeautifulSoup(render_archive(TEMPLATES, blog, [line]), "html5lib")

    for title in (the(front, "article.h-entry"), the(archive, "li a")):
        assert (title["lang"], title["dir"]) == ("ar", "rtl")
    date = the(front, "article.h-entry p.quiet")
    assert (date["lang"], date["dir"]) == ("de", "ltr")


@pytest.mark.parametrize(("language", "begins"), [("ar", '<div dir="rtl">'), ("de", "<p>")])
def test_a_feed_says_which_way_an_entry_runs(blog: BlogView, issue: IssueView, language: str, begins: str) -> None:
    letter = replace(issue, language=language, body_html="<p>رسالة</p>", cover=None)
    feed = json.loads(json_feed(TEMPLATES, blog, [FeedItem(id="tag:x", issue=letter)]))
    assert feed["items"][0]["content_html"].startswith(begins)
