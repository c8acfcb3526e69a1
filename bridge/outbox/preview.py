"""One saved issue file -> its page, and each post as Mastodon will show it; called by `rundbrief preview`.

Nothing is written. The posts are made by what publishing makes them by (`wanted`), so the preview cannot differ.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple

from bridge.activity.post import Attachment
from bridge.errors import Fault, IssueFaults, UserFault
from bridge.issues.issue import Issue, picture_in_text
from bridge.issues.rendered import Rendered, ServedPicture
from bridge.issues.source import IssueFile
from bridge.issues.worktree import read_saved
from bridge.media.encode import encode
from bridge.outbox import audience
from bridge.outbox.check import check, picture_of
from bridge.outbox.mastodon import Post, post_from
from bridge.outbox.prepare import Prepared, descriptions
from bridge.outbox.publish import Publisher
from bridge.outbox.wanted import wanted_objects
from bridge.store import actors, followers, issues, published
from bridge.store.database import Transaction
from bridge.store.published import ObjectRow
from bridge.urls import host_of

_MOST_PICTURE = 20 * 1024 * 1024  #: bytes


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What readers of the page and followers would get. `servers` counts followers' and mentioned people's."""

    issue: Issue
    rendered: Rendered
    posts: Sequence[Post]
    cover: Attachment | None
    object_id: str | None
    followers: int
    servers: int
    unresolved: Sequence[str]
    warnings: Sequence[Fault]


async def preview(publisher: Publisher, path: str) -> Preview:
    """Show what publishing this file would give; raises IssueFaults for what a push would be refused for."""
    address_of = cache(partial(_as_address, publisher))

    def served(file: IssueFile, name: str) -> ServedPicture | None:
        found = picture_of(file, name)
        return None if found is None else ServedPicture(url=address_of(found))

    checked = await check(publisher, [path], picture=served)
    if checked.refusals:
        raise IssueFaults(list(checked.refusals))
    prepared = next((one for one in checked.ready if isinstance(one, Prepared)), None)
    if prepared is None:
        raise UserFault(f"{path} holds nothing to show")
    issue, rendered = prepared.issue, prepared.rendered
    pictures = await asyncio.to_thread(_pictures, prepared, address_of)
    if publisher.people is not None:
        await publisher.people.meet(mention.actor_id for mention in rendered.mentions)
    reach = await publisher.database.read(lambda tx: _reach(tx, publisher.blog.id, prepared))
    posts: list[Post] = []
    if issue.federate is not False:
        wanted = wanted_objects(
            issue, rendered, blog=publisher.blog, out=reach.out, pictures=pictures, now=publisher.clock()
        )
        posts = [post_from(one.document) for one in wanted]
    return Preview(
        issue=issue,
        rendered=rendered,
        posts=posts,
        cover=next((picture for picture in pictures if picture.path == issue.cover), None),
        object_id=reach.out[0].id if reach.out else None,
        followers=reach.followers,
        servers=reach.servers,
        unresolved=prepared.unresolved,
        warnings=checked.warnings,
    )


def _pictures(prepared: Prepared, address_of: Callable[[str], str]) -> list[Attachment]:
    """The cover and the pictures of the text, as posts would attach them."""
    named = {picture.name: picture.path for picture in prepared.file.pictures}
    alt = descriptions(prepared.issue, prepared.rendered)
    in_text = [picture_in_text(address) for address in prepared.named]
    addresses = {
        name: address_of(named[name])
        for name in dict.fromkeys([prepared.issue.cover, *in_text])
        if name is not None and name in named
    }
    return [
        Attachment(path=name, url=url, media_type=url.removeprefix("data:").partition(";")[0], alt=alt.get(name, ""))
        for name, url in addresses.items()
    ]


class _Reach(NamedTuple):
    """What is out of the issue, and who would hear of it."""

    out: Sequence[ObjectRow]
    followers: int
    servers: int


def _reach(tx: Transaction, blog_id: int, prepared: Prepared) -> _Reach:
    row = issues.find_by_slug(tx, blog_id, prepared.issue.slug)
    people = actors.inboxes_of(tx, (mention.actor_id for mention in prepared.rendered.mentions))
    return _Reach(
        out=[] if row is None else published.of_issue(tx, row.id),
        followers=followers.count(tx, blog_id),
        servers=len({host_of(inbox) for inbox in audience.followers_and(tx, blog_id, people)}),
    )


def _as_address(publisher: Publisher, path: str) -> str:
    """The picture itself, as it would be served, as an address: a preview is one file, and nobody serves it yet."""
    encoded = encode(read_saved(publisher.repository, path, most=_MOST_PICTURE))
    return f"data:{encoded.media_type};base64,{base64.b64encode(encoded.largest.body).decode()}"
