from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from bridge.delivery.bring_up_to_date import BringUpToDate
from bridge.delivery.lanes import Lanes
from bridge.delivery.ledger import Ledger
from bridge.delivery.send import Sender
from bridge.remote.door import Door
from bridge.signature.keys import Signer, private_key
from bridge.store import deliveries, published
from bridge.store.database import Database, Transaction
from bridge.store.deliveries import Standing
from bridge.store.published import NewActivity
from bridge.terms import ActivityId, InboxUrl, KeyId, ObjectId
from bridge.urls import host_of
from tests.support.clocks import Clock
from tests.support.engines import NOW
from tests.support.local_servers import Peer, serving

OURS = "127.0.0.1:8931"
_KEY = private_key(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@dataclass
class Office:
    """A database and everything that sends from it."""

    database: Database
    clock: Clock
    sender: Sender
    deliver: BringUpToDate
    numbers: list[int] = field(default_factory=list)

    async def post(self, inbox: str, kind: str = "Create", *, object_id: str = "https://links.example/object/1") -> int:
        """Put one activity for one inbox into the ledger; its number."""

        def write(tx: Transaction) -> int:
            name = f"https://links.example/activity/{len(self.numbers)}"
            body = f'{{"id": "{name}", "type": "{kind}"}}'.encode()
            number = published.add_activity(
                tx,
                NewActivity(id=ActivityId(name), blog_id=1, type=kind, body=body, object_id=ObjectId(object_id)),
                now=self.clock(),
            )
            deliveries.add(
                tx,
                1,
                activity=number,
                issue_id=None,
                object_id=object_id,
                inboxes=[(InboxUrl(inbox), host_of(inbox))],
                priority=0,
                now=self.clock(),
            )
            return number

        number = await self.database.write(write)
        self.numbers.append(number)
        return number

    async def ledger(self) -> list[Standing]:
        """What the ledger says, oldest first."""
        return list(reversed(await self.database.read(lambda tx: deliveries.standings(tx, 1))))

    async def states(self) -> list[str]:
        """The states only."""
        return [row.state for row in await self.ledger()]


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    """A sender that may talk to this machine."""
    async with Door(origin="https://links.example", allow_private=True) as door:
        signer = Signer(key_id=KeyId("https://links.example/actor/t#main-key"), key=_KEY)
        made = Sender(door=door, signer=signer, own_host=OURS, clock=Clock(NOW))
        yield made
        made.close()


@pytest.fixture
async def office(database: Database, sender: Sender) -> Office:
    clock = Clock(NOW)
    deliver = BringUpToDate(
        ledger=Ledger(database, blog_id=1, blocked=["blocked.example"], clock=clock),
        sender=sender,
        lanes=Lanes(8, aside=8),
        give_up_after=timedelta(days=4),
        clock=clock,
    )
    return Office(database=database, clock=clock, sender=sender, deliver=deliver)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """Another server; its inboxes answer 404 until they are told otherwise."""
    async with serving() as one:
        yield one
