"""What a test or the demo wants the peer's people to do -> requests to other servers. For loopback only.

`peer` puts these routes into its application. Each takes one JSON object; `as` names the person (default anna), who
is opened on demand. Answers are JSON; 502 with a sentence when another server gave nothing usable.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from bridge.clock import Clock, wire_time
from bridge.demo import documents
from bridge.demo.people import Person, Post, Received, Town, Weather
from bridge.demo.post_office import Answer, NotReached, PostOffice
from bridge.terms import Document

Wish = dict[str, Any]
_DEFAULT = "anna"


class Control:
    """The hands of the peer's people."""

    def __init__(self, town: Town, office: PostOffice, clock: Clock) -> None:
        self._town = town
        self._office = office
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Every control address."""
        wishes: dict[str, Callable[[Wish], Awaitable[object]]] = {
            "person": self.open_person,
            "follow": self.follow,
            "unfollow": self.unfollow,
            "post": self.post,
            "reply": self.reply,
            "edit": self.edit,
            "delete": self.delete,
            "like": self.like,
            "boost": self.boost,
            "undo": self.undo,
            "send": self.send,
            "fail": self.fail,
        }
        posts = [web.post(f"/control/{name}", _wished(wish)) for name, wish in wishes.items()]
        return [*posts, web.get("/control/received", self.received), web.get("/control/people", self.people)]

    async def open_person(self, wish: Wish) -> object:
        """{as, shared_inbox?} -> the account, with a shared inbox or only its own."""
        person = self._person(wish)
        person.shared_inbox = bool(wish.get("shared_inbox", person.shared_inbox))
        return {"id": person.id, "inbox": person.inbox, "shared_inbox": person.shared_inbox}

    async def follow(self, wish: Wish) -> object:
        """{handle} -> WebFinger, the actor, a signed Follow."""
        person = self._person(wish)
        actor = await self._office.find(wish["handle"])
        follow = documents.act(
            "Follow", activity=f"{person.id}#follows/{self._town.number()}", actor=person.id, target=actor["id"]
        )
        person.following[actor["id"]] = "asked"
        answers = await self._office.send_all(follow, (actor["inbox"],), person)
        return {"actor": actor, "activity": follow["id"], "answers": _shown(answers)}

    async def unfollow(self, wish: Wish) -> object:
        """{actor} -> Undo of the last Follow of it."""
        person = self._person(wish)
        for document, _ in reversed(self._town.sent.values()):
            if (document["type"], document["actor"], document["object"]) == ("Follow", person.id, wish["actor"]):
                person.following.pop(wish["actor"], None)
                return await self.undo({"activity": document["id"]})
        raise web.HTTPBadRequest(text=f"{person.name} never followed {wish['actor']}")

    async def post(self, wish: Wish) -> object:
        """{text} -> a public Note to one's followers."""
        person = self._person(wish)
        return await self._publish(person, wish, in_reply_to=None, mentions=(), inboxes=person.followers.values())

    async def reply(self, wish: Wish) -> object:
        """{object, text, visibility?: public | unlisted | followers | direct} -> a Note in reply, to its author."""
        person = self._person(wish)
        target = await self._office.fetch(wish["object"])
        author = await self._office.fetch(target["attributedTo"])
        handle = f"@{author['preferredUsername']}@{author['id'].split('/')[2]}"
        return await self._publish(
            person,
            wish,
            in_reply_to=target["id"],
            mentions=((author["id"], handle),),
            inboxes=[author["inbox"], *person.followers.values()],
        )

    async def edit(self, wish: Wish) -> object:
        """{object, text} -> an Update to everyone who got the post."""
        post = self._post(wish)
        # Mastodon takes an edit only when `updated` moved on, and whole seconds are all it writes.
        post.updated = max(self._clock(), (post.updated or post.published) + timedelta(seconds=1))
        post.edits += 1
        post.content = documents.text_to_html(wish["text"], post.mentions)
        return await self._to_readers(documents.update(post), post)

    async def delete(self, wish: Wish) -> object:
        """{object} -> a Delete to everyone who got the post; from now on its id answers 410."""
        post = self._post(wish)
        post.deleted = self._clock()
        return await self._to_readers(documents.delete(post), post)

    async def like(self, wish: Wish) -> object:
        """{object} -> a Like to its author."""
        return await self._react(wish, "Like", "likes")

    async def boost(self, wish: Wish) -> object:
        """{object} -> an Announce to its author and one's followers."""
        person = self._person(wish)
        followers = {"to": [documents.PUBLIC], "cc": [f"{person.id}/followers"], "published": wire_time(self._clock())}
        return await self._react(wish, "Announce", "boosts", **followers)

    async def undo(self, wish: Wish) -> object:
        """{activity} -> the Undo of a Follow, Like or Announce sent before, to where it went."""
        try:
            document, inboxes = self._town.sent[wish["activity"]]
        except KeyError as error:
            raise web.HTTPBadRequest(text=f"{wish['activity']} was never sent") from error
        person = self._town.person_by_id(document["actor"])
        assert person is not None, "only our own people send"
        undo = documents.undo(document)
        return {"activity": undo["id"], "answers": _shown(await self._office.send_all(undo, inboxes, person))}

    async def send(self, wish: Wish) -> object:
        """{inbox, activity, broken?: body | digest | date | unsigned} -> that very activity, signed or spoilt."""
        person = self._person(wish)
        answer = await self._office.send(wish["activity"], wish["inbox"], person, broken=wish.get("broken", ""))
        return {"answers": _shown([answer])}

    async def fail(self, wish: Wish) -> object:
        """{times, status?, delay?, hang?, headers?} -> the next `times` requests to our inboxes meet this."""
        self._town.weather = Weather(**wish)
        return {}

    async def received(self, request: web.Request) -> web.Response:
        """What came to our inboxes, oldest first; `?type=Create` only those, `?verified=1` only what was believed."""
        _only_from_here(request)
        kind, verified = request.query.get("type"), "verified" in request.query
        found = [
            _as_json(item)
            for item in self._town.received
            if (kind is None or (item.activity or {}).get("type") == kind) and (item.verified or not verified)
        ]
        return web.json_response(found)

    async def people(self, request: web.Request) -> web.Response:
        """Everyone here, with whom they follow and who follows them."""
        _only_from_here(request)
        return web.json_response({name: dataclasses.asdict(person) for name, person in self._town.people.items()})

    def _person(self, wish: Wish) -> Person:
        return self._town.person(wish.get("as", _DEFAULT))

    def _post(self, wish: Wish) -> Post:
        try:
            return self._town.posts[wish["object"]]
        except KeyError as error:
            raise web.HTTPBadRequest(text=f"{wish['object']} is no post of this server") from error

    async def _publish(
        self,
        person: Person,
        wish: Wish,
        *,
        in_reply_to: str | None,
        mentions: tuple[tuple[str, str], ...],
        inboxes: Any,
    ) -> object:
        number = self._town.number()
        to, cc = _audience(wish.get("visibility", "public"), person, [actor for actor, _ in mentions])
        post = Post(
            id=f"{person.id}/statuses/{number}",
            url=f"{self._town.origin}/@{person.name}/{number}",
            author=person.id,
            content=documents.text_to_html(wish["text"], mentions),
            in_reply_to=in_reply_to,
            to=to,
            cc=cc,
            mentions=mentions,
            published=self._clock(),
            inboxes=tuple(dict.fromkeys(inboxes)),
        )
        self._town.posts[post.id] = post
        return {"id": post.id, "url": post.url} | await self._to_readers(documents.create(post), post)

    async def _to_readers(self, activity: Document, post: Post) -> dict[str, object]:
        author = self._town.person_by_id(post.author)
        assert author is not None, "a post has its author here"
        answers = await self._office.send_all(activity, post.inboxes, author)
        return {"activity": activity["id"], "answers": _shown(answers)}

    async def _react(self, wish: Wish, kind: str, word: str, **more: Any) -> object:
        person = self._person(wish)
        target = await self._office.fetch(wish["object"])
        author = await self._office.fetch(target["attributedTo"])
        activity = documents.act(
            kind, activity=f"{person.id}#{word}/{self._town.number()}", actor=person.id, target=target["id"], **more
        )
        if "cc" in activity:
            activity["cc"] = [author["id"], *activity["cc"]]
        inboxes = (author["inbox"], *(person.followers.values() if kind == "Announce" else ()))
        answers = await self._office.send_all(activity, tuple(dict.fromkeys(inboxes)), person)
        return {"activity": activity["id"], "answers": _shown(answers)}


def _wished(wish: Callable[[Wish], Awaitable[object]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    """One wish as a handler: reads the JSON, answers with the outcome."""

    async def handler(request: web.Request) -> web.Response:
        _only_from_here(request)
        body = await request.text()
        try:
            return web.json_response(await wish(json.loads(body) if body else {}))
        except NotReached as error:
            return web.json_response({"error": str(error), "status": error.status}, status=502)
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"wrong or missing: {error}"}, status=400)

    return handler


def _only_from_here(request: web.Request) -> None:
    if request.remote is None or not ipaddress.ip_address(request.remote).is_loopback:
        raise web.HTTPForbidden


def _audience(visibility: str, person: Person, mentioned: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """to and cc, as Mastodon writes its four visibilities."""
    followers = f"{person.id}/followers"
    match visibility:
        case "public":
            return (documents.PUBLIC,), (followers, *mentioned)
        case "unlisted":
            return (followers,), (documents.PUBLIC, *mentioned)
        case "followers":
            return (followers,), tuple(mentioned)
        case "direct":
            return tuple(mentioned), ()
        case _:
            raise ValueError(f"visibility {visibility!r}")


def _shown(answers: list[Answer]) -> list[dict[str, object]]:
    return [dataclasses.asdict(answer) for answer in answers]


def _as_json(item: Received) -> dict[str, object]:
    return dataclasses.asdict(item) | {"at": item.at.isoformat()}
