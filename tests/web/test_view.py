"""Pages as readers, screen readers, feed readers and other sites read them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import mf2py
import pytest
from bs4 import BeautifulSoup, Tag

from bridge.conversation.comment import Entry, Person, Picture
from bridge.conversation.reaction import Reaction, Tally
from bridge.web.view import (
    BlogView,
    ConversationView,
    FrontView,
    InteractView,
    IssueLine,
    IssueView,
    LoginView,
    Templates,
    render_archive,
    render_front,
    render_gone,
    render_interact,
    render_issue,
    render_login,
    render_missing,
    render_tag,
)

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)
TEMPLATES = Templates()
SCRIPT = "<script>alert(1)</script>"
Show = Callable[..., BeautifulSoup]


def person(name: str = "Ann", **values: Any) -> Person:
    url = f"https://far.example/@{name.lower()}"
    return Person(**({"actor_id": url, "name": name, "handle": f"@{name.lower()}@far.example", "url": url} | values))


def said(name: str, *, minute: int = 0, **values: Any) -> Entry:
    moment = NOON + timedelta(minutes=minute)
    entry: dict[str, Any] = {
        "id": name,
        "kind": "reply",
        "object_id": f"https://far.example/o/{name}",
        "url": f"https://far.example/@ann/{name}",
        "author": person(),
        "published": moment,
        "received_at": moment,
        "content_html": f"<p>{name}</p>",
    }
    return Entry(**(entry | values))


@pytest.fixture
def show(blog: BlogView, issue: IssueView) -> Show:
    """The issue's page with these entries, parsed."""

    def parsed(*entries: Entry, closed: bool = False, tally: Tally | None = None, **changes: Any) -> BeautifulSoup:
        view = ConversationView(entries=entries, closed=closed, tally=tally or Tally())
        language = changes.pop("language", blog.language)
        page = render_issue(TEMPLATES, replace(blog, language=language), replace(issue, **changes), view)
        return BeautifulSoup(page, "html5lib")

    return parsed


def one(page: BeautifulSoup | Tag, selector: str) -> Tag:
    found = page.select(selector)
    assert len(found) == 1, selector
    return found[0]


def words_of(found: Tag) -> str:
    return " ".join(found.get_text().split())


def microformats(page: BeautifulSoup) -> dict[str, Any]:
    return dict(mf2py.parse(doc=str(page), url="https://links.example/issues/24"))


def test_an_issue_is_an_h_entry_with_its_author_and_text(show: Show) -> None:
    items = microformats(show(said("a")))["items"]
    entry = next(item for item in items if item["type"] == ["h-entry"])["properties"]

    assert entry["name"] == ["Takt & <Trommel>"]
    assert entry["url"] == entry["uid"] == ["https://links.example/issues/24"]
    assert entry["published"] == ["2024-08-05T07:00:00Z"]
    assert entry["updated"] == ["2024-08-06T07:00:00Z"]
    assert entry["category"] == ["KrasseLinks"]
    assert entry["syndication"] == ["https://social.example/@ada/1"]
    assert entry["content"][0]["value"].startswith("Der Takt zählt.")
    author = entry["author"][0]
    assert author["type"] == ["h-card"]
    assert author["properties"]["name"] == ["Seltsame Funde"]
    assert author["properties"]["url"] == ["https://links.example/"]
    assert author["properties"]["photo"] == ["https://links.example/media/icon.webp"]


def test_comments_are_nested_h_cites(show: Show) -> None:
    page = show(said("b", parent="a", minute=1, author=person("Bob")), said("a"))
    entry = next(item for item in microformats(page)["items"] if item["type"] == ["h-entry"])
    (outer,) = entry["properties"]["comment"]
    (inner,) = outer["properties"]["comment"]

    assert outer["type"] == inner["type"] == ["h-cite"]
    assert outer["properties"]["author"][0]["properties"]["name"] == ["Ann"]
    assert outer["properties"]["url"] == ["https://far.example/@ann/a"]
    assert outer["properties"]["published"] == ["2024-08-05T12:00:00Z"]
    assert inner["properties"]["content"][0]["html"] == "<p>b</p>"
    assert inner["properties"]["author"][0]["properties"]["nickname"] == ["@bob@far.example"]


def test_the_head_tells_machines_where_everything_is(show: Show) -> None:
    head = one(show(), "head")
    links = {(link["rel"][0], link.get("type")): link["href"] for link in head.select("link")}
    metas = {meta.get("property") or meta.get("name"): meta.get("content") for meta in head.select("meta")}

    assert links["alternate", "application/activity+json"] == "https://links.example/object/o1"
    assert links["canonical", None] == "https://links.example/issues/24"
    assert links["webmention", None] == "https://links.example/webmention"
    assert links["pingback", None] == "https://links.example/pingback"
    for kind in ("atom+xml", "rss+xml", "feed+json"):
        assert ("alternate", f"application/{kind}") in links
    assert metas["og:title"] == "Takt & <Trommel>"
    assert metas["og:image"] == "https://links.example/media/cover.webp"
    assert metas["og:image:alt"] == "Eine Trommel"
    assert metas["fediverse:creator"] == "@ada@social.example"
    assert "robots" not in metas
    assert one(show(canonical_url="https://a.example/"), "link[rel=canonical]")["href"] == "https://a.example/"
    assert one(show(public=False), "meta[name=robots]")["content"] == "noindex"


@pytest.mark.parametrize(
    ("language", "number", "heading"),
    [
        ("de", 5, "5 Gedanken zu „Takt & <Trommel>“"),
        ("de", 1, "Ein Gedanke zu „Takt & <Trommel>“"),
        ("de", 0, "Noch keine Gedanken zu „Takt & <Trommel>“"),
        ("en", 5, "5 comments on “Takt & <Trommel>”"),
        ("en", 0, "No comments on “Takt & <Trommel>” yet"),
    ],
)
def test_the_conversation_has_the_heading_that_readers_know(
    show: Show, language: str, number: int, heading: str
) -> None:
    page = show(*(said(f"e{n}") for n in range(number)), language=language)
    assert words_of(one(page, "section.talk > h2")) == heading


@pytest.mark.parametrize(("language", "line"), [("de", "Kommentare sind geschlossen."), ("en", "Comments are closed.")])
def test_the_last_line_says_when_comments_are_closed(show: Show, language: str, line: str) -> None:
    page = show(said("a"), closed=True, language=language)

    assert words_of(page.select("section.talk > *")[-1]) == line
    assert not page.select('section.talk a[href^="/interact"]')
    assert line not in show(said("a"), language=language).get_text()


def test_the_way_to_answer_says_until_when(blog: BlogView, issue: IssueView) -> None:
    page = render_issue(TEMPLATES, blog, issue, ConversationView(closes=NOON + timedelta(days=90, hours=11)))
    assert words_of(one(BeautifulSoup(page, "html5lib"), ".join")).endswith("Fediverse · bis 3. November 2024")
    assert "bis" not in words_of(
        one(BeautifulSoup(render_issue(TEMPLATES, blog, issue, ConversationView()), "html5lib"), ".join")
    )


def test_each_comment_has_name_handle_time_permalink_original_and_reply(show: Show) -> None:
    comment = one(show(said("a")), "article#c-a")

    assert comment["aria-labelledby"] == one(comment, "header")["id"]
    assert words_of(one(comment, "header")) == "A Ann @ann@far.example 5. August 2024, 14:00"
    assert one(comment, "a.when")["href"] == "#c-a"
    assert one(comment, "a.u-url:not(.p-name)")["href"] == "https://far.example/@ann/a"
    assert one(comment, ".meta a:not(.u-url)")["href"] == "/interact?uri=https://far.example/o/a"
    odd = one(show(said("a", object_id="https://far.example/?a=1&b#c")), "#c-a .meta a:not(.u-url)")
    assert odd["href"] == "/interact?uri=https%3A%2F%2Ffar.example%2F%3Fa%3D1%26b%23c"
    for link in comment.select('a[href^="http"]'):
        assert link["rel"] == ["nofollow", "ugc", "noopener", "noreferrer"]


def test_pingbacks_stand_in_the_list_as_readers_know_them(show: Show) -> None:
    page = show(
        said("p", kind="pingback", author=person("Über das Trommeln | Blog"), url="https://blog.example/p"),
        said("s", kind="pingback", author=person("No 25 | Seltsame Funde"), own_series=True, minute=1),
    )

    assert [words_of(each) for each in page.select("ol.comments p:first-child")] == [
        "Pingback: Über das Trommeln | Blog",
        "Pingback: No 25 | Seltsame Funde",
    ]
    assert one(page, "#c-p a.u-url")["href"] == "https://blog.example/p"
    assert "Ein Gedanke" in words_of(one(page, "#comments"))


def test_likes_boosts_and_quotes_have_counts_and_faces(show: Show) -> None:
    likes = tuple(Reaction(kind="like", person=person(f"P{n}"), at=NOON) for n in range(25))
    boost = Reaction(kind="boost", person=person("Bob", avatar="/media/bob.webp"), at=NOON)
    page = show(said("q", kind="quote"), tally=Tally(likes=likes, boosts=(boost,)))
    rows = page.select(".faces")

    assert [words_of(one(row, "p")) for row in rows] == ["25 Likes", "Einmal geteilt", "Einmal zitiert"]
    assert len(rows[0].select("li a")) == 20
    assert words_of(one(rows[0], ".rest")) == "+5"
    assert one(rows[1], "img")["src"] == "/media/bob.webp"
    assert words_of(one(rows[1], "a")) == "Bob"


def test_private_held_and_hidden_things_are_not_on_the_page(show: Show) -> None:
    """S45."""
    hidden = [
        said("s1", visibility="direct"),
        said("s2", visibility="followers"),
        said("s3", state="held"),
        said("s4", state="spam", minute=2),
        said("s5", state="deleted"),
    ]
    page = show(*hidden, said("ok"))

    assert not re.search(r"\bs[1-5]\b", str(page))
    assert "Ein Gedanke" in page.get_text()


def test_a_deleted_comment_with_answers_is_a_placeholder(show: Show) -> None:
    page = show(said("a", state="deleted", author=person("Weg")), said("b", parent="a", minute=1))

    assert "gelöscht" in words_of(one(page, "#c-a"))
    assert "Weg" not in page.get_text()
    assert one(page, "li:has(> #c-a) > ol #c-b")


def test_a_content_warning_folds_everything_behind_it(show: Show) -> None:
    picture = Picture(src="/media/x.webp", alt="Ein Schaf", width=4, height=3)
    page = show(said("a", content_warning="Bahn <b>", pictures=(picture,)))
    fold = one(page, "#c-a details:not([open])")

    assert words_of(one(fold, "summary")) == "Inhaltswarnung: Bahn <b>"
    assert one(fold, "img")["alt"] == "Ein Schaf"
    assert not page.select("#c-a .said > :not(details)")
    assert one(show(content_warning="Bahn"), "article details .e-content")


def test_foreign_comments_say_their_language_and_unlisted_ones_stay_out_of_search_results(show: Show) -> None:
    page = show(said("a", language="en"), said("b", language="de-AT", visibility="unlisted"))

    assert one(page, "#c-a .said")["lang"] == "en"
    assert "lang" not in one(page, "#c-b .said").attrs
    assert "data-nosnippet" in one(page, "#c-b").attrs
    assert "data-nosnippet" not in one(page, "#c-a").attrs


def test_authors_are_marked_and_edits_too(show: Show) -> None:
    page = show(said("a", is_author=True, updated=NOON), said("b"))
    assert words_of(one(page, "#c-a .badge")) == "Autor*in"
    assert one(page, "#c-a .edited")
    assert not page.select("#c-b .badge, #c-b .edited")


def test_deep_answers_stop_moving_right_and_name_whom_they_answer(show: Show) -> None:
    chain = [said(f"n{n}", parent=f"n{n - 1}", minute=n, author=person(f"P{n}")) for n in range(2_000)]
    page = render_depth(show(*chain[:30]))

    assert page["deepest"] <= 8
    assert page["names"] == 26
    assert show(*chain).select("#c-n1999 .answers a")[0]["href"] == "#c-n1998"


def render_depth(page: BeautifulSoup) -> dict[str, int]:
    comments = page.select("ol.comments article")
    return {
        "deepest": max(len(comment.find_parents("ol")) for comment in comments),
        "names": len(page.select(".answers")),
    }


def test_branches_of_a_long_talk_are_folded_and_keep_everything(show: Show) -> None:
    talk = [said(f"t{n}", minute=n) for n in range(60)]
    branch = [said(f"b{n}", parent="t0" if n == 0 else "b0", minute=100 + n) for n in range(7)]
    page = show(*talk, *branch)

    assert words_of(one(page, "details.more > summary")) == "6 weitere Antworten"
    assert len(page.select("details.more article")) == 6
    assert len(page.select("ol.comments > li")) == 60
    assert not show(*talk[:20], *branch).select("details.more")


def test_markup_in_any_plain_value_is_text(blog: BlogView, issue: IssueView) -> None:
    """S88, S89, S98: names, titles, handles, tags, warnings, alternative texts, addresses."""
    evil = f"\"><{SCRIPT}'"
    author = Person(actor_id="javascript:x", name=evil, handle=evil, url=f"javascript:alert(1){evil}", avatar=evil)
    entry = said(
        "a", author=author, url="javascript:alert(1)", content_warning=evil, language=evil,
        pictures=(Picture(src=evil, alt=evil),),
    )  # fmt: skip
    page = render_issue(
        TEMPLATES,
        replace(blog, title=evil, description=evil, handle=evil, creators=(evil,)),
        replace(issue, title=evil, teaser=evil, content_warning=evil, tags=()),
        ConversationView(
            entries=(entry, entry._replace(id="b", kind="pingback")),
            tally=Tally(likes=(Reaction(kind="like", person=author, at=NOON, emoji=evil),)),
        ),
    )
    parsed = BeautifulSoup(page, "html5lib")

    assert not parsed.select("script, [onerror], [onclick], [style]")
    assert not [link for link in parsed.select("[href]") if str(link["href"]).strip().lower().startswith("javascript")]
    assert one(parsed, "h1").get_text() == evil


def test_no_page_needs_scripts_or_loads_from_elsewhere(blog: BlogView, show: Show) -> None:
    pages = [
        show(said("a")),
        *(
            BeautifulSoup(page, "html5lib")
            for page in (
                render_front(TEMPLATES, FrontView(blog=blog, issues=())),
                render_archive(TEMPLATES, blog, ()),
                render_tag(TEMPLATES, blog, "Takt", ()),
                render_gone(TEMPLATES, blog),
                render_missing(TEMPLATES, blog),
                render_login(TEMPLATES, LoginView(blog=blog, token=None)),
            )
        ),
    ]
    for page in pages:
        assert not page.select("script, style, iframe, [style]")
        assert [sheet["href"] for sheet in page.select("link[rel=stylesheet]")] == [TEMPLATES.style_url]
        assert all(str(image["src"]).startswith("/") for image in page.select("img"))
        assert len(page.select("h1")) == 1
        assert len(page.select("main")) == 1
        assert one(page, "a.skip")["href"] == f"#{one(page, 'main')['id']}"
        assert not {each["id"] for each in page.select("[id]") if len(page.select(f"[id='{each['id']}']")) > 1}


def test_wide_tables_scroll_by_themselves(show: Show) -> None:
    region = one(show(), ".e-content .scroll")
    assert (region["tabindex"], region["role"], region["aria-label"]) == ("0", "region", "Tabelle")


def test_an_issue_that_is_not_federated_offers_no_reply(show: Show) -> None:
    page = show(object_id=None)
    assert not page.select(".join, link[type='application/activity+json']")


def test_the_same_values_give_the_same_bytes(blog: BlogView, issue: IssueView) -> None:
    entries = tuple(said(f"e{n}", minute=n, parent=f"e{n // 2}") for n in range(40))
    one_way = render_issue(TEMPLATES, blog, issue, ConversationView(entries=entries))
    assert render_issue(Templates(), blog, issue, ConversationView(entries=entries[::-1])) == one_way


def test_the_front_page_is_a_feed_and_a_card(blog: BlogView) -> None:
    line = IssueLine(url="https://links.example/issues/24", title="No 24", published=NOON, language="de", comments=1)
    page = render_front(TEMPLATES, FrontView(blog=blog, issues=(line, replace(line, title="No 23")), older="/?page=2"))
    items = {item["type"][0]: item for item in microformats(BeautifulSoup(page, "html5lib"))["items"]}
    parsed = BeautifulSoup(page, "html5lib")

    assert [each["properties"]["name"] for each in items["h-feed"]["children"]] == [["No 24"], ["No 23"]]
    assert items["h-card"]["properties"]["name"] == ["Seltsame Funde"]
    assert "https://ada.example/" in items["h-card"]["properties"]["url"]
    assert one(parsed, "dd a")["rel"] == ["me", "noopener"]
    assert one(parsed, ".follow .button")["href"] == "/interact?uri=https%3A//links.example/actor/a1"
    assert one(parsed, "a[rel=next]")["href"] == "/?page=2"
    assert "Ein Gedanke" in parsed.get_text()


def test_the_archive_goes_by_years_of_the_blogs_zone(blog: BlogView) -> None:
    line = IssueLine(
        url="/issues/1", title="Silvester", published=datetime(2023, 12, 31, 23, 30, tzinfo=UTC), language="de"
    )
    page = BeautifulSoup(render_archive(TEMPLATES, blog, [line]), "html5lib")
    assert [words_of(each) for each in page.select("h2")] == ["2024"]


def test_interact_asks_for_a_handle_then_shows_where_it_leads(blog: BlogView) -> None:
    """S116: a destination that is no web address is never a link."""
    view = InteractView(
        blog=blog, action="reply", uri="https://links.example/object/o1", title="No 24", fault="Kein Server."
    )
    asking = BeautifulSoup(render_interact(TEMPLATES, view), "html5lib")
    leading = render_interact(TEMPLATES, replace(view, destination="https://social.example/authorize?uri=x"))
    trap = render_interact(TEMPLATES, replace(view, destination="javascript:alert(1)"))

    assert one(asking, "form input[name=uri]")["value"] == "https://links.example/object/o1"
    assert one(asking, "input#handle")["aria-describedby"] == "hint fault"
    assert one(asking, "input[readonly]")["value"] == "https://links.example/object/o1"
    found = BeautifulSoup(leading, "html5lib")
    assert one(found, "main a.button")["href"] == words_of(one(found, "p.address"))
    assert "javascript:" not in trap
    assert "<form" in trap
