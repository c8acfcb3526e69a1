"""A signed request -> `VerifiedActivity`, or a `Refusal`: the only place that can make one.

Order: shape, then all of the signature that needs no key, then the key, then who may say what. Nothing is handled,
stored or fetched for a request that fails, except the key itself (protocol sheet 2.2, security section A).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.activity.incoming import parse_activity, parse_note, peek
from bridge.activity.incoming_types import Announce, CreateNote, DeleteObject, Incoming, UpdateNote
from bridge.activity.json_text import read_json
from bridge.activity.remote_actor import KeyEntry, RemoteActor
from bridge.clock import Clock
from bridge.errors import (
    FetchError,
    FetchFailed,
    FetchGone,
    FetchNotFound,
    KeyUnavailable,
    Malformed,
    Unauthenticated,
)
from bridge.remote.actors import RemoteActors, public_key_of
from bridge.remote.budget import Budget
from bridge.remote.documents import Documents
from bridge.signature.request import SignatureFault, SignedRequest
from bridge.signature.verify import Claim, claim_of, prove
from bridge.store import actors as known_actors
from bridge.store.database import Database
from bridge.terms import ActorId, Document
from bridge.urls import same_origin

_SEAL = object()


@dataclass(frozen=True, kw_only=True)
class VerifiedActivity:
    """An activity whose sender is proven. Only `Authenticator.authenticate` makes one."""

    activity: Incoming
    actor: RemoteActor
    budget: Budget  #: what this activity may still fetch
    proof: str  #: signature, or refetch where the sender handed on another's activity
    seal: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("a VerifiedActivity is made by Authenticator.authenticate only")


class NothingToDo(Exception):
    """A Delete of an actor of whom we hold nothing: taken, with no fetch and no write (security S76)."""


@dataclass(frozen=True, kw_only=True)
class Authenticator:
    """Proves senders. `origin` is the public one from the configuration."""

    origin: str
    database: Database
    actors: RemoteActors
    documents: Documents
    clock: Clock

    async def authenticate(self, request: SignedRequest) -> VerifiedActivity:
        """Prove the sender. Raises Malformed, Unauthenticated, KeyUnavailable or NothingToDo."""
        document = read_json(request.body or b"")
        seen = peek(document)
        if seen.type == "Delete" and seen.object_id == seen.actor and not await self._is_known(seen.actor):
            raise NothingToDo
        try:
            claim = claim_of(request, origin=self.origin, now=self.clock())
        except SignatureFault as fault:
            raise Unauthenticated(f"{fault.check}: {fault.reason}") from fault
        activity = parse_activity(document)
        budget = Budget()
        signer = await self._signer(claim, budget)
        if signer.id == activity.actor:
            return VerifiedActivity(activity=activity, actor=signer, budget=budget, proof="signature", seal=_SEAL)
        return await self._from_origin(activity, budget)

    async def _is_known(self, actor_id: ActorId) -> bool:
        return await self.database.read(lambda tx: known_actors.is_known(tx, actor_id))

    async def _signer(self, claim: Claim, budget: Budget) -> RemoteActor:
        """The actor whose key made the signature; a key that does not fit is asked for once more (rotation)."""
        entry, owner = await self._key(claim, budget, fresh=False)
        try:
            prove(claim, public_key_of(entry))
        except SignatureFault:
            entry, owner = await self._key(claim, budget, fresh=True)
            try:
                prove(claim, public_key_of(entry))
            except SignatureFault as fault:
                raise Unauthenticated(f"{fault.check}: {fault.reason}") from fault
        return owner

    async def _key(self, claim: Claim, budget: Budget, *, fresh: bool) -> tuple[KeyEntry, RemoteActor]:
        try:
            return await self.actors.key(claim.key_id, budget, fresh=fresh)
        except FetchFailed as error:
            raise KeyUnavailable(f"key: {error}", retry_after=error.retry_after) from error
        except FetchError as error:
            raise Unauthenticated(f"key: {error}") from error

    async def _from_origin(self, activity: Incoming, budget: Budget) -> VerifiedActivity:
        """Somebody hands on what another said: only the other's own server can prove it (security S2, S25)."""
        proven: Incoming | None = None
        match activity:
            case CreateNote(note=note) | UpdateNote(note=note) if same_origin(note.id, activity.actor):
                proven = await self._refetched_note(activity, budget)
            case DeleteObject(object_id=object_id) if same_origin(object_id, activity.actor):
                proven = await self._confirmed_delete(activity, budget)
            case Announce() if activity.id is not None and same_origin(activity.id, activity.actor):
                proven = await self._refetched_announce(activity, budget)
        if proven is None:
            raise Unauthenticated("key: the key is not the actor's")
        actor = await self._actor(activity, budget)
        return VerifiedActivity(activity=proven, actor=actor, budget=budget, proof="refetch", seal=_SEAL)

    async def _actor(self, activity: Incoming, budget: Budget) -> RemoteActor:
        try:
            return await self.actors.actor(activity.actor, budget)
        except FetchFailed as error:
            raise KeyUnavailable(f"key: {error}", retry_after=error.retry_after) from error
        except FetchError as error:
            raise Unauthenticated(f"key: the actor cannot be had: {error}") from error

    async def _refetched(self, url: str, budget: Budget) -> Document:
        try:
            return await self.documents.fetch_document(url, budget=budget)
        except FetchFailed as error:
            raise KeyUnavailable(f"key: the origin cannot be asked: {error}", retry_after=error.retry_after) from error
        except FetchError as error:
            raise Unauthenticated(f"key: not the actor's, and its origin does not confirm it: {error}") from error

    async def _refetched_note(self, activity: CreateNote | UpdateNote, budget: Budget) -> Incoming | None:
        try:
            note = parse_note(await self._refetched(activity.note.id, budget))
        except Malformed as error:
            raise Unauthenticated(f"key: not the actor's, and its origin shows no post: {error}") from error
        if note.attributed_to != activity.actor or note.id != activity.note.id:
            return None
        return type(activity)(
            id=activity.id,
            actor=activity.actor,
            dedupe_key=activity.dedupe_key,
            published=activity.published,
            note=note,
        )

    async def _confirmed_delete(self, activity: DeleteObject, budget: Budget) -> Incoming | None:
        try:
            shown = await self.documents.fetch_document(activity.object_id, budget=budget)
        except (FetchGone, FetchNotFound):
            return activity
        except FetchFailed as error:
            raise KeyUnavailable(f"key: the origin cannot be asked: {error}", retry_after=error.retry_after) from error
        except FetchError as error:
            raise Unauthenticated(f"key: not the actor's, and its origin does not confirm it: {error}") from error
        return activity if shown.get("type") == "Tombstone" else None

    async def _refetched_announce(self, activity: Announce, budget: Budget) -> Incoming | None:
        again = parse_activity(await self._refetched(str(activity.id), budget))
        return again if isinstance(again, Announce) and again.actor == activity.actor else None
