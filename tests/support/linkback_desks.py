"""Linkbacks on a real database, with a clock that the test turns and servers of this machine under other names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bridge.linkback.links import IssueLinks
from bridge.linkback.receive import Receiver, Taken
from bridge.linkback.report import LinkReport, report_of
from bridge.linkback.send import LinkbackSender
from bridge.linkback.verify import Verifier
from bridge.remote.documents import Documents
from bridge.remote.door import Door
from bridge.remote.hops import Hops
from bridge.store import issues, linkback_sends, linkbacks
from bridge.store.database import Database
from bridge.store.entries import EntryRow
from bridge.store.linkback_sends import SendRow
from bridge.store.linkbacks import LinkbackRow, Way
from tests.support.inboxes import PAGE, Place, inbox_on, publish_issue, settings
from tests.support.local_servers import Names
from tests.support.signed_fetches import KNOCK, OWN

#: Names that lead to this machine, so that a source is not known for a loopback one.
NAMES = {f"{name}.test": ["127.0.0.1"] for name in ("blog", "other", "third", "bridge")}


@dataclass
class Desk:
    """Issue 24 is out. `take` is what the web half does with a request, `look` and `send` are the jobs."""

    place: Place
    receiver: Receiver
    verifier: Verifier
    links: IssueLinks
    sender: LinkbackSender

    @property
    def database(self) -> Database:
        return self.place.database

    async def take(self, source: str, *, target: str = PAGE, way: Way = "webmention") -> Taken:
        return await self.receiver.take(source=source, target=target, way=way)

    async def look(self) -> None:
        await self.verifier("")

    async def shown(self) -> list[EntryRow]:
        """What readers see."""
        return [entry for entry in await self.place.entries() if entry.state == "shown"]

    async def row(self, source_key: str) -> LinkbackRow:
        found = await self.database.read(lambda tx: linkbacks.find(tx, 1, 1, source_key))
        assert found is not None
        return found

    async def verdict(self, url: str) -> tuple[str, str]:
        """What `why` begins with."""
        record = (await self.place.record(url))[0]
        return record.verdict, record.reason

    async def publish(self, issue_id: int = 1, **values: Any) -> None:
        """The issue is changed, and its links are followed."""
        await self.database.write(lambda tx: issues.change(tx, issue_id, values))
        await self.links(str(issue_id))

    async def send(self) -> None:
        await self.sender("")

    async def report(self, issue_id: int = 1) -> LinkReport:
        return await self.database.read(lambda tx: report_of(tx, issue_id))

    async def told(self, issue_id: int = 1) -> dict[str, SendRow]:
        """The links by their target."""
        rows = await self.database.read(lambda tx: linkback_sends.of_issue(tx, issue_id))
        return {row.target: row for row in rows}


@asynccontextmanager
async def desk_on(database: Database, folder: Any, **sections: Any) -> AsyncIterator[Desk]:
    """`sections` are those of config.toml."""
    config = settings(folder, **sections)
    await database.write(publish_issue)
    allow_private = config.federation.allow_private_addresses
    async with (
        inbox_on(database, config) as place,
        Door(origin="https://links.example", allow_private=allow_private, resolver=Names(NAMES)) as door,
    ):
        hops = Hops(door, own_servers={OWN})
        documents = Documents(hops, knock=KNOCK)
        yield Desk(
            place=place,
            receiver=Receiver(blog=place.blog, config=config, database=database, clock=place.clock),
            verifier=Verifier(config=config, database=database, documents=documents, clock=place.clock),
            links=IssueLinks(blog=place.blog, config=config, database=database, clock=place.clock),
            sender=LinkbackSender(blog=place.blog, database=database, hops=hops, door=door, clock=place.clock),
        )
        await documents.close()
