"""What was rendered once -> bytes that are served again and again, until what they show has changed.

Routes ask `Ready.get`; a committed transaction that touches a topic drops the bytes that show it, as soon as `news`
hears of it. However many ask for the same at once, it is rendered once.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from bridge.clock import Clock, utc_now
from bridge.store import changes
from bridge.web.news import News

_MOST_BYTES = 64 * 1024 * 1024
_WORTH_PACKING = 500
#: Less than this is packed sooner than a thread is asked to.
_WORTH_A_THREAD = 50_000


@dataclass(frozen=True, kw_only=True)
class Page:
    """An answer as it is rendered. `topics` are what it shows; it is given up to `until`, if that is set."""

    body: bytes
    content_type: str
    topics: frozenset[str] = frozenset()
    status: int = 200
    until: datetime | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


#: Makes an answer. It may raise what the route would.
Render = Callable[[], Awaitable[Page]]


@dataclass(frozen=True, kw_only=True)
class _Kept:
    page: Page
    etag: str
    packed: bytes | None


@dataclass(frozen=True, kw_only=True)
class _Rendering:
    """An answer that is being made of what was there after so many changes."""

    began: int
    task: asyncio.Task[_Kept]


class Ready:
    """A cache of whole answers, bounded in bytes; the longest unused go first."""

    def __init__(self, news: News, *, clock: Clock = utc_now) -> None:
        self._news = news
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._rendering: dict[str, _Rendering] = {}
        news.tell(self._drop)

    async def get(self, request: web.Request, key: str, render: Render) -> web.StreamResponse:
        """The answer kept under `key`, else the one `render` makes. Answers 304 where the reader has it already."""
        await self._news.look()
        return _answer(request, self._found(key) or await self._made(key, render))

    def _found(self, key: str) -> _Kept | None:
        kept = self._kept.get(key)
        if kept is None or (kept.page.until is not None and self._clock() >= kept.page.until):
            return None
        self._kept.move_to_end(key)
        return kept

    async def _made(self, key: str, render: Render) -> _Kept:
        """What somebody else is rendering already, unless something changed since they began; else it is rendered."""
        asked = self._news.count
        while (other := self._rendering.get(key)) is not None:
            await asyncio.wait([other.task])
            if other.task.cancelled() or other.task.exception() is not None:
                return await self._render(key, render)  # an exception may be an answer, and belongs to one request
            if other.began >= asked:
                return other.task.result()
            if (kept := self._found(key)) is not None:
                return kept
        task = asyncio.get_running_loop().create_task(self._render(key, render))
        self._rendering[key] = _Rendering(began=asked, task=task)
        task.add_done_callback(lambda _: self._rendering.pop(key, None))
        return await asyncio.shield(task)  # others may wait for it when this reader is gone

    async def _render(self, key: str, render: Render) -> _Kept:
        began = self._news.count
        page = await render()
        kept = await asyncio.to_thread(_keep, page) if len(page.body) > _WORTH_A_THREAD else _keep(page)
        # What changed while it was rendered may be missing in it: such an answer is given once and not kept.
        if page.topics and self._news.are_unchanged(page.topics, since=began):
            self._store(key, kept)
        return kept

    def _store(self, key: str, kept: _Kept) -> None:
        self._remove(key)
        self._kept[key] = kept
        self._bytes += _weight(kept)
        while self._bytes > _MOST_BYTES:
            self._remove(next(iter(self._kept)))

    def _remove(self, key: str) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bytes -= _weight(kept)

    def _drop(self, topics: frozenset[str]) -> None:
        is_all = changes.ANYTHING in topics
        for key in [key for key, kept in self._kept.items() if is_all or kept.page.topics & topics]:
            self._remove(key)


def _keep(page: Page) -> _Kept:
    packed = None
    if len(page.body) >= _WORTH_PACKING and page.content_type.startswith(("text/", "application/")):
        packed = gzip.compress(page.body, 6, mtime=0)
    return _Kept(page=page, etag=hashlib.sha256(page.body).hexdigest()[:24], packed=packed)


def _weight(kept: _Kept) -> int:
    return len(kept.page.body) + len(kept.packed or b"") + 500


def _answer(request: web.Request, kept: _Kept) -> web.StreamResponse:
    page = kept.page
    use_packed = kept.packed is not None and _takes_gzip(request.headers.get("Accept-Encoding", ""))
    etag = f'"{kept.etag}-gz"' if use_packed else f'"{kept.etag}"'
    headers = {
        "Content-Type": page.content_type,
        "ETag": etag,
        "Vary": "Accept, Accept-Encoding",
        "Cache-Control": "no-cache",
    }
    headers |= page.headers
    if page.status == 200 and kept.etag in request.headers.get("If-None-Match", ""):
        del headers["Content-Type"]
        return web.Response(status=304, headers=headers)
    if use_packed:
        headers["Content-Encoding"] = "gzip"
    return web.Response(status=page.status, body=kept.packed if use_packed else page.body, headers=headers)


def _takes_gzip(accept_encoding: str) -> bool:
    return any(
        coding.strip().partition(";")[0] == "gzip" and "q=0" not in coding.replace(" ", "").split(";")[1:]
        for coding in accept_encoding.lower().split(",")
    )
