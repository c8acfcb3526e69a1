"""The issues folder, looked at every two seconds -> what is committed and not out yet is published (contract 5).

`serve` runs it; it also finishes a push whose hook died, and publishes an issue when its date has come.
"""

from __future__ import annotations

import asyncio
import logging

from bridge.errors import BridgeError
from bridge.issues.source import head_mark
from bridge.outbox.publish import Publisher

log = logging.getLogger(__name__)

_LOOK = 2.0  #: seconds between two looks
_MOST_PASSED = 30  #: looks passed over at most, while the same commit cannot be published


class Watch:
    """Looks for what to publish. While nothing changes, a look is two small files and one query, and no process."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._settled: object | None = None  #: the mark of the commit that is known to be out
        self._failed: object | None = None  #: the mark of the commit that could not be published
        self._failures = 0
        self._pass_over = 0  #: looks
        self._told = ""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK)

    async def look(self) -> bool:
        """Publish if there is something to publish; whether that was done."""
        mark = await asyncio.to_thread(head_mark, self._publisher.repository)
        if self._pass_over and mark == self._failed:
            self._pass_over -= 1
            return False
        try:
            done = await self._publish(is_settled=mark is not None and mark == self._settled)
        except BridgeError as error:
            if str(error) != self._told:
                log.error("the last commit is not published: %s", error)
            self._give_way(mark, str(error))
            return False
        except Exception:
            log.exception("a fault of ours while publishing; trying again")
            self._give_way(mark, "")
            return False
        self._settled = mark
        self._failures, self._pass_over, self._told = 0, 0, ""
        return done

    async def _publish(self, *, is_settled: bool) -> bool:
        publisher = self._publisher
        is_due = await (publisher.has_come() if is_settled else publisher.is_due())
        if is_due:
            report = await publisher.publish(unattended=True)
            refused = [fault for step in report.steps for fault in step.faults]
            for fault in refused:
                log.error("refused, and left as it was: %s. Mend the file and commit it", fault)
            done = sum(step.action != "refuse" for step in report.steps)
            log.info("published %s: %d changed, %d refused", report.commit, done, len(report.steps) - done)
        return is_due

    def _give_way(self, mark: object | None, told: str) -> None:
        """Try the same commit again after 2, 4, 8 ... looks; a new one is tried at once."""
        self._failures = self._failures + 1 if mark == self._failed else 1
        self._failed = mark
        self._pass_over = min(2**self._failures, _MOST_PASSED)
        self._told = told
