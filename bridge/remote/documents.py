"""A URL -> the ActivityStreams document that its own origin vouches for, or a web page, or a picture.

`actors`, the inbox (refetching), repair and linkback call it. ActivityPub section 3 and FEP-fe34 say what may be
believed; security cases S34, S35 and S37 are attacks on servers that believed more.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from email.message import Message

from multidict import CIMultiDictProxy

from bridge.activity.json_text import read_json
from bridge.activity.shapes import members
from bridge.errors import FetchGone, FetchUnusable, Malformed
from bridge.remote.budget import Budget
from bridge.remote.door import Answer
from bridge.remote.flights import Flights
from bridge.remote.hops import Hops, Wanted
from bridge.remote.knock import Knock
from bridge.terms import Document
from bridge.urls import BadUrl, parse_url, same_origin

_PROFILE = "https://www.w3.org/ns/activitystreams"
_DOCUMENT = Wanted(
    accept=f'application/activity+json, application/ld+json; profile="{_PROFILE}"', cap_bytes=1024 * 1024, hops=3
)
_PAGE_CAP = 1024 * 1024
_HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is not an ActivityStreams document. `url` is where it was found at last, `media_type` has no parameters."""

    url: str
    media_type: str
    charset: str | None = None
    headers: CIMultiDictProxy[str]
    body: bytes


class Documents:
    """Fetches over `hops`; ActivityStreams documents with the instance actor's signature, all else unsigned."""

    def __init__(self, hops: Hops, *, knock: Knock) -> None:
        self._hops = hops
        self._knock = knock
        self._flights = Flights()

    async def close(self) -> None:
        """Stop what is under way."""
        await self._flights.close()

    async def fetch_document(self, url: str, *, budget: Budget) -> Document:
        """The document at `url` (a fragment is left out), whose `id` is of the origin that answered at last.

        An `id` that is not the URL asked for is asked once itself, so the document may have another id than `url`:
        compare. What shows a Tombstone is gone, whatever its status. The document is shared with others who asked at
        the same moment, so leave it unchanged. Raises FetchError.
        """
        asked = self._hops.judge(url).wire
        return await self._flights.join(asked, lambda: self._vouched(asked, budget))

    async def _vouched(self, asked: str, budget: Budget) -> Document:
        document, named, final = await self._read(asked, budget)
        if named in (asked, final) and same_origin(named, final):
            if named == asked and "Tombstone" in members(document.get("type")):
                raise FetchGone(f"{asked} was deleted, as the tombstone there says")
            return document
        if named == asked:
            raise FetchUnusable(f"{asked} redirects to {final}, which may not speak for it")
        # By its own id, once: what is elsewhere is a copy, or an attempt to speak for somebody else.
        document, renamed, final = await self._read(named, budget)
        if renamed != named or not same_origin(named, final):
            raise FetchUnusable(f"{asked} names itself {named}, where there is something else")
        return document

    async def _read(self, url: str, budget: Budget) -> tuple[Document, str, str]:
        """The document, its id and where it was found, both as they would be asked for."""
        answer = await self._hops.fetch(url, _DOCUMENT, budget=budget, knock=self._knock)
        if not _is_activity_streams(answer):
            raise FetchUnusable(f"{answer.url} is {answer.headers.get('Content-Type', 'of no type')[:100]!r}")
        try:
            document = read_json(answer.body)
        except Malformed as error:
            raise FetchUnusable(f"{answer.url}: {error}") from error
        named = document.get("id")
        try:
            # http is judged when the address is asked, if it ever is.
            return document, parse_url(named if isinstance(named, str) else "", allow_http=True).wire, answer.url
        except BadUrl as error:
            raise FetchUnusable(f"{answer.url} has no id that is an address") from error

    async def fetch_page(self, url: str, *, budget: Budget, media_types: Collection[str] = _HTML) -> Page:
        """A web page of at most 1 MiB, over at most five redirects, unsigned, http too. Raises FetchError."""
        wanted = Wanted(accept=", ".join(media_types), cap_bytes=_PAGE_CAP, hops=5, plain_http=True)
        return await self._fetch(url, wanted, budget, media_types)

    async def fetch_file(self, url: str, *, budget: Budget, media_types: Collection[str], cap_bytes: int) -> Page:
        """Anything of the given media types, unsigned; what it really holds is for the caller to find out."""
        wanted = Wanted(accept=", ".join(media_types), cap_bytes=cap_bytes)
        return await self._fetch(url, wanted, budget, media_types)

    async def _fetch(self, url: str, wanted: Wanted, budget: Budget, media_types: Collection[str]) -> Page:
        answer = await self._hops.fetch(url, wanted, budget=budget)
        told = _content_type(answer)
        media_type = told.get_content_type()
        if media_type not in media_types:
            raise FetchUnusable(f"{answer.url} is {media_type[:100]!r}, not {wanted.accept}")
        charset = told.get_content_charset()
        return Page(url=answer.url, media_type=media_type, charset=charset, headers=answer.headers, body=answer.body)


def _content_type(answer: Answer) -> Message:
    """The Content-Type, parsed; `application/octet-stream` where there is none."""
    parsed = Message()
    parsed["Content-Type"] = answer.headers.get("Content-Type") or "application/octet-stream"
    return parsed


def _is_activity_streams(answer: Answer) -> bool:
    """Only what a server would not serve for an upload counts: not application/json, not text (CVE-2024-25623)."""
    parsed = _content_type(answer)
    if parsed.get_content_type() == "application/ld+json":
        return _PROFILE in str(parsed.get_param("profile", "")).split()
    return parsed.get_content_type() == "application/activity+json"
