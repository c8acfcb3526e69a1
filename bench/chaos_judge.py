"""What each server got, what it should have, when something was killed -> nothing, or Broken with what is wrong; pure.

`chaos` asks after each round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: What one server got, in order: activity, token of its object, and when (seconds).
Got = Sequence[tuple[str, str, float]]

#: A delivery is in flight from a moment before the server reads it until its outcome is committed.
_BEFORE = 1.0
_AFTER = 5.0


class Broken(Exception):
    """Something that must never happen. The text says what, and how to have it again."""


@dataclass(frozen=True, kw_only=True)
class Kill:
    """What was killed, when, and how many deliveries it may have had in flight."""

    what: str
    at: float
    in_flight: int


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The number of each activity, and of each object its newest: number and type."""

    order: Mapping[str, int]
    newest: Mapping[str, tuple[int, str]]


def judge_server(number: str, got: Got, wanted: Wanted) -> None:
    """Every object in its last state, and the activities of each in their order."""
    by_object: dict[str, list[int]] = {}
    for activity, thing, _ in got:
        if activity in wanted.order:
            by_object.setdefault(thing, []).append(wanted.order[activity])
    for thing, (last, kind) in wanted.newest.items():
        numbers = by_object.get(thing, [])
        if numbers != sorted(numbers):
            raise Broken(f"server {number} got {thing} out of order: {numbers}")
        if (not numbers and kind != "Delete") or (numbers and numbers[-1] != last):
            raise Broken(f"server {number} has {thing} at {numbers}, not at {last} ({kind})")


def judge_repeats(servers: Mapping[str, Got], kills: Sequence[Kill]) -> int:
    """Nothing came twice but what was in flight at a kill (contract section 9); how many did."""
    blamed: Counter[Kill] = Counter()
    for number, got in servers.items():
        last: dict[str, float] = {}
        for activity, _, at in got:
            if (before := last.get(activity)) is not None:
                blamed[_kill_between(number, activity, before, at, kills)] += 1
            last[activity] = at
    for kill, count in blamed.items():
        if count > kill.in_flight:
            raise Broken(f"{count} deliveries came twice after the kill of {kill.what}, not {kill.in_flight} at most")
    return blamed.total()


def _kill_between(number: str, activity: str, first: float, second: float, kills: Sequence[Kill]) -> Kill:
    for kill in kills:
        if first - _BEFORE <= kill.at <= min(second, first + _AFTER) and kill.in_flight:
            return kill
    near = [f"{kill.what} {kill.at - first:+.1f} s" for kill in kills if abs(kill.at - first) < 30]
    raise Broken(f"server {number} got {activity} again after {second - first:.1f} s without a kill; kills: {near}")
