"""One activity and one inbox -> a signed POST and its outcome; called by `bring_up_to_date` only.

Knocks with draft-cavage first; if the server refuses the signature, once more with RFC 9421, and with an address that
has a query once without it (protocol sheet 2.3, 9). Which one opened is remembered by the caller.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urljoin

from bridge.clock import Clock
from bridge.delivery.letter import Letter
from bridge.delivery.outcome import Outcome, Refused, TryLater, outcome_of
from bridge.errors import FetchError, FetchFailed, FetchRefused
from bridge.jobs.gathered import Gathered
from bridge.remote.door import Answer, Door
from bridge.remote.retry_after import retry_after_of
from bridge.signature import cavage, rfc9421
from bridge.signature.keys import Signer
from bridge.terms import InboxUrl
from bridge.urls import Url

CAVAGE = "cavage"
BARE = "cavage-bare"
RFC9421 = "rfc9421"

_CONTENT_TYPE = "application/activity+json"
_CAP_BYTES = 64 * 1024
_DEADLINE = timedelta(seconds=10)
_REASON_CHARACTERS = 500
_A_HOP = 20  #: signatures in one thread hop
_REDIRECTS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What came of it, and the scheme that was taken; `scheme` is None where no answer speaks of one."""

    outcome: Outcome
    scheme: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wish:
    """A signature that is wanted."""

    scheme: str
    url: Url
    letter: Letter


class Sender:
    """Signs and posts. `own_host` is ours (with its port, if any), which is never posted to."""

    def __init__(self, *, door: Door, signer: Signer, own_host: str, clock: Clock) -> None:
        self._door = door
        self._signer = signer
        self._own_host = own_host
        self._clock = clock
        # One core stays free for the loop.
        cores = min(max((os.cpu_count() or 2) - 1, 1), 4)
        self._threads = ThreadPoolExecutor(cores, thread_name_prefix="sign")
        self._signatures: Gathered[_Wish, dict[str, str]] = Gathered(self._sign_many, most=_A_HOP, at_once=cores)

    def close(self) -> None:
        """Let go of the signing threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def send(
        self, inbox: InboxUrl, letter: Letter, *, remembered: str | None, was_failing: bool, asks: Callable[[], None]
    ) -> Sent:
        """Deliver once. `asks` is called when the request begins. Never raises for what another server does."""
        try:
            url = self._judged(inbox)
        except FetchRefused as error:
            return Sent(outcome=Refused(None, _shortened(str(error))))
        scheme = None
        try:
            for scheme in _schemes(url, remembered):
                answer = await self._post(url, letter, scheme, asks)
                if answer.status not in (401, 403) and not _is_lost_on(answer.status, scheme, remembered):
                    break
            else:
                scheme = None
        except FetchFailed as error:
            return Sent(outcome=TryLater(None, _shortened(str(error)), error.retry_after))
        except FetchError as error:
            return Sent(outcome=Refused(None, _shortened(str(error))))
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        said = "" if answer.status < 300 else _shortened(answer.body.decode("utf-8", "replace"))
        leads_to = _shortened(answer.headers.get("Location", ""))
        wait = retry_after_of(answer.headers, now=self._clock()) if "Retry-After" in answer.headers else None
        looks_parked = was_failing and is_page and bool(answer.body)
        return Sent(
            outcome=outcome_of(
                answer.status, answer=said, leads_to=leads_to, retry_after=wait, looks_parked=looks_parked
            ),
            scheme=scheme if answer.status < 300 else None,
        )

    def _judged(self, inbox: InboxUrl) -> Url:
        """Raises FetchRefused for what we never post to (security S132)."""
        url = self._door.judge(inbox)
        if url.authority == self._own_host:
            raise FetchRefused("the inbox is on our own server")
        if not self._door.allow_private and url.is_address:
            raise FetchRefused("the inbox is at a bare IP address")
        return url

    async def _post(self, url: Url, letter: Letter, scheme: str, asks: Callable[[], None]) -> Answer:
        """One signed POST; 307 and 308 within the same origin are followed, signed again for their target."""
        for _ in range(_REDIRECTS + 1):
            headers = await self._signatures.ask(_Wish(scheme=scheme, url=url, letter=letter))
            asks()
            answer = await self._door.request(
                "POST", url.wire, headers=headers, body=letter.body, cap_bytes=_CAP_BYTES, cut=True, deadline=_DEADLINE
            )
            there = self._same_origin_target(url, answer)
            if there is None:
                break
            url = there
        return answer

    def _same_origin_target(self, here: Url, answer: Answer) -> Url | None:
        location = answer.headers.get("Location", "")
        if answer.status not in (307, 308) or not location or not location.isprintable():
            return None
        try:
            there = self._judged(InboxUrl(urljoin(here.wire, location)))
        except (FetchRefused, ValueError):
            return None
        return there if there.origin == here.origin else None

    async def _sign_many(self, wishes: Sequence[_Wish]) -> Sequence[dict[str, str]]:
        """RSA releases the GIL, so threads sign while the loop goes on; a hop costs as much as half a signature."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._sign_all, wishes)

    def _sign_all(self, wishes: Sequence[_Wish]) -> list[dict[str, str]]:
        now = self._clock()
        return [
            rfc9421.sign(
                method="POST",
                url=wish.url,
                signer=self._signer,
                now=now,
                content_digest=wish.letter.content_digest,
                content_type=_CONTENT_TYPE,
            )
            if wish.scheme == RFC9421
            else cavage.sign(
                method="POST",
                url=wish.url,
                signer=self._signer,
                now=now,
                digest=wish.letter.digest,
                content_type=_CONTENT_TYPE,
                with_query=wish.scheme != BARE,
            )
            for wish in wishes
        ]


def _schemes(url: Url, remembered: str | None) -> list[str]:
    """In which order to knock: what was taken last first."""
    order = [CAVAGE, RFC9421, BARE] if "?" in url.target else [CAVAGE, RFC9421]
    if remembered in order:
        order.remove(remembered)
        order.insert(0, remembered)
    return order


def _is_lost_on(status: int, scheme: str, remembered: str | None) -> bool:
    """Whether the server may not know the scheme any more: one that reads only draft-cavage says 400 or 500 to others.

    https://github.com/fedify-dev/fedify CHANGES.md 1.6.2. What is said to the scheme that all speak is meant.
    """
    return scheme == remembered != CAVAGE and status in (400, 500)


def _shortened(text: str) -> str:
    """One line for the ledger, without what would steer a terminal (security S100)."""
    line = " ".join(text[: 4 * _REASON_CHARACTERS].split())
    return "".join(letter for letter in line if letter.isprintable())[:_REASON_CHARACTERS]
