"""An actor id or a keyId -> the actor, and the key proven to be the actor's: from memory, the store or the network.

`inbox.authenticate` asks for keys; handlers, delivery and outbox ask for actors. Protocol sheet section 2.2, SWICG
"ActivityPub and HTTP Signatures", FEP-fe34; security S3 to S7, S23, S24, S61, S64.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from bridge.activity.remote_actor import KeyEntry, RemoteActor, is_in_document_of, key_from, remote_actor_from
from bridge.activity.shapes import ids_of
from bridge.activity.wire_names import plain_keys
from bridge.clock import utc_now
from bridge.errors import FetchError, FetchUnusable, Malformed
from bridge.remote.budget import Budget, BudgetSpent
from bridge.remote.documents import Documents
from bridge.remote.failures import Failures, Lately
from bridge.remote.flights import Flights
from bridge.remote.hops import Hops
from bridge.signature.keys import PublicKey, public_key_from_multibase, public_key_from_pem
from bridge.signature.request import SignatureFault
from bridge.store import actors as known_actors
from bridge.store.database import Database, Transaction
from bridge.terms import ActorId, Document, KeyId

T = TypeVar("T")

_MOST_REMEMBERED = 5_000
_REMEMBERED_SECONDS = 300.0
_MOST_LISTED = 16


@lru_cache(maxsize=_MOST_REMEMBERED)
def public_key_of(entry: KeyEntry) -> PublicKey:
    """The key object, kept, because reading one costs more than verifying with it. Raises SignatureFault (S24)."""
    return public_key_from_pem(entry.material) if entry.kind == "rsa" else public_key_from_multibase(entry.material)


class RemoteActors:
    """Everybody elsewhere. A key that is asked for writes nothing: a mere claim to be somebody leaves no trace."""

    def __init__(
        self,
        documents: Documents,
        hops: Hops,
        database: Database,
        *,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._documents = documents
        self._hops = hops
        self._database = database
        self._now = now
        self._flights = Flights()
        self._failures = Failures(clock=clock)
        self._refetched = Lately(clock=clock)
        self._remembered = _Remembered(clock)

    async def close(self) -> None:
        """Stop what is under way."""
        await self._flights.close()

    async def actor(self, actor_id: ActorId, budget: Budget, *, fresh: bool = False) -> RemoteActor:
        """The actor of exactly this id: as stored, else (or with `fresh`) fetched and stored.

        Raises FetchNotFound, FetchGone and the other FetchErrors; what failed lately is not asked again.
        """
        if not fresh and (known := await self._stored(actor_id)):
            return known
        return await self._once("actor", actor_id, budget, lambda: self._fetch_actor(actor_id, budget, fresh=fresh))

    async def key(self, key_id: KeyId, budget: Budget, *, fresh: bool = False) -> tuple[KeyEntry, RemoteActor]:
        """The key of this id and the actor whose it is, proven both ways. Stores nothing: `keep` does, once it counts.

        `fresh` is for a signature that does not match: the key may have been changed without a word. It is fetched
        again once in ten minutes; else the known one is given. Raises FetchNotFound, FetchGone (which tell
        different things of an actor that is deleted), FetchFailed, FetchUnusable, FetchRefused.
        """
        is_refetch = fresh and self._refetched.add(key_id)
        if not is_refetch and (known := await self._known(key_id)):
            return known
        return await self._once("key", key_id, budget, lambda: self._fetch_key(key_id, budget, fresh=is_refetch))

    def may_fetch(self, key_id: KeyId, *, fresh: bool = False) -> bool:
        """Whether `key` would look further than into the memory, and so perhaps ask the key's server."""
        return not self._refetched.has(key_id) if fresh else self._remembered.find(key_id) is None

    def keep(self, tx: Transaction, actor: RemoteActor) -> None:
        """Store an actor that `key` fetched, now that its signature is verified and it is not a blocked one.

        What the store itself gave, or knows better since (`forget`), is left as it is. `kept` follows the commit.
        """
        if self._remembered.is_stored(actor):
            return
        proven = self._remembered.unstored_keys(actor)
        if proven is not None or not known_actors.is_known(tx, actor.id):
            known_actors.record(tx, actor, now=self._now(), proven=proven or ())

    def is_fresh(self, actor: RemoteActor) -> bool:
        """Whether the actor was fetched just now for its key, and is not stored yet."""
        return self._remembered.unstored_keys(actor) is not None

    def kept(self, actor: RemoteActor) -> None:
        """What `keep` wrote is committed, so it need not be written again."""
        self._remembered.mark_stored(actor)

    def forget(self, actor_id: ActorId) -> None:
        """Drop what is remembered of an actor, because the store knows better by now (Update, Delete)."""
        self._remembered.drop(actor_id)

    async def _stored(self, actor_id: ActorId) -> RemoteActor | None:
        return await self._database.read(lambda tx: known_actors.find(tx, actor_id))

    async def _known(self, key_id: KeyId) -> tuple[KeyEntry, RemoteActor] | None:
        if (remembered := self._remembered.find(key_id)) is not None:
            return remembered
        actor = await self._database.read(lambda tx: known_actors.find_by_key(tx, key_id))
        if actor is None:
            return None
        self._remembered.add(actor, proven=key_id, is_stored=True)
        return self._remembered.find(key_id)

    async def _once(self, kind: str, wanted: str, budget: Budget, fetch: Callable[[], Awaitable[T]]) -> T:
        """Fetch, unless it failed lately; together with others who want it now. `kind` keeps keys and actors apart."""
        server = self._hops.judge(wanted).authority
        name = f"{kind} {wanted}"
        self._failures.check(name, server, budget.cause)
        try:
            return await self._flights.join(name, fetch)
        except BudgetSpent:
            raise
        except FetchError as error:
            self._failures.add(name, server, error, budget.cause)
            raise

    async def _fetch_actor(self, actor_id: ActorId, budget: Budget, *, fresh: bool) -> RemoteActor:
        # Another fetch may have landed between the look into the store and the start of this one.
        if not fresh and (known := await self._stored(actor_id)):
            return known
        actor = _actor_from(await self._documents.fetch_document(actor_id, budget=budget), actor_id)
        if await self._stored(actor_id) != actor:
            await self._database.write(lambda tx: known_actors.record(tx, actor, now=self._now()))
        self._remembered.add(actor, is_stored=True)
        return actor

    async def _fetch_key(self, key_id: KeyId, budget: Budget, *, fresh: bool) -> tuple[KeyEntry, RemoteActor]:
        if not fresh and (remembered := self._remembered.find(key_id)) is not None:
            return remembered
        entry, actor = await self._proven_key(key_id, budget)
        self._remembered.add(actor, proven=key_id, is_stored=False)
        return entry, actor

    async def _proven_key(self, key_id: KeyId, budget: Budget) -> tuple[KeyEntry, RemoteActor]:
        document = await self._documents.fetch_document(key_id, budget=budget)
        try:
            entry = key_from(document, key_id=key_id)
            key = public_key_of(entry)
        except (Malformed, SignatureFault) as error:
            raise FetchUnusable(f"{key_id}: {error}") from error
        if document.get("id") != entry.owner:
            # A key that stands alone: its owner must list the same key, or anybody could name anybody.
            document = await self._documents.fetch_document(entry.owner, budget=budget)
        actor = _actor_from(document, entry.owner)
        listed = actor.key(key_id)
        if listed is None and _refers_to(document, key_id):
            return entry, replace(actor, keys=(*actor.keys, entry))
        # The listed entry may be written differently, but it must be the same key.
        if listed is None or not _is_same_key(listed, key):
            raise FetchUnusable(f"{entry.owner} does not list the key {key_id} that claims to be its own")
        return listed, actor


def _actor_from(document: Document, wanted: ActorId) -> RemoteActor:
    try:
        actor = remote_actor_from(document)
    except Malformed as error:
        raise FetchUnusable(f"{wanted}: {error}") from error
    if actor.id != wanted:
        raise FetchUnusable(f"{wanted} is the address of {actor.id}, not its id")
    return actor


def _is_same_key(entry: KeyEntry, key: PublicKey) -> bool:
    try:
        return public_key_of(entry) == key
    except SignatureFault:
        return False


def _refers_to(document: Document, key_id: KeyId) -> bool:
    """Whether an actor lists a key by its id alone."""
    plain = plain_keys(document)
    return any(key_id in ids_of(plain.get(place), _MOST_LISTED) for place in ("publicKey", "assertionMethod"))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Held:
    """An actor in memory. `keys` are the ids that lead to it, `ends` is when it is forgotten."""

    actor: RemoteActor
    keys: frozenset[KeyId]
    is_stored: bool
    ends: float

    def holds(self, actor: RemoteActor) -> bool:
        """Whether it is exactly this; nearly always it is the same object, and two dozen fields need no look."""
        return self.actor is actor or self.actor == actor


class _Remembered:
    """The actors of lately used keys, so that a known sender costs no look into the database."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._actors: OrderedDict[ActorId, _Held] = OrderedDict()
        self._owners: dict[KeyId, ActorId] = {}

    def find(self, key_id: KeyId) -> tuple[KeyEntry, RemoteActor] | None:
        """The key and its owner, if remembered within the last minutes."""
        owner = self._owners.get(key_id)
        if owner is None:
            return None
        held = self._actors[owner]
        entry = held.actor.key(key_id)
        return (entry, held.actor) if entry and self._clock() < held.ends else None

    def is_stored(self, actor: RemoteActor) -> bool:
        """Whether exactly this is known to be in the database."""
        held = self._actors.get(actor.id)
        return held is not None and held.is_stored and held.holds(actor)

    def unstored_keys(self, actor: RemoteActor) -> frozenset[KeyId] | None:
        """The proven keys of an actor that is held as it was fetched and not stored yet; None for any other."""
        held = self._actors.get(actor.id)
        return held.keys if held is not None and not held.is_stored and held.holds(actor) else None

    def mark_stored(self, actor: RemoteActor) -> None:
        """The database has exactly this."""
        if self.unstored_keys(actor) is not None:
            self._actors[actor.id] = replace(self._actors[actor.id], is_stored=True)

    def add(self, actor: RemoteActor, *, is_stored: bool, proven: KeyId | None = None) -> None:
        """Remember an actor by its keys, in place of what was remembered before.

        Of the keys that are outside its own document only the `proven` one counts: an actor may list the key of
        another as its own, and would shut that one out.
        """
        self.drop(actor.id)
        listed = {entry.id for entry in actor.keys}
        keys = frozenset(key_id for key_id in listed if key_id == proven or is_in_document_of(actor.id, key_id))
        ends = self._clock() + _REMEMBERED_SECONDS
        self._actors[actor.id] = _Held(actor=actor, keys=keys, is_stored=is_stored, ends=ends)
        self._owners.update(dict.fromkeys(keys, actor.id))
        if len(self._actors) > _MOST_REMEMBERED:
            self.drop(next(iter(self._actors)))

    def drop(self, actor_id: ActorId) -> None:
        """Forget the actor and its keys."""
        if actor_id in self._actors:
            for key_id in self._actors.pop(actor_id).keys:
                if self._owners.get(key_id) == actor_id:
                    del self._owners[key_id]
