"""One thing said is one entry; the author's rules hold for pages as they do for posts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bridge.inbox import moderate
from bridge.store import blocks, entries, issues, linkbacks, reactions
from bridge.store.database import Database
from tests.support.inboxes import PAGE, create, note
from tests.support.linkback_desks import Desk, desk_on
from tests.support.local_servers import Peer

LINK = f'<a href="{PAGE}">hier</a>'
ADA = "https://social.example/users/ada"


def _page(peer: Peer, body: str, path: str = "/echo") -> str:
    peer.serves(path, body, media_type="text/html")
    return f"{peer.origin}{path}"


async def test_the_same_page_by_pingback_and_by_webmention_is_one_entry_of_the_higher_kind(
    desk: Desk, blog: Peer
) -> None:
    source = _page(blog, f"<title>Echo – Gegenüber</title><meta property='og:site_name' content='Gegenüber'>{LINK}")
    await desk.take(source, way="pingback")
    await desk.look()
    assert [(entry.kind, entry.author_name) for entry in await desk.shown()] == [("pingback", "Echo | Gegenüber")]
    await desk.take(source, way="webmention")
    desk.place.clock.turn(timedelta(minutes=10))
    await desk.look()
    assert [(entry.kind, entry.ways) for entry in await desk.shown()] == [("webmention", ["pingback", "webmention"])]


async def test_a_page_without_microformats_shows_its_title_site_and_the_words_around_the_link(
    desk: Desk, blog: Peer
) -> None:
    words = "Wort " * 100
    body = f"""<html lang="de"><title>Notizen &amp; mehr</title><meta property="og:site_name" content="Gegenüber">
        <meta property="article:published_time" content="2024-08-05T10:00:00+02:00">
        <p>Anderes.</p><p>{words}Lest {LINK} &lt;b&gt; nach. {words}</p><p>Ende.</p>"""
    await desk.take(_page(blog, body))
    await desk.look()
    [entry] = await desk.shown()
    assert entry.author_name == "Gegenüber"
    assert entry.content_html.startswith("<p><strong>Notizen &amp; mehr</strong></p><p>…Wort")
    assert "Lest hier &lt;b&gt; nach." in entry.content_html
    assert "Anderes" not in entry.content_html
    assert "Ende" not in entry.content_html
    assert entry.language == "de"
    assert entry.published is not None
    assert entry.published.isoformat() == "2024-08-05T08:00:00+00:00"


async def test_a_reply_with_microformats_speaks_for_itself_and_its_author_is_of_its_own_site(
    desk: Desk, blog: Peer
) -> None:
    body = f"""<article class="h-entry"><a class="p-author h-card" href="/jo">Jo <script>x</script></a>
        <a class="u-in-reply-to" href="{PAGE}">Re</a><p class="p-name">Antwort</p>
        <div class="e-content">Ja, <em>genau</em>! <img src=x onerror=alert(1)></div></article>"""
    await desk.take(_page(blog, body))
    await desk.look()
    [entry] = await desk.shown()
    assert (entry.author_name, entry.author_url, entry.actor_id) == ("Jo", f"{blog.origin}/jo", f"{blog.origin}/jo")
    assert "genau" in entry.content_html
    assert "onerror" not in entry.content_html


@pytest.mark.parametrize(
    ("entry", "title"),
    [
        ("<h1 class='p-name'>Der Eintrag</h1><p class='e-content'>Mehr {link}.</p>", "Der Eintrag"),
        ("<p class='p-name e-content'>Kurz, mit {link}.</p>", "Ein Titel – Blog"),
    ],
)
async def test_the_name_of_an_entry_is_its_title_unless_it_is_the_whole_note(
    desk: Desk, blog: Peer, entry: str, title: str
) -> None:
    body = f"<title>Ein Titel – Blog</title><article class='h-entry'>{entry.format(link=LINK)}</article>"
    await desk.take(_page(blog, body))
    await desk.look()
    [shown] = await desk.shown()
    assert shown.content_html.startswith(f"<p><strong>{title}</strong></p>")


async def test_a_page_cannot_speak_for_a_person_on_another_site(desk: Desk, blog: Peer) -> None:
    body = f"""<div class="h-entry"><a class="p-author h-card" href="{ADA}">Ada</a>
        <a class="u-url" href="{ADA}/statuses/1">.</a><a class="u-in-reply-to" href="{PAGE}">Re</a>
        <p class="e-content">Gefälscht.</p></div>"""
    source = _page(blog, body)
    await desk.take(source)
    await desk.look()
    [entry] = await desk.shown()
    assert (entry.url, entry.author_url, entry.actor_id) == (source, source, f"{blog.origin}/")


async def test_the_same_post_by_activitypub_and_by_webmention_is_one_reply(desk: Desk, blog: Peer) -> None:
    source = _page(blog, f"<title>Post</title>{LINK}")
    await desk.place.say(f"{blog.origin}/users/ada", url=source)
    await desk.take(source)
    await desk.look()
    assert [(entry.kind, entry.ways) for entry in await desk.shown()] == [("reply", ["inbox", "webmention"])]
    assert (await desk.verdict(source))[0] == "duplicate"
    _page(blog, "Ohne.")
    desk.place.clock.turn(timedelta(days=1))
    await desk.look()
    assert [(entry.kind, entry.ways) for entry in await desk.shown()] == [("reply", ["inbox"])]


async def test_the_same_post_by_webmention_first_becomes_a_reply(desk: Desk, blog: Peer) -> None:
    source = _page(blog, f"<title>Post</title>{LINK}")
    await desk.take(source)
    await desk.look()
    await desk.place.take(create(note(f"{blog.origin}/users/ada", url=source)))
    [entry] = await desk.shown()
    assert (entry.kind, entry.ways) == ("reply", ["webmention", "inbox"])
    desk.place.clock.turn(timedelta(days=1))
    await desk.look()
    assert [entry.kind for entry in await desk.shown()] == ["reply"]


async def test_a_bridges_copy_of_a_reply_is_one_entry_with_it_whichever_comes_first(
    desk: Desk, blog: Peer, other: Peer
) -> None:
    body = """<div class="h-entry"><a class="u-url" href="{url}">.</a><a class="u-in-reply-to" href="{page}">Re</a>
        <p class="e-content">Gut gesagt.</p></div>"""
    await desk.place.say(ADA, "1", url="https://social.example/@ada/1")
    await desk.take(_page(blog, body.format(url="https://social.example/@ada/1", page=PAGE), "/copy/1"))
    await desk.take(_page(other, body.format(url="https://social.example/@ada/2", page=PAGE), "/copy/2"))
    await desk.look()
    await desk.place.say(ADA, "2", url="https://social.example/@ada/2")
    shown = await desk.shown()
    assert [entry.kind for entry in shown] == ["reply", "reply"]
    assert [entry.url for entry in shown] == ["https://social.example/@ada/1", "https://social.example/@ada/2"]


async def test_a_like_by_webmention_counts_once_and_goes_with_its_page(desk: Desk, blog: Peer) -> None:
    author = '<a class="p-author h-card" href="/jo">Jo</a>'
    body = f'<div class="h-entry">{author}<a class="u-like-of" href="{PAGE}">+</a></div>'
    for path in ("/1", "/2"):
        await desk.take(_page(blog, body, path))
    await desk.look()
    assert await desk.place.entries() == []
    assert await desk.place.reactions("like") == [f"{blog.origin}/jo"]
    blog.answers("/1", status=410)
    blog.answers("/2", status=410)
    desk.place.clock.turn(timedelta(days=1))
    await desk.look()
    assert await desk.place.reactions("like") == []


@pytest.mark.parametrize(("word", "kind"), [("like", "like"), ("repost", "boost")])
async def test_who_likes_or_reposts_on_a_page_is_called_by_name_and_counted_once_however_often_it_is_looked_at(
    desk: Desk, blog: Peer, word: str, kind: str
) -> None:
    def body(name: str) -> str:
        author = f'<a class="p-author h-card" href="/jo">{name}</a>'
        return f'<div class="h-entry">{author}<a class="u-{word}-of" href="{PAGE}">+</a></div>'

    await desk.take(_page(blog, body("Jo <i>Ernst</i>")))
    await desk.look()
    found = await desk.database.read(lambda tx: reactions.of_issue(tx, 1))
    assert [(one.kind, one.name, one.url) for one in found] == [(kind, "Jo Ernst", f"{blog.origin}/jo")]
    _page(blog, body("Jo Heiter"))
    desk.place.clock.turn(timedelta(days=1))
    await desk.look()
    found = await desk.database.read(lambda tx: reactions.of_issue(tx, 1))
    assert [(one.kind, one.name) for one in found] == [(kind, "Jo Heiter")]


async def test_what_changes_at_the_page_changes_here_when_it_is_told_again(desk: Desk, blog: Peer) -> None:
    source = _page(blog, f"<title>Alt</title>{LINK}")
    await desk.take(source)
    await desk.look()
    _page(blog, f"<title>Neu</title>{LINK}")
    await desk.take(source)
    desk.place.clock.turn(timedelta(minutes=10))
    await desk.look()
    [entry] = await desk.shown()
    assert "Neu" in entry.content_html
    assert entry.updated == desk.place.clock()


async def test_an_entry_that_was_answered_leaves_its_place_behind(desk: Desk, blog: Peer) -> None:
    source = _page(blog, LINK)
    await desk.take(source)
    await desk.look()
    await desk.place.say(ADA, inReplyTo=source)
    blog.answers("/echo", status=410)
    desk.place.clock.turn(timedelta(days=1))
    await desk.look()
    assert [(entry.kind, entry.state) for entry in await desk.place.entries()] == [
        ("webmention", "deleted"),
        ("reply", "shown"),
    ]


async def test_approval_words_and_closing_hold_for_pages(database: Database, tmp_path: Path, blog: Peer) -> None:
    async with desk_on(database, tmp_path, comments={"approval": "first", "words": ["Roulette"]}) as desk:
        first = _page(blog, LINK, "/1")
        await desk.take(first)
        await desk.look()
        assert (await desk.verdict(first))[0] == "held"
        [held] = await desk.place.entries()
        await database.write(lambda tx: entries.change(tx, held.id, {"state": "shown"}))
        await desk.take(_page(blog, LINK, "/2"))
        await desk.take(_page(blog, f"<p>Roulette {LINK}", "/3"))
        await desk.look()
        assert [entry.state for entry in await desk.place.entries()] == ["shown", "shown", "held"]
        await database.write(lambda tx: issues.change(tx, 1, {"comments_open": False}))
        late = _page(blog, LINK, "/4")
        await desk.take(late)
        await desk.look()
        assert (await desk.verdict(late))[0] == "closed"


async def test_what_the_author_hid_stays_hidden_however_often_it_is_told(desk: Desk, blog: Peer) -> None:
    source = _page(blog, LINK)
    await desk.take(source)
    await desk.look()
    [entry] = await desk.shown()
    await desk.database.write(lambda tx: entries.change(tx, entry.id, {"state": "hidden"}))
    await desk.take(source)
    desk.place.clock.turn(timedelta(minutes=10))
    await desk.look()
    assert [entry.state for entry in await desk.place.entries()] == ["hidden"]


async def test_a_server_that_is_blocked_later_and_a_site_that_is_forgotten_do_not_come_back(
    desk: Desk, blog: Peer, other: Peer
) -> None:
    await desk.take(_page(blog, LINK))
    await desk.take(_page(other, LINK))
    await desk.look()
    now = desk.place.clock()
    await desk.database.write(lambda tx: blocks.add(tx, 1, "blog.test", reason="", now=now))
    await desk.database.write(lambda tx: moderate.forget(tx, desk.place.blog, f"{other.origin}/", now=now))
    assert await desk.database.read(lambda tx: linkbacks.of_source(tx, 1, f"{other.authority}/echo")) == []
    await desk.take(f"{other.origin}/echo")
    asked = len(blog.asked)
    desk.place.clock.turn(timedelta(days=1))
    await desk.look()
    assert await desk.shown() == []
    assert len(blog.asked) == asked
