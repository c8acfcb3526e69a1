"""The time, which a test turns: what the program gets in place of `bridge.clock.utc_now`."""

from __future__ import annotations

from datetime import datetime, timedelta


class Clock:
    """Stands at the moment it was given until `turn`."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def turn(self, by: timedelta) -> None:
        self.now += by


class Watch:
    """A clock for durations, which the test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
