"""CPU time of one activity at the door, with a known key: signature, JSON, types, decision.

`python -m bench.inbox_door`. The budget is 0.25 ms where RSA signing costs 0.30 ms; the first line shows
how fast the machine is at the moment, and the last column is scaled by it. No socket and no write: what is measured is
everything between the bytes of a request and the `VerifiedActivity`, on this process's own CPU time, best of rounds.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.speed import QUIET_SIGNING_MS, signing_ms
from bridge.activity.remote_actor import remote_actor_from
from bridge.clock import utc_now
from bridge.errors import KeyUnavailable, Unauthenticated
from bridge.inbox.authenticate import Authenticator
from bridge.pace import Pace
from bridge.remote.actors import RemoteActors
from bridge.remote.documents import Documents
from bridge.remote.door import Door
from bridge.remote.hops import Hops
from bridge.signature.request import SignedRequest
from bridge.store import actors as known_actors
from bridge.store.engines import open_database
from tests.support.databases import new_sqlite
from tests.support.signed_fetches import KNOCK, OWN
from tests.support.signing import (
    cavage_request,
    changed,
    content_digest,
    http_date,
    pem_of,
    post_headers,
    rfc9421_request,
    rsa_key,
)

BUDGET_MS = 0.25
ROUNDS, TIMES = 5, 400
ANNA = "https://fern.example/leute/anna"


def main() -> None:
    """Print the milliseconds of CPU for each kind of request."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> None:
    database = open_database(await asyncio.to_thread(new_sqlite, folder), folder=folder)
    key = {"id": f"{ANNA}#main-key", "owner": ANNA, "publicKeyPem": pem_of(rsa_key())}
    anna = remote_actor_from({"id": ANNA, "type": "Person", "inbox": f"{ANNA}/inbox", "publicKey": key})
    await database.write(lambda tx: known_actors.record(tx, anna, now=utc_now()))
    async with Door(origin="https://links.example") as door:
        hops = Hops(door, own_servers={OWN})
        documents = Documents(hops, knock=KNOCK)
        authenticator = Authenticator(
            origin="https://links.example",
            database=database,
            actors=RemoteActors(documents, hops, database),
            documents=documents,
            pace=Pace(None),
            clock=utc_now,
            blog_id=1,
        )
        reply = json.dumps(_reply(), ensure_ascii=False).encode()
        headers = post_headers(body=reply, date=datetime.now(UTC))
        cavage = cavage_request(headers=headers, body=reply)
        messages = rfc9421_request(
            headers={**headers, "content-digest": content_digest(reply)},
            body=reply,
            parameters=f';created={int(datetime.now(UTC).timestamp())};keyid="{ANNA}#main-key"',
        )
        forged = changed(cavage, date=http_date(datetime.now(UTC).replace(microsecond=0, second=0, minute=0)))
        signing = signing_ms()
        print(f"{'RSA signing alone':20} {signing:.3f} ms CPU")
        scale = QUIET_SIGNING_MS / signing
        await _say("draft-cavage, RSA", lambda: authenticator.authenticate(_again(cavage)), scale=scale)
        await _say("RFC 9421, RSA", lambda: authenticator.authenticate(_again(messages)), scale=scale)
        await _say("not signed", lambda: _refused(authenticator, changed(cavage, signature=None)), scale=scale)
        await _say("badly signed", lambda: _refused(authenticator, _again(forged)), scale=scale)
    await database.close()


def _again(request: SignedRequest) -> SignedRequest:
    """A new object, as each request is one: reading its headers belongs to the work."""
    return SignedRequest(method=request.method, target=request.target, headers=request.headers, body=request.body)


async def _refused(authenticator: Authenticator, request: SignedRequest) -> None:
    try:
        await authenticator.authenticate(request)
    except (Unauthenticated, KeyUnavailable):
        return
    raise AssertionError("it was let in")


async def _say(what: str, once: Callable[[], Awaitable[object]], *, scale: float) -> None:
    best = float("inf")
    for _ in range(ROUNDS):
        await once()
        begun = time.process_time()
        for _ in range(TIMES):
            await once()
        best = min(best, (time.process_time() - begun) / TIMES * 1000)
    verdict = "ok" if best * scale <= BUDGET_MS else "TOO SLOW"
    print(f"{what:20} {best:.3f} ms CPU   scaled {best * scale:.3f} ms of {BUDGET_MS} ms   {verdict}")


def _reply() -> dict[str, object]:
    """A reply of common size, as Mastodon sends one."""
    note = {
        "id": f"{ANNA}/statuses/1",
        "type": "Note",
        "inReplyTo": "https://links.example/object/24",
        "published": "2024-08-05T07:00:00Z",
        "url": f"{ANNA}/1",
        "attributedTo": ANNA,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "cc": [f"{ANNA}/followers", "https://links.example/actor/a1"],
        "content": "<p>" + "Schön, wie der Nebel über dem Moor liegt. " * 8 + "</p>",
        "contentMap": {"de": "<p>" + "Schön, wie der Nebel über dem Moor liegt. " * 8 + "</p>"},
        "tag": [{"type": "Mention", "href": "https://links.example/actor/a1", "name": "@links@links.example"}],
        "attachment": [],
        "sensitive": False,
    }
    return {
        "@context": ["https://www.w3.org/ns/activitystreams", {"sensitive": "as:sensitive", "toot": "x"}],
        "id": f"{ANNA}/statuses/1/activity",
        "type": "Create",
        "actor": ANNA,
        "published": "2024-08-05T07:00:00Z",
        "to": note["to"],
        "cc": note["cc"],
        "object": note,
        "signature": {"type": "RsaSignature2017", "creator": f"{ANNA}#main-key", "signatureValue": "A" * 344},
    }


if __name__ == "__main__":
    main()
