"""Twenty servers in one process with one long conversation, of which each server shows only what stands on it.

Every server has an address of its own (127.1.0.N), so that a server under test meets twenty hosts. Posts know their
answers by a paged `replies` collection, or the whole conversation by `context`, as servers differ.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web

from bridge.signature import cavage
from bridge.signature.digest import digest_of
from bridge.signature.keys import Signer, private_key
from bridge.terms import KeyId
from bridge.urls import parse_url
from tests.support.signing import pem_of, rsa_key

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_PAGES = {"replies": 5, "context": 40}
_TYPE = "application/activity+json"


@dataclass
class Post:
    """One post; `parent` None answers the issue itself."""

    number: int
    server: int
    parent: Post | None
    text: str
    public: bool = True
    deleted: bool = False
    updated: datetime | None = None
    children: list[Post] = field(default_factory=list)


class Forest:
    """The posts, their servers, and the way to send one to an inbox."""

    def __init__(self, *, servers: int, posts: int, seed: int, shows: str) -> None:
        self.shows = shows  #: replies, context or nothing
        self.root = ""
        self.asked = 0
        self._port = 0
        self._servers = servers
        self._signer_key = private_key(rsa_key("forest"))
        self._pem = pem_of(rsa_key("forest"))
        chance = random.Random(seed)
        self.posts: list[Post] = []
        for number in range(posts):
            parent = chance.choice([None, *self.posts[-40:], *self.posts[-40:]]) if self.posts else None
            post = Post(number=number, server=chance.randrange(servers), parent=parent, text=f"Wort {number}")
            self.posts.append(post)
            if parent is not None:
                parent.children.append(post)

    async def open(self) -> None:
        """Listen on every address."""
        app = web.Application()
        app.router.add_get("/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        for server in range(self._servers):
            await web.TCPSite(self._runner, f"127.1.0.{server + 1}", self._port).start()
            self._port = self._runner.addresses[0][1]
        self._session = aiohttp.ClientSession()

    async def close(self) -> None:
        await self._session.close()
        await self._runner.cleanup()

    def origin(self, post: Post) -> str:
        return f"http://127.1.0.{post.server + 1}:{self._port}"

    def id_of(self, post: Post) -> str:
        return f"{self.origin(post)}/p/{post.number}"

    def author_of(self, post: Post) -> str:
        return f"{self.origin(post)}/u/autor"

    def note(self, post: Post) -> dict[str, Any]:
        """The post as its server shows it."""
        published = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=post.number)
        note: dict[str, Any] = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": self.id_of(post),
            "type": "Note",
            "attributedTo": self.author_of(post),
            "inReplyTo": (self.root or None) if post.parent is None else self.id_of(post.parent),
            "content": f"<p>{post.text}</p>",
            "published": published.isoformat(),
            "to": [PUBLIC] if post.public else [self.author_of(post)],
            "cc": [],
        }
        if post.updated is not None:
            note["updated"] = post.updated.isoformat()
        if self.shows == "replies":
            note["replies"] = f"{self.id_of(post)}/replies"
        if self.shows == "context":
            note["context"] = f"{self.origin(post)}/context"
        return note

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        server = int(request.host.partition(":")[0].rpartition(".")[2]) - 1
        parts = request.path.strip("/").split("/")
        if parts[0] == "u":
            return self._json(self._actor(f"http://{request.host}/u/autor"))
        if parts[0] == "context" and self.shows == "context":
            shown = [post for post in self.posts if post.public and not post.deleted]
            return self._json(self._collection(f"http://{request.host}/context", shown, request.query.get("page")))
        if parts[0] != "p":
            return web.Response(status=404)
        post = self.posts[int(parts[1])]
        if post.server != server or not post.public:
            return web.Response(status=404)
        if len(parts) == 3:
            shown = [child for child in post.children if child.public and not child.deleted]
            return self._json(self._collection(f"{self.id_of(post)}/replies", shown, request.query.get("page")))
        if post.deleted:
            return web.json_response({"id": self.id_of(post), "type": "Tombstone"}, status=410, content_type=_TYPE)
        return self._json(self.note(post))

    def _json(self, document: dict[str, Any]) -> web.Response:
        return web.Response(body=json.dumps(document).encode(), content_type=_TYPE)

    def _actor(self, actor_id: str) -> dict[str, Any]:
        return {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": actor_id,
            "type": "Person",
            "preferredUsername": "autor",
            "inbox": f"{actor_id}/inbox",
            "publicKey": {"id": f"{actor_id}#main-key", "owner": actor_id, "publicKeyPem": self._pem},
        }

    def _collection(self, url: str, posts: list[Post], page: str | None) -> dict[str, Any]:
        if page is None:
            return {"id": url, "type": "Collection", "totalItems": len(posts), "first": f"{url}?page=1"}
        number, size = int(page), _PAGES[self.shows]
        items = [self.id_of(post) for post in posts[(number - 1) * size : number * size]]
        document: dict[str, Any] = {"id": f"{url}?page={page}", "type": "CollectionPage", "partOf": url, "items": items}
        if number * size < len(posts):
            document["next"] = f"{url}?page={number + 1}"
        return document

    async def send(self, post: Post, kind: str, inbox: str, *, take: int = 0) -> int:
        """Deliver a Create, Update or Delete of the post; the status. `take` tells two sendings of a kind apart."""
        what: Any = {"id": self.id_of(post), "type": "Tombstone"} if kind == "Delete" else self.note(post)
        activity = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.id_of(post)}#{kind.lower()}-{take}",
            "type": kind,
            "actor": self.author_of(post),
            "to": [PUBLIC],
            "object": what,
        }
        body = json.dumps(activity).encode()
        signer = Signer(key_id=KeyId(f"{self.author_of(post)}#main-key"), key=self._signer_key)
        headers = cavage.sign(
            method="POST",
            url=parse_url(inbox, allow_http=True),
            signer=signer,
            now=datetime.now(UTC),
            digest=digest_of(body),
            content_type=_TYPE,
        )
        async with self._session.post(inbox, data=body, headers=headers) as answer:
            return answer.status
