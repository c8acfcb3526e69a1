"""An address in an activity -> what its own server shows there; asked before the transaction, on the budget.

For handlers that hear of a thing from somebody else: a copy is never believed (security S25, S34).
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.activity.incoming_note import Note, parse_note
from bridge.activity.quirks import activity_named_by_group
from bridge.activity.remote_actor import RemoteActor
from bridge.errors import FetchUnusable, Malformed, TooMany
from bridge.remote.actors import RemoteActors
from bridge.remote.budget import Budget
from bridge.remote.documents import Documents
from bridge.remote.target_pace import TargetBusy
from bridge.terms import ActorId
from bridge.urls import same_origin


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The two doors a handler may use."""

    documents: Documents
    actors: RemoteActors

    async def post(self, address: str, budget: Budget) -> tuple[Note, RemoteActor]:
        """The post at the address with its author, each vouched for by its own origin; or the one told of there.

        Raises FetchError, and TooMany where its server was asked too often for others: then the sender comes again.
        """
        try:
            document = await self.documents.fetch_document(address, budget=budget)
            if (told := activity_named_by_group(document)) is not None:
                document = await self.documents.fetch_document(told, budget=budget)
            note = parse_note(document)
        except TargetBusy as error:
            raise _later(error) from error
        except Malformed as error:
            raise FetchUnusable(f"{address} is no post: {error}") from error
        if not same_origin(note.id, note.attributed_to):
            raise FetchUnusable(f"{address} names an author of another server, {note.attributed_to}")
        return note, await self.actor(note.attributed_to, budget)

    async def actor(self, actor_id: ActorId, budget: Budget, *, fresh: bool = False) -> RemoteActor:
        """The actor, as stored or fetched. Raises FetchError, or TooMany as `post`."""
        try:
            return await self.actors.actor(actor_id, budget.deeper(), fresh=fresh)
        except TargetBusy as error:
            raise _later(error) from error


def _later(error: TargetBusy) -> TooMany:
    return TooMany(str(error), retry_after=error.retry_after)
