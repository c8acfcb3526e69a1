"""Rows of the store -> the plain values that pages and `comments.json` are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.activity.ids import Blog
from bridge.conversation import sanitize
from bridge.conversation.blocklist import BlockList
from bridge.conversation.comment import COVER, Entry, Person, Picture
from bridge.conversation.reaction import Reaction, tally
from bridge.errors import NoSuchThing
from bridge.store import blocks, changes, entries, issues, published, reactions, remote_pictures
from bridge.store.database import Transaction
from bridge.store.entries import EntryRow
from bridge.store.issues import IssueRow, Listed
from bridge.store.reactions import ReactionRow
from bridge.store.remote_pictures import RemotePicture
from bridge.terms import ObjectId
from bridge.urls import host_of
from bridge.web.conversations import Conversation
from bridge.web.site import Site
from bridge.web.view import BlogView, ConversationView, IssueLine, IssueView, Link, PictureView


def blog_view(site: Site) -> BlogView:
    """The blog around every page."""
    blog, config = site.blog, site.config.blog
    return BlogView(
        url=blog.url,
        actor_id=blog.actor_id,
        handle=f"@{blog.acct}",
        title=blog.title,
        language=blog.language,
        timezone=config.timezone,
        description_html=blog.description_html,
        description=" ".join(sanitize.text_of(blog.description_html).split()),
        icon=blog.icon_url,
        header=None if blog.header_url is None else PictureView(src=blog.header_url),
        fields=tuple(Link(name=name, url=value) for name, value in blog.fields),
        creators=blog.creators,
        takes_linkbacks=site.config.linkbacks.receive,
    )


def cover_of(site: Site) -> str:
    """What covers sensitive pictures, in the blog's language."""
    return site.templates.words(site.blog.language, site.config.blog.timezone).say(COVER)


async def said_under(site: Site, issue_id: int) -> Conversation:
    """Everything said about an issue, in every state; the views show what strangers may read.

    It is read from the database at most once after each change. Of whom the author blocks nothing is there, whenever it
    came in (security S42). Raises NoSuchThing for an issue that is no more.
    """
    return await site.conversations.get(
        issue_id, lambda: site.database.read(lambda tx: _conversation(tx, site, issue_id))
    )


def _conversation(tx: Transaction, site: Site, issue_id: int) -> Conversation:
    issue = issues.find(tx, issue_id)  # here, so that it is of the same moment as what was said
    if issue is None:
        raise NoSuchThing("no such issue")
    now = site.clock()
    blocked = blocks.listed(tx, site.blog.id, site.config.federation.blocked)
    own = site.config.linkbacks.own
    rows = [row for row in _unblocked(tx, issue, blocked) if own or not row.own_series]
    reacted = [row for row in reactions.of_issue(tx, issue.id) if not blocked.holds(row.actor_id)]
    sections = tuple(one for one in published.of_issue(tx, issue.id) if one.kind == "section")
    answers = {str(row.object_id) for row in rows if row.ours}
    others = answers.union(str(one.id) for one in sections)
    tokens = {row.object_id: row.token for row in rows}
    faces, pictures = remote_pictures.under_issue(tx, issue.id)
    ours = Proxied(faces=faces if site.config.comments.avatars == "proxy" else {}, pictures=pictures)
    return Conversation(
        issue=issue,
        entries=tuple(entry_from(row, tokens.get(ObjectId(row.in_reply_to or "")), ours) for row in rows),
        tally=tally(_reaction(row, ours) for row in reacted if row.object_id not in answers),
        of_first=tally(_reaction(row, ours) for row in reacted if row.object_id not in others),
        of_posts={
            post: tally(_reaction(row, ours) for row in reacted if row.object_id == post)
            for post in others.intersection(row.object_id for row in reacted)
        },
        sections=sections,
        closed=issue.closed(now),
        closes=issue.closes_at(now),
    )


def all_entries(tx: Transaction, issue: IssueRow, blocked: BlockList) -> list[Entry]:
    """Everything said about an issue, for the author: also what no page shows, and why it does not."""
    rows = entries.of_issue(tx, issue.id)
    tokens = {row.object_id: row.token for row in rows}
    said = [entry_from(row, tokens.get(ObjectId(row.in_reply_to or ""))) for row in rows]
    return [
        entry._replace(state="blocked") if _is_blocked(row, blocked) and row.state != "deleted" else entry
        for row, entry in zip(rows, said, strict=True)
    ]


def _is_blocked(row: EntryRow, blocked: BlockList) -> bool:
    return not row.ours and blocked.holds(row.actor_id, row.url) is not None


def _unblocked(tx: Transaction, issue: IssueRow, blocked: BlockList) -> list[EntryRow]:
    return [row for row in entries.of_issue(tx, issue.id) if not _is_blocked(row, blocked)]


@dataclass(frozen=True, kw_only=True)
class Proxied:
    """The faces (by person) and pictures (by entry and address) that we have made our own."""

    faces: Mapping[str, RemotePicture] = field(default_factory=dict)
    pictures: Mapping[tuple[int, str], RemotePicture] = field(default_factory=dict)

    def face(self, actor_id: str | None) -> str | None:
        """Where a person's face is served."""
        kept = self.faces.get(actor_id or "")
        return None if kept is None else f"/media/{kept.name}"

    def picture(self, entry: EntryRow, picture: Mapping[str, Any]) -> Picture | None:
        """A comment's picture as it is served; None until it is, and a reader sees nothing of it."""
        kept = self.pictures.get((entry.id, picture.get("url", "")))
        if kept is None:
            return None
        return Picture(src=f"/media/{kept.name}", alt=picture.get("alt") or "", width=kept.width, height=kept.height)


_NOTHING_PROXIED = Proxied()


def entry_from(row: EntryRow, parent: str | None, proxied: Proxied = _NOTHING_PROXIED) -> Entry:
    """One entry as the conversation knows it."""
    person = None
    if row.state != "deleted":
        person = Person(
            actor_id=row.actor_id or row.url,
            name=row.author_name,
            handle=row.author_handle,
            url=row.author_url or row.url,
            avatar=proxied.face(row.actor_id),
        )
    return Entry(
        id=row.token,
        kind=row.kind,
        object_id=row.object_id,
        url=row.url,
        received_at=row.received_at,
        parent=parent,
        in_reply_to=row.in_reply_to,
        author=person,
        published=row.published,
        updated=row.updated,
        content_html=row.content_html,
        content_warning=row.content_warning,
        language=row.language,
        section=row.section,
        pictures=tuple(shown for picture in row.pictures if (shown := proxied.picture(row, picture))),
        sensitive=row.sensitive,
        state=row.state,
        visibility=row.visibility,
        own_series=row.own_series,
        is_author=row.is_author,
        ways=tuple(row.ways),
        number=row.id,
        is_removed=row.state == "deleted" and row.actor_id is None,
    )


def _reaction(row: ReactionRow, proxied: Proxied) -> Reaction:
    """Whoever has no name (yet) is called by the server's."""
    name = row.name or host_of(row.actor_id)
    return Reaction(
        kind=row.kind,
        person=Person(actor_id=row.actor_id, name=name, handle="", url=row.url, avatar=proxied.face(row.actor_id)),
        at=row.since,
        emoji=row.content or None,
        is_shy=row.is_shy,
    )


def issue_view(site: Site, issue: IssueRow, *, older: Listed | None, newer: Listed | None) -> IssueView:
    """One issue as its page shows it."""
    addresses = site.blog.addresses
    return IssueView(
        url=addresses.page(issue.slug),
        object_id=issue.object_id,
        title=issue.title,
        published=issue.date,
        updated=issue.updated_at,
        language=issue.language,
        body_html=issue.page_html,
        teaser=issue.teaser_text,
        tags=tuple(Link(name=tag, url=addresses.tag_page(tag)) for tag in issue.tags),
        cover=_cover(issue),
        content_warning=issue.source.get("content_warning"),
        canonical_url=issue.source.get("canonical_url"),
        syndication=tuple(issue.source.get("syndication", ())),
        public=issue.visibility == "public",
        older=_link(site.blog, older),
        newer=_link(site.blog, newer),
    )


def _cover(issue: IssueRow) -> PictureView | None:
    picture = issue.source.get("cover_picture")
    if picture is None:
        return None
    return PictureView(
        src=picture["url"],
        alt=issue.source.get("cover_alt") or "",
        width=picture["width"],
        height=picture["height"],
        srcset=picture["srcset"],
    )


def _link(blog: Blog, issue: Listed | None) -> Link | None:
    return None if issue is None else Link(name=issue.title, url=blog.addresses.page(issue.slug))


def conversation_view(said: Conversation) -> ConversationView:
    """The conversation below an issue."""
    return ConversationView(entries=said.entries, tally=said.tally, closed=said.closed, closes=said.closes)


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Issues as a list shows them, each with the number of its comments; `topics` are what that depends on."""

    shown: tuple[IssueLine, ...]
    topics: frozenset[str]


async def lines(site: Site, rows: Sequence[Listed]) -> Lines:
    """The issues for a list, in the order of the rows."""
    comments = await site.counts.of(
        [row.id for row in rows], lambda ids: site.database.read(lambda tx: _counted(tx, site, ids))
    )
    shown = tuple(
        IssueLine(
            url=site.blog.addresses.page(row.slug),
            title=row.title,
            published=row.date,
            language=row.language,
            teaser=row.teaser_text,
            content_warning=row.source.get("content_warning"),
            comments=comments[row.id],
        )
        for row in rows
    )
    return Lines(shown=shown, topics=frozenset({changes.BLOG, *(changes.issue(row.id) for row in rows)}))


def _counted(tx: Transaction, site: Site, issue_ids: Sequence[int]) -> Counter[int]:
    blocked = blocks.listed(tx, site.blog.id, site.config.federation.blocked)
    said = entries.counted_under(tx, issue_ids)
    return Counter(each.issue_id for each in said if each.ours or not blocked.holds(each.actor_id, each.url))
