"""Likes, emoji reactions and boosts -> who did it, once each (contract section 7).

Pages and `comments.json` count with it. A Dislike never becomes a reaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bridge.conversation.comment import Person

Kind = Literal["like", "boost"]


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """One like or boost of an issue or of one of its posts. `emoji`: what an emoji reaction said, as text.

    `is_shy`: the person asks to be seen on no page, or blocks the blog; such a one is a number and nothing more.
    """

    kind: Kind
    person: Person
    at: datetime
    emoji: str | None = None
    is_shy: bool = False


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Who liked and who boosted an issue, each person once, in the order in which they did."""

    likes: tuple[Reaction, ...] = ()
    boosts: tuple[Reaction, ...] = ()


def tally(reactions: Iterable[Reaction]) -> Tally:
    """Count each actor once for each kind: the first time holds, whatever was liked or with which emoji."""
    first: dict[tuple[Kind, str], Reaction] = {}
    for reaction in sorted(reactions, key=lambda each: (each.at, each.person.actor_id)):
        first.setdefault((reaction.kind, reaction.person.actor_id), reaction)
    return Tally(
        likes=tuple(each for each in first.values() if each.kind == "like"),
        boosts=tuple(each for each in first.values() if each.kind == "boost"),
    )
