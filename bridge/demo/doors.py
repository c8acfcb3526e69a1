"""Requests from other servers -> the peer's answers: discovery, documents, inboxes.

`peer` puts these routes into its application. An inbox believes only what is signed by the key of the very actor
it speaks of; everything it got is kept in `Town.received`. ActivityPub sections 5 and 7.
"""

from __future__ import annotations

import asyncio
import json
from html import escape
from urllib.parse import urlsplit

from aiohttp import web

from bridge.clock import Clock
from bridge.demo import documents, proof
from bridge.demo.people import Person, Received, Town
from bridge.demo.post_office import NotReached, PostOffice
from bridge.terms import Document


class Doors:
    """The peer's public side. `careful`: documents are shown only to signed requests, as in Mastodon's secure mode."""

    def __init__(self, town: Town, office: PostOffice, *, clock: Clock, careful: bool, public_key_pem: str) -> None:
        self._town = town
        self._office = office
        self._clock = clock
        self._careful = careful
        self._pem = public_key_pem
        self._errands: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Every public address of the peer."""
        return [
            web.get("/.well-known/webfinger", self.webfinger),
            web.get("/actor", self.instance),
            web.get("/users/{name}", self.actor),
            web.get("/users/{name}/outbox", self.outbox),
            web.get("/users/{name}/{which:followers|following}", self.counted),
            web.get("/users/{name}/statuses/{number}", self.post),
            web.get("/users/{name}/statuses/{number}/replies", self.replies),
            web.get("/@{name}", self.profile_page),
            web.get("/@{name}/{number}", self.post_page),
            web.post("/users/{name}/inbox", self.inbox),
            web.post("/inbox", self.inbox),
        ]

    async def webfinger(self, request: web.Request) -> web.Response:
        """acct: or actor id of one of our people -> its JRD."""
        resource = request.query.get("resource")
        if resource is None:
            raise web.HTTPBadRequest(text="resource is missing")
        host = self._town.origin.partition("://")[2]
        for person in self._town.people.values():
            if resource.lower() == f"acct:{person.name}@{host}".lower() or resource == person.id:
                jrd = documents.webfinger_document(person, origin=self._town.origin)
                return web.json_response(jrd, content_type="application/jrd+json")
        raise web.HTTPNotFound(text="nobody here by that name")

    async def instance(self, request: web.Request) -> web.Response:
        """The actor that signs our fetches."""
        return _activity_json(documents.instance_document(origin=self._town.origin, public_key_pem=self._pem))

    async def actor(self, request: web.Request) -> web.Response:
        """One person."""
        await self._let_in(request)
        person = self._person(request)
        return _activity_json(documents.actor_document(person, origin=self._town.origin, public_key_pem=self._pem))

    async def outbox(self, request: web.Request) -> web.Response:
        """What one person wrote, newest first."""
        await self._let_in(request)
        person = self._person(request)
        creates = [documents.create(post) for post in self._town.posts_of(person.id)]
        return _activity_json(documents.collection_document(f"{person.id}/outbox", creates))

    async def counted(self, request: web.Request) -> web.Response:
        """Followers and followed: how many, not who."""
        await self._let_in(request)
        person = self._person(request)
        which = request.match_info["which"]
        people = list(person.followers if which == "followers" else person.following)
        return _activity_json(documents.collection_document(f"{person.id}/{which}", people, listed=False))

    async def post(self, request: web.Request) -> web.Response:
        """One post; 410 with a Tombstone when it was deleted."""
        await self._let_in(request)
        post = self._town.posts.get(self._town.origin + request.path)
        if post is None:
            raise web.HTTPNotFound
        return _activity_json(documents.note_document(post), status=200 if post.deleted is None else 410)

    async def replies(self, request: web.Request) -> web.Response:
        """The answers to one post, by id."""
        await self._let_in(request)
        post = self._town.posts.get(self._town.origin + request.path.removesuffix("/replies"))
        if post is None:
            raise web.HTTPNotFound
        return _activity_json(documents.replies_document(post, page="page" in request.query))

    async def profile_page(self, request: web.Request) -> web.Response:
        """A person's page for people."""
        person = self._person(request)
        posts = "".join(
            f'<article>{post.content}<a href="{post.url}">#</a></article>' for post in self._town.posts_of(person.id)
        )
        return _page(person.display_name, posts)

    async def post_page(self, request: web.Request) -> web.Response:
        """A post's page for people."""
        person = self._person(request)
        post = self._town.posts.get(f"{person.id}/statuses/{request.match_info['number']}")
        if post is None or post.deleted is not None:
            raise web.HTTPNotFound
        return _page(person.display_name, f"<article>{post.content}</article>")

    async def inbox(self, request: web.Request) -> web.Response:
        """Take one activity: 202 when it is believed, 401 when not; the weather may have its own way first."""
        body = await request.read()
        weather = self._town.pass_weather()
        if weather.hang:
            await asyncio.sleep(3600)
        if weather.delay:
            await asyncio.sleep(weather.delay)
        activity, key_id, reason = await self._judge(request, body)
        status = weather.status or (202 if not reason else 400 if activity is None else 401)
        received = Received(
            at=self._clock(),
            inbox=request.path,
            answered=status,
            verified=not reason,
            reason=reason,
            key_id=key_id,
            activity=activity,
            body=body.decode(errors="replace"),
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        self._town.received.append(received)
        if status == 202 and activity is not None:
            self._apply(activity)
        return web.Response(status=status, text=reason, headers=weather.headers)

    async def _judge(self, request: web.Request, body: bytes) -> tuple[Document | None, str | None, str]:
        """The activity, the key that signed it, and why it is not believed ("" when it is)."""
        try:
            activity = json.loads(body)
        except ValueError:
            return None, None, "the body is not JSON"
        if not isinstance(activity, dict):
            return None, None, "the body is no JSON object"
        key_id = None
        try:
            key_id, owner = await self._signer(request, body)
            if activity.get("actor") != owner:
                raise proof.ProofFault(f"signed by {owner}, but the activity is {activity.get('actor')}'s")
            _judge_origins(activity, owner)
        except (proof.ProofFault, NotReached) as error:
            return activity, key_id, str(error)
        return activity, key_id, ""

    async def _signer(self, request: web.Request, body: bytes) -> tuple[str, str]:
        """Key and owner that made the request's signature; a key that does not fit is asked for once more."""
        signed = proof.Signed(
            method=request.method,
            target=request.raw_path,
            headers={name.lower(): ", ".join(request.headers.getall(name)) for name in request.headers},
            body=body,
        )
        found = proof.read_proof(signed.headers.get("signature"))
        host = self._town.origin.partition("://")[2]
        proof.judge_request(found, signed, host=host, now=self._clock())
        owner, pem = await self._office.key_of(found.key_id)
        try:
            proof.judge_signature(found, signed, pem)
        except proof.ProofFault:
            owner, pem = await self._office.key_of(found.key_id, fresh=True)
            proof.judge_signature(found, signed, pem)
        return found.key_id, owner

    async def _let_in(self, request: web.Request) -> None:
        if not self._careful:
            return
        try:
            await self._signer(request, b"")
        except (proof.ProofFault, NotReached) as error:
            raise web.HTTPUnauthorized(text=str(error)) from error

    def _apply(self, activity: Document) -> None:
        """What a believed activity changes here."""
        match activity:
            case {"type": "Follow", "object": str(target)}:
                person = self._town.person_by_id(target)
                if person is not None:
                    errand = asyncio.create_task(self._welcome(activity, person))
                    self._errands.add(errand)
                    errand.add_done_callback(self._errands.discard)
            case {"type": "Undo", "actor": actor, "object": {"type": "Follow", "object": str(target)}}:
                person = self._town.person_by_id(target)
                if person is not None:
                    person.followers.pop(actor, None)
            case {"type": "Accept" | "Reject" as kind, "actor": actor, "object": answered}:
                self._note_answer(kind, actor, answered)
            case {"type": "Create", "object": {"id": str(reply), "inReplyTo": str(target)}}:
                post = self._town.posts.get(target)
                if post is not None and reply not in post.replies:
                    post.replies.append(reply)

    async def _welcome(self, follow: Document, person: Person) -> None:
        """Remember a follower and accept; one whose document cannot be fetched does not become a follower."""
        try:
            follower = await self._office.fetch(follow["actor"])
        except NotReached:
            return
        person.followers[follow["actor"]] = follower.get("endpoints", {}).get("sharedInbox") or follower["inbox"]
        await self._office.accept_follow(follow, person, follower)

    def _note_answer(self, kind: str, actor: str, answered: str | Document) -> None:
        """An Accept or Reject counts only for a Follow that we sent to that very actor."""
        follow = answered if isinstance(answered, str) else answered.get("id", "")
        document, _ = self._town.sent.get(follow, ({}, ()))
        person = self._town.person_by_id(document.get("actor", ""))
        if person is not None and document.get("object") == actor:
            person.following[actor] = "accepted" if kind == "Accept" else "rejected"

    def _person(self, request: web.Request) -> Person:
        person = self._town.people.get(request.match_info["name"])
        if person is None:
            raise web.HTTPNotFound
        return person


def _judge_origins(activity: Document, owner: str) -> None:
    """Activity and post must be of the sender's server, and the post the sender's. Raises ProofFault."""
    inner = activity.get("object")
    claims = [activity.get("id")]
    if activity.get("type") in ("Create", "Update") and isinstance(inner, dict):
        claims.append(inner.get("id"))
        if inner.get("attributedTo", owner) != owner:
            raise proof.ProofFault(f"the post is said to be by {inner.get('attributedTo')}")
    for claim in claims:
        if isinstance(claim, str) and urlsplit(claim)[:2] != urlsplit(owner)[:2]:
            raise proof.ProofFault(f"{claim} is not on the sender's server")


def _activity_json(document: Document, *, status: int = 200) -> web.Response:
    return web.json_response(document, status=status, content_type=documents.ACTIVITY_JSON)


def _page(title: str, html: str) -> web.Response:
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    text = f'<!doctype html><html lang="de">{head}<h1>{escape(title)}</h1>{html}</html>'
    return web.Response(text=text, content_type="text/html")
