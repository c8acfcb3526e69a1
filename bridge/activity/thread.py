"""A rendered issue of `format: thread` -> its first Note and one unlisted reply to it for each section.

`outbox` calls both, the second with a place for every section (`issues.sections.match_sections` finds the one a
changed section has had). Contract section 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bridge.activity.context import with_context
from bridge.activity.note import attached, teaser_note
from bridge.activity.post import (
    Attachment,
    Place,
    audience,
    body,
    collections,
    frame,
    picture_attachment,
    served,
    tags,
    warning,
)
from bridge.issues.issue import Issue
from bridge.issues.rendered import MAX_PICTURES, Rendered, Section
from bridge.terms import Document, ObjectId


def first_note_from_issue(
    issue: Issue, rendered: Rendered, place: Place, pictures: Sequence[Attachment] = ()
) -> Document:
    """The Note that the thread begins with. People whom a section names are notified by that section alone."""
    in_sections = {mention for section in rendered.sections for mention in section.mentions}
    mentions = [named for named in rendered.mentions if named in rendered.teaser.mentions or named not in in_sections]
    return teaser_note(issue, rendered, place, mentions=mentions, pictures=attached(issue, pictures))


def section_notes_from_issue(
    issue: Issue,
    rendered: Rendered,
    places: Mapping[str, Place],
    *,
    first: ObjectId,
    pictures: Sequence[Attachment] = (),
) -> dict[str, Document]:
    """The replies by their section's key, in order. `places` has one for each key; all answer `first`."""
    return {
        section.key: _section_note(issue, section, places[section.key], first, pictures)
        for section in rendered.sections
    }


def _section_note(
    issue: Issue, section: Section, place: Place, first: ObjectId, pictures: Sequence[Attachment]
) -> Document:
    shown = served(section.pictures, pictures)
    # One conversation has one context (FEP-7888): that of the first Note.
    context = None if place.context is None else f"{first}/context"
    place = replace(place, page_url=f"{place.page_url}#{section.key}", context=context)
    # Unlisted, whatever the issue is: a thread puts one post into the public timelines, not ten.
    addressed = audience("unlisted", place.followers, section.mentions)
    return with_context(
        frame(issue, place, kind="Note", addressed=addressed)
        | {"inReplyTo": first}
        | warning(issue)
        | body(issue, section.html)
        | {
            "tag": tags(section.mentions, section.hashtags),
            "attachment": [picture_attachment(picture) for picture in shown[:MAX_PICTURES]],
        }
        | collections(place)
    )
