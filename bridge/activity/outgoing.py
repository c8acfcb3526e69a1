"""Objects of ours -> the activities that carry them, and any document -> its bytes on the wire.

`outbox` makes Create, Update and Delete, `inbox` Accept and Reject. An activity has the audience of its
object, and no id changes when it is sent again. ActivityPub sections 6 and 7, docs/federation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from bridge.activity.context import with_context
from bridge.activity.incoming_types import InteractionRequest
from bridge.clock import wire_time
from bridge.terms import ActivityId, ActorId, Document, ObjectId

#: What changes without anything that a follower sees: times, and the conversation's counts and addresses.
_UNSEEN = frozenset({"@context", "updated", "replies", "likes", "shares", "context"})


def wire_bytes(document: Document) -> bytes:
    """The document as it travels: compact UTF-8, keys in their order, so that equal documents are equal bytes."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def federated_digest(document: Document) -> str:
    """Name what followers see of an object: the same digest, no Update."""
    seen = {key: value for key, value in document.items() if key not in _UNSEEN}
    canonical = json.dumps(seen, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def create_of(document: Document, activity_id: ActivityId) -> Document:
    """Tell of a new object."""
    return _about(document, activity_id, "Create", document["published"])


def update_of(document: Document, activity_id: ActivityId) -> Document:
    """Tell of a changed object. It must carry a newer `updated`: Mastodon takes an edit only with one."""
    return _about(document, activity_id, "Update", document["updated"])


def retold_of(told: Document, document: Document) -> Document | None:
    """A Create or Update with its object as that is now; None where it says just that."""
    if told["object"].get("updated") == document.get("updated"):
        return None
    about = create_of if told["type"] == "Create" else update_of
    return about(document, ActivityId(told["id"]))


def delete_of(document: Document, activity_id: ActivityId, *, deleted: datetime) -> Document:
    """Take an object back, from everybody who got it."""
    tombstone = {key: document[key] for key in ("id", "attributedTo", "to", "cc")} | {"type": "Tombstone"}
    activity = _about(tombstone, activity_id, "Delete", wire_time(deleted))
    return activity | {"object": {"id": document["id"], "type": "Tombstone"}}


def tombstone_of(document: Document, *, deleted: datetime) -> Document:
    """What is at the id of a deleted object, with status 410."""
    return with_context(
        {
            "id": document["id"],
            "type": "Tombstone",
            "formerType": document["type"],
            "published": document["published"],
            "deleted": wire_time(deleted),
        }
    )


def accept_of(follow: Document, activity_id: ActivityId, *, actor: ActorId) -> Document:
    """Let a follower in. `follow` goes back as it came: Mastodon finds it by its id and type."""
    return _answer(follow, activity_id, "Accept", actor)


def reject_of(follow: Document, activity_id: ActivityId, *, actor: ActorId) -> Document:
    """Turn a follower away, also one let in before."""
    return _answer(follow, activity_id, "Reject", actor)


def answer_of(
    request: InteractionRequest,
    activity_id: ActivityId,
    kind: Literal["Accept", "Reject"],
    *,
    actor: ActorId,
    stamp: ObjectId | None = None,
) -> Document:
    """Answer a request for permission, which goes back whole; the Accept of a quote names its stamp (FEP-044f)."""
    echo = {
        "id": request.id,
        "type": type(request).__name__,  # they are called as on the wire
        "actor": request.actor,
        "object": request.object_id,
        "instrument": request.instrument_id,
    }
    answer = {"id": activity_id, "type": kind, "actor": actor, "to": [request.actor], "object": echo}
    return with_context(answer if stamp is None else answer | {"result": stamp})


def _about(document: Document, activity_id: ActivityId, kind: str, published: str) -> Document:
    return with_context(
        {
            "id": activity_id,
            "type": kind,
            "actor": document["attributedTo"],
            "published": published,
            "to": document["to"],
            "cc": document["cc"],
            "object": {key: value for key, value in document.items() if key != "@context"},
        }
    )


def _answer(follow: Document, activity_id: ActivityId, kind: str, actor: ActorId) -> Document:
    echo = {key: value for key, value in follow.items() if key in ("id", "type", "actor", "object")}
    return with_context(
        {"id": activity_id, "type": kind, "actor": actor, "to": _recipients(follow.get("actor")), "object": echo}
    )


def _recipients(actor: object) -> Sequence[str]:
    return [actor] if isinstance(actor, str) else []
