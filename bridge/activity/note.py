"""A rendered issue -> its Note: of `format: note` (title, teaser, hashtags) or of `format: full` (the whole text).

`outbox` calls both; a thread begins with the first. Contract section 5, docs/federation.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.activity.context import with_context
from bridge.activity.post import (
    Attachment,
    Place,
    audience,
    body,
    collections,
    frame,
    hashtag_line,
    link_attachment,
    picture_attachment,
    served,
    tags,
    title_line,
    warning,
)
from bridge.issues.issue import Issue
from bridge.issues.rendered import MAX_PICTURES, Hashtag, Mention, Rendered
from bridge.terms import Document


def note_from_issue(issue: Issue, rendered: Rendered, place: Place, pictures: Sequence[Attachment] = ()) -> Document:
    """One Note with the teaser.

    `pictures` are those of the issue as they are served, the cover among them. They are attached as `attach` says: a
    post with media has no preview card in Mastodon, so by default none is.
    """
    return teaser_note(issue, rendered, place, mentions=rendered.mentions, pictures=attached(issue, pictures))


def full_note_from_issue(
    issue: Issue, rendered: Rendered, place: Place, pictures: Sequence[Attachment] = ()
) -> Document:
    """One Note with the whole text; its pictures in their order, four at most."""
    shown = served(rendered.full.pictures, pictures)
    paths = {picture.path for picture in shown}
    cover = [picture for picture in attached(issue, pictures) if picture.path not in paths]
    return _note(
        issue,
        place,
        text=rendered.full.html,
        mentions=rendered.mentions,
        hashtags=rendered.hashtags,
        shown=rendered.full.hashtags,
        pictures=[*cover, *shown],
    )


def teaser_note(
    issue: Issue, rendered: Rendered, place: Place, *, mentions: Sequence[Mention], pictures: Sequence[Attachment]
) -> Document:
    """The Note with title, teaser and hashtags; `mentions` are those it notifies."""
    return _note(
        issue,
        place,
        text=rendered.teaser.html,
        mentions=mentions,
        hashtags=rendered.hashtags,
        shown=rendered.teaser.hashtags,
        pictures=pictures,
    )


def attached(issue: Issue, pictures: Sequence[Attachment]) -> list[Attachment]:
    """The pictures that the author wants attached, the cover first."""
    cover = [picture for picture in pictures if picture.path == issue.cover]
    match issue.attach:
        case "none":
            return []
        case "cover":
            return cover
        case "all":
            return [*cover, *(picture for picture in pictures if picture not in cover)]


def _note(
    issue: Issue,
    place: Place,
    *,
    text: str,
    mentions: Sequence[Mention],
    hashtags: Sequence[Hashtag],
    shown: Sequence[Hashtag],
    pictures: Sequence[Attachment],
) -> Document:
    """`shown` are the hashtags that the text itself holds: the others follow in a line of their own."""
    others = [tag for tag in hashtags if tag not in shown]
    content = title_line(issue, place.page_url) + text + hashtag_line(others)
    addressed = audience(issue.visibility, place.followers, mentions)
    return with_context(
        frame(issue, place, kind="Note", addressed=addressed)
        | warning(issue)
        | body(issue, content)
        | {
            "tag": tags(mentions, hashtags),
            "attachment": [
                link_attachment(issue, place.page_url),
                *(picture_attachment(picture) for picture in pictures[:MAX_PICTURES]),
            ],
        }
        | collections(place)
    )
