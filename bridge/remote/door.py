"""One request -> one answer, or a FetchError that says why not. The only HTTP client of the whole program.

Called by `hops` for all fetches, by `delivery.send` for deliveries and by `linkback` for its posts: one connector, so
one guard. It follows no redirect, keeps no cookie, uses no proxy and reads nothing from the environment.
"""

from __future__ import annotations

import asyncio
import ssl
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from bridge import __version__
from bridge.errors import FetchError, FetchFailed, FetchRefused, FetchUnusable
from bridge.remote.guard import AddressRefused, GuardedResolver, guarded_socket_factory, judge_url
from bridge.remote.peer_clocks import PeerClocks
from bridge.remote.resolver import SystemResolver
from bridge.terms import Server
from bridge.urls import Url

#: Default limits of one exchange; the connection alone gets less, so that a dead address is noticed early.
DEADLINE = timedelta(seconds=10)
_CONNECT_SECONDS = 5.0

#: How long an idle connection is kept, and how many hosts may have one: each costs 0.1 to 0.3 MB under TLS.
_KEEPALIVE_SECONDS = 10.0
_KEEPALIVE_HOSTS = 128

#: By how many bytes gzip may make an answer longer that does not compress.
_GZIP_OVERHEAD = 1024


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What another server said. `body` is decoded and whole, unless it was asked for with `cut`."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    url: str


class Door:
    """Owns the one client session. `open` it before the first request, `close` it after the last.

    `origin` is named in the User-Agent. `allow_private` opens loopback, private networks, http and odd ports: for
    tests and demos. `ca_file` holds certificates to trust beside the system's. `resolver` answers host names
    instead of the system, and is judged like it.
    """

    def __init__(
        self,
        *,
        origin: str,
        allow_private: bool = False,
        ca_file: Path | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self.allow_private = allow_private
        self._user_agent = f"Rundbrief/{__version__} (+{origin})"
        self._ca_file = ca_file
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._idle = _IdleHosts(time.monotonic)
        #: What other servers say about our clock.
        self.clocks = PeerClocks()

    async def open(self) -> None:
        """Build the session, inside the running loop."""
        trusted: ssl.SSLContext | bool = True  # as the system does, by a context that aiohttp has made already
        if self._ca_file is not None:
            trusted = ssl.create_default_context()
            trusted.load_verify_locations(self._ca_file)
        self._guarded = GuardedResolver(self._resolver or SystemResolver(), allow_private=self.allow_private)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                # A name is asked for a new connection only; aiohttp's memory of it would cost a task and two futures.
                use_dns_cache=False,
                keepalive_timeout=_KEEPALIVE_SECONDS,
                ssl=trusted,
                resolver=self._guarded,
                socket_factory=guarded_socket_factory(allow_private=self.allow_private),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
            auto_decompress=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Drop all connections. Harmless when it is not open."""
        if self._session is not None:
            await self._session.close()
            await self._guarded.close()
            self._session = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def judge(self, url: str, *, plain_http: bool = False) -> Url:
        """The address exactly as `request` will ask it, which is what a signature must cover. Raises FetchRefused."""
        return judge_url(url, allow_private=self.allow_private, plain_http=plain_http)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        cap_bytes: int,
        cut: bool = False,
        plain_http: bool = False,
        deadline: timedelta = DEADLINE,
    ) -> Answer:
        """Ask once. Any status is an answer; redirects are the caller's.

        `plain_http` is for pages that people read, never for documents, keys and deliveries.

        `deadline` is for everything from the first look at the name to the last byte, by the wall clock. A body of
        more than `cap_bytes` (decoded) is FetchUnusable, or with `cut` read up to there. Also raises FetchRefused and
        FetchFailed.
        """
        if self._session is None:
            raise RuntimeError("the door is not open")
        judged = self.judge(url, plain_http=plain_http)
        wire = judged.wire
        sent = CIMultiDict({"User-Agent": self._user_agent, "Accept": "*/*", "Accept-Encoding": "gzip"})
        sent.update(headers or {})
        if not self._idle.may_stay(judged.authority):
            sent["Connection"] = "close"
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                answer = await self._session.request(
                    method, URL(wire, encoded=True), headers=sent, data=body, allow_redirects=False
                )
                try:
                    content = await _read(answer, cap_bytes=cap_bytes, cut=cut)
                finally:
                    # What was read to its end is in the pool again by now; of anything else the rest is not wanted.
                    answer.close()
        except FetchError as error:
            raise type(error)(f"{method} {wire}: {error}") from error
        except (aiohttp.ClientError, ValueError, OSError) as error:
            raise _failure(f"{method} {wire}", error, deadline) from error
        self.clocks.note(Server(judged.authority), answer.headers.get("Date"))
        return Answer(status=answer.status, headers=answer.headers, body=content, url=wire)


async def _read(answer: aiohttp.ClientResponse, *, cap_bytes: int, cut: bool) -> bytes:
    """The decoded body. Counts what comes out of the decoder, not what the server says will come (zip bombs)."""
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if coding not in ("identity", "gzip", "x-gzip"):
        raise FetchUnusable(f"the answer is packed in a way that was not offered: {coding[:40]!r}")
    if not cut and (answer.content_length or 0) > cap_bytes + _GZIP_OVERHEAD:
        raise FetchUnusable(f"the answer is over {cap_bytes} bytes")
    decoder = None if coding == "identity" else zlib.decompressobj(16 + zlib.MAX_WBITS)
    pieces = bytearray()
    received = 0
    async for chunk in answer.content.iter_any():
        received += len(chunk)
        pieces += chunk if decoder is None else _unpacked(decoder, chunk, cap_bytes + 1 - len(pieces))
        # `received` too: a stream of empty blocks is endless and decodes to nothing.
        if len(pieces) > cap_bytes or received > cap_bytes + _GZIP_OVERHEAD:
            if cut:
                return bytes(pieces[:cap_bytes])
            raise FetchUnusable(f"the answer is over {cap_bytes} bytes")
    if decoder is not None and received and not decoder.eof:
        raise FetchFailed("the answer broke off in the middle of its gzip stream")
    return bytes(pieces)


def _unpacked(decoder: zlib._Decompress, chunk: bytes, room: int) -> bytes:
    """At most `room` bytes more of the gzip stream, of which there may be one only."""
    try:
        piece = decoder.decompress(chunk, room)
    except zlib.error as error:
        raise FetchUnusable("the answer says gzip but is not") from error
    if decoder.unused_data:
        raise FetchUnusable("the answer goes on after the end of its gzip stream")
    return piece


def _failure(what: str, error: Exception, deadline: timedelta) -> FetchError:
    """The true cause in words, as FetchRefused where asking again changes nothing, else FetchFailed."""
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    match inner:
        case AddressRefused():
            return AddressRefused(f"{what}: {inner}")
        case aiohttp.InvalidURL() | ValueError() if not isinstance(inner, ssl.SSLError):
            return FetchRefused(f"{what}: not an address that can be fetched: {inner}")
        case aiohttp.ServerTimeoutError():
            return FetchFailed(f"{what}: no connection within {_CONNECT_SECONDS:g} s")
        case TimeoutError():
            return FetchFailed(f"{what}: no whole answer within {deadline.total_seconds():g} s")
    match error:
        case aiohttp.ClientConnectorDNSError():
            return FetchFailed(f"{what}: the name does not resolve: {_words(inner)}")
        case aiohttp.ClientConnectorCertificateError():
            return FetchFailed(f"{what}: the certificate is not valid: {error.certificate_error}")
        case aiohttp.ClientConnectorSSLError():
            return FetchFailed(f"{what}: no TLS connection: {_words(inner)}")
        case aiohttp.ClientConnectorError():
            return FetchFailed(f"{what}: no connection: {_words(inner)}")
        case aiohttp.ServerDisconnectedError():
            return FetchFailed(f"{what}: the server closed the connection without an answer")
        case aiohttp.ClientPayloadError():
            return FetchFailed(f"{what}: the answer broke off")
        case aiohttp.ClientResponseError():
            return FetchFailed(f"{what}: the answer is not HTTP as it should be: {error.message[:200]}")
    return FetchFailed(f"{what}: {_words(error)}")


def _words(error: BaseException) -> str:
    """What the system says about a failure, without its number."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


class _IdleHosts:
    """Which hosts may keep a connection open after an answer: the first so many that are in use now.

    The connector itself can limit only connections in use.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._used: OrderedDict[str, float] = OrderedDict()

    def may_stay(self, authority: str) -> bool:
        """Note a request to the host; False: its connection should end with the answer."""
        now = self._clock()
        while self._used:
            oldest, last = next(iter(self._used.items()))
            if last + _KEEPALIVE_SECONDS + DEADLINE.total_seconds() > now:
                break
            del self._used[oldest]
        if authority not in self._used and len(self._used) >= _KEEPALIVE_HOSTS:
            return False
        self._used[authority] = now
        self._used.move_to_end(authority)
        return True
