"""One activity and one inbox -> a signed POST and its outcome; called by `bring_up_to_date` only.

Knocks with draft-cavage first; if the server refuses the signature, once more with RFC 9421 (protocol sheet 2.3).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from bridge.clock import Clock
from bridge.delivery.outcome import Outcome, Refused, TryLater, outcome_of
from bridge.errors import FetchError, FetchFailed
from bridge.remote.door import Answer, Door
from bridge.remote.retry_after import retry_after_of
from bridge.signature import cavage
from bridge.signature.digest import digest_of
from bridge.signature.keys import Signer
from bridge.terms import InboxUrl
from bridge.urls import Url

_CONTENT_TYPE = "application/activity+json"
_CAP_BYTES = 64 * 1024
_DEADLINE = timedelta(seconds=20)
_REASON_CHARACTERS = 500


@dataclass(frozen=True, kw_only=True)
class Sender:
    """What a delivery needs besides the activity."""

    door: Door
    signer: Signer
    clock: Clock

    async def send(self, inbox: InboxUrl, body: bytes) -> Outcome:
        """Deliver once. Never raises for what another server does."""
        try:
            url = self.door.judge(inbox)
            answer = await self._knock(url, body)
        except FetchFailed as error:
            return TryLater(None, _shortened(str(error)), error.retry_after)
        except FetchError as error:
            return Refused(None, _shortened(str(error)))
        said = _shortened(answer.body.decode("utf-8", "replace"))
        return outcome_of(answer.status, answer=said, retry_after=retry_after_of(answer.headers, now=self.clock()))

    async def _knock(self, url: Url, body: bytes) -> Answer:
        # RSA releases the GIL, so a thread signs while the loop goes on.
        headers = await asyncio.to_thread(
            cavage.sign,
            method="POST",
            url=url,
            signer=self.signer,
            now=self.clock(),
            digest=digest_of(body),
            content_type=_CONTENT_TYPE,
        )
        return await self.door.request(
            "POST", url.wire, headers=headers, body=body, cap_bytes=_CAP_BYTES, cut=True, deadline=_DEADLINE
        )


def _shortened(text: str) -> str:
    """One line for the ledger."""
    return " ".join(text.split())[:_REASON_CHARACTERS]
