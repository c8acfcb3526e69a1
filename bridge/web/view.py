"""Plain values -> the HTML of every page that readers see.

The routes gather the values from the store and call `render_...`; nothing here reads a clock or a table, so the same
values give the same bytes. Microformats: protocol sheet, section 11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal
from zoneinfo import ZoneInfo

from markupsafe import Markup

from bridge.conversation.comment import Entry
from bridge.conversation.reaction import Tally
from bridge.conversation.sanitize import safe_url
from bridge.web.talk import Talk, talk
from bridge.web.theme import INTERACT_SCRIPT_URL
from bridge.web.theme import Templates as Templates
from bridge.web.words import Words

#: What the pages need and no more; routes send it with every page.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: The same with our own script files, for the one page that has any.
SCRIPTED_CONTENT_SECURITY_POLICY = f"{CONTENT_SECURITY_POLICY}; script-src 'self'"

_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
#: A link whose text is its own address.
_LONE_LINK = re.compile(r'<a (?=href="([^"]+)"[^>]*>\1</a>)(?![^>]*\bclass=)')

_FAULTS = {
    400: ("This cannot be answered", "Something is missing or wrong in what was sent."),
    403: ("Not allowed", "Please go back, load the page again and try once more."),
    405: ("This does not work here", "The address exists, but cannot be used that way."),
    429: ("Too much at once", "Please wait a moment and try again."),
    500: ("Something broke on our side", "It is noted. Please try again later."),
    503: ("Not available for a moment", "Please try again in a minute."),
}


@dataclass(frozen=True, kw_only=True)
class Link:
    """A name and where it leads."""

    name: str
    url: str


@dataclass(frozen=True, kw_only=True)
class PictureView:
    """A picture as a page shows it, served by us."""

    src: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    srcset: str = ""


@dataclass(frozen=True, kw_only=True)
class BlogView:
    """The blog around every page. `url` is the origin without a slash; `handle` is written `@links@links.example`.

    `description_html` is sanitised, `description` its plain text. `creators` are handles `@user@host`.
    """

    url: str
    actor_id: str
    handle: str
    title: str
    language: str
    timezone: ZoneInfo
    description_html: str = ""
    description: str = ""
    icon: str | None = None
    header: PictureView | None = None
    fields: tuple[Link, ...] = ()
    creators: tuple[str, ...] = ()
    generator: str = "Rundbrief"
    takes_linkbacks: bool = True


@dataclass(frozen=True, kw_only=True)
class IssueView:
    """One issue. `url` is its page, `object_id` None if it is not federated; `body_html` is sanitised.

    `public` is False for an unlisted issue, which search engines are asked to leave alone.
    """

    url: str
    object_id: str | None
    title: str
    published: datetime
    language: str
    body_html: str
    updated: datetime | None = None
    teaser: str = ""
    tags: tuple[Link, ...] = ()
    cover: PictureView | None = None
    content_warning: str | None = None
    canonical_url: str | None = None
    syndication: tuple[str, ...] = ()
    public: bool = True
    older: Link | None = None
    newer: Link | None = None


@dataclass(frozen=True, kw_only=True)
class ConversationView:
    """What was said about an issue, in any order and every state: only what strangers may read is shown.

    `closes` is when it takes no more replies, None where that is not known or over.
    """

    entries: tuple[Entry, ...] = ()
    tally: Tally = field(default_factory=Tally)
    closed: bool = False
    closes: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class IssueLine:
    """An issue in a list. `teaser` is plain text, `comments` how many there are."""

    url: str
    title: str
    published: datetime
    language: str
    teaser: str = ""
    content_warning: str | None = None  #: stands in the teaser's place
    comments: int = 0


@dataclass(frozen=True, kw_only=True)
class FrontView:
    """A page of issues, newest first; `newer` and `older` are the addresses of the pages beside it."""

    blog: BlogView
    issues: tuple[IssueLine, ...]
    newer: str | None = None
    older: str | None = None


@dataclass(frozen=True, kw_only=True)
class InteractView:
    """Following or answering from one's own server.

    `uri` is what to follow or answer, `title` what people call it. `destination` is the address on the reader's own
    server, shown before anybody goes there (S116); `fault` a sentence about a handle that did not work.
    """

    blog: BlogView
    action: Literal["follow", "reply"]
    uri: str
    title: str = ""
    handle: str = ""
    fault: str | None = None
    destination: str | None = None


@dataclass(frozen=True, kw_only=True)
class LoginView:
    """The author's door: `token` is what the link held, or None if it does not work any more."""

    blog: BlogView
    token: str | None


def render_issue(templates: Templates, blog: BlogView, issue: IssueView, conversation: ConversationView) -> str:
    """An issue with its conversation."""
    words = _words(templates, blog)
    said: Talk = talk(
        conversation.entries, conversation.tally, words=words, language=blog.language, since=issue.published
    )
    return templates.render(
        "issue.html",
        words=words,
        blog=blog,
        issue=issue,
        body=Markup(_for_paper(_with_scrolling_tables(issue.body_html, words))),
        talk=said,
        closed=conversation.closed,
        last_moment=None if conversation.closes is None else conversation.closes - timedelta(seconds=1),
    )


def render_front(templates: Templates, view: FrontView) -> str:
    """The blog's front page."""
    return templates.render(
        "front.html",
        words=_words(templates, view.blog),
        blog=view.blog,
        page=view,
        description=Markup(view.blog.description_html),
        fields=[(each.name, each.url, safe_url(each.url)) for each in view.blog.fields],
    )


def render_archive(templates: Templates, blog: BlogView, issues: Iterable[IssueLine]) -> str:
    """All issues by year, newest first."""
    words = _words(templates, blog)
    years = [(year, list(lines)) for year, lines in groupby(issues, key=lambda line: words.year(line.published))]
    return templates.render("archive.html", words=words, blog=blog, years=years)


def render_tag(templates: Templates, blog: BlogView, tag: str, issues: Iterable[IssueLine]) -> str:
    """The issues with one tag, newest first."""
    return templates.render("tag.html", words=_words(templates, blog), blog=blog, tag=tag, issues=list(issues))


def render_gone(templates: Templates, blog: BlogView) -> str:
    """410: what stood here was taken back."""
    return templates.render("gone.html", words=_words(templates, blog), blog=blog)


def render_missing(templates: Templates, blog: BlogView) -> str:
    """404."""
    return templates.render("missing.html", words=_words(templates, blog), blog=blog)


def render_fault(templates: Templates, blog: BlogView, status: int) -> str:
    """Any other failure: what happened, in a sentence, and nothing of our inner workings."""
    words = _words(templates, blog)
    heading, sentence = _FAULTS.get(status, _FAULTS[500] if status >= 500 else _FAULTS[400])
    return templates.render(
        "fault.html", words=words, blog=blog, status=status, heading=words.say(heading), sentence=words.say(sentence)
    )


def render_interact(templates: Templates, view: InteractView) -> str:
    """ "Follow" or "reply from your server": asks for the handle, or shows where it leads."""
    destination = None if view.destination is None else safe_url(view.destination)
    return templates.render(
        "interact.html",
        words=_words(templates, view.blog),
        blog=view.blog,
        page=view,
        destination=destination,
        script_url=INTERACT_SCRIPT_URL,
    )


def render_login(templates: Templates, view: LoginView) -> str:
    """The page behind the link of `rundbrief login`."""
    return templates.render("login.html", words=_words(templates, view.blog), blog=view.blog, token=view.token)


def _words(templates: Templates, blog: BlogView) -> Words:
    return templates.words(blog.language, blog.timezone)


def _for_paper(body: str) -> str:
    """Print writes addresses behind links; a link that shows its own is marked, so that it is not written twice."""
    return _LONE_LINK.sub('<a class="lone" ', body)


def _with_scrolling_tables(body: str, words: Words) -> str:
    """Wide tables scroll by themselves, also by keyboard, instead of pushing the page wide."""
    label = Markup.escape(words.say("Table"))
    return _TABLE.sub(
        lambda found: f'<div class="scroll" role="region" aria-label="{label}" tabindex="0">{found[0]}</div>', body
    )
