"""The Date headers of other servers -> how wrong our own clock is; warned of in the log, and told by `doctor`.

The door notes every answer. Signatures are judged by time: peers refuse ours from a minute on (Takahe) to an hour
(Mastodon), so a clock that strays is found out before deliveries fail for it (security S134).
"""

from __future__ import annotations

import logging
import statistics
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from bridge.clock import utc_now
from bridge.terms import Server

log = logging.getLogger(__name__)

#: From here on we warn.
TOLERATED = timedelta(seconds=30)
#: One peer may be wrong itself; three that agree are not.
_FEWEST, _MOST = 3, 31
_WARN_EVERY = timedelta(hours=1)
_LONGEST_DATE = 40


class PeerClocks:
    """What the servers we talked to lately say about the time, one word each."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._ahead: OrderedDict[Server, timedelta] = OrderedDict()
        self._warned: datetime | None = None

    def note(self, server: Server, date: str | None) -> None:
        """Note one answer's Date header. One that cannot be read says nothing."""
        now = self._now()
        moment = _moment(date)
        if moment is None:
            return
        # A Date has whole seconds: on average it is half a second behind.
        self._ahead[server] = now - moment - timedelta(seconds=0.5)
        self._ahead.move_to_end(server)
        if len(self._ahead) > _MOST:
            self._ahead.popitem(last=False)
        skew = self.skew()
        if skew is None or abs(skew) <= TOLERATED or (self._warned and now - self._warned < _WARN_EVERY):
            return
        self._warned = now
        side = "ahead of" if skew > timedelta(0) else "behind"
        seconds = abs(skew).total_seconds()
        log.warning("this machine's clock is %d s %s other servers'; set it right, or they refuse us", seconds, side)

    def skew(self) -> timedelta | None:
        """How far our clock is ahead of most others' (negative: behind); None while too few were asked."""
        if len(self._ahead) < _FEWEST:
            return None
        return timedelta(seconds=statistics.median(skew.total_seconds() for skew in self._ahead.values()))


def _moment(date: str | None) -> datetime | None:
    if not date or len(date) > _LONGEST_DATE:
        return None
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
