"""Whom preview cards elsewhere name as author (contract section 3, protocol sheet 3)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from bridge.web.theme import Templates
from bridge.web.view import BlogView, ConversationView, IssueView, render_issue


@pytest.mark.parametrize(
    ("creators", "named"),
    [
        ((), ["@links@links.example"]),
        (("https://social.example/users/ada",), ["@links@links.example"]),
        (("https://social.example/users/ada", "@ada@social.example"), ["@ada@social.example"]),
    ],
)
def test_preview_cards_name_the_authors_accounts_by_their_handles_or_else_the_blog(
    blog: BlogView, issue: IssueView, creators: tuple[str, ...], named: list[str]
) -> None:
    """Mastodon shows whom it finds by the handle, if their profile names the blog in attributionDomains."""
    page = render_issue(Templates(), replace(blog, creators=creators), issue, ConversationView())

    found = BeautifulSoup(page, "html5lib").select("meta[name='fediverse:creator']")

    assert [meta["content"] for meta in found] == named
