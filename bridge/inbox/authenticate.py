"""A signed request -> `VerifiedActivity`, or a `Refusal`: the only place that can make one.

Order: shape, then all of the signature that needs no key, then the key, then who may say what. Nothing is handled,
stored or fetched for a request that fails, except the key itself (protocol sheet 2.2, security section A).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from bridge.activity.incoming import leaving, parse_activity, parse_note
from bridge.activity.incoming_types import (
    Announce,
    Block,
    CreateById,
    CreateNote,
    DeleteActor,
    DeleteObject,
    Follow,
    Incoming,
    Like,
    Undo,
    UpdateActor,
    UpdateById,
    UpdateNote,
)
from bridge.activity.json_text import read_json
from bridge.activity.remote_actor import KeyEntry, RemoteActor
from bridge.clock import Clock
from bridge.errors import (
    Blocked,
    FetchError,
    FetchFailed,
    FetchGone,
    FetchNotFound,
    KeyUnavailable,
    Malformed,
    Unauthenticated,
)
from bridge.pace import Pace
from bridge.remote.actors import RemoteActors, public_key_of
from bridge.remote.budget import Budget, BudgetSpent, Cause
from bridge.remote.documents import Documents
from bridge.signature.integrity_proof import ProofClaim, proof_claim, proves
from bridge.signature.request import SignatureFault, SignedRequest
from bridge.signature.verify import Claim, claim_of, prove
from bridge.store import actors as known_actors
from bridge.store import blocks
from bridge.store.database import Database
from bridge.terms import ActorId, Document, KeyId
from bridge.urls import BadUrl, host_of, same_origin

_SEAL = object()

#: What showed that the actor said it: its signature, its proof in a document that another passed on, its own server's
#: copy of what was passed on, or (for the Delete of an actor) its server's 410.
Proof = Literal["signature", "proof", "refetch", "gone"]

#: What people do again: because they undid it, or because they changed a thing once more.
_DONE_AGAIN = (Follow, Like, Announce, Block, Undo, UpdateNote, UpdateById, UpdateActor, DeleteObject)

#: Behind an id that is somebody else's word.
_HANDED_ON = "#handed-on"

_TRY_AGAIN = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class VerifiedActivity:
    """An activity whose sender is proven. Only `Authenticator.authenticate` makes one."""

    activity: Incoming
    actor: RemoteActor
    budget: Budget  #: what this activity may still fetch
    proof: Proof
    seal: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("a VerifiedActivity is made by Authenticator.authenticate only")


class NothingToDo(Exception):
    """The Delete or Update of an actor of whom we hold nothing: taken, with no fetch and no write (security S76)."""


@dataclass(frozen=True, kw_only=True)
class Authenticator:
    """Proves senders. `origin` is the public one from the configuration; `pace` is the one `receive` counts with."""

    origin: str
    database: Database
    actors: RemoteActors
    documents: Documents
    pace: Pace
    clock: Clock
    blog_id: int
    blocked: Sequence[str] = ()

    async def authenticate(self, request: SignedRequest, *, network: str = "") -> VerifiedActivity:
        """Prove the sender, who connects from `network`.

        Raises Malformed, Unauthenticated, Blocked, KeyUnavailable, TooMany or NothingToDo.
        """
        document = read_json(request.body or b"")
        if (actor_id := leaving(document)) is not None and not await self._is_known(actor_id):
            raise NothingToDo
        try:
            claim = claim_of(request, origin=self.origin, now=self.clock())
        except SignatureFault as fault:
            raise _wrong(fault) from fault
        self._check_pace(claim)
        activity = parse_activity(document)
        budget = Budget(cause=Cause(name=network))
        try:
            signer = await self._signer(claim, budget)
        except _KeyGone:
            if isinstance(activity, DeleteActor):
                return await self._gone(activity, claim, budget)
            raise
        budget = budget.caused_by(Cause(name=host_of(signer.id), is_proven=True))
        if signer.id == activity.actor:
            told = _told_apart(activity, claim)
            return VerifiedActivity(activity=told, actor=signer, budget=budget, proof="signature", seal=_SEAL)
        await self._check_block(activity.actor)
        return await self._proven(activity, document, budget) or await self._from_origin(activity, budget)

    def _check_pace(self, claim: Claim) -> None:
        """Stop a server that sends too much before its next request costs anything."""
        try:
            server = host_of(claim.key_id)
        except BadUrl as error:
            raise Unauthenticated("key: its id is no address") from error
        self.pace.check(server)

    async def _check_block(self, address: str) -> None:
        """Raise Blocked where the server of the address is blocked as a whole: it is not even asked for a key.

        A single person is judged when it has proven to be that person: whom the author blocks is for nobody to find
        out by asking in their name.
        """
        by = await self.database.read(lambda tx: blocks.holding(tx, self.blog_id, address, self.blocked))
        if by is not None and "://" not in by:
            raise Blocked(f"the author blocks {by}, so that nobody asked whether it is the sender")

    async def _is_known(self, actor_id: ActorId) -> bool:
        return await self.database.glance(lambda tx: known_actors.is_living(tx, actor_id))

    async def _signer(self, claim: Claim, budget: Budget) -> RemoteActor:
        """The actor whose key made the signature; a key that does not fit is asked for once more (rotation)."""
        purse = budget.left
        entry, owner = await self._key(claim.key_id, budget)
        try:
            prove(claim, public_key_of(entry))
        except SignatureFault as fault:
            if budget.left != purse:  # it was fetched this very moment
                raise _wrong(fault) from fault
            entry, owner = await self._key(claim.key_id, budget, fresh=True)
            try:
                prove(claim, public_key_of(entry))
            except SignatureFault as again:
                raise _wrong(again) from again
        return owner

    async def _key(self, key_id: KeyId, budget: Budget, *, fresh: bool = False) -> tuple[KeyEntry, RemoteActor]:
        if self.actors.may_fetch(key_id, fresh=fresh):
            await self._check_block(key_id)
        try:
            return await self.actors.key(key_id, budget, fresh=fresh)
        except FetchGone as error:
            raise _KeyGone(f"key: {error}") from error
        except FetchError as error:
            raise _refusal("the key cannot be had", error) from error

    async def _gone(self, delete: DeleteActor, claim: Claim, budget: Budget) -> VerifiedActivity:
        """An account deletes itself, and its key went first: its own server's 410 is proof enough; a 404 is not."""
        if claim.key_id.partition("#")[0] != delete.actor:
            try:
                await self.documents.fetch_document(delete.actor, budget=budget)
            except FetchGone:
                pass
            except FetchError as error:
                raise _refusal("the actor's server does not confirm that it is gone", error) from error
            else:
                raise Unauthenticated("key: it is gone, and its actor is not")
        actor = await self.database.read(lambda tx: known_actors.find(tx, delete.actor))
        if actor is None:
            raise NothingToDo
        return VerifiedActivity(activity=delete, actor=actor, budget=budget, proof="gone", seal=_SEAL)

    async def _proven(self, activity: Incoming, document: Document, budget: Budget) -> VerifiedActivity | None:
        """Somebody passes on what its author proved (FEP-8b32). A proof with any fault does not count (S27)."""
        proof = proof_claim(document, now=self.clock())
        if not isinstance(proof, ProofClaim) or proof.owner != activity.actor:
            return None
        purse = budget.left
        found = await self._proof_key(proof, budget, fresh=False)
        if found is None and budget.left == purse:
            found = await self._proof_key(proof, budget, fresh=True)
        if found is None:
            return None
        return VerifiedActivity(activity=activity, actor=found, budget=budget, proof="proof", seal=_SEAL)

    async def _proof_key(self, proof: ProofClaim, budget: Budget, *, fresh: bool) -> RemoteActor | None:
        """The actor, if it lists the key and the key made the proof."""
        try:
            entry, owner = await self._key(proof.key_id, budget, fresh=fresh)
            is_good = owner.id == proof.owner and proves(proof, public_key_of(entry))
        except (Unauthenticated, SignatureFault):
            return None
        return owner if is_good else None

    async def _from_origin(self, activity: Incoming, budget: Budget) -> VerifiedActivity:
        """Somebody passes on what another said: only the other's own server can prove it (security S2, S25)."""
        proven: Incoming | None = None
        match activity:
            case CreateNote(note=note) | UpdateNote(note=note) if same_origin(note.id, activity.actor):
                proven = await self._refetched_note(activity, budget)
            case CreateById(object_id=object_id) | UpdateById(object_id=object_id) if same_origin(
                object_id, activity.actor
            ):
                proven = await self._refetched_note(activity, budget)
            case DeleteObject(object_id=object_id) if same_origin(object_id, activity.actor):
                proven = await self._confirmed_delete(activity, budget)
            case Announce() if activity.id is not None and same_origin(activity.id, activity.actor):
                proven = await self._refetched_announce(activity, budget)
        if proven is None:
            raise Unauthenticated("key: the key is not the actor's")
        actor = await self._actor(activity, budget)
        told = _as_handed_on(proven)
        return VerifiedActivity(activity=told, actor=actor, budget=budget, proof="refetch", seal=_SEAL)

    async def _actor(self, activity: Incoming, budget: Budget) -> RemoteActor:
        try:
            return await self.actors.actor(activity.actor, budget)
        except FetchError as error:
            raise _refusal("the actor cannot be had", error) from error

    async def _refetched(self, url: str, budget: Budget) -> Document:
        try:
            return await self.documents.fetch_document(url, budget=budget)
        except FetchError as error:
            raise _refusal("not the actor's, and its origin does not confirm it", error) from error

    async def _refetched_note(
        self, activity: CreateNote | UpdateNote | CreateById | UpdateById, budget: Budget
    ) -> Incoming | None:
        """The activity with the post as its own server shows it; the copy that came is not looked at."""
        wanted = activity.note.id if isinstance(activity, CreateNote | UpdateNote) else activity.object_id
        try:
            note = parse_note(await self._refetched(wanted, budget))
        except Malformed as error:
            raise Unauthenticated(f"key: not the actor's, and its origin shows no post: {error}") from error
        if note.attributed_to != activity.actor or note.id != wanted:
            return None
        kind = CreateNote if isinstance(activity, CreateNote | CreateById) else UpdateNote
        return kind(
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
        except FetchError as error:
            raise _refusal("not the actor's, and its origin does not confirm it", error) from error
        return activity if shown.get("type") == "Tombstone" else None

    async def _refetched_announce(self, activity: Announce, budget: Budget) -> Incoming | None:
        try:
            again = parse_activity(await self._refetched(str(activity.id), budget))
        except Malformed as error:
            raise Unauthenticated(f"key: not the actor's, and its origin shows no boost: {error}") from error
        return again if isinstance(again, Announce) and again.actor == activity.actor else None


def _as_handed_on(proven: Incoming) -> Incoming:
    """What its origin confirms is true, but the id it came under is the word of who handed it on: it is not used up.

    Else somebody could take the ids that its author will use (`#delete`), and what the author says would be a repeat.
    """
    if isinstance(proven, Announce):  # it was itself read at its origin
        return proven
    return replace(proven, dedupe_key=f"{proven.dedupe_key} {_HANDED_ON}")


def _told_apart(activity: Incoming, claim: Claim) -> Incoming:
    """What is said once more is another thing, and was signed later; a replay was not (S14).

    That holds with an id and without: Pixelfed makes the ids of a follow and of its undo out of who follows whom,
    Ghost those of a like and of its undo out of what is liked, Friendica that of every edit out of what is edited.
    """
    if not isinstance(activity, _DONE_AGAIN):
        return activity
    return replace(activity, dedupe_key=f"{activity.dedupe_key} {claim.signed_at.isoformat()}")


class _KeyGone(Unauthenticated):
    """The key's address answered 410."""


def _wrong(fault: SignatureFault) -> Unauthenticated:
    return Unauthenticated(f"{fault.check}: {fault.reason}")


def _refusal(what: str, error: FetchError) -> Unauthenticated | KeyUnavailable:
    """503 where it may be had later, which our own spent budget says as well; else 401 (contract section 8)."""
    if isinstance(error, FetchFailed):
        return KeyUnavailable(f"key: {what}: {error}", retry_after=error.retry_after or _TRY_AGAIN)
    if isinstance(error, BudgetSpent):
        return KeyUnavailable(f"key: {what}: {error}", retry_after=_TRY_AGAIN)
    return Unauthenticated(f"key: {what}: {error}")
