"""Posts as other servers write them: what is kept, what is capped, what is not believed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.activity.incoming import parse_activity
from bridge.activity.incoming_note import (
    LONGEST_ALT,
    LONGEST_CONTENT,
    LONGEST_NAME,
    LONGEST_SUMMARY,
    MOST_ATTACHMENTS,
    MOST_RECIPIENTS,
    MOST_TAGS,
    Attachment,
    MentionTag,
    Note,
    PollOption,
    parse_note,
)
from bridge.activity.incoming_types import CreateNote
from bridge.activity.wire_names import PUBLIC
from bridge.errors import Malformed
from bridge.terms import Document
from tests.support.wire import incoming

EVA = "https://far.example/users/eva"
POST = "https://links.example/object/bbbbbbbbbbbbbbbbbbbbbb"
BLOG = "https://links.example/actor/aaaaaaaaaaaaaaaaaaaaaa"


def note(**more: Any) -> Note:
    return parse_note({"id": f"{EVA}/1", "type": "Note", "attributedTo": EVA, "content": "<p>x</p>"} | more)


def posted(name: str) -> Note:
    create = parse_activity(incoming(name))
    assert isinstance(create, CreateNote)
    return create.note


# --- each server's own way ---


def test_a_mastodon_reply_keeps_everything_said() -> None:
    reply = posted("mastodon_create_reply_with_warning")
    assert reply.in_reply_to == POST
    assert reply.attributed_to == "https://social.example/users/kaffeeringe"
    assert reply.content_warning == "Kaffee, sehr viel"
    assert reply.sensitive
    assert reply.language == "de"
    assert reply.url == "https://social.example/@kaffeeringe/112911223344556677"
    assert reply.published == datetime(2024, 8, 5, 10, tzinfo=UTC)
    assert reply.mentions == (MentionTag(href=BLOG, name="@links@links.example"),)  # type: ignore[arg-type]
    assert reply.hashtags == ("kaffee",)
    assert reply.emojis == ("tasse",)
    assert reply.attachments == (
        Attachment(
            kind="image",
            url="https://files.social.example/media/1/original/maschine.jpg",
            media_type="image/jpeg",
            alt="Eine Kaffeemaschine mit zwei Hähnen",
            width=1200,
            height=900,
            blurhash="UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
        ),
    )
    assert reply.replies is not None
    assert reply.replies.next == f"{reply.id}/replies?only_other_accounts=true&page=true"
    assert (reply.likes_id, reply.shares_id) == (f"{reply.id}/likes", f"{reply.id}/shares")


@pytest.mark.parametrize(
    ("name", "visibility"),
    [
        ("mastodon_create_reply", "public"),
        ("mastodon_create_unlisted", "unlisted"),
        ("mastodon_create_followers_only", "followers"),
        ("mastodon_create_direct", "direct"),
        ("gotosocial_create_reply", "unlisted"),
        ("hollo_create_reply", "public"),
        ("ghost_create_article", "public"),
        ("expanded_create", "public"),
        ("friendica_create_reply", "public"),
        ("akkoma_chat_message", "direct"),
    ],
)
def test_who_may_see_a_post_is_read_from_every_servers_audience(name: str, visibility: str) -> None:
    """S45: the three spellings of Public, scalars and lists."""
    assert posted(name).visibility == visibility


def test_gotosocial_sends_single_things_without_a_list() -> None:
    reply = posted("gotosocial_create_reply")
    assert reply.mentions == (MentionTag(href=BLOG, name="@links@links.example"),)  # type: ignore[arg-type]
    assert reply.attachments[0].alt == "Ein Steg im Nebel"
    assert reply.to == ("https://gts.example/users/elke/followers",)


def test_akkomas_emoji_without_id_and_lists_of_links_are_read() -> None:
    reply = posted("akkoma_create_reply")
    assert reply.emojis == ("tea",)
    assert reply.attachments[0].url == "https://akkoma.example/media/cup.png"
    assert reply.language is None


def test_lemmys_page_has_a_title_a_language_and_a_link() -> None:
    page = parse_note(incoming("lemmy_page"))
    assert (page.kind, page.name, page.language) == ("Page", "Rundbriefe im Netz", "de")
    assert [(attachment.kind, attachment.url) for attachment in page.attachments] == [
        ("link", "https://links.example/issues/24")
    ]


def test_peertubes_author_is_the_person_and_its_page_the_html_link() -> None:
    video = parse_note(incoming("peertube_video"))
    assert video.attributed_to == "https://tube.example/accounts/kanal"
    assert video.url == "https://tube.example/w/1"
    assert video.content_html == "<p>Ein **Rundgang** durch die Werkstatt</p>"
    assert video.replies is not None
    assert video.replies.id == "https://tube.example/videos/watch/1/comments"


def test_threads_pages_are_on_www_and_still_its_own() -> None:
    assert posted("threads_create_reply").url == "https://www.threads.net/@rike/post/Cabc"


def test_an_articles_summary_is_a_teaser_and_a_notes_a_warning() -> None:
    article = posted("ghost_create_article")
    assert (article.summary, article.content_warning) == ("Was sie können und was nicht.", None)
    assert note(summary="Politik").content_warning == "Politik"
    assert note(type="Article", summary="Blut", sensitive=True).content_warning == "Blut"


def test_a_poll_has_its_options_and_a_vote_is_known() -> None:
    poll = posted("mastodon_create_poll")
    assert poll.poll == (PollOption(name="Filter", votes=2), PollOption(name="Espresso", votes=1))
    assert not poll.is_poll_vote
    assert posted("mastodon_create_poll_vote").is_poll_vote
    assert not note(name="Titel", inReplyTo=POST).is_poll_vote


@pytest.mark.parametrize(
    "quoting",
    [
        {"quote": POST},
        {"quote": {"id": POST, "type": "Note"}},
        {"quoteUrl": POST},
        {"quoteUri": POST},
        {"_misskey_quote": POST},
        {"misskey:_misskey_quote": POST},
        {"https://w3id.org/fep/044f#quote": {"@id": POST}},
        {"quote": None, "quoteUri": POST},
        {"quoteUri": POST, "_misskey_quote": "https://else.example/2"},
        {"tag": {"type": "Link", "rel": "https://misskey-hub.net/ns#_misskey_quote", "href": POST}},
        {
            "tag": [
                {"type": "Link", "href": "https://else.example/"},
                {
                    "type": "Link",
                    "mediaType": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
                    "rel": ["https://misskey-hub.net/ns#_misskey_quote"],
                    "href": POST,
                    "name": "RE: …",
                },
            ]
        },
    ],
)
def test_a_quote_is_known_by_every_name(quoting: Document) -> None:
    """FEP-044f, FEP-e232; of several the first counts."""
    assert note(**quoting).quotes == POST


def test_a_quote_brings_its_stamp() -> None:
    quote = posted("mastodon_create_quote")
    assert quote.quotes == POST
    assert quote.in_reply_to is None
    assert quote.quote_stamp == "https://links.example/stamp/cccccccccccccccccccccc"
    assert note().quotes is None


@pytest.mark.parametrize(
    ("more", "language"),
    [
        ({"contentMap": {"de": "<p>x</p>"}}, "de"),
        ({"contentMap": {"en": "<p>y</p>", "de-AT": "<p>x</p>"}}, "de-AT"),
        ({"contentMap": {"fr": "<p>y</p>", "de": "<p>z</p>"}}, "fr"),
        ({"contentMap": {"und": "<p>x</p>"}}, None),
        ({"contentMap": {"<b>": "<p>x</p>"}}, None),
        ({"contentMap": {}}, None),
        ({"@context": ["https://www.w3.org/ns/activitystreams", {"@language": "pt-BR"}]}, "pt-BR"),
        ({"language": {"identifier": "da", "name": "Dansk"}}, "da"),
        ({"language": 5}, None),
    ],
)
def test_the_language_is_found_where_servers_put_it(more: Document, language: str | None) -> None:
    assert note(**more).language == language


def test_content_that_comes_only_as_a_map_is_content() -> None:
    only_map = parse_note({"id": f"{EVA}/1", "type": "Note", "attributedTo": EVA, "contentMap": {"de": "<p>ja</p>"}})
    assert only_map.content_html == "<p>ja</p>"


def test_plain_text_content_is_escaped_to_html() -> None:
    plain = note(content="<b>1 & 2</b>\nzwei\n\ndrei", mediaType="text/plain")
    assert plain.content_html == "<p>&lt;b&gt;1 &amp; 2&lt;/b&gt;<br>zwei</p><p>drei</p>"


def test_a_note_may_ask_to_stay_off_our_pages() -> None:
    assert note(tag={"type": "Hashtag", "name": "#NoBlog"}).no_blog
    assert note(content='<p>nein <a href="https://x.example/tags/nobridge">#<span>nobridge</span></a></p>').no_blog
    assert not note(content="<p>#noblogger</p>").no_blog


# --- caps ---


def test_every_list_and_text_has_its_cap() -> None:
    """S73."""
    many = [{"type": "Mention", "href": f"https://far.example/u/{n}", "name": f"@{n}"} for n in range(10_000)]
    big = note(
        content="ü" * 500_000,
        name="n" * 1_000_000,
        summary="s" * 1_000_000,
        tag=many,
        to=[f"https://far.example/u/{n}" for n in range(10_000)] + ["as:Public"],
        attachment=[
            {"type": "Image", "url": f"https://far.example/{n}.png", "name": "a" * 9999} for n in range(10_000)
        ],
        conversation="c" * 100_000,
        url="https://far.example/" + "x" * 100_000,
        inReplyTo="https://far.example/" + "x" * 100_000,
        oneOf=[{"name": "x"}] * 10_000,
    )
    assert len(big.content_html.encode()) <= LONGEST_CONTENT
    assert big.content_cut
    assert len(big.name) == LONGEST_NAME
    assert len(big.summary) == LONGEST_SUMMARY
    assert len(big.mentions) == MOST_TAGS
    assert len(big.to) == MOST_RECIPIENTS
    assert big.visibility == "public"
    assert len(big.attachments) == MOST_ATTACHMENTS
    assert len(big.attachments[0].alt) == LONGEST_ALT
    assert (big.conversation, big.url, big.in_reply_to) == (None, None, None)


def test_content_at_the_cap_is_whole() -> None:
    assert not note(content="a" * LONGEST_CONTENT).content_cut
    assert not note(content="ü" * (LONGEST_CONTENT // 2)).content_cut
    assert note(content="ü" * (LONGEST_CONTENT // 2) + "a").content_cut


@pytest.mark.parametrize(
    "flood", ["a\u0301" + "\u0323\u0301" * 250_000, "\u202e" * 500_000, "😀" * 250_000, "<" * 900_000]
)
def test_floods_of_signs_cost_milliseconds(flood: str) -> None:
    """S74, S82."""
    started = time.process_time()
    flooded = note(content=flood, name=flood, summary=flood, tag={"type": "Hashtag", "name": flood})
    assert time.process_time() - started < 1
    assert len(flooded.name) <= LONGEST_NAME


def test_names_lose_controls_and_direction_marks_and_pages_keep_their_content() -> None:
    """S74, S89."""
    tricky = note(name="a\u202eb\x07c\u2066\nd\u0000e", content="<p>a\x07b\x0bc\nd\te\u202e</p>")
    assert tricky.name == "abc de"
    assert tricky.content_html == "<p>abc\nd\te\u202e</p>"


# --- what is not believed ---


@pytest.mark.parametrize(
    "url",
    [
        "https://else.example/@eva/1",
        "javascript:alert(1)",
        "JaVa\tScript:alert(1)",
        "data:text/html,x",
        "//far.example/1",
        "/1",
        "https://far.example@else.example/",
        "https://far.example.else.example/",
        {"type": "Link", "href": "https://else.example/"},
        5,
        [],
        None,
    ],
)
def test_a_page_elsewhere_or_of_a_bad_scheme_is_dropped(url: object) -> None:
    """S90, S91."""
    assert note(url=url).url is None


@pytest.mark.parametrize(
    "url",
    [
        "https://FAR.example/@eva/1",
        {"type": "Link", "mediaType": "text/html", "href": "https://far.example/@eva/1"},
        ["https://else.example/", "https://far.example/@eva/1"],
    ],
)
def test_a_page_on_the_same_host_is_kept(url: object) -> None:
    assert note(url=url).url is not None


def test_an_attachment_with_a_bad_address_is_left_out() -> None:
    """S90."""
    assert (
        note(attachment=[{"type": "Image", "url": "javascript:alert(1)"}, {"type": "Image"}, "x", 5]).attachments == ()
    )


def test_sizes_and_blurhashes_that_cannot_be_are_left_out() -> None:
    picture = note(
        attachment={
            "type": "Image",
            "url": "https://far.example/1.png",
            "width": -1,
            "height": 10**30,
            "blurhash": "<b>",
        }
    ).attachments[0]
    assert (picture.kind, picture.width, picture.height, picture.blurhash) == ("image", None, 100_000, None)


@pytest.mark.parametrize(
    ("wire", "moment"),
    [
        ("2024-08-05T10:00:00Z", datetime(2024, 8, 5, 10, tzinfo=UTC)),
        ("2024-08-05T12:00:00.123456789+02:00", datetime(2024, 8, 5, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2024-08-05T10:00:00", datetime(2024, 8, 5, 10, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("9999-12-31T23:59:59-12:00", None),
        ("0001-01-01T00:00:00+12:00", None),
        ("10000-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("2024-08-05T25:00:00Z", None),
        ("2024" * 1000, None),
        (1722852000, None),
        (None, None),
        (["2024-08-05T10:00:00Z"], datetime(2024, 8, 5, 10, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_they_are_told_or_not_at_all(wire: object, moment: datetime | None) -> None:
    """S80: whoever shows one clamps it."""
    assert note(published=wire).published == moment


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "Person"},
        {"type": "Tombstone"},
        {"id": "tag:far.example,2024:1"},
        {"id": None},
        {"attributedTo": None},
        {"attributedTo": [5]},
        {"attributedTo": {"name": "Eva"}},
        {"inReplyTo": True},
    ],
)
def test_without_id_type_or_author_it_is_no_post(broken: Document) -> None:
    """S75."""
    with pytest.raises(Malformed):
        note(**broken)


def test_odd_values_beside_the_needed_ones_count_as_absent() -> None:
    """S75."""
    odd = note(
        content={"a": 5},
        name=5,
        summary=[[]],
        tag="x",
        attachment=7,
        url=True,
        published={},
        sensitive="true",
        contentMap="de",
        replies=[[]],
        likes=5,
        to=[[PUBLIC], 5, None],
        cc={"id": 5},
        conversation=5,
        inReplyTo="tag:far.example,2017:objectId=1",
    )
    assert (odd.content_html, odd.name, odd.summary, odd.hashtags) == ("", "", "", ())
    assert (odd.visibility, odd.in_reply_to, odd.sensitive, odd.replies) == ("direct", None, False, None)
