"""Handles, ids and activities -> requests to other servers, signed: all that the peer sends, it sends from here.

Used by `doors` (keys of senders, Accepts) and `control` (what a person does). WebFinger is RFC 7033.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import aiohttp
from yarl import URL

from bridge.clock import Clock
from bridge.demo import proof
from bridge.demo.documents import ACTIVITY_JSON, act
from bridge.demo.people import Person, Town
from bridge.terms import Document

_TIMEOUT = aiohttp.ClientTimeout(total=15)


class NotReached(Exception):
    """Another server gave nothing usable. The text names the address and the cause; `status` its answer, 0 for none."""

    def __init__(self, text: str, *, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an inbox said; status 0 when it could not be reached."""

    inbox: str
    status: int
    text: str


class PostOffice:
    """One session to the outside. `clock` dates the requests."""

    def __init__(self, session: aiohttp.ClientSession, town: Town, clock: Clock) -> None:
        self._session = session
        self._town = town
        self._clock = clock
        self._keys: dict[str, tuple[str, str]] = {}

    async def fetch(self, url: str, *, accept: str = ACTIVITY_JSON) -> Document:
        """The JSON document at `url`, asked for as the instance actor; raises NotReached."""
        headers = self._signed("GET", url, b"", f"{self._town.origin}/actor#main-key") | {"accept": accept}
        try:
            async with self._session.get(URL(url, encoded=True), headers=headers, timeout=_TIMEOUT) as response:
                text = await response.text()
                if response.status != 200:
                    raise NotReached(f"{url} answered {response.status}: {text[:200]}", status=response.status)
                document = json.loads(text)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise NotReached(f"{url}: {error or type(error).__name__}") from error
        if not isinstance(document, dict):
            raise NotReached(f"{url} is no JSON object")
        return document

    async def find(self, handle: str) -> Document:
        """@name@host -> the actor document that its server's WebFinger leads to."""
        name, _, host = handle.removeprefix("@").partition("@")
        if not name or not host:
            raise NotReached(f"{handle} is no handle: write @name@host")
        near = host.partition(":")[0] in ("127.0.0.1", "localhost")
        resource = quote(f"acct:{name}@{host}", safe="")
        url = f"{'http' if near else 'https'}://{host}/.well-known/webfinger?resource={resource}"
        found = await self.fetch(url, accept="application/jrd+json")
        for link in found.get("links", []):
            if link.get("rel") == "self" and link.get("type") == ACTIVITY_JSON:
                return await self.fetch(link["href"])
        raise NotReached(f"the WebFinger of {handle} names no actor")

    async def key_of(self, key_id: str, *, fresh: bool = False) -> tuple[str, str]:
        """A key's owner and PEM, from the owner's server; `fresh` asks again. Raises NotReached or ProofFault."""
        if fresh or key_id not in self._keys:
            document = await self.fetch(key_id.partition("#")[0])
            key = document.get("publicKey", document)
            owner = key.get("owner")
            if "publicKey" not in document and isinstance(owner, str):
                # A key document of its own: its owner has to name it in return.
                key = (await self.fetch(owner)).get("publicKey", {})
            if key.get("id") != key_id or not isinstance(owner, str) or not isinstance(key.get("publicKeyPem"), str):
                raise proof.ProofFault(f"{key_id} is not a key that an actor there calls its own")
            if URL(owner).origin() != URL(key_id).origin():
                raise proof.ProofFault(f"{key_id} and its owner {owner} are on different servers")
            self._keys[key_id] = (owner, key["publicKeyPem"])
        return self._keys[key_id]

    async def send(self, document: Document, inbox: str, sender: Person, *, broken: str = "") -> Answer:
        """Deliver one activity. `broken` spoils the request as an attacker or a faulty server would (see `_spoil`)."""
        body = json.dumps(document, ensure_ascii=False).encode()
        headers = self._signed("POST", inbox, body, f"{sender.id}#main-key", old=broken == "date")
        headers, body = _spoil(headers, body, broken)
        try:
            url = URL(inbox, encoded=True)
            async with self._session.post(url, data=body, headers=headers, timeout=_TIMEOUT) as response:
                return Answer(inbox=inbox, status=response.status, text=(await response.text())[:500])
        except (aiohttp.ClientError, TimeoutError) as error:
            return Answer(inbox=inbox, status=0, text=str(error) or type(error).__name__)

    async def send_all(self, document: Document, inboxes: tuple[str, ...], sender: Person) -> list[Answer]:
        """Deliver to each of these inboxes, at the same time, and remember it so that it can be undone."""
        self._town.sent[document["id"]] = (document, inboxes)
        return await asyncio.gather(*(self.send(document, inbox, sender) for inbox in inboxes))

    async def accept_follow(self, follow: Document, person: Person, follower: Document) -> Answer:
        """Say yes to a Follow, with the whole Follow inside."""
        inner = {name: value for name, value in follow.items() if name != "@context"}
        number = self._town.number()
        accept = act("Accept", activity=f"{person.id}#accepts/{number}", actor=person.id, target=inner)
        return await self.send(accept, follower["inbox"], person)

    def _signed(self, method: str, url: str, body: bytes, key_id: str, *, old: bool = False) -> dict[str, str]:
        where = URL(url, encoded=True)
        return proof.signed_headers(
            method=method,
            host=where.authority,
            target=where.raw_path_qs,
            body=body,
            content_type=ACTIVITY_JSON,
            key_id=key_id,
            key=self._town.key,
            now=self._clock() - (timedelta(days=2) if old else timedelta()),
        )


def _spoil(headers: dict[str, str], body: bytes, broken: str) -> tuple[dict[str, str], bytes]:
    """The request with one thing wrong: `body` changed after signing, `digest` made to fit it again, or `unsigned`."""
    if broken == "unsigned":
        return {name: value for name, value in headers.items() if name != "signature"}, body
    if broken in ("body", "digest"):
        body = body.rstrip() + b" "
    if broken == "digest":
        headers = headers | {"digest": proof.digest_of(body)}
    return headers, body
