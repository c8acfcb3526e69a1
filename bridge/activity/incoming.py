"""A document that claims to be an activity -> one of `incoming_types`, or Malformed.

The inbox calls it once for each request, `repair` for what it fetches. Nothing is trusted here and nothing fetched;
protocol sheet sections 5 and 7. `leaving` serves the short cut for the Delete of an unknown actor (7.1).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple, TypedDict

from bridge.activity import incoming_types as kinds
from bridge.activity import quirks
from bridge.activity.incoming_note import POST_TYPES, Note, parse_note, recipients, visibility_of
from bridge.activity.incoming_types import Incoming
from bridge.activity.plain_text import several_lines
from bridge.activity.remote_actor import ACTOR_TYPES, RemoteActor, remote_actor_from
from bridge.activity.shapes import (
    embedded,
    first,
    id_of,
    ids_of,
    is_link,
    moment_of,
    optional_id,
    required_id,
    type_of,
    web_url,
)
from bridge.activity.wire_names import plain_keys
from bridge.errors import Malformed
from bridge.terms import ActivityId, ActorId, Document, ObjectId

__all__ = ["Peek", "leaving", "parse_activity", "parse_note", "peek"]

MOST_REPORTED = 100
LONGEST_REPORT = 5000
_OF_ONESELF = frozenset({"Delete", "Update"})


class Peek(NamedTuple):
    """Who claims to say what of what: all that the record keeps of a request that was refused."""

    type: str
    actor: ActorId
    object_id: str | None


def peek(document: Document) -> Peek:
    """Look at type, actor and object only. Raises Malformed."""
    document = plain_keys(document)
    return Peek(type_of(document), ActorId(required_id(document, "actor")), id_of(document.get("object")))


def leaving(document: Document) -> ActorId | None:
    """Whose account deletes or changes itself, which is told to every server there is; None for all else.

    Raises Malformed for what is not an activity, whatever its type.
    """
    document = plain_keys(document)
    kind, actor = type_of(document), required_id(document, "actor")
    return ActorId(actor) if kind in _OF_ONESELF and id_of(document.get("object")) == actor else None


def parse_activity(document: Document) -> Incoming:
    """Read an activity. A type that we do not know is `Unknown`; raises Malformed for what is not an activity."""
    document = plain_keys(document)
    kind = type_of(document)
    envelope = _envelope(document, kind)
    read = _READERS.get(kind)
    if read is None:
        return kinds.Unknown(**envelope, type=kind, object_type=_object_type(document))
    return read(document, envelope)


class _Envelope(TypedDict):
    """What every activity has."""

    id: ActivityId | None
    actor: ActorId
    dedupe_key: str
    published: datetime | None


_Reader = Callable[[Document, _Envelope], Incoming]


def _envelope(document: Document, kind: str) -> _Envelope:
    actor = ActorId(required_id(document, "actor"))
    activity_id, published = document.get("id"), document.get("published")
    if activity_id is not None and not isinstance(activity_id, str):
        raise Malformed("'id' is no text")
    if web_url(activity_id) is None:
        activity_id = None
    return _Envelope(
        id=ActivityId(activity_id) if activity_id else None,
        actor=actor,
        dedupe_key=activity_id or _synthetic_key(document, kind, actor),
        published=moment_of(published),
    )


def _synthetic_key(document: Document, kind: str, actor: ActorId) -> str:
    """Stands for the id where GoToSocial's Delete or an old Pleroma's Like has none."""
    value = document.get("object")
    what = id_of(value) or value
    told = json.dumps([actor, kind, what, document.get("id"), document.get("published")], sort_keys=True)
    return f"sha256:{hashlib.sha256(told.encode()).hexdigest()}"


def _object_id(document: Document) -> ObjectId:
    return ObjectId(required_id(document, "object"))


def _object_type(document: Document) -> str | None:
    """The type of the embedded object; None where there is none, only a Link to it, or it has no type."""
    found = embedded(document.get("object"))
    if found is None or is_link(found):
        return None
    try:
        return type_of(found)
    except Malformed:
        return None


# --- posts and profiles ---


def _create(document: Document, envelope: _Envelope) -> Incoming:
    kind = _object_type(document)
    if kind in POST_TYPES:
        return kinds.CreateNote(**envelope, note=_embedded_note(document, envelope["actor"]))
    if kind is None:
        return kinds.CreateById(**envelope, object_id=_object_id(document))
    return kinds.Unknown(**envelope, type="Create", object_type=kind)


def _update(document: Document, envelope: _Envelope) -> Incoming:
    kind = _object_type(document)
    if kind in POST_TYPES:
        return kinds.UpdateNote(**envelope, note=_embedded_note(document, envelope["actor"]))
    if kind in ACTOR_TYPES:
        subject = ActorId(_object_id(document))
        return kinds.UpdateActor(**envelope, subject=subject, profile=_whole_profile(document))
    if kind is not None:
        return kinds.Unknown(**envelope, type="Update", object_type=kind)
    object_id = required_id(document, "object")
    if object_id == envelope["actor"]:
        return kinds.UpdateActor(**envelope, subject=envelope["actor"], profile=None)
    return kinds.UpdateById(**envelope, object_id=ObjectId(object_id))


def _embedded_note(document: Document, actor: ActorId) -> Note:
    post = plain_keys(embedded(document["object"]) or {})
    # Activity and object carry the same audience; where the object has none, the activity's is meant (AP 6.2).
    if not post.get("to") and not post.get("cc"):
        post = {**post, "to": document.get("to"), "cc": document.get("cc")}
    return parse_note(post, author=actor)


def _whole_profile(document: Document) -> RemoteActor | None:
    try:
        return remote_actor_from(embedded(document["object"]) or {})
    except Malformed:
        return None


def _delete(document: Document, envelope: _Envelope) -> Incoming:
    object_id = required_id(document, "object")
    if object_id == envelope["actor"]:
        return kinds.DeleteActor(**envelope)
    former = embedded(document["object"]) or {}
    named = first(former.get("formerType")) if _object_type(document) == "Tombstone" else _object_type(document)
    former_type = named if isinstance(named, str) else None
    return kinds.DeleteObject(**envelope, object_id=ObjectId(object_id), former_type=former_type)


# --- relations between actors ---


def _follow(document: Document, envelope: _Envelope) -> Incoming:
    return kinds.Follow(**envelope, target=_object_id(document))


def _accept(document: Document, envelope: _Envelope) -> Incoming:
    return kinds.AcceptActivity(**envelope, answered=_answered(document), answered_type=_object_type(document))


def _reject(document: Document, envelope: _Envelope) -> Incoming:
    return kinds.RejectActivity(**envelope, answered=_answered(document), answered_type=_object_type(document))


def _answered(document: Document) -> ActivityId | None:
    found = id_of(document.get("object"))
    return ActivityId(found) if found else None


def _block(document: Document, envelope: _Envelope) -> Incoming:
    return kinds.Block(**envelope, target=_object_id(document))


def _move(document: Document, envelope: _Envelope) -> Incoming:
    subject = optional_id(document, "object") or envelope["actor"]
    return kinds.Move(**envelope, subject=ActorId(subject), target=ActorId(required_id(document, "target")))


def _flag(document: Document, envelope: _Envelope) -> Incoming:
    return kinds.Flag(
        **envelope,
        object_ids=ids_of(document.get("object"), MOST_REPORTED),
        content=several_lines(quirks.lemmy_report(document), LONGEST_REPORT),
    )


# --- reactions ---


def _like(document: Document, envelope: _Envelope) -> Incoming:
    return kinds.Like(**envelope, object_id=_object_id(document), content=quirks.misskey_reaction(document))


def _dislike(document: Document, envelope: _Envelope) -> Incoming:
    return kinds.Dislike(**envelope, object_id=_object_id(document))


def _announce(document: Document, envelope: _Envelope) -> Incoming:
    inner = quirks.lemmy_wrapped_activity(first(document.get("object")))
    to, cc = recipients(document.get("to")), recipients(document.get("cc"))
    # Without any audience nothing was narrowed: a boost is public by nature.
    is_public = not (to or cc) or visibility_of(to, cc) in ("public", "unlisted")
    if inner is None:
        return kinds.Announce(**envelope, object_id=_object_id(document), is_public=is_public)
    inner_id, inner_actor = web_url(inner.get("id")), id_of(inner.get("actor"))
    inner_object = id_of(inner.get("object"))
    return kinds.AnnounceActivity(
        **envelope,
        inner_type=type_of(inner),
        inner_id=ActivityId(inner_id) if inner_id else None,
        inner_actor=ActorId(inner_actor) if inner_actor else None,
        inner_object_id=ObjectId(inner_object) if inner_object else None,
        is_public=is_public,
    )


def _undo(document: Document, envelope: _Envelope) -> Incoming:
    inner, kind = embedded(document.get("object")), _object_type(document)
    if inner is None or kind is None:  # named only, as a text or as `{"id": ...}`
        undone = ActivityId(_object_id(document))
        return kinds.Undo(**envelope, undone=undone, undone_type=None, undone_actor=None)
    inner = plain_keys(inner)
    undone_id, actor = web_url(inner.get("id")), id_of(inner.get("actor"))
    undo = _Undone(
        undone=ActivityId(undone_id) if undone_id else None,
        undone_type=kind,
        undone_actor=ActorId(actor) if actor else None,
    )
    target = id_of(inner.get("object"))
    object_id = ObjectId(target) if target else None
    match kind:
        case "Follow":
            return kinds.UndoFollow(**envelope, **undo, target=target)
        case "Like" | "EmojiReact":
            return kinds.UndoLike(**envelope, **undo, object_id=object_id)
        case "Dislike":
            return kinds.UndoDislike(**envelope, **undo, object_id=object_id)
        case "Announce":
            return kinds.UndoAnnounce(**envelope, **undo, object_id=object_id)
        case "Block":
            return kinds.UndoBlock(**envelope, **undo, target=target)
        case "Delete" | "Remove" if "target" not in inner:  # with one, it is of somebody's collection
            return kinds.UndoDelete(**envelope, **undo, object_id=object_id)
    return kinds.Undo(**envelope, **undo)


class _Undone(TypedDict):
    undone: ActivityId | None
    undone_type: str | None
    undone_actor: ActorId | None


# --- requests and collections ---


def _quote_request(document: Document, envelope: _Envelope) -> Incoming:
    instrument = embedded(document.get("instrument"))
    quote = None
    if instrument is not None:
        with suppress(Malformed):
            quote = parse_note(instrument, author=envelope["actor"])
    return kinds.QuoteRequest(
        **envelope, object_id=_object_id(document), instrument_id=_instrument(document), quote=quote
    )


def _reply_request(document: Document, envelope: _Envelope) -> Incoming:
    return kinds.ReplyRequest(**envelope, object_id=_object_id(document), instrument_id=_instrument(document))


def _like_request(document: Document, envelope: _Envelope) -> Incoming:
    return kinds.LikeRequest(**envelope, object_id=_object_id(document), instrument_id=_instrument(document))


def _announce_request(document: Document, envelope: _Envelope) -> Incoming:
    return kinds.AnnounceRequest(**envelope, object_id=_object_id(document), instrument_id=_instrument(document))


def _instrument(document: Document) -> ObjectId:
    return ObjectId(required_id(document, "instrument"))


def _add(document: Document, envelope: _Envelope) -> Incoming:
    return kinds.Add(**envelope, object_id=_object_id(document), target=id_of(document.get("target")))


def _remove(document: Document, envelope: _Envelope) -> Incoming:
    return kinds.Remove(**envelope, object_id=_object_id(document), target=id_of(document.get("target")))


_READERS: Mapping[str, _Reader] = {
    "Accept": _accept,
    "Add": _add,
    "Announce": _announce,
    "AnnounceRequest": _announce_request,
    "Block": _block,
    "Create": _create,
    "Delete": _delete,
    "Dislike": _dislike,
    "EmojiReact": _like,
    "Flag": _flag,
    "Follow": _follow,
    "Like": _like,
    "LikeRequest": _like_request,
    "Move": _move,
    "QuoteRequest": _quote_request,
    "Reject": _reject,
    "Remove": _remove,
    "ReplyRequest": _reply_request,
    "Undo": _undo,
    "Update": _update,
}
