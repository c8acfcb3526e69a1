"""What one server writes in its own way -> what we mean: one named function for each, with its reason.

Called by the parsers of this folder. What many servers share is not a quirk and belongs in `shapes`.
"""

from __future__ import annotations

import html
from itertools import islice

from bridge.activity.plain_text import one_line
from bridge.activity.shapes import id_of, members, natural_text, text_of, type_of, web_url
from bridge.errors import Malformed
from bridge.terms import Document
from bridge.urls import BadUrl, parse_url

_LONGEST_REACTION = 100
_AS2_MEDIA = ("application/activity+json", "application/ld+json")
_MISSKEY_QUOTE = "https://misskey-hub.net/ns#_misskey_quote"
_FEP_E232_QUOTE = "https://w3id.org/fep/044f#quote"
_MOST_LOOKED_AT = 200

ACTIVITY_TYPES = frozenset(
    "Accept Add Announce Arrive Block Create Delete Dislike Flag Follow Ignore Invite Join Leave Like Listen Move "
    "Offer Read Reject Remove TentativeAccept TentativeReject Travel Undo Update View EmojiReact "
    "QuoteRequest ReplyRequest LikeRequest AnnounceRequest FeatureRequest".split()
)


def misskey_reaction(document: Document) -> str | None:
    """Misskey and Sharkey send every reaction as a Like, the emoji in `_misskey_reaction` and `content`.

    https://misskey-hub.net/ns#_misskey_reaction; FEP-c0e0 has it in `content` of EmojiReact or Like.
    """
    content = text_of(document.get("content")) or text_of(document.get("_misskey_reaction"))
    return one_line(content, _LONGEST_REACTION) or None


def quote_target(document: Document) -> str | None:
    """The first post that this one quotes, by the name of FEP-044f or by one of the older ones.

    `quote` (FEP-044f, Mastodon 4.4), `quoteUrl` (Fedibird, Misskey), `quoteUri` and `quoteURL` (others),
    `_misskey_quote` (Misskey), a tag Link with a rel (FEP-e232). https://w3id.org/fep/044f
    """
    for key in ("quote", "quoteUrl", "quoteUri", "quoteURL", "_misskey_quote"):
        if key in document and (found := id_of(document[key])):
            return found
    return _quote_in_tags(document.get("tag"))


def _quote_in_tags(tags: object) -> str | None:
    for tag in islice(members(tags), _MOST_LOOKED_AT):
        if not isinstance(tag, dict) or tag.get("type") != "Link":
            continue
        rels = [rel for rel in members(tag.get("rel")) if isinstance(rel, str)]
        media_type = tag.get("mediaType")
        names_quote = _MISSKEY_QUOTE in rels or _FEP_E232_QUOTE in rels
        if names_quote and (media_type is None or str(media_type).startswith(_AS2_MEDIA)):
            return web_url(tag.get("href"))
    return None


def object_link(tag: Document) -> str | None:
    """The post that a text links to by its id: a tag Link to something of ActivityStreams (FEP-e232).

    One that says by its `rel` that it quotes is read by `quote_target`; without a `rel` it only names the post.
    https://w3id.org/fep/e232
    """
    media_type = tag.get("mediaType")
    return web_url(tag.get("href")) if isinstance(media_type, str) and media_type.startswith(_AS2_MEDIA) else None


def peertube_author(value: object) -> str | None:
    """PeerTube attributes a video to a list of the person and the channel; the person is the author.

    https://docs.joinpeertube.org/api/activitypub
    """
    if isinstance(value, list):
        for member in value:
            if isinstance(member, dict) and member.get("type") == "Person":
                return id_of(member)
    return id_of(value)


def lemmy_language(value: object) -> str:
    """Lemmy and PeerTube name the language in an object `{identifier, name}`.

    https://join-lemmy.org/docs/contributors/05-federation.html
    """
    if isinstance(value, dict):
        value = value.get("identifier")
    return value if isinstance(value, str) else ""


def lemmy_report(document: Document) -> str:
    """The words of a report: `content` everywhere, and in Lemmy `summary`.

    https://join-lemmy.org/docs/contributors/05-federation.html
    """
    return natural_text(document, "content") or natural_text(document, "summary")


def context_language(context: object) -> str:
    """WordPress and Friendica name the language once, as `@language` in the `@context`.

    https://www.w3.org/TR/activitystreams-core/#naturalLanguageValues
    """
    if isinstance(context, list | dict):
        for entry in members(context):
            if isinstance(entry, dict) and isinstance(entry.get("@language"), str):
                return str(entry["@language"])
    return ""


def threads_page(url: str, object_id: str) -> bool:
    """Threads has ids on threads.net and pages on www.threads.net: the same host except `www.`.

    Anybody else's page must be on the id's host (security S91).
    """
    if object_id.startswith("/".join(url.split("/", 3)[:3]) + "/"):
        return True
    try:
        page, own = (parse_url(address, allow_http=True).authority.removeprefix("www.") for address in (url, object_id))
    except BadUrl:
        return False
    return page == own


def friendica_followers(recipient: str) -> bool:
    """Whether an address is a collection of followers: `.../followers` everywhere, Friendica's is `/followers/name`.

    Only tells two private audiences apart, so a guess is good enough.
    """
    return "/followers" in recipient


def gotosocial_alt(attachment: Document) -> str:
    """GoToSocial writes the description of a picture as `summary` and `name`; others as `name` alone.

    https://docs.gotosocial.org/en/latest/federation/posts/
    """
    return text_of(attachment.get("name")) or text_of(attachment.get("summary"))


def lemmy_wrapped_activity(announced: object) -> Document | None:
    """A Lemmy community announces whole activities (FEP-1b12). The inner one, or None for a plain boost.

    https://w3id.org/fep/1b12
    """
    if isinstance(announced, dict) and "actor" in announced:
        try:
            wrapped = type_of(announced) in ACTIVITY_TYPES
        except Malformed:
            return None
        return announced if wrapped else None
    return None


def activity_named_by_group(document: Document) -> str | None:
    """A group may announce an activity by its id alone: the post that such an activity tells of, by its id.

    None for what is not an activity of that kind. https://w3id.org/fep/1b12
    """
    if "actor" not in document or type_of(document) not in ("Create", "Update"):
        return None
    return id_of(document.get("object"))


def plain_text_content(document: Document, content: str) -> str:
    """Content is HTML unless `mediaType` says otherwise; some bots send text/plain or Markdown.

    https://www.w3.org/TR/activitystreams-vocabulary/#dfn-content
    """
    if document.get("mediaType") in ("text/plain", "text/markdown"):
        return "<p>" + html.escape(content).replace("\n\n", "</p><p>").replace("\n", "<br>") + "</p>"
    return content


def akkoma_shortcode(tag: Document) -> str:
    """The shortcode of a custom emoji without its colons; Akkoma and Iceshrimp send the emoji's id as null.

    https://docs.gotosocial.org/en/latest/federation/posts/#emoji
    """
    return one_line(text_of(tag.get("name")), _LONGEST_REACTION).strip(":")
