"""A post as another server writes it -> Note, or Malformed.

Called for the object of a Create or Update and for every post that we fetch. ActivityStreams 2.0 and protocol sheet
sections 5, 6.2 and 6.3; the caps are those of security S73.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal, NamedTuple

from bridge.activity import quirks
from bridge.activity.collection import RemoteCollection, items_of
from bridge.activity.plain_text import one_line, several_lines, text_from_html, without_controls
from bridge.activity.shapes import (
    count_of,
    embedded,
    first,
    id_of,
    ids_of,
    members,
    moment_of,
    natural_text,
    objects_in,
    optional_id,
    required_id,
    text_of,
    type_of,
    web_url,
)
from bridge.activity.wire_names import PUBLIC, PUBLIC_SPELLINGS, plain_keys, short_name
from bridge.errors import Malformed
from bridge.terms import ActorId, Document, ObjectId

LONGEST_CONTENT = 100_000  #: bytes
LONGEST_NAME = 200  #: characters, here and below
LONGEST_SUMMARY = 1000
LONGEST_ALT = 1500
MOST_RECIPIENTS = 100
MOST_TAGS = 200
MOST_ATTACHMENTS = 16
MOST_OPTIONS = 20
MOST_PARENTS = 10
_LONGEST_EDGE = 100_000
_MOST_VOTES = 10**9

#: What people publish as a post. The first three and ChatMessage may hide themselves behind a content warning.
POST_TYPES = frozenset(
    {"Note", "Question", "ChatMessage", "Article", "Page", "Event", "Image", "Audio", "Video", "Document"}
)
_WITH_WARNING = frozenset({"Note", "Question", "ChatMessage"})

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,100}")
_NO_BLOG = re.compile(r"#(?:<span>)?(?:noblog|nobridge)\b", re.IGNORECASE)

Visibility = Literal["public", "unlisted", "followers", "direct"]
AttachmentKind = Literal["image", "video", "audio", "link", "document"]


@dataclass(frozen=True, kw_only=True, slots=True)
class MentionTag:
    """`href` is an actor id; GoToSocial falls back to the name where it is missing, and so may we."""

    href: ActorId | None
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """Something attached to a post. `alt` is plain text; sizes are pixels."""

    kind: AttachmentKind
    url: str
    media_type: str | None
    alt: str
    width: int | None
    height: int | None
    blurhash: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PollOption:
    """One choice of a Question."""

    name: str
    votes: int


class Note(NamedTuple):
    """A post by somebody else. `content_html` is raw: sanitise before showing. Times may lie.

    No dataclass: a frozen one sets each of so many fields by a call, and replies are many.
    """

    id: ObjectId
    kind: str
    attributed_to: ActorId
    in_reply_to: str | None
    also_answers: tuple[str, ...]  #: where it answers several posts, those after the first
    content_html: str
    content_cut: bool  #: the content was longer than LONGEST_CONTENT
    name: str
    summary: str
    content_warning: str | None
    sensitive: bool
    url: str | None  #: the page for people, on the id's own host
    published: datetime | None
    updated: datetime | None
    visibility: Visibility
    to: tuple[str, ...]
    cc: tuple[str, ...]
    mentions: tuple[MentionTag, ...]
    hashtags: tuple[str, ...]  #: without the number sign
    emojis: tuple[str, ...]  #: shortcodes without colons
    object_links: tuple[str, ...]  #: what its text links to, by id (FEP-e232)
    attachments: tuple[Attachment, ...]
    language: str | None
    quotes: str | None
    quote_stamp: str | None  #: FEP-044f `quoteAuthorization`
    replies: RemoteCollection | None
    likes_id: str | None
    shares_id: str | None
    context_id: str | None
    context_history_id: str | None
    conversation: str | None  #: any text, often a tag: URI
    poll: tuple[PollOption, ...]
    is_poll_vote: bool

    @property
    def is_public(self) -> bool:
        """Whether everybody may see it: only then may it stand on a page."""
        return self.visibility in ("public", "unlisted")

    @property
    def no_blog(self) -> bool:
        """Whether its author asks by hashtag to be kept off our pages."""
        asked = any(tag.lower() in ("noblog", "nobridge") for tag in self.hashtags)
        return asked or ("#" in self.content_html and _NO_BLOG.search(self.content_html) is not None)


def parse_note(document: Document, *, author: ActorId | None = None) -> Note:
    """Read a post. `author` counts where the post names none: the sender of the Create it came in.

    Raises Malformed for what is not a post, or lacks what a post must have.
    """
    document = plain_keys(document)
    kind = type_of(document)
    if kind not in POST_TYPES:
        raise Malformed(f"{kind} is no post")
    object_id = ObjectId(required_id(document, "id"))
    content = quirks.plain_text_content(document, natural_text(document, "content"))
    html, cut = _capped(without_controls(content))
    name = one_line(natural_text(document, "name"), LONGEST_NAME)
    summary = text_from_html(natural_text(document, "summary"), LONGEST_SUMMARY)
    sensitive = document.get("sensitive") is True
    in_reply_to, also_answers = _answered(document)
    to, cc = recipients(document.get("to")), recipients(document.get("cc"))
    tags = _tags(document.get("tag"))
    conversation = text_of(document.get("conversation"))
    return Note(
        id=object_id,
        kind=kind,
        attributed_to=_author(document, author),
        in_reply_to=in_reply_to,
        also_answers=also_answers,
        content_html=html,
        content_cut=cut,
        name=name,
        summary=summary,
        content_warning=(summary or None) if kind in _WITH_WARNING or sensitive else None,
        sensitive=sensitive,
        url=page_of(document.get("url"), object_id),
        published=moment_of(document.get("published")),
        updated=moment_of(document.get("updated")),
        visibility=visibility_of(to, cc),
        to=to,
        cc=cc,
        mentions=tags.mentions,
        hashtags=tags.hashtags,
        emojis=tags.emojis,
        object_links=tags.object_links,
        attachments=_attachments(document.get("attachment")),
        language=_language(document),
        quotes=quirks.quote_target(document),
        quote_stamp=id_of(document.get("quoteAuthorization")),
        replies=_collection(document.get("replies")),
        likes_id=id_of(document.get("likes")),
        shares_id=id_of(document.get("shares")),
        context_id=id_of(document.get("context")),
        context_history_id=id_of(document.get("contextHistory")),
        conversation=conversation if 0 < len(conversation) <= LONGEST_SUMMARY else None,
        poll=_poll(document) if kind == "Question" else (),
        is_poll_vote=kind == "Note" and bool(name) and not html and in_reply_to is not None,
    )


def _answered(document: Document) -> tuple[str | None, tuple[str, ...]]:
    """The post that it answers, and further ones where a list names several. Raises Malformed for no reference."""
    value = document.get("inReplyTo")
    if not isinstance(value, list) or len(value) < 2:
        return optional_id(document, "inReplyTo"), ()
    found = tuple(dict.fromkeys(ids_of(value, MOST_PARENTS)))
    return (found[0], found[1:]) if found else (None, ())


def recipients(value: object) -> tuple[str, ...]:
    """The addresses of `to` or `cc`, at most `MOST_RECIPIENTS`, Public in its one full spelling wherever it stands."""
    found: list[str] = []
    for recipient in members(value):
        named = recipient.get("id", recipient.get("@id")) if isinstance(recipient, dict) else recipient
        if isinstance(named, str) and named in PUBLIC_SPELLINGS:
            found.insert(0, PUBLIC)
        elif len(found) < MOST_RECIPIENTS and (address := web_url(named)):
            found.append(address)
    return tuple(found[:MOST_RECIPIENTS])


def visibility_of(to: tuple[str, ...], cc: tuple[str, ...]) -> Visibility:
    """Who may see a thing, as Mastodon judges it: Public in `to` is public, in `cc` unlisted."""
    if PUBLIC in to:
        return "public"
    if PUBLIC in cc:
        return "unlisted"
    return "followers" if any(map(quirks.friendica_followers, to + cc)) else "direct"


def page_of(value: object, object_id: str) -> str | None:
    """The page for people among `url`'s forms; None where it is on another host than the id (security S91)."""
    if isinstance(value, str):
        return value if web_url(value) and quirks.threads_page(value, object_id) else None
    candidates = list(islice(members(value), MOST_ATTACHMENTS))
    pages = [link for link in candidates if isinstance(link, dict) and link.get("mediaType") == "text/html"]
    for candidate in (*pages, *candidates):
        found = _href(candidate)
        if found and quirks.threads_page(found, object_id):
            return found
    return None


def _author(document: Document, author: ActorId | None) -> ActorId:
    value = document.get("attributedTo")
    if not value and author is not None:
        return author
    found = quirks.peertube_author(value)
    if found is None:
        raise Malformed("'attributedTo' is missing or no web address")
    return ActorId(found)


def _capped(content: str) -> tuple[str, bool]:
    if len(content) <= LONGEST_CONTENT // 4:  # UTF-8 takes at most four bytes for a character
        return content, False
    encoded = content[:LONGEST_CONTENT].encode(errors="ignore")
    if len(encoded) <= LONGEST_CONTENT and len(content) <= LONGEST_CONTENT:
        return content, False
    return encoded[:LONGEST_CONTENT].decode(errors="ignore"), True


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tags:
    mentions: tuple[MentionTag, ...]
    hashtags: tuple[str, ...]
    emojis: tuple[str, ...]
    object_links: tuple[str, ...]


_NO_TAGS = _Tags(mentions=(), hashtags=(), emojis=(), object_links=())


def _tags(value: object) -> _Tags:
    if not value:
        return _NO_TAGS
    mentions: dict[MentionTag, None] = {}
    hashtags: dict[str, None] = {}
    emojis: dict[str, None] = {}
    links: dict[str, None] = {}
    for tag in objects_in(value, MOST_TAGS):
        tag = plain_keys(tag)
        kind = first(tag.get("type"))
        name = one_line(text_of(tag.get("name")), LONGEST_NAME)
        match short_name(kind) if isinstance(kind, str) else "":
            case "Mention":
                href = web_url(tag.get("href"))
                if href or name:
                    mentions[MentionTag(href=ActorId(href) if href else None, name=name)] = None
            case "Hashtag":
                if word := name.lstrip("#\uff03"):  # a full-width number sign is one too (Mastodon 4.5)
                    hashtags[word] = None
            case "Emoji":
                if shortcode := quirks.akkoma_shortcode(tag):
                    emojis[shortcode] = None
            case "Link":
                if link := quirks.object_link(tag):
                    links[link] = None
    return _Tags(mentions=tuple(mentions), hashtags=tuple(hashtags), emojis=tuple(emojis), object_links=tuple(links))


def _attachments(value: object) -> tuple[Attachment, ...]:
    if not value:
        return ()
    found = (_attachment(plain_keys(one)) for one in objects_in(value, MOST_ATTACHMENTS))
    return tuple(attachment for attachment in found if attachment is not None)


def _attachment(document: Document) -> Attachment | None:
    link = first(document.get("url", document.get("href")))
    url = _href(link)
    if url is None:
        return None
    media_type = document.get("mediaType") or (link.get("mediaType") if isinstance(link, dict) else None)
    media_type = media_type.lower()[:LONGEST_NAME] if isinstance(media_type, str) else None
    blurhash = document.get("blurhash")
    return Attachment(
        kind=_attachment_kind(document.get("type"), media_type or ""),
        url=url,
        media_type=media_type,
        alt=several_lines(quirks.gotosocial_alt(document), LONGEST_ALT),
        width=count_of(document.get("width"), _LONGEST_EDGE) or None,
        height=count_of(document.get("height"), _LONGEST_EDGE) or None,
        blurhash=blurhash if isinstance(blurhash, str) and _BLURHASH.fullmatch(blurhash) else None,
    )


def _attachment_kind(named: object, media_type: str) -> AttachmentKind:
    # Mastodon calls every attachment Document and tells what it is by its media type alone.
    for kind in _MEDIA_KINDS:
        if media_type.startswith(f"{kind}/") or (not media_type and named == kind.capitalize()):
            return kind
    return "link" if named == "Link" else "document"


_MEDIA_KINDS: tuple[AttachmentKind, ...] = ("image", "video", "audio")


def _href(value: object) -> str | None:
    """The address of a Link, an Image or a plain string."""
    value = first(value)
    if isinstance(value, dict):
        value = first(value.get("href", value.get("url")))
    return web_url(value)


def _language(document: Document) -> str | None:
    """BCP 47. Mastodon takes the first key of contentMap; with several, the one that equals the content is meant."""
    by_language = document.get("contentMap")
    if isinstance(by_language, dict) and by_language:
        content = document.get("content")
        same = (key for key, text in islice(by_language.items(), MOST_OPTIONS) if text == content)
        named = next(same, next(iter(by_language)))
    else:
        named = quirks.lemmy_language(document.get("language")) or quirks.context_language(document.get("@context"))
    return named if named != "und" and _LANGUAGE.fullmatch(named) else None


def _collection(value: object) -> RemoteCollection | None:
    """A collection by id alone or embedded; a broken one counts as none, for the post is good without it."""
    if value is None:
        return None
    if (document := embedded(value)) is not None:
        try:
            return items_of(document)
        except Malformed:
            return None
    found = id_of(value)
    return RemoteCollection(id=found, items=(), first=None, next=None, total=None) if found else None


def _poll(document: Document) -> tuple[PollOption, ...]:
    options: list[PollOption] = []
    for option in objects_in(document.get("oneOf") or document.get("anyOf"), MOST_OPTIONS):
        votes = option.get("replies")
        total = count_of(votes.get("totalItems"), _MOST_VOTES) if isinstance(votes, dict) else None
        options.append(PollOption(name=one_line(natural_text(option, "name"), LONGEST_NAME), votes=total or 0))
    return tuple(options)
