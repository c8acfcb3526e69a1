"""What the author writes to name somebody -> the actor meant: one known here, else what the person's own server says.

The commands and the admin pages ask before they decide anything, so they never act on somebody who does not exist.
Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.accounts import block_target, is_front_page
from bridge.activity.remote_actor import remote_actor_from
from bridge.conversation.blocklist import BlockList
from bridge.errors import FetchError, Malformed, UserFault
from bridge.remote.budget import Budget
from bridge.remote.documents import Documents
from bridge.remote.webfinger import WebFinger
from bridge.store import actors, blocks, entries, followers, forgotten
from bridge.store.database import Database, Transaction
from bridge.terms import ActorId
from bridge.urls import BadUrl, parse_url

_FETCHES = 6


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is to be blocked. `is_literal`: an address at which nobody answered, taken as it was written."""

    name: str
    is_literal: bool = False


@dataclass(frozen=True, kw_only=True)
class Whom:
    """Finds people. `blocked` is what the configuration blocks."""

    blog_id: int
    database: Database
    documents: Documents
    webfinger: WebFinger
    blocked: Sequence[str] = ()

    async def actor_id(self, text: str) -> ActorId:
        """The actor of a handle, a profile's address or an id. Raises UserFault where nobody is found."""
        text = text.strip()
        known = await self.database.read(lambda tx: self._known(tx, text))
        if known is not None:
            return known
        if "://" not in text and "@" not in text:
            raise UserFault(f"{text!r} names nobody; give a handle such as @user@host, or an actor's address")
        try:
            return await self._asked(text)
        except (FetchError, Malformed) as error:
            raise UserFault(f"{text} is not known here, and could not be looked up: {error}") from error

    async def follower(self, text: str) -> ActorId:
        """As `actor_id`, for somebody whom we must know already. Raises UserFault."""
        try:
            return await self.actor_id(text)
        except UserFault as fault:
            raise UserFault(f"{text.strip()} does not follow the blog; `rundbrief followers` lists who does") from fault

    async def to_block(self, text: str) -> Target:
        """A domain, or the actor meant. Raises UserFault for what is neither."""
        text = text.strip()
        if "://" not in text and "@" in text:
            return Target(name=await self.actor_id(text))
        try:
            target = block_target(text)
        except ValueError as error:
            raise UserFault(str(error)) from error
        if "://" not in target:
            return Target(name=target)
        try:
            return Target(name=await self.actor_id(text))
        except UserFault:
            return Target(name=target, is_literal=True)

    async def blocked_as(self, text: str) -> str:
        """What is to be unblocked: as it is blocked, else whom it means. Raises UserFault where nothing is blocked."""
        text = text.strip()
        found = await self.database.read(lambda tx: self._listed(tx, text))
        if found is None:
            target = (await self.to_block(text)).name
            found = await self.database.read(lambda tx: self._listed(tx, target))
        if found is None:
            raise UserFault(f"{text} is not blocked")
        own, target = found
        if not own:
            raise UserFault(f"{target} is blocked in config.toml, under [federation]; take it out there and restart")
        if target in self.blocked:
            raise UserFault(f"{target} is blocked in config.toml too, under [federation]; take it out there first")
        return target

    def _listed(self, tx: Transaction, text: str) -> tuple[bool, str] | None:
        """Whether the author's own list blocks exactly this, or the configuration; None for neither."""
        spelled = {text, *self._spellings(text)}
        own = {target for target, _ in blocks.all_of(tx, self.blog_id)}
        if held := spelled & own:
            return True, min(held)
        if held := spelled & set(self.blocked):
            return False, min(held)
        wider = None if "://" not in text else BlockList(own | set(self.blocked)).holds(text)
        if wider is not None and wider not in spelled:
            raise UserFault(f"{text} itself is not blocked; {wider} is, and everybody there with it")
        return None

    def _spellings(self, text: str) -> set[str]:
        try:
            return {block_target(text)}
        except ValueError:
            return set()

    def _known(self, tx: Transaction, text: str) -> ActorId | None:
        person = next(iter(actors.named(tx, text)), None)
        if person is not None:
            return person.id
        if "://" not in text:
            return None
        is_held = followers.find(tx, self.blog_id, ActorId(text)) or forgotten.since(tx, self.blog_id, text)
        return ActorId(text) if is_held else entries.author_named(tx, self.blog_id, text)

    async def _asked(self, text: str) -> ActorId:
        """What the person's own server says. Raises FetchError or Malformed."""
        budget = Budget(fetches=_FETCHES)
        if "://" not in text:
            return await self.webfinger.find_actor(text, budget=budget)
        try:
            if is_front_page(parse_url(text, allow_http=True)):
                raise Malformed("it is the address of a server")
        except BadUrl as error:
            raise Malformed(f"as an address it {error}") from error
        return remote_actor_from(await self.documents.fetch_document(text, budget=budget)).id
