"""What must be known of an activity, and of a post before it is kept: one statement each, as replies come often."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.linkback_tables import linkbacks
from bridge.store.picture_tables import remote_pictures
from bridge.store.prepared import Prepared
from bridge.store.repair_tables import parked
from bridge.store.schema import blocks, entries, forgotten, received, remote_actors, tombstones


class Standing(NamedTuple):
    """What is here of an activity and its sender."""

    came_before: bool
    may_be_blocked: bool  #: `blocks.holding` can say by what; False is certain
    is_gone: bool  #: the account of its sender was deleted


class Facts(NamedTuple):
    """What is here of a post and its author, in the order of the statement."""

    is_deleted: bool  #: its author deleted the post before it came
    is_forgotten: bool  #: the author of the blog had this person forgotten
    was_shown: bool  #: something of this person was shown before
    is_here: bool  #: an entry of the same object or page
    has_linkbacks: bool  #: any linkback is here, so one may be a copy of the post
    is_awaited: bool  #: a parked reply answers it
    is_parked: bool  #: it came before, and waits for its parents
    has_face: bool  #: its author has no picture, or it was asked for before
    blocks_us: bool  #: its author blocks the blog
    handle: str | None  #: `user@domain` of its author, once it is proven


_BLOG: sa.BindParameter[int] = sa.bindparam("blog")
_OBJECT: sa.BindParameter[str] = sa.bindparam("object")
_URL: sa.BindParameter[str] = sa.bindparam("url")
_ACTOR: sa.BindParameter[str] = sa.bindparam("actor")
_FACE: sa.BindParameter[str] = sa.bindparam("face", type_=sa.Text)
#: A sender, its host and the domains above that are seldom more.
_MOST_ADDRESSES = 8
_ADDRESSES = [f"address_{number}" for number in range(_MOST_ADDRESSES)]
_STANDING = Prepared(
    sa.select(
        sa.exists().where(received.c.seen_key == sa.bindparam("key")).label("came_before"),
        sa.exists()
        .where(
            blocks.c.blog_id == _BLOG, blocks.c.target.in_([sa.bindparam(name, type_=sa.Text) for name in _ADDRESSES])
        )
        .label("may_be_blocked"),
        sa.exists()
        .where(remote_actors.c.id == sa.bindparam("actor"), remote_actors.c.gone_at.is_not(None))
        .label("is_gone"),
    )
)
_FACTS = Prepared(
    sa.select(
        sa.exists().where(tombstones.c.object_id == _OBJECT, tombstones.c.actor_id == _ACTOR).label("is_deleted"),
        sa.exists().where(forgotten.c.blog_id == _BLOG, forgotten.c.actor_id == _ACTOR).label("is_forgotten"),
        sa.exists()
        .where(entries.c.blog_id == _BLOG, entries.c.actor_id == _ACTOR, entries.c.state == "shown")
        .label("was_shown"),
        sa.or_(
            sa.exists().where(entries.c.blog_id == _BLOG, entries.c.object_id.in_([_OBJECT, _URL])),
            sa.exists().where(entries.c.blog_id == _BLOG, entries.c.url.in_([_OBJECT, _URL])),
        ).label("is_here"),
        sa.exists().where(linkbacks.c.blog_id == _BLOG).label("has_linkbacks"),
        sa.exists().where(parked.c.in_reply_to == _OBJECT).label("is_awaited"),
        sa.exists().where(parked.c.object_id == _OBJECT).label("is_parked"),
        sa.or_(
            _FACE.is_(None),
            sa.exists().where(
                remote_pictures.c.blog_id == _BLOG,
                remote_pictures.c.actor_id == _ACTOR,
                remote_pictures.c.entry_id == 0,
                remote_pictures.c.url == _FACE,
            ),
        ).label("has_face"),
        sa.exists().where(remote_actors.c.id == _ACTOR, remote_actors.c.blocks_us).label("blocks_us"),
        sa.select(remote_actors.c.handle).where(remote_actors.c.id == _ACTOR).scalar_subquery().label("handle"),
    )
)


def of_activity(tx: Transaction, blog_id: int, *, seen_key: str, actor_id: str, addresses: tuple[str, ...]) -> Standing:
    """Whether it came before, and whether one of the addresses its sender is known by is blocked."""
    (row,) = _STANDING.all(tx, {"blog": blog_id, "key": seen_key, "actor": actor_id, **_named(addresses)})
    return Standing(
        came_before=bool(row.came_before),
        may_be_blocked=bool(row.may_be_blocked) or len(addresses) > _MOST_ADDRESSES,
        is_gone=bool(row.is_gone),
    )


@lru_cache(maxsize=2048)
def _named(addresses: tuple[str, ...]) -> Mapping[str, str]:
    """A parameter for each address; a short list ends in its last one again and again."""
    return dict(zip(_ADDRESSES, [*addresses, *addresses[-1:] * _MOST_ADDRESSES], strict=False))


def of_post(
    tx: Transaction, blog_id: int, *, object_id: str, url: str, actor_id: str, face: str | None = None
) -> Facts:
    """Everything at once; `face` is the address of its author's picture."""
    asked = {"blog": blog_id, "object": object_id, "url": url, "actor": actor_id, "face": face}
    (row,) = _FACTS.all(tx, asked)
    return Facts._make(row)
