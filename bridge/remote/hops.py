"""A URL -> the 200 at the end of its redirects. All our GETs go this way.

`documents` and `webfinger` call it. Each hop is a request of its own: judged by the guard, paid from the budget, signed
again for its own target (or not signed), so a redirect takes neither us nor our signature anywhere that we would not
have gone anyway (RFC 9110 15.4; security S51 to S54).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from bridge import metrics
from bridge.clock import utc_now
from bridge.errors import FetchError, FetchFailed, FetchGone, FetchNotFound, FetchRefused, FetchUnusable
from bridge.remote.budget import Budget, BudgetSpent
from bridge.remote.door import DEADLINE, Answer, Door
from bridge.remote.host_lanes import HostLanes
from bridge.remote.knock import UNSIGNED, Knock, Scheme
from bridge.remote.retry_after import retry_after_of
from bridge.remote.target_pace import TargetPace
from bridge.terms import Server
from bridge.urls import Url

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REFUSED = frozenset({401, 403})
_LONGEST_LOCATION = 2048


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What kind of answer is asked for. `accept` is the header, `hops` the number of redirects that are followed.

    With `cut` a longer answer is read up to the cap; `plain_http` lets pages that people read be asked over http.
    """

    accept: str
    cap_bytes: int
    hops: int = 3
    cut: bool = False
    plain_http: bool = False


class Hops:
    """Fetches over the one door. `own_servers` are our own names, which are never asked over HTTP.

    `pace` bounds what strangers may make us ask of one server; None, on one machine, does not.
    """

    def __init__(
        self,
        door: Door,
        *,
        own_servers: Collection[Server],
        pace: TargetPace | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._door = door
        self._pace = pace
        self._own = frozenset(own_servers)
        self._clock = clock
        self._lanes = HostLanes()

    def judge(self, url: str, *, plain_http: bool = False) -> Url:
        """The address as it would be asked. Raises FetchRefused for what we never ask, our own addresses among it."""
        judged = self._door.judge(url, plain_http=plain_http)
        if judged.authority in self._own or judged.host in self._own:
            raise FetchRefused(f"{url[:200]} is our own, and is not fetched over the network")
        return judged

    @property
    def allow_private(self) -> bool:
        """Whether http, ports and this machine's own addresses are allowed: tests and demos."""
        return self._door.allow_private

    async def fetch(self, url: str, wanted: Wanted, *, budget: Budget, knock: Knock = UNSIGNED) -> Answer:
        """The 200 answer. A redirect from https to http is refused, also where http is allowed.

        Raises FetchNotFound, FetchGone, FetchFailed (429, 5xx, silence), FetchUnusable, FetchRefused.
        """
        judged = self.judge(url, plain_http=wanted.plain_http)
        seen = {judged.wire}
        while True:
            answer = await self._ask(judged, wanted, budget=budget, knock=knock)
            if answer.status not in _REDIRECTS:
                return self._wanted_only(answer)
            if len(seen) > wanted.hops:
                raise FetchUnusable(f"{url[:200]} leads on for more than {wanted.hops} redirects")
            judged = self._next(judged, answer, wanted)
            if judged.wire in seen:
                raise FetchUnusable(f"{url[:200]} leads in a circle")
            seen.add(judged.wire)

    def _next(self, here: Url, answer: Answer, wanted: Wanted) -> Url:
        location = answer.headers.get("Location", "").strip()
        # `urljoin` would take tabs and line ends out without a word.
        if not location or len(location) > _LONGEST_LOCATION or not location.isprintable():
            raise FetchUnusable(f"{here.wire} redirects without saying where to")
        try:
            there = self.judge(urljoin(here.wire, location), plain_http=wanted.plain_http)
        except ValueError as error:
            raise FetchUnusable(f"{here.wire} redirects to no address") from error
        except FetchRefused as error:
            raise type(error)(f"{here.wire} redirects where we do not go: {error}") from error
        if here.scheme == "https" and there.scheme != "https":
            raise FetchRefused(f"{here.wire} redirects from https to http")
        return there

    async def _ask(self, url: Url, wanted: Wanted, *, budget: Budget, knock: Knock) -> Answer:
        """Knock in each scheme until one is let in, perhaps `once_more`; the last answer if none is."""
        server = Server(url.authority)
        answer = None
        for scheme in knock.tries(server):
            headers = scheme.sign("GET", url)
            if headers is None:
                continue
            answer = await self._get(url, headers, wanted, budget)
            if answer.status in _REFUSED:
                continue
            other = knock.once_more(server, scheme.name, answer.status)
            if other is not None:
                return await self._ask_otherwise(url, answer, wanted, budget, knock=knock, scheme=other)
            knock.opened(server, scheme.name)
            return answer
        if answer is None:
            raise FetchRefused(f"no way to sign a request to {url.wire}")
        knock.failed(server)
        return answer

    async def _ask_otherwise(
        self, url: Url, said: Answer, wanted: Wanted, budget: Budget, *, knock: Knock, scheme: Scheme
    ) -> Answer:
        """One more request, after `said`: where it gets no further, the scheme was not what was wrong."""
        headers = scheme.sign("GET", url)
        answer = said if headers is None else await self._get(url, headers, wanted, budget)
        if answer.status in _REFUSED or answer.status == said.status:
            return said
        knock.opened(Server(url.authority), scheme.name)
        return answer

    async def _get(self, url: Url, headers: Mapping[str, str], wanted: Wanted, budget: Budget) -> Answer:
        if self._pace is not None and budget.cause is not None:
            self._pace.take(url.authority, budget.cause)
        left = budget.spend()
        try:
            async with asyncio.timeout(left.total_seconds()), self._lanes.lane(url.authority):
                answer = await self._door.request(
                    "GET",
                    url.wire,
                    headers={**headers, "Accept": wanted.accept},
                    cap_bytes=wanted.cap_bytes,
                    cut=wanted.cut,
                    plain_http=wanted.plain_http,
                    deadline=min(left, DEADLINE),
                )
                metrics.fetch(f"{answer.status // 100}xx")
                return answer
        except FetchError:
            metrics.fetch("failed")
            raise
        except TimeoutError as error:
            raise BudgetSpent(f"the time for all fetches of this cause ended at {url.wire}") from error

    def _wanted_only(self, answer: Answer) -> Answer:
        match answer.status:
            case 200:
                return answer
            case 404:
                raise FetchNotFound(f"{answer.url} answered 404")
            case 410:
                raise FetchGone(f"{answer.url} answered 410")
            case 408 | 425 | 429:
                pass
            case status if status < 500:
                raise FetchUnusable(f"{answer.url} answered {status}")
        raise FetchFailed(
            f"{answer.url} answered {answer.status}", retry_after=retry_after_of(answer.headers, now=self._clock())
        )
