"""A rendered issue of `format: article` -> one Article with name, summary, content and a preview Note (FEP-b2b8).

`outbox` calls it. Mastodon shows an Article as name, summary and link; GoToSocial folds one without a summary behind
its name. So the summary is never empty. Contract section 5.
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
)
from bridge.clock import wire_time
from bridge.issues.issue import Issue
from bridge.issues.rendered import MAX_PICTURES, Rendered
from bridge.terms import Document


def article_from_issue(issue: Issue, rendered: Rendered, place: Place, pictures: Sequence[Attachment] = ()) -> Document:
    """One Article. `pictures` are those of the issue as they are served; the cover becomes its `image` too."""
    shown = served(rendered.full.pictures, pictures)
    others = [tag for tag in rendered.hashtags if tag not in rendered.full.hashtags]
    addressed = audience(issue.visibility, place.followers, rendered.mentions)
    document = (
        frame(issue, place, kind="Article", addressed=addressed)
        | {"name": issue.title, "summary": _summary(issue, rendered)}
        | {"sensitive": bool(issue.content_warning)}
        | body(issue, rendered.full.html + hashtag_line(others))
        | {
            "preview": _preview(issue, rendered, place),
            "tag": tags(rendered.mentions, rendered.hashtags),
            "attachment": [
                link_attachment(issue, place.page_url),
                *(picture_attachment(picture) for picture in shown[:MAX_PICTURES]),
            ],
        }
    )
    for cover in (picture for picture in pictures if picture.path == issue.cover):
        document["image"] = picture_attachment(cover)
    return with_context(document | collections(place))


def _summary(issue: Issue, rendered: Rendered) -> str:
    """The teaser as sentences; behind a content warning only the warning."""
    return issue.content_warning or rendered.summary or issue.title


def _preview(issue: Issue, rendered: Rendered, place: Place) -> Document:
    """What a server without long texts may show. It has no id: it is nothing of its own to fetch or answer."""
    html = title_line(issue, place.page_url) + ("" if issue.content_warning else rendered.teaser.html)
    return {
        "type": "Note",
        "attributedTo": place.actor,
        "published": wire_time(place.published),
        "url": place.page_url,
        **body(issue, html),
    }
