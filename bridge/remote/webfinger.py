"""A handle -> the actor behind it, and what its server can do for its user; an actor -> the handle that is proven.

The author's mentions, the "from your server" form and the names under comments come through here. RFC 7033 (JRD),
SWICG "ActivityPub and WebFinger" (the check both ways), FEP-2c59 (`webfinger`), FEP-3b86 (intents), OStatus subscribe.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from bridge.activity.host_meta import filled, webfinger_template
from bridge.activity.json_text import read_json
from bridge.activity.remote_actor import RemoteActor
from bridge.errors import FetchError, FetchFailed, FetchNotFound, FetchRefused, FetchUnusable, Malformed
from bridge.remote.budget import Budget
from bridge.remote.door import Answer
from bridge.remote.hops import Hops, Wanted
from bridge.terms import ActorId
from bridge.urls import BadUrl, parse_url

_JRD = Wanted(accept="application/jrd+json, application/json", cap_bytes=64 * 1024, hops=3)
_XRD = Wanted(accept="application/xrd+xml, application/xml, text/xml", cap_bytes=64 * 1024, hops=3)
_JRD_TYPES = frozenset({"application/jrd+json", "application/json"})
_MOST_LINKS = 100

_USER = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.+~-]{0,126}[A-Za-z0-9_])?")
_HOST_END = re.compile(r"[/?#@\s]")
_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9_-]{1,40})\}")

_PROFILE = "https://www.w3.org/ns/activitystreams"
_PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
_SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
_INTENT = "https://w3id.org/fep/3b86/"


@dataclass(frozen=True, kw_only=True)
class Handle:
    """`user` as written, `host` in lower case and IDNA, with a port only on one machine."""

    user: str
    host: str

    @property
    def acct(self) -> str:
        """`user@host`."""
        return f"{self.user}@{self.host}"

    def is_same(self, other: Handle) -> bool:
        """Whether both name one account: no server tells users apart by case alone."""
        return self.acct.lower() == other.acct.lower()


@dataclass(frozen=True, kw_only=True)
class Found:
    """Who is behind a handle. `acct` is the handle as its own domain spells it, `url` the page for people."""

    acct: str
    actor_id: ActorId
    url: str


@dataclass(frozen=True, kw_only=True)
class Home:
    """What the server of a user offers: address templates for acting on a thing elsewhere. All are web addresses."""

    acct: str
    subscribe: str | None
    intents: Mapping[str, str]

    def page_for(self, uri: str, *, intent: str) -> str | None:
        """Where the user may do it to `uri`: `Follow`, `Like`, `Announce`, `Object`, or `Create` for a reply to it."""
        place = "inReplyTo" if intent == "Create" else "object"
        template = self.intents.get(intent)
        if template is not None and f"{{{place}}}" in template:
            return _filled(template, {place: uri})
        return None if self.subscribe is None else _filled(self.subscribe, {"uri": uri})


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Values go in percent-encoded; a place we have nothing for becomes empty (FEP-3b86)."""
    return _PLACEHOLDER.sub(lambda place: quote(values.get(place[1], ""), safe=""), template)


def handle_from(text: str, *, allow_private: bool) -> Handle | None:
    """`@user@host`, `user@host` or `acct:user@host`; None for anything else. A port only with `allow_private`."""
    bare = text.strip()[:400].removeprefix("acct:").removeprefix("@")
    user, separator, host = bare.partition("@")
    if not separator or not _USER.fullmatch(user) or _HOST_END.search(host):
        return None
    try:
        url = parse_url(f"https://{host}/", allow_http=False)
    except BadUrl:
        return None
    return Handle(user=user, host=url.authority) if allow_private or url.port == 443 else None


@dataclass(frozen=True, kw_only=True)
class _Jrd:
    subject: Handle | None
    actor_id: ActorId | None
    profile: str | None
    subscribe: str | None
    intents: Mapping[str, str]


class WebFinger:
    """Asks the servers of handles, unsigned."""

    def __init__(self, hops: Hops) -> None:
        self._hops = hops

    async def find_actor(self, handle: str, *, budget: Budget) -> ActorId:
        """The actor id behind a handle. Raises FetchRefused for what is not a handle, else FetchError."""
        return (await self.find(handle, budget=budget)).actor_id

    async def find(self, handle: str, *, budget: Budget) -> Found:
        """Like `find_actor`, with the handle's own spelling and the page for people."""
        asked = self._handle(handle)
        jrd = await self._lookup(asked, budget)
        if jrd.actor_id is None:
            raise FetchUnusable(f"{asked.host} knows no actor for {asked.acct}")
        subject = jrd.subject or asked
        if not subject.is_same(asked):
            # A domain may send its accounts to another one, and only if that one says so too.
            other = await self._lookup(subject, budget)
            if other.actor_id != jrd.actor_id or other.subject is None or not other.subject.is_same(subject):
                raise FetchUnusable(f"{asked.host} says that {asked.acct} is {subject.acct}, where nobody knows of it")
        return Found(acct=subject.acct, actor_id=jrd.actor_id, url=jrd.profile or jrd.actor_id)

    async def find_home(self, handle: str, *, budget: Budget) -> Home:
        """What the server of this user offers for following, replying, liking. Raises as `find_actor`."""
        asked = self._handle(handle)
        jrd = await self._lookup(asked, budget)
        return Home(acct=asked.acct, subscribe=jrd.subscribe, intents=jrd.intents)

    async def two_way_handle(self, actor: RemoteActor, *, budget: Budget) -> str | None:
        """`user@host` if the actor claims it and its host says that it is this actor; None if not.

        Raises FetchFailed where nobody can say at the moment.
        """
        silence: FetchFailed | None = None
        claims = [actor.webfinger or "", f"{actor.preferred_username}@{parse_url(actor.id, allow_http=True).authority}"]
        for claim in claims:
            try:
                found = await self.find(claim, budget=budget)
            except FetchFailed as error:
                silence = error
                continue
            except FetchError:
                continue
            if found.actor_id == actor.id:
                return found.acct
        if silence is not None:
            raise silence
        return None

    async def resolve_mentions(
        self, handles: Collection[str], *, time_allowed: timedelta = timedelta(seconds=5)
    ) -> dict[str, Found]:
        """Those of the handles that resolve, all asked at once, within the time for all together."""
        budget = Budget(fetches=4 * len(handles), time_allowed=time_allowed)

        async def look(handle: str) -> Found | None:
            try:
                return await self.find(handle, budget=budget)
            except FetchError:
                return None

        names = sorted(set(handles))
        found = await asyncio.gather(*map(look, names))
        return {name: one for name, one in zip(names, found, strict=True) if one is not None}

    def _handle(self, text: str) -> Handle:
        handle = handle_from(text, allow_private=self._hops.allow_private)
        if handle is None:
            raise FetchRefused(f"{text[:100]!r} is no handle such as @user@example.social")
        return handle

    async def _lookup(self, handle: Handle, budget: Budget) -> _Jrd:
        """Over https; on one machine, where nobody has certificates, over http as well."""
        schemes = ["https"]
        if self._hops.allow_private:
            schemes.insert(0 if ":" in handle.host else 1, "http")
        for scheme in schemes:
            try:
                answer = await self._ask(f"{scheme}://{handle.host}/.well-known", handle, budget)
                break
            except (FetchFailed, FetchUnusable):
                if scheme == schemes[-1]:
                    raise
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type not in _JRD_TYPES:
            raise FetchUnusable(f"{answer.url} is {media_type[:100]!r}, not application/jrd+json")
        try:
            return self._jrd_from(read_json(answer.body))
        except Malformed as error:
            raise FetchUnusable(f"{answer.url}: {error}") from error

    async def _ask(self, well_known: str, handle: Handle, budget: Budget) -> Answer:
        """The host's answer about the handle; where it has no WebFinger, the answer of whoever its host-meta names."""
        resource = f"acct:{quote(handle.user)}@{handle.host}"
        url = f"{well_known}/webfinger?resource={resource}"
        try:
            return await self._hops.fetch(url, _JRD, budget=budget)
        except FetchNotFound:
            template = await self._template(f"{well_known}/host-meta", budget)
            elsewhere = None if template is None else filled(template, resource)
            # Most name the address that was asked just now: then it is the user who is not there.
            if elsewhere is None or elsewhere == url:
                raise
        return await self._hops.fetch(elsewhere, _JRD, budget=budget)

    async def _template(self, url: str, budget: Budget) -> str | None:
        try:
            answer = await self._hops.fetch(url, _XRD, budget=budget)
        except FetchError:
            return None
        return webfinger_template(answer.body)

    def _jrd_from(self, document: Mapping[str, object]) -> _Jrd:
        """What we use of a JRD (RFC 7033 4.4); links that are not as they should be are passed over."""
        subject, listed = document.get("subject"), document.get("links")
        links = [link for link in listed[:_MOST_LINKS] if isinstance(link, dict)] if isinstance(listed, list) else []
        by_rel: dict[str, list[Mapping[str, object]]] = {}
        for link in links:
            by_rel.setdefault(str(link.get("rel")), []).append(link)
        subscribe = self._first(by_rel.get(_SUBSCRIBE, ()), "template")
        actor_id = self._first(filter(_is_actor_link, by_rel.get("self", ())), "href")
        intents = {
            rel.removeprefix(_INTENT): template
            for rel, fitting in by_rel.items()
            if rel.startswith(_INTENT) and (template := self._first(fitting, "template"))
        }
        return _Jrd(
            subject=handle_from(subject, allow_private=self._hops.allow_private) if isinstance(subject, str) else None,
            actor_id=None if actor_id is None else ActorId(actor_id),
            profile=self._first(by_rel.get(_PROFILE_PAGE, ()), "href"),
            subscribe=subscribe if subscribe and "{uri}" in subscribe else None,
            intents=intents,
        )

    def _first(self, links: Iterable[Mapping[str, object]], key: str) -> str | None:
        return next((url for link in links if (url := self._web_address(link.get(key)))), None)

    def _web_address(self, value: object) -> str | None:
        """The value if a browser or we may be sent there: https, and http on one machine."""
        try:
            url = parse_url(value if isinstance(value, str) else "", allow_http=self._hops.allow_private)
        except BadUrl:
            return None
        return url.text


def _is_actor_link(link: Mapping[str, object]) -> bool:
    media_type, _, parameters = str(link.get("type")).lower().partition(";")
    return media_type == "application/activity+json" or (media_type == "application/ld+json" and _PROFILE in parameters)
