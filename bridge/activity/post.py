"""What Note and Article have in common: where a post stands, who gets it, its tags, pictures and policies.

`note`, `article` and `thread` build on it; the caller, `outbox`, knows the addresses and the settings of the blog.
ActivityStreams 2.0, FEP-044f (quotes), and what single servers need (docs/federation).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape

from bridge.activity.wire_names import PUBLIC
from bridge.clock import wire_time
from bridge.issues.issue import Issue, picture_in_text
from bridge.issues.rendered import Hashtag, Mention, Picture
from bridge.terms import ActorId, Document, ObjectId


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A picture as it is served. `path` is its name in the issue; `focal_point` counts from -1 to 1, up is plus."""

    path: str
    url: str
    media_type: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    blurhash: str | None = None
    focal_point: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one post stands: its id, its author, its addresses and times.

    `replies`, `likes`, `shares` and `context` are the collections' addresses or the collections themselves. `closed`
    tells servers that know interaction policies that nobody may answer any more.
    """

    id: ObjectId
    actor: ActorId
    followers: str
    page_url: str
    published: datetime
    updated: datetime | None = None
    replies: str | Document | None = None
    likes: str | Document | None = None
    shares: str | Document | None = None
    context: str | None = None
    closed: bool = False


def audience(visibility: str, followers: str, mentions: Iterable[Mention]) -> dict[str, list[str]]:
    """`to` and `cc`. Whoever is mentioned is addressed too, else no server notifies them."""
    first, second = (PUBLIC, followers) if visibility == "public" else (followers, PUBLIC)
    return {"to": [first], "cc": list(dict.fromkeys([second, *(mention.actor_id for mention in mentions)]))}


def title_line(issue: Issue, page_url: str) -> str:
    """The first paragraph: the first link that is neither a mention nor a hashtag is the one servers make a card of."""
    return f'<p><strong><a href="{escape(page_url)}">{escape(issue.title, quote=False)}</a></strong></p>'


def hashtag_line(hashtags: Sequence[Hashtag]) -> str:
    """The last paragraph, in the form by which servers know hashtags; "" where there are none."""
    links = " ".join(
        f'<a href="{escape(tag.href)}" class="mention hashtag" rel="tag">#<span>{escape(tag.name)}</span></a>'
        for tag in hashtags
    )
    return f"<p>{links}</p>" if links else ""


def tags(mentions: Iterable[Mention], hashtags: Iterable[Hashtag]) -> list[Document]:
    """The `tag` of a post."""
    people = [{"type": "Mention", "href": mention.actor_id, "name": f"@{mention.handle}"} for mention in mentions]
    topics = [{"type": "Hashtag", "href": tag.href, "name": f"#{tag.name}"} for tag in hashtags]
    return [*people, *topics]


def link_attachment(issue: Issue, page_url: str) -> Document:
    """The issue as a `Link`, which Mastodon 4.7 and others read as the post's own link."""
    return {"type": "Link", "href": page_url, "mediaType": "text/html", "name": issue.title}


def picture_attachment(picture: Attachment) -> Document:
    """One picture. Its description appears twice: most servers read `name`, GoToSocial `summary` first."""
    document: Document = {"type": "Image", "mediaType": picture.media_type, "url": picture.url}
    if picture.alt:
        document |= {"name": picture.alt, "summary": picture.alt}
    if picture.width and picture.height:
        document |= {"width": picture.width, "height": picture.height}
    if picture.blurhash:
        document["blurhash"] = picture.blurhash
    if picture.focal_point:
        document["focalPoint"] = list(picture.focal_point)
    return document


def served(named: Iterable[Picture], pictures: Sequence[Attachment]) -> list[Attachment]:
    """The pictures that a text names, in its order, with the description it gives them."""
    by_path = {picture.path: picture for picture in pictures}
    found: list[Attachment] = []
    for picture in named:
        attachment = by_path.get(picture_in_text(picture.path) or picture.path)
        if attachment is not None:
            found.append(replace(attachment, alt=picture.alt or attachment.alt))
    return found


def body(issue: Issue, html: str) -> Document:
    """`content` with its language; GoToSocial needs the language's text to be the same, byte for byte."""
    return {"content": html, "contentMap": {issue.language: html}}


def warning(issue: Issue) -> Document:
    """The author's content warning: a Note's `summary` is one, so nothing else may stand there."""
    if not issue.content_warning:
        return {"sensitive": False}
    return {"summary": issue.content_warning, "sensitive": True}


def frame(issue: Issue, place: Place, *, kind: str, addressed: Mapping[str, list[str]]) -> Document:
    """What surrounds the content of every post."""
    document: Document = {
        "id": place.id,
        "type": kind,
        "attributedTo": place.actor,
        **addressed,
        "published": wire_time(place.published),
    }
    if place.updated is not None:
        document["updated"] = wire_time(place.updated)
    return document | {"url": place.page_url, "interactionPolicy": _policy(issue, place)}


def collections(place: Place) -> Document:
    """The addresses under which the conversation is found."""
    named = {"replies": place.replies, "likes": place.likes, "shares": place.shares, "context": place.context}
    return {name: value for name, value in named.items() if value is not None}


def _policy(issue: Issue, place: Place) -> Document:
    # An empty list would read as "not said": a policy that lets nobody in names the author (FEP-044f).
    quoters = {"everyone": PUBLIC, "followers": place.followers, "nobody": place.actor}
    policy: Document = {"canQuote": {"automaticApproval": [quoters[issue.quotes]]}}
    if place.closed:
        # Whoever sets canReply must answer ReplyRequests, so it stands only where nobody may answer (GtS docs).
        policy["canReply"] = {"automaticApproval": [place.actor]}
    return policy
