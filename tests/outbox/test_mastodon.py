"""The preview's Mastodon is the one of the test oracle, which was written apart from it."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from bridge.activity.article import article_from_issue
from bridge.activity.note import full_note_from_issue, note_from_issue
from bridge.outbox.mastodon import after_sanitiser, post_from
from tests.support.letters import KAFFEE, PAGE, letter, picture, place, rendered
from tests.support.oracles import kept_by

TAGS = ("p", "a", "em", "h2", "table", "img", "li", "ol", "blockquote", "span", "sup", "script", "pre", "code")


def _same(one: str, other: str) -> bool:
    return BeautifulSoup(one, "html.parser").decode() == BeautifulSoup(other, "html.parser").decode()


@pytest.mark.parametrize(
    "html",
    [
        '<p>a <a href="https://x.example" class="u-url weird">b</a> <img src="https://x.example/i.png" alt="c"></p>',
        "<h1>Kopf</h1><hr><table><tr><td>1</td></tr></table>",
        '<p><a href="/relative">weg</a> <a href="mailto:a@b.example">Post</a></p>',
        '<ol start="3" reversed class="x"><li value="4">vier</li></ol><script>alert(1)</script>',
        '<span class="h-card"><a href="https://x.example/@a" class="u-url mention">@<span>a</span></a></span>',
    ],
)
def test_the_sanitiser_takes_away_what_the_oracle_takes_away(html: str) -> None:
    assert _same(after_sanitiser(html), kept_by("mastodon", html))


@given(st.lists(st.tuples(st.sampled_from(TAGS), st.text("abc <&", max_size=5)), max_size=8))
def test_any_html_comes_out_as_the_oracle_says(parts: list[tuple[str, str]]) -> None:
    html = "".join(f'<{tag} class="mention x" href="https://a.example" lang="de">{text}' for tag, text in parts)
    assert _same(after_sanitiser(html), kept_by("mastodon", html))


def test_the_card_is_the_issues_and_no_mention_or_hashtag_takes_its_place() -> None:
    text = "Hallo @kaffee@example.social, #Wort und [anderswo](https://elsewhere.example/)."
    issue = letter(text)
    post = post_from(note_from_issue(issue, rendered(issue), place()))
    assert post.card == PAGE
    assert post.notifies == (f"@{KAFFEE.handle}",)
    assert post.text.startswith("Rundbrief Drei\nHallo @kaffee, #Wort und anderswo.")
    assert post.characters == len(post.text)


def test_a_post_with_pictures_has_no_card() -> None:
    issue = letter("![Ein Hund](hund.png)\n\nText")
    post = post_from(full_note_from_issue(issue, rendered(issue), place(), [picture("hund.png", alt="Ein Hund")]))
    assert post.card is None
    assert [one.alt for one in post.pictures] == ["Ein Hund"]


def test_of_an_article_title_summary_and_address_are_shown() -> None:
    issue = letter("Ein Text mit [Link](https://elsewhere.example/).", teaser="Kurz & gut")
    post = post_from(article_from_issue(issue, rendered(issue), place()))
    assert post.text.split("\n") == ["Rundbrief Drei", "Kurz & gut", PAGE]
    assert post.card == PAGE
    assert post.warning is None


def test_a_content_warning_folds_a_note() -> None:
    issue = letter(content_warning="Spinnen", visibility="unlisted")
    post = post_from(note_from_issue(issue, rendered(issue), place()))
    assert (post.warning, post.listed) == ("Spinnen", False)
