"""Follow -> a follower and an Accept; a repeated one is accepted again (protocol sheet section 7)."""

from __future__ import annotations

from datetime import timedelta

from bridge.activity.ids import new_token
from bridge.activity.incoming_types import Follow
from bridge.activity.outgoing import accept_of
from bridge.errors import TooMany
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.handlers.relations import show_again
from bridge.inbox.result import Done, Effect, Ignored, Result
from bridge.outbox import audience
from bridge.store import actors, followers, tombstones
from bridge.store.database import Transaction
from bridge.store.published import NewActivity
from bridge.terms import Server
from bridge.urls import host_of, same_site


def remember_follower(verified: VerifiedActivity, follow: Follow, context: Context) -> Effect:
    """May it? Anybody may follow the blog, for themselves."""
    if not context.is_us(follow.target):
        return lambda tx: Ignored(reason=f"the follow is for {follow.target}, which is not this blog")
    blog, actor = context.blog, verified.actor
    if not same_site(actor.inbox, actor.id):
        told = _not_its_own(host_of(actor.inbox))
        return lambda tx: Ignored(reason=told)
    activity_id = blog.addresses.activity(new_token())
    echoed = {"type": "Follow", "actor": actor.id, "object": follow.target}
    if follow.id is not None:
        echoed = {"id": follow.id, **echoed}
    body = blog.seal(accept_of(echoed, activity_id, actor=blog.actor_id))
    follower = followers.Follower(
        actor_id=actor.id,
        follow_id=follow.id,
        server=host_of(actor.id),
        inbox=actor.inbox,
        shared_inbox=actor.shared_inbox,
        since=context.now,
    )

    def effect(tx: Transaction) -> Result:
        # Once: the next follow may have the same id.
        if follow.id is not None and tombstones.lift(tx, follow.id, actor.id):
            return Ignored(verdict="deleted", reason="the follow was taken back before it arrived")
        _check_pace(tx, context, follower)
        is_new = followers.add(tx, blog.id, follower)
        if actors.blocks_us(tx, actor.id):  # nobody follows whom they block: the end of the block was lost on its way
            show_again(tx, verified, context)
        accept = NewActivity(id=activity_id, blog_id=blog.id, type="Accept", body=body)
        audience.deliver(tx, accept, [actor.inbox], now=context.now, priority=audience.AWAITED)
        return Done(reason="a new follower, accepted" if is_new else "follows already; accepted again")

    return effect


def _not_its_own(server: Server) -> str:
    """Why such a follow is not even refused: a Reject would be one more thing sent to who asked nothing (S79)."""
    return (
        f"its inbox is on {server}, which is not its own site and did not ask for our posts, so nothing is sent there, "
        "not even a refusal; its server has to name an inbox on its own site, then it can follow again"
    )


def _check_pace(tx: Transaction, context: Context, follower: followers.Follower) -> None:
    """One server may not bring throwaway followers without end (security S78)."""
    most = context.new_followers_per_hour
    if most is None or followers.find(tx, context.blog.id, follower.actor_id) is not None:
        return
    hour_ago = context.now - timedelta(hours=1)
    if followers.new_from_server(tx, context.blog.id, follower.server, since=hour_ago) >= most:
        raise TooMany(f"more than {most} new followers an hour from {follower.server}", retry_after=timedelta(hours=1))
