"""An author's desk for tests: a real git folder, a real database, a publisher, a clock that the test turns."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bridge.activity.ids import Blog
from bridge.config import BlogConfig, config_from
from bridge.issues.git import Repository
from bridge.outbox import profile
from bridge.outbox.publish import Publisher
from bridge.outbox.report import Report
from bridge.store import blogs, deliveries, followers, issues, published
from bridge.store.database import Database, Transaction
from bridge.store.followers import Follower
from bridge.store.issues import IssueRow
from bridge.store.published import ObjectRow
from bridge.store.schema import activities
from bridge.terms import ActorId, InboxUrl
from bridge.urls import host_of
from tests.support.clocks import Clock
from tests.support.databases import new_sqlite
from tests.support.engines import open_joined
from tests.support.repositories import Checkout

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ORIGIN = "https://links.example"


@dataclass(kw_only=True)
class Desk:
    """What an author has. `publish` commits the files and publishes, each a minute after the one before."""

    files: Checkout
    publisher: Publisher
    clock: Clock
    seen: int = field(default=0)

    @property
    def database(self) -> Database:
        return self.publisher.database

    @property
    def blog(self) -> Blog:
        return self.publisher.blog

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Change the work tree; None removes a file."""
        for path, content in files.items():
            if content is None:
                (self.files.folder / path).unlink()
            else:
                self.files.write(path, content.encode() if isinstance(content, str) else content)

    async def publish(self, files: Mapping[str, str | bytes | None] | None = None, **how: Any) -> Report:
        self.clock.turn(timedelta(minutes=1))
        if files is not None:
            self.write(files)
            self.files.commit()
        return await self.publisher.publish(**how)

    async def told(self) -> list[dict[str, Any]]:
        """The activities made since this was last asked, in order."""

        def read(tx: Transaction) -> list[tuple[int, bytes]]:
            query = sa.select(activities.c.number, activities.c.body).where(activities.c.number > self.seen)
            return [(row.number, bytes(row.body)) for row in tx.execute(query.order_by(activities.c.number))]

        found = await self.database.read(read)
        self.seen = max((number for number, _ in found), default=self.seen)
        return [json.loads(body) for _, body in found]

    async def kinds(self) -> list[str]:
        """Their types alone."""
        return [activity["type"] for activity in await self.told()]

    async def row(self, slug: str) -> IssueRow | None:
        return await self.database.read(lambda tx: issues.find_by_slug(tx, self.blog.id, slug))

    async def objects(self, slug: str, *, live: bool = True) -> list[ObjectRow]:
        row = await self.row(slug)
        assert row is not None
        return await self.database.read(lambda tx: published.of_issue(tx, row.id, live=live))

    async def inboxes(self, object_id: str) -> set[str]:
        found = await self.database.read(lambda tx: deliveries.inboxes_of(tx, object_id))
        return {inbox for inbox, _ in found}


def letter(title: str = "Neues", body: str = "Hallo.\n", **keys: object) -> str:
    """An issue file."""
    matter = "".join(f"{key}: {value}\n" for key, value in keys.items())
    return f"---\ntitle: {title}\n{matter}---\n{body}"


def blog_config(**values: Any) -> BlogConfig:
    whole = {"url": ORIGIN, "handle": "links", "title": "Krasse Links", "language": "de", "timezone": "Europe/Berlin"}
    return config_from({"blog": [whole | values]}, folder=Path("/nowhere")).blog


@asynccontextmanager
async def desk_in(folder: Path, *, url: str | None = None, **config: Any) -> AsyncIterator[Desk]:
    """A desk with one follower."""
    folder.mkdir(parents=True, exist_ok=True)
    database = open_joined(url or new_sqlite(folder), folder)
    settings = blog_config(**config)
    clock = Clock(NOW)

    def begin(tx: Transaction) -> blogs.BlogRow:
        row = profile.claim(tx, settings, now=NOW)
        follow(tx, row.id, "https://example.social/users/anna", "https://example.social/inbox")
        return row

    row = await database.write(begin)
    files = Checkout(folder / "issues")
    publisher = Publisher(
        blog_config=settings,
        close_after=timedelta(days=90),
        blog=profile.blog_from(row, settings, icon=None, header=None),
        database=database,
        repository=Repository(folder=files.folder),
        people=None,
        media=None,
        clock=clock,
    )
    yield Desk(files=files, publisher=publisher, clock=clock)
    await database.close()


def follow(tx: Transaction, blog_id: int, actor: str, inbox: str) -> None:
    """Somebody follows."""
    one = Follower(
        actor_id=ActorId(actor),
        follow_id=None,
        server=host_of(inbox),
        inbox=InboxUrl(inbox),
        shared_inbox=InboxUrl(inbox),
        since=NOW,
    )
    followers.add(tx, blog_id, one)
