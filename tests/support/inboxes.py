"""An inbox on a real database with one issue out, and people who are proven: what handlers' tests stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.activity.ids import Blog
from bridge.activity.incoming import parse_activity
from bridge.activity.remote_actor import KeyEntry, RemoteActor
from bridge.config import Config, config_from
from bridge.inbox import authenticate
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.creators import Creators
from bridge.inbox.receive import Inbox
from bridge.inbox.result import Result
from bridge.inbox.sources import Sources
from bridge.inbox.whom import Whom
from bridge.pace import Pace
from bridge.remote.actors import RemoteActors
from bridge.remote.budget import Budget
from bridge.remote.documents import Documents
from bridge.remote.door import Door
from bridge.remote.hops import Hops
from bridge.remote.webfinger import WebFinger
from bridge.store import blogs, entries, issues, published, reactions, received
from bridge.store.database import Database, Transaction
from bridge.store.entries import EntryRow
from bridge.store.published import ObjectRow
from bridge.terms import ActorId, InboxUrl, KeyId, ObjectId
from tests.support.clocks import Clock
from tests.support.local_servers import Names
from tests.support.signed_fetches import KNOCK, OWN

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
OUR_ACTOR = "https://links.example/actor/aaaaaaaaaaaaaaaaaaaaaa"
NOTE = ObjectId("https://links.example/object/bbbbbbbbbbbbbbbbbbbbbb")
PAGE = "https://links.example/issues/24"
NOW = datetime(2024, 8, 5, 12, 0, tzinfo=UTC)


def person(actor_id: str, **values: Any) -> RemoteActor:
    """Somebody elsewhere, as last fetched."""
    name = actor_id.rpartition("/")[2]
    key = KeyEntry(id=KeyId(f"{actor_id}#main-key"), owner=ActorId(actor_id), kind="rsa", material="none")
    known: dict[str, Any] = {
        "id": ActorId(actor_id),
        "kind": "Person",
        "preferred_username": name,
        "name": name.capitalize(),
        "summary_text": "",
        "url": actor_id,
        "icon_url": None,
        "inbox": InboxUrl(f"{actor_id}/inbox"),
        "shared_inbox": None,
        "outbox": None,
        "followers": f"{actor_id}/followers",
        "featured": None,
        "keys": (key,),
        "also_known_as": (),
        "moved_to": None,
        "webfinger": None,
        "no_blog": False,
    }
    return RemoteActor(**(known | values))


def note(actor_id: str, number: str = "1", **values: Any) -> dict[str, Any]:
    """A public reply to the issue, as JSON."""
    return {
        "id": f"{actor_id}/statuses/{number}",
        "type": "Note",
        "attributedTo": actor_id,
        "to": [PUBLIC],
        "cc": [OUR_ACTOR],
        "published": "2024-08-05T11:00:00Z",
        "content": "<p>Gut gesagt.</p>",
        "inReplyTo": NOTE,
    } | values


def create(post: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The Create of a post by its author."""
    return {
        "id": f"{post['id']}/activity",
        "type": "Create",
        "actor": post["attributedTo"],
        "to": post.get("to", []),
        "cc": post.get("cc", []),
        "object": post,
    } | values


@dataclass
class Place:
    """An inbox, its database and its clock."""

    blog: Blog
    config: Config
    database: Database
    inbox: Inbox
    clock: Clock
    whom: Whom
    people: dict[str, RemoteActor] = field(default_factory=dict)

    async def take(self, document: dict[str, Any], *, actor: RemoteActor | None = None) -> Result:
        """Give the inbox an activity whose sender is proven."""
        activity = parse_activity(document)
        sender = actor or self.people.get(activity.actor) or person(activity.actor)
        verified = VerifiedActivity(
            activity=activity, actor=sender, budget=Budget(), proof="signature", seal=authenticate._SEAL
        )
        return await self.inbox.receive(verified)

    async def say(self, actor_id: str, number: str = "1", **values: Any) -> Result:
        """A reply to the issue."""
        return await self.take(create(note(actor_id, number, **values)))

    async def entries(self) -> list[EntryRow]:
        """Everything under the issue."""
        return await self.database.read(lambda tx: entries.of_issue(tx, 1))

    async def entry(self, object_id: str) -> EntryRow | None:
        """One entry."""
        return await self.database.read(lambda tx: entries.find_by_object(tx, 1, object_id))

    async def reactions(self, kind: str) -> list[str]:
        """Who liked or boosted."""
        found = await self.database.read(lambda tx: reactions.of_issue(tx, 1))
        return list(dict.fromkeys(one.actor_id for one in found if one.kind == kind))

    async def record(self, url: str) -> list[received.Received]:
        """What the record says of an address."""
        return await self.database.read(lambda tx: received.about(tx, url))


def settings(folder: Any, **sections: Any) -> Config:
    """The configuration of links.example."""
    table = {
        "blog": [{"url": "https://links.example", "handle": "links", "title": "Links"}],
        "federation": {"allow_private_addresses": True},
    }
    for name, values in sections.items():
        if name == "blog":
            table["blog"] = [table["blog"][0] | values]  # type: ignore[operator, list-item]
        else:
            table[name] = {**table.get(name, {}), **values}  # type: ignore[dict-item]
    return config_from(table, folder=folder)


def publish_issue(tx: Transaction, blog_id: int = 1, slug: str = "24", **values: Any) -> int:
    """One issue, out since a week, with its Note."""
    date = NOW - timedelta(days=7)
    object_id = NOTE if slug == "24" else ObjectId(f"https://links.example/object/{slug * 11}")
    row: dict[str, Any] = {
        "blog_id": blog_id, "slug": slug, "path": f"{slug}.md", "state": "published", "digest": "d", "source": {},
        "title": f"Nummer {slug}", "language": "de", "visibility": "public", "page_html": "<p>Hallo.</p>",
        "teaser_html": "", "teaser_text": "", "tags": [], "links": [], "object_id": object_id, "date": date,
        "published_at": date, "changed_at": date,
    }  # fmt: skip
    issue_id = issues.add(tx, row | values)
    document = {
        "@context": "https://www.w3.org/ns/activitystreams", "id": object_id, "type": "Note", "attributedTo": OUR_ACTOR,
        "to": [PUBLIC], "cc": [f"{OUR_ACTOR}/followers"], "content": "<p>Hallo.</p>", "url": f"{PAGE[:-2]}{slug}",
        "published": "2024-07-29T12:00:00Z", "replies": f"{object_id}/replies", "likes": f"{object_id}/likes",
        "shares": f"{object_id}/shares",
    }  # fmt: skip
    published.add(
        tx,
        ObjectRow(
            id=object_id, blog_id=blog_id, issue_id=issue_id, kind="issue", position=0, section=None,
            document=document, digest="d", published_at=date, updated_at=None, deleted_at=None,
        ),
    )  # fmt: skip
    return issue_id


@asynccontextmanager
async def inbox_on(database: Database, config: Config) -> AsyncIterator[Place]:
    """The inbox of links.example with issue 24 out; names of other servers do not resolve, loopback is reachable."""
    clock = Clock(NOW)
    row = await database.read(blogs.find)
    blog = Blog(
        id=1, url="https://links.example", handle="links", title="Links", language="de",
        actor_token="aaaaaaaaaaaaaaaaaaaaaa", created=NOW if row is None else row.created_at,
    )  # fmt: skip
    async with Door(origin=blog.url, allow_private=True, resolver=Names({})) as door:
        hops = Hops(door, own_servers={OWN})
        documents = Documents(hops, knock=KNOCK)
        actors = RemoteActors(documents, hops, database, now=clock)
        inbox = Inbox(
            blog=blog,
            config=config,
            database=database,
            pace=Pace(None),
            sources=Sources(documents=documents, actors=actors),
            creators=Creators(config.blog.creators, WebFinger(hops)),
            clock=clock,
        )
        whom = Whom(
            blog_id=1,
            database=database,
            documents=documents,
            webfinger=WebFinger(hops),
            blocked=config.federation.blocked,
        )
        yield Place(blog=blog, config=config, database=database, inbox=inbox, clock=clock, whom=whom)
        await documents.close()
        await actors.close()
