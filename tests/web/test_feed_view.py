"""Feeds as a reader's own parser reads them, with everything in them that XML and JSON stumble over."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import feedparser
import jsonschema
import pytest

from bridge.conversation.comment import Entry, Person
from bridge.web import feed_view
from bridge.web.feed_view import FeedItem, absolute
from bridge.web.view import BlogView, IssueView, Link, PictureView, Templates

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)
TEMPLATES = Templates()
BLOG = BlogView(
    url="https://links.example",
    actor_id="https://links.example/actor/a",
    handle="@links@links.example",
    title="Links & „Rechts“ <\"'>",
    language="de",
    timezone=ZoneInfo("Europe/Berlin"),
    description="Was & wie",
)
ISSUE = IssueView(
    url="https://links.example/issues/1",
    object_id="https://links.example/object/1",
    title="Nr. 1: ]]> & </title><script>alert(1)</script>",
    published=NOON,
    updated=NOON + timedelta(hours=2),
    language="de",
    body_html='<h2 id="a">A</h2>\n<p>Ein <a href="#a">Sprung</a> und <code>href="/x"</code> – ]]&gt; § $ %</p>',
    teaser="Kurz & gut <b>",
    tags=(Link(name="KrasseLinks", url="https://links.example/tags/KrasseLinks"),),
)
ITEM = FeedItem(id="tag:links.example,2024-01-01:issue/1", issue=ISSUE)

#: What jsonfeed.org/version/1.1 asks for, in the words of JSON Schema.
JSON_FEED = {
    "type": "object",
    "required": ["version", "title", "items"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string"},
        "home_page_url": {"type": "string", "format": "uri"},
        "feed_url": {"type": "string", "format": "uri"},
        "description": {"type": "string"},
        "icon": {"type": "string", "format": "uri"},
        "language": {"type": "string"},
        "authors": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/author"}},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
    },
    "$defs": {
        "author": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": {name: {"type": "string"} for name in ("name", "url", "avatar")},
        },
        "item": {
            "type": "object",
            "required": ["id", "content_html"],
            "additionalProperties": False,
            "properties": {
                **{
                    name: {"type": "string", "minLength": 1}
                    for name in ("id", "url", "external_url", "title", "content_html", "summary", "image", "language")
                },
                **{
                    name: {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"}
                    for name in ("date_published", "date_modified")
                },
                "tags": {"type": "array", "items": {"type": "string"}},
            },
        },
    },
}


def rendered(kind: str, *items: FeedItem) -> str:
    if kind == "json":
        return feed_view.json_feed(TEMPLATES, BLOG, items).decode()
    render = {"atom": feed_view.render_atom, "rss": feed_view.render_rss}[kind]
    return render(TEMPLATES, BLOG, items, since=NOON)


@pytest.mark.parametrize("kind", ["atom", "rss"])
def test_a_reader_gets_every_character_of_title_and_text(kind):
    feed = feedparser.parse(rendered(kind, ITEM), sanitize_html=False, resolve_relative_uris=False)
    assert not feed.bozo
    assert feed.version == {"atom": "atom10", "rss": "rss20"}[kind]
    assert feed.feed.title == BLOG.title
    (entry,) = feed.entries
    assert entry.title == ISSUE.title
    assert entry.link == ISSUE.url
    assert entry.id == ITEM.id
    assert entry.published_parsed[:5] == (2024, 8, 5, 12, 0)
    assert [tag.term for tag in entry.tags] == ["KrasseLinks"]
    assert entry.content[0].type == "text/html"
    assert entry.content[0].value == (
        '<h2 id="a">A</h2>\n<p>Ein <a href="https://links.example/issues/1#a">Sprung</a> und '
        '<code>href="/x"</code> – ]]&gt; § $ %</p>'
    )


def test_atom_says_when_an_issue_was_changed_and_where_its_comments_are():
    (entry,) = feedparser.parse(rendered("atom", ITEM)).entries
    assert entry.updated_parsed[:4] == (2024, 8, 5, 14)
    assert {(link.rel, link.href) for link in entry.links} >= {
        ("replies", "https://links.example/issues/1/feed.xml"),
        ("alternate", "https://links.example/object/1"),
    }


def test_json_feed_is_as_its_specification_says():
    covered = replace(ISSUE, cover=PictureView(src="https://links.example/media/x.jpg", alt="Ein See"))
    document = json.loads(rendered("json", ITEM, replace(ITEM, id="2", issue=covered)))
    jsonschema.validate(document, JSON_FEED)
    jsonschema.validate(json.loads(rendered("json")), JSON_FEED)
    assert document["items"][0]["title"] == ISSUE.title
    assert document["items"][1]["image"] == "https://links.example/media/x.jpg"


@pytest.mark.parametrize("kind", ["atom", "rss", "json"])
def test_s98_characters_that_xml_cannot_write_are_left_out_and_nothing_else_is(kind):
    odd = "".join(map(chr, [0, 1, 8, 0xB, 0xC, 0xE, 0x1F, 0xFFFE, 0xFFFF, 0xD800])) + "\u2028\u2029\U0001f3d4\t"
    issue = replace(ISSUE, title=f"a{odd}b", body_html=f"<p>c{odd}d</p>", teaser=odd, tags=(Link(name=odd, url="x"),))
    text = rendered(kind, replace(ITEM, issue=issue))
    text.encode()
    if kind != "json":
        ElementTree.fromstring(text)
    assert "\u2028\u2029\U0001f3d4\t" in (json.loads(text)["items"][0]["title"] if kind == "json" else text)


def test_what_stands_behind_a_content_warning_is_folded_and_told_nowhere_else():
    issue = replace(ISSUE, content_warning="Spinnen & mehr", cover=PictureView(src="https://links.example/media/x.jpg"))
    for kind in ("atom", "rss", "json"):
        text = rendered(kind, replace(ITEM, issue=issue))
        content = (
            json.loads(text)["items"][0]["content_html"]
            if kind == "json"
            else feedparser.parse(text, sanitize_html=False).entries[0].content[0].value
        )
        assert content.startswith("<details><summary>Inhaltswarnung: Spinnen &amp; mehr</summary>")
        assert "Kurz" not in text


def test_a_blog_without_issues_has_feeds_all_the_same():
    for kind in ("atom", "rss"):
        feed = feedparser.parse(rendered(kind))
        assert not feed.bozo
        assert feed.entries == []


def comment(name: str, **values: object) -> Entry:
    known: dict[str, object] = {
        "id": name,
        "kind": "reply",
        "object_id": f"https://far.example/{name}",
        "url": f"https://far.example/@ann/{name}",
        "author": Person(
            actor_id="https://far.example/ann", name="Ann ]]> <b>", handle="@ann@far.example", url="javascript:x"
        ),
        "published": NOON + timedelta(hours=1),
        "received_at": NOON + timedelta(hours=1),
        "content_html": '<p>Ja</p><img src="/media/a.webp">',
    }
    return Entry(**(known | values))  # type: ignore[arg-type]


def test_comments_are_told_with_their_author_and_whole_addresses():
    late = comment("b", updated=datetime(9999, 1, 1, tzinfo=UTC))
    shown = [feed_view.comment_from(one, BLOG, ITEM, now=NOON + timedelta(days=1)) for one in (comment("a"), late)]
    feed = feedparser.parse(feed_view.render_comments(TEMPLATES, BLOG, ITEM, shown, closed=True), sanitize_html=False)
    assert not feed.bozo
    assert feed.feed.subtitle == "Kommentare sind geschlossen."
    first, second = feed.entries
    assert first.author == "Ann ]]> <b>"
    assert "href" not in first.author_detail
    assert first.link == "https://links.example/issues/1#c-a"
    assert 'src="https://links.example/media/a.webp"' in first.content[0].value
    assert second.updated_parsed[:3] == (2024, 8, 6)


def test_addresses_become_whole_in_tags_and_nowhere_else():
    text = '<p title="href=\'/a\'">href="/b" <a rel="x>" href="/c">c</a> <a href="https://d.example/#e">d</a></p>'
    assert absolute(text, page_url="https://l.example/1", origin="https://l.example") == (
        '<p title="href=\'/a\'">href="/b" <a rel="x>" href="https://l.example/c">c</a> '
        '<a href="https://d.example/#e">d</a></p>'
    )
