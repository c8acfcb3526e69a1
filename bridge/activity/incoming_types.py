"""What strangers say to us, as types: one class for each kind of activity.

`activity.incoming` makes them, the handlers of `inbox` and `repair` read them. Addresses in them are well formed and
nothing more: whether an actor may touch an object is the handler's question. Texts are cleaned and capped, but
`Note.content_html` is foreign HTML that must pass the sanitiser before anybody sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.activity.incoming_note import Note
from bridge.activity.remote_actor import RemoteActor
from bridge.terms import ActivityId, ActorId, ObjectId


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """Any activity. Two with the same actor and `dedupe_key` are one (security S14)."""

    id: ActivityId | None
    actor: ActorId
    dedupe_key: str  #: the id; without one a hash of actor, type, object and time
    published: datetime | None  #: as the sender says; it may lie


@dataclass(frozen=True, kw_only=True, slots=True)
class Follow(Incoming):
    """`target` may be any address of ours: some servers name the profile page."""

    target: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer(Incoming):
    """An answer to an activity of ours. `answered_type` is known only where that was embedded."""

    answered: ActivityId | None
    answered_type: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AcceptActivity(Answer):
    """Accept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectActivity(Answer):
    """Reject."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateNote(Incoming):
    """A new post, embedded."""

    note: Note


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateNote(Incoming):
    """An edited post, embedded."""

    note: Note


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateById(Incoming):
    """A new post that must be fetched to be known."""

    object_id: ObjectId


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateById(Incoming):
    """Something edited that must be fetched to be known."""

    object_id: ObjectId


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateActor(Incoming):
    """An edited profile. `profile` is None where what came is not whole, so that it must be fetched."""

    subject: ActorId
    profile: RemoteActor | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteObject(Incoming):
    """`former_type` where a Tombstone or the object itself says so."""

    object_id: ObjectId
    former_type: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteActor(Incoming):
    """An account deletes itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Like(Incoming):
    """A like. With `content` it is an emoji reaction (EmojiReact; Misskey's and Pleroma's Like)."""

    object_id: ObjectId
    content: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dislike(Incoming):
    """Friendica and Lemmy."""

    object_id: ObjectId


@dataclass(frozen=True, kw_only=True, slots=True)
class Announce(Incoming):
    """A boost. Of an embedded object only the id is kept; its author's server must say what it is (S25)."""

    object_id: ObjectId
    is_public: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class AnnounceActivity(Incoming):
    """A group passes on an activity of another (FEP-1b12, Lemmy). Nothing in it is proven."""

    inner_type: str
    inner_id: ActivityId | None
    inner_actor: ActorId | None
    inner_object_id: ObjectId | None
    is_public: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Undo(Incoming):
    """An undo of which only the id of the undone is known, or of a type we do not undo.

    `undone_actor` is what the embedded activity claims; a handler compares it with the sender (S39).
    """

    undone: ActivityId | None
    undone_type: str | None
    undone_actor: ActorId | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoFollow(Undo):
    """`target` as in Follow."""

    target: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoLike(Undo):
    """Also of an EmojiReact."""

    object_id: ObjectId | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoDislike(Undo):
    """Not of a like: whoever took a dislike back and likes now, likes."""

    object_id: ObjectId | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoAnnounce(Undo):
    """An unboost."""

    object_id: ObjectId | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoDelete(Undo):
    """A post that was deleted, or removed, is back (Lemmy, PieFed)."""

    object_id: ObjectId | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoBlock(Undo):
    """Somebody ends a block."""

    target: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Block(Incoming):
    """Somebody blocks an actor, mostly us."""

    target: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Move(Incoming):
    """`subject` moves to `target`; believed only if it is the actor and the target knows it (S40)."""

    subject: ActorId
    target: ActorId


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag(Incoming):
    """A report to the moderator, sent by a server's instance actor."""

    object_ids: tuple[str, ...]
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class InteractionRequest(Incoming):
    """Somebody asks for permission to do something with a post of ours; `instrument` is what they would publish."""

    object_id: ObjectId
    instrument_id: ObjectId


@dataclass(frozen=True, kw_only=True, slots=True)
class QuoteRequest(InteractionRequest):
    """FEP-044f; `quote` where the quoting post is embedded."""

    quote: Note | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyRequest(InteractionRequest):
    """GoToSocial."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LikeRequest(InteractionRequest):
    """GoToSocial."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnnounceRequest(InteractionRequest):
    """GoToSocial."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Add(Incoming):
    """Somebody puts an object into a collection, such as a pinned post."""

    object_id: ObjectId
    target: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Remove(Incoming):
    """The reverse of Add."""

    object_id: ObjectId
    target: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown(Incoming):
    """An activity that we take and ignore; `type` and `object_type` say in the record what it was."""

    type: str
    object_type: str | None
