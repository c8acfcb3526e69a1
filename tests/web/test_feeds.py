from __future__ import annotations

import json
from xml.etree import ElementTree

import feedparser
import pytest

from bridge.store import entries, issues
from bridge.store.database import Transaction
from tests.support.open_blog import OpenBlog, open_blog
from tests.support.pictures import jpeg
from tests.support.running_blog import RunningBlog

FEEDS = ("/feed.xml", "/rss.xml", "/feed.json")
LISTS = (*FEEDS, "/sitemap.xml", "/", "/archive")
LETTER = "---\ntitle: {title}\n{more}\n---\n{text}\n"


@pytest.fixture
async def blog(tmp_path):
    async with open_blog(tmp_path / "blog") as opened:
        yield opened


def letter(title: str, more: str = "tags: [eins]", text: str = "Hallo.") -> bytes:
    return LETTER.format(title=title, more=more, text=text).encode()


async def titles(blog: OpenBlog) -> list[list[str]]:
    found = []
    for path in FEEDS:
        text = (await blog.get(path)).text
        if path.endswith(".json"):
            found.append([item["title"] for item in json.loads(text)["items"]])
        else:
            found.append([entry.title for entry in feedparser.parse(text).entries])
    return found


async def test_feeds_hold_the_public_issues_newest_first_with_their_pictures(blog):
    await blog.publish(
        {
            "1.md": letter("Eins", "date: 2024-01-01"),
            "2/index.md": letter("Zwei", "date: 2024-02-01\ncover: see.jpg\ncover_alt: Ein See"),
            "2/see.jpg": jpeg(600, 300),
        }
    )
    assert await titles(blog) == [["Zwei", "Eins"]] * 3
    content = feedparser.parse((await blog.get("/feed.xml")).text, sanitize_html=False).entries[0].content[0].value
    address = content.partition('src="')[2].partition('"')[0]
    assert (await blog.get(address)).status == 200
    types = [(await blog.get(path)).headers["Content-Type"].partition(";")[0] for path in FEEDS]
    assert types == ["application/atom+xml", "application/rss+xml", "application/feed+json"]


async def test_lists_and_feeds_say_of_an_issue_without_teaser_what_reads_as_sentences(blog):
    await blog.publish({"1.md": letter("Eins", text="# Drei Dinge\n\n- Ein Rad\n- Ein Boot\n\nDanach ein Absatz.")})
    said = "Ein Rad; Ein Boot. Danach ein Absatz."
    for path in ("/feed.xml", "/rss.xml"):
        assert feedparser.parse((await blog.get(path)).text).entries[0].summary == said
    assert json.loads((await blog.get("/feed.json")).text)["items"][0]["summary"] == said
    assert f'<p class="p-summary">{said}</p>' in (await blog.get("/")).text
    assert f'<meta property="og:description" content="{said}">' in (await blog.get("/issues/1")).text


def test_what_the_blog_says_of_itself_is_plain_text_where_nobody_reads_markdown(tmp_path, stock):
    settings = {"description": "Briefe über *Umwege*,\nvon [Ada](https://ada.example).\n\nJede Woche."}
    said = "Briefe über Umwege, von Ada. Jede Woche."
    with RunningBlog(tmp_path / "blog", stock, blog=settings) as blog:
        assert feedparser.parse(blog.get("/feed.xml").text).feed.subtitle == said
        assert feedparser.parse(blog.get("/rss.xml").text).feed.subtitle == said
        assert json.loads(blog.get("/feed.json").text)["description"] == said
        assert f'<meta name="description" content="{said}">' in blog.get("/").text


async def test_a_feed_that_did_not_change_is_not_sent_again(blog):
    await blog.publish({"1.md": letter("Eins")})
    for path in (*FEEDS, "/sitemap.xml", "/issues/1/feed.xml"):
        first = await blog.get(path)
        again = await blog.get(path, **{"If-None-Match": first.headers["ETag"]})
        assert (again.status, again.body) == (304, b"")
    await blog.publish({"1.md": letter("Neu")})
    for path in FEEDS:
        assert "Neu" in (await blog.get(path)).text


async def test_s122_what_is_not_public_is_in_no_list(blog):
    await blog.publish(
        {
            "offen.md": letter("Offen"),
            "entwurf.md": letter("GEHEIM1", "draft: true"),
            "leise.md": letter("GEHEIM2", "visibility: unlisted\ntags: [eins]"),
            "spaeter.md": letter("GEHEIM3", "date: 2099-01-01"),
            "weg.md": letter("GEHEIM4"),
        }
    )
    (blog.issues.folder / "weg.md").unlink()
    await blog.publish()
    for path in (*LISTS, "/tags/eins"):
        answer = await blog.get(path)
        assert answer.status == 200
        assert "GEHEIM" not in answer.text
        assert "offen" in answer.text.lower()
        for slug in ("entwurf", "leise", "spaeter", "weg"):
            assert f"/issues/{slug}" not in answer.text
    status = {
        slug: (await blog.get(f"/issues/{slug}/feed.xml")).status for slug in ("entwurf", "spaeter", "weg", "leise")
    }
    assert status == {"entwurf": 404, "spaeter": 404, "weg": 410, "leise": 200}


async def test_a_renamed_issue_is_the_same_item(blog):
    await blog.publish({"1.md": letter("Eins", "slug: alt")})
    first = feedparser.parse((await blog.get("/feed.xml")).text).entries[0]
    await blog.publish({"1.md": letter("Eins", "slug: neu")})
    second = feedparser.parse((await blog.get("/feed.xml")).text).entries[0]
    assert first.id == second.id
    assert second.link.endswith("/issues/neu")


async def test_comments_have_a_feed_and_private_ones_are_not_in_it(blog):
    await blog.publish({"1.md": letter("Eins")})

    def speak(tx: Transaction) -> None:
        issue = issues.find_by_slug(tx, blog.app.blog.id, "1")
        now = blog.app.clock()
        for number, (state, visibility) in enumerate(
            [("shown", "public"), ("shown", "unlisted"), ("private", "direct"), ("held", "public"),
             ("hidden", "public"), ("shown", "followers"), ("spam", "public"), ("closed", "public")]
        ):  # fmt: skip
            entries.add(
                tx,
                {"token": f"t{number}", "blog_id": issue.blog_id, "issue_id": issue.id, "kind": "reply",
                 "object_id": f"https://far.example/{number}", "url": f"https://far.example/{number}",
                 "content_html": f"<p>Wort{number}</p>", "pictures": [], "visibility": visibility, "state": state,
                 "ways": ["inbox"], "author_name": "Ann", "received_at": now, "changed_at": now},
            )  # fmt: skip
        tx.touch(f"issue:{issue.id}")

    before = (await blog.get("/issues/1/feed.xml")).text
    assert feedparser.parse(before).entries == []
    await blog.app.database.write(speak)
    text = (await blog.get("/issues/1/feed.xml")).text
    assert [number for number in range(8) if f"Wort{number}" in text] == [0, 1]


async def test_the_sitemap_and_robots_txt_name_what_is_there(blog):
    await blog.publish({"1.md": letter("Eins"), "2.md": letter("Zwei")})
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    tree = ElementTree.fromstring((await blog.get("/sitemap.xml")).text)
    places = [place.text for place in tree.findall("s:url/s:loc", names)]
    for place in places:
        assert (await blog.get(place)).status == 200
    assert {f"{blog.url}/issues/1", f"{blog.url}/issues/2"} < set(places)
    robots = (await blog.get("/robots.txt")).text
    assert f"Sitemap: {blog.url}/sitemap.xml" in robots
    assert "Disallow: /admin/" in robots


async def test_pages_lead_to_the_feeds(blog):
    await blog.publish({"1.md": letter("Eins")})
    front, page = (await blog.get("/")).text, (await blog.get("/issues/1", Accept="text/html")).text
    for path in FEEDS:
        assert f'href="{blog.url}{path}"' in front
        assert f'href="{blog.url}{path}"' in page
    assert f'href="{blog.url}/issues/1/feed.xml"' in page


async def test_a_feed_is_as_new_as_what_it_shows_and_never_of_the_future(blog):
    await blog.publish({"1.md": letter("Eins", "date: 2024-01-02\nupdated: 2023-01-01")})
    feed = feedparser.parse((await blog.get("/feed.xml")).text)
    (entry,) = feed.entries
    assert entry.updated == entry.published
    assert feed.feed.updated > "2026"  # an old letter that comes in today is news to the feed
    await blog.publish({"1.md": letter("Eins", "date: 2099-01-02\nupdated: 2100-01-01", "Anders.")})
    feed = feedparser.parse((await blog.get("/feed.xml")).text)
    (entry,) = feed.entries
    assert entry.published <= entry.updated <= feed.feed.updated < "2099"
