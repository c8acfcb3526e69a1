"""Remote actors as last fetched, and the keys they prove themselves with; used by `remote` and by the handlers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from bridge.activity.remote_actor import KeyEntry, RemoteActor, is_in_document_of
from bridge.conversation import approval
from bridge.store import forgotten
from bridge.store.database import Transaction
from bridge.store.prepared import Prepared
from bridge.store.schema import entries, followers, reactions, remote_actors, remote_keys
from bridge.store.upsert import insert_new, put
from bridge.terms import ActorId, InboxUrl, KeyId
from bridge.urls import host_of, same_site


def _from_row(row: Row[Any]) -> RemoteActor:
    return RemoteActor(
        id=ActorId(row.id),
        kind=row.kind,
        preferred_username=row.preferred_username,
        name=row.name,
        summary_text=row.summary_text,
        url=row.url,
        icon_url=row.icon_url,
        inbox=InboxUrl(row.inbox),
        shared_inbox=None if row.shared_inbox is None else InboxUrl(row.shared_inbox),
        outbox=row.outbox,
        followers=row.followers,
        featured=row.featured,
        keys=tuple(
            KeyEntry(id=KeyId(k["id"]), owner=ActorId(row.id), kind=k["kind"], material=k["material"]) for k in row.keys
        ),
        also_known_as=tuple(row.also_known_as),
        moved_to=row.moved_to,
        webfinger=row.webfinger,
        no_blog=row.no_blog,
    )


def find(tx: Transaction, actor_id: ActorId) -> RemoteActor | None:
    """The actor as last fetched; None for one that was deleted."""
    living = (remote_actors.c.id == actor_id, remote_actors.c.gone_at.is_(None))
    row = tx.execute(sa.select(remote_actors).where(*living)).first()
    return None if row is None else _from_row(row)


def inboxes_of(tx: Transaction, actor_ids: Iterable[ActorId]) -> list[InboxUrl]:
    """Where these people get what is for them, in a shared inbox where there is one; nothing of whom we do not know."""
    known = (find(tx, actor_id) for actor_id in actor_ids)
    return [actor.shared_inbox or actor.inbox for actor in known if actor is not None]


def inboxes_around(tx: Transaction, issue_id: int) -> list[InboxUrl]:
    """Where people get what is for them who answered, quoted, liked or boosted an issue: their servers have it.

    Without those who say that they get it on another site, which never asked for it (security S79).
    """
    said = sa.select(entries.c.actor_id).where(entries.c.issue_id == issue_id, entries.c.actor_id.is_not(None))
    reacted = sa.select(reactions.c.actor_id).where(reactions.c.issue_id == issue_id)
    inbox = sa.func.coalesce(remote_actors.c.shared_inbox, remote_actors.c.inbox).label("inbox")
    living = (remote_actors.c.id.in_(said.union(reacted)), remote_actors.c.gone_at.is_(None))
    found = tx.execute(sa.select(remote_actors.c.id, inbox).where(*living))
    return list(dict.fromkeys(InboxUrl(row.inbox) for row in found if same_site(row.inbox, row.id)))


def find_handle(tx: Transaction, actor_id: ActorId) -> str | None:
    """`user@domain` if the two-way check was passed."""
    return tx.execute(sa.select(remote_actors.c.handle).where(remote_actors.c.id == actor_id)).scalar()


def find_by_key(tx: Transaction, key_id: KeyId) -> RemoteActor | None:
    """The actor a key belongs to."""
    row = tx.execute(
        sa.select(remote_actors)
        .join(remote_keys, remote_keys.c.actor_id == remote_actors.c.id)
        .where(remote_keys.c.id == key_id)
    ).first()
    return None if row is None else _from_row(row)


def record(
    tx: Transaction,
    actor: RemoteActor,
    *,
    now: datetime,
    proven: Collection[KeyId] = (),
) -> None:
    """Keep the actor as fetched now, unless the author had it forgotten.

    Its proven handle stays (`keep_handle` changes it), and so does a move until `mark_moved` takes it back. `proven`
    are keys outside the actor's own document that name it as their owner.
    """
    if forgotten.by_anybody(tx, actor.id):
        return
    values: dict[str, Any] = {
        "server": host_of(actor.id),
        "kind": actor.kind,
        "preferred_username": actor.preferred_username,
        "name": actor.name,
        "summary_text": actor.summary_text,
        "url": actor.url,
        "icon_url": actor.icon_url,
        "inbox": actor.inbox,
        "shared_inbox": actor.shared_inbox,
        "outbox": actor.outbox,
        "followers": actor.followers,
        "featured": actor.featured,
        "webfinger": actor.webfinger,
        "keys": [{"id": k.id, "kind": k.kind, "material": k.material} for k in actor.keys],
        "also_known_as": list(actor.also_known_as),
        "moved_to": actor.moved_to,
        "no_blog": actor.no_blog,
        "fetched_at": now,
        "gone_at": None,
    }
    put(tx, remote_actors, {"id": actor.id}, values, kept=["moved_to"])
    _record_keys(tx, actor, proven)


def _record_keys(tx: Transaction, actor: RemoteActor, proven: Collection[KeyId]) -> None:
    """Let key ids lead to the actor: those in its own document and the proven; others it may list for somebody else."""
    listed = {entry.id for entry in actor.keys}
    its_own = {key_id for key_id in listed if key_id in proven or is_in_document_of(actor.id, key_id)}
    tx.execute(
        sa.delete(remote_keys).where(
            sa.or_(
                remote_keys.c.id.in_(its_own),
                sa.and_(remote_keys.c.actor_id == actor.id, remote_keys.c.id.not_in(listed)),
            )
        )
    )
    insert_new(tx, remote_keys, [{"id": key_id, "actor_id": actor.id} for key_id in sorted(its_own)])


#: The job that proves a handle; its key is the actor's id.
PROVE_HANDLE = "handle"


def keep_handle(tx: Transaction, actor_id: ActorId, handle: str) -> None:
    """The two-way check was passed: the actor is `user@domain`, wherever its id is."""
    tx.execute(sa.update(remote_actors).where(remote_actors.c.id == actor_id).values(handle=handle))


def mark_gone(tx: Transaction, actor_id: ActorId, *, now: datetime) -> None:
    """The actor was deleted on its own server: all that stays is that it was.

    Its key goes too: whatever comes later has to be proven by the server, which says so if the account is back.
    """
    nothing = dict.fromkeys(("preferred_username", "name", "summary_text"), "")
    nowhere = dict.fromkeys(
        ("handle", "url", "icon_url", "shared_inbox", "outbox", "followers", "featured", "webfinger", "moved_to")
    )
    values: dict[str, Any] = {**nothing, **nowhere, "keys": [], "also_known_as": [], "gone_at": now}
    tx.execute(sa.update(remote_actors).where(remote_actors.c.id == actor_id).values(**values))
    tx.execute(sa.delete(remote_keys).where(remote_keys.c.actor_id == actor_id))


def gone_since(tx: Transaction, actor_id: ActorId) -> datetime | None:
    """When the actor deleted itself; None for one that lives, or that we do not know."""
    return tx.execute(sa.select(remote_actors.c.gone_at).where(remote_actors.c.id == actor_id)).scalar()


def mark_moved(tx: Transaction, actor_id: ActorId, target: ActorId | None) -> None:
    """The actor goes on under another account, which confirmed it; None: it says itself that it does not."""
    tx.execute(sa.update(remote_actors).where(remote_actors.c.id == actor_id).values(moved_to=target))


def mark_block(tx: Transaction, actor_id: ActorId, *, blocks: bool) -> None:
    """The actor blocks the blog, or does so no more."""
    tx.execute(sa.update(remote_actors).where(remote_actors.c.id == actor_id).values(blocks_us=blocks))


def blocks_us(tx: Transaction, actor_id: ActorId) -> bool:
    """Whether the actor blocks the blog."""
    return bool(tx.execute(sa.select(remote_actors.c.blocks_us).where(remote_actors.c.id == actor_id)).scalar())


_KNOWN = Prepared(sa.select(remote_actors.c.id).where(remote_actors.c.id == sa.bindparam("actor")))


def wish_of(tx: Transaction, actor_id: ActorId) -> str | None:
    """Why the actor would be on no page of the blog, as a sentence; None for most."""
    wishes = sa.select(remote_actors.c.no_blog, remote_actors.c.blocks_us).where(remote_actors.c.id == actor_id)
    row = tx.execute(wishes).first()
    if row is None:
        return None
    return approval.PROFILE_DECLINES if row.no_blog else approval.BLOCKS_US if row.blocks_us else None


_LIVING = Prepared(
    sa.select(remote_actors.c.id).where(remote_actors.c.id == sa.bindparam("actor"), remote_actors.c.gone_at.is_(None))
)


def is_known(tx: Transaction, actor_id: ActorId) -> bool:
    """Whether we hold anything of this actor, if only that it is gone."""
    return _KNOWN.first(tx, {"actor": actor_id}) is not None


def is_living(tx: Transaction, actor_id: ActorId) -> bool:
    """Whether we hold anything of this actor that its deletion would change."""
    return _LIVING.first(tx, {"actor": actor_id}) is not None


def remove(tx: Transaction, actor_id: str) -> None:
    """Forget the actor and its keys."""
    tx.execute(sa.delete(remote_keys).where(remote_keys.c.actor_id == actor_id))
    tx.execute(sa.delete(remote_actors).where(remote_actors.c.id == actor_id))


def named(tx: Transaction, asked: str) -> list[RemoteActor]:
    """Who is meant by an id, a profile page, or a handle `@user@host`."""
    user, at, host = asked.removeprefix("@").rpartition("@")
    # Most profile pages have an @ in their address, too.
    if at and "://" not in asked:
        same = sa.func.lower(remote_actors.c.preferred_username) == user.lower()
        meant = sa.or_(
            sa.and_(same, remote_actors.c.server == host.lower()),
            sa.func.lower(remote_actors.c.handle) == f"{user}@{host}".lower(),
        )
    else:
        meant = sa.or_(remote_actors.c.id == asked, remote_actors.c.url == asked)
    return [_from_row(row) for row in tx.execute(sa.select(remote_actors).where(meant).limit(5))]


def handles(tx: Transaction, blog_id: int) -> dict[str, str]:
    """`user@host` of each follower we know the name of: the proven handle, else by the actor's own server."""
    query = sa.select(
        remote_actors.c.id, remote_actors.c.handle, remote_actors.c.preferred_username, remote_actors.c.server
    ).join(followers, followers.c.actor_id == remote_actors.c.id)
    return {
        row.id: row.handle or f"{row.preferred_username}@{row.server}"
        for row in tx.execute(query.where(followers.c.blog_id == blog_id))
        if row.handle or row.preferred_username
    }
