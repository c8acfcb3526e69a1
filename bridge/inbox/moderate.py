"""What the author decides about what people said: one function for each decision, inside a transaction.

The command line and the admin pages call them. Each can be undone by another, except `forget`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bridge.activity.ids import Blog, new_token
from bridge.activity.outgoing import reject_of, wire_bytes
from bridge.conversation import approval
from bridge.conversation.blocklist import BlockList
from bridge.errors import UserFault
from bridge.inbox.arrival import HIDDEN_BY_AUTHOR
from bridge.outbox import audience, stamps
from bridge.plurals import counted
from bridge.store import (
    actors,
    blocks,
    changes,
    entries,
    followers,
    forgotten,
    issues,
    linkbacks,
    quote_stamps,
    reactions,
    strangers,
    tombstones,
)
from bridge.store import received as record
from bridge.store.database import Transaction
from bridge.store.entries import EntryRow
from bridge.store.followers import Follower
from bridge.store.issues import IssueRow
from bridge.store.published import NewActivity


def find_comment(tx: Transaction, blog_id: int, asked: str) -> EntryRow:
    """The comment with this id, or at this address. Raises UserFault."""
    found = entries.find_by_token(tx, blog_id, asked) or entries.find_same(tx, blog_id, asked, asked)
    if found is None:
        raise UserFault(f"there is no comment {asked}; `rundbrief comments --json` lists the ids")
    return found


def approve(tx: Transaction, entry: EntryRow, *, now: datetime) -> str:
    """Show a comment, whatever kept it back, but never one that was said in private; its state then. Raises UserFault.

    What was said in private and hidden is back with what was said in private.
    """
    if entry.state == "deleted":
        raise UserFault("its author deleted it")
    if entry.visibility not in ("public", "unlisted"):
        if entry.state == "private":
            raise UserFault("it was said in private, so it is never shown; read it with `rundbrief comments --private`")
        _set(tx, entry, "private", "It was said in private, so no page shows it.", now)
        return "private"
    if (wish := wish_of(tx, entry)) is not None:
        raise UserFault(f"its author does not want it: {wish[0].lower()}{wish[1:]}")
    _set(tx, entry, "shown", "The author of the blog approved it.", now)
    return "shown"


def wish_of(tx: Transaction, entry: EntryRow) -> str | None:
    """Why the person who wrote it does not want it shown, as a sentence; None for most."""
    if entry.reason in approval.WISHES:
        return entry.reason
    if approval.asks_to_stay_off(entry.text):
        return approval.POST_DECLINES
    return None if entry.ours or entry.actor_id is None else actors.wish_of(tx, entry.actor_id)


def hide(tx: Transaction, blog: Blog, entry: EntryRow, *, now: datetime) -> None:
    """Take a comment off the page; `approve` brings it back, but not the permission to quote. Raises UserFault."""
    _may_be_judged(entry)
    stamps.revoke(tx, blog, quote_stamps.of_instrument(tx, blog.id, entry.object_id), now=now)
    _set(tx, entry, "hidden", HIDDEN_BY_AUTHOR, now)


def spam(tx: Transaction, blog: Blog, entry: EntryRow, *, now: datetime) -> None:
    """As `hide`, and it is known as spam; `approve` takes that back. Raises UserFault."""
    _may_be_judged(entry)
    stamps.revoke(tx, blog, quote_stamps.of_instrument(tx, blog.id, entry.object_id), now=now)
    _set(tx, entry, "spam", "The author of the blog calls it spam.", now)


def _may_be_judged(entry: EntryRow) -> None:
    if entry.state == "deleted":
        raise UserFault("its author deleted it already")
    if entry.ours and entry.is_author:
        raise UserFault("it is your own answer; `rundbrief comments delete` takes it back everywhere")


def _set(tx: Transaction, entry: EntryRow, state: str, reason: str, now: datetime) -> None:
    entries.change(tx, entry.id, {"state": state, "reason": reason, "changed_at": now})
    tx.touch(changes.issue(entry.issue_id))


def close_comments(tx: Transaction, issue: IssueRow, *, now: datetime) -> None:
    """Take no more replies, whatever the date says."""
    _open(tx, issue, False, now)


def reopen_comments(tx: Transaction, issue: IssueRow, *, now: datetime) -> None:
    """Take replies again, whatever the date says."""
    _open(tx, issue, True, now)


def _open(tx: Transaction, issue: IssueRow, is_open: bool, now: datetime) -> None:
    issues.change(tx, issue.id, {"comments_open": is_open, "changed_at": now})
    tx.touch(changes.issue(issue.id))


def forget(tx: Transaction, blog: Blog, actor_id: str, *, now: datetime) -> str:
    """Remove a person everywhere, and remember that; returns what was removed, in words.

    Where others answered, an empty place stays. Their deliveries end with the Reject of their following.
    """
    said = entries.of_actor(tx, blog.id, actor_id)
    for entry in said:
        if entries.has_answers(tx, blog.id, entry.object_id):
            entries.empty(tx, entry.id, reason="The author had this person forgotten.", now=now)
            entries.change(tx, entry.id, {"actor_id": None, "url": entry.object_id})
        else:
            entries.remove(tx, entry.id)
        tx.touch(changes.issue(entry.issue_id))
    reacted = reactions.remove_all_of(tx, actor_id)
    for issue_id in reacted:
        tx.touch(changes.issue(issue_id))
    followed = remove_follower(tx, blog, actor_id, now=now)
    stamps.revoke(tx, blog, quote_stamps.of_actor(tx, blog.id, actor_id), now=now)
    quote_stamps.remove_of_actor(tx, blog.id, actor_id)
    recorded = record.forget_actor(tx, actor_id) + strangers.forget_actor(tx, actor_id)
    tombstones.forget_actor(tx, actor_id)
    actors.remove(tx, actor_id)
    linkbacks.forget(tx, blog.id, actor_id)
    forgotten.add(tx, blog.id, actor_id, now=now)
    following = ", the following" if followed else ""
    liked = counted(len(reacted), "like or boost", "likes and boosts")
    return f"{counted(len(said), 'comment')}, {liked}, {counted(recorded, 'line')} of the record{following}"


def remove_follower(tx: Transaction, blog: Blog, actor_id: str, *, now: datetime) -> bool:
    """End a following and tell the follower's server (Reject); False if there was none."""
    found = [follower for follower in followers.all_of(tx, blog.id) if follower.actor_id == actor_id]
    for follower in found:
        _turn_away(tx, blog, follower, now)
    return bool(found)


def _turn_away(tx: Transaction, blog: Blog, follower: Follower, now: datetime) -> None:
    followers.remove(tx, blog.id, follower.actor_id)
    tx.touch(changes.BLOG)
    follow = {"type": "Follow", "actor": follower.actor_id, "object": blog.actor_id}
    if follower.follow_id is not None:
        follow = {"id": follower.follow_id, **follow}
    activity_id = blog.addresses.activity(new_token())
    body = wire_bytes(reject_of(follow, activity_id, actor=blog.actor_id))
    reject = NewActivity(id=activity_id, blog_id=blog.id, type="Reject", body=body)
    audience.deliver(tx, reject, [follower.inbox], now=now, priority=audience.AWAITED)


def block(tx: Transaction, blog: Blog, target: str, *, reason: str = "", now: datetime) -> bool:
    """Block an actor, or a domain with all below it; False if it was blocked already. Followers are turned away.

    Raises UserFault for the blog itself.
    """
    if is_our_own(blog, target):
        raise UserFault(f"{target} is this blog itself, or a domain that it belongs to; it cannot be blocked")
    return bool(block_all(tx, blog, [(target, reason)], now=now))


def block_all(tx: Transaction, blog: Blog, targets: Iterable[tuple[str, str]], *, now: datetime) -> list[str]:
    """Block many at once; returns those that were not blocked before."""
    new = [target for target, reason in targets if blocks.add(tx, blog.id, target, reason=reason, now=now)]
    if new:
        listed = BlockList(new)
        for follower in followers.all_of(tx, blog.id):
            if listed.holds(follower.actor_id) is not None:
                _turn_away(tx, blog, follower, now)
        quoters = [stamp for stamp in quote_stamps.standing(tx, blog.id) if listed.holds(stamp.actor_id) is not None]
        stamps.revoke(tx, blog, quoters, now=now)
        _touch_all(tx, blog)
    return new


def is_our_own(blog: Blog, target: str) -> bool:
    """Whether a block of this would hold the blog itself."""
    return BlockList([target]).holds(f"{blog.url}/", blog.actor_id) is not None


def unblock(tx: Transaction, blog: Blog, target: str) -> bool:
    """End a block; what was said before is shown again. False if there was none."""
    ended = blocks.remove(tx, blog.id, target)
    if ended:
        _touch_all(tx, blog)
    return ended


def _touch_all(tx: Transaction, blog: Blog) -> None:
    """Render every page again: whoever is blocked, or no longer is, may appear on any of them."""
    tx.touch(changes.BLOG)
    for issue in issues.outlines(tx, blog.id):
        tx.touch(changes.issue(issue.id))
