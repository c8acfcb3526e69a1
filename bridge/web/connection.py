"""One accepted connection: aiohttp's, but the client must say something soon, and faults are reported in our words.

`server` makes one for each client. Behind a proxy most of this is the proxy's work; without one, somebody who opens
connections and says nothing could use up the process's file descriptors (security S81, S84).
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bridge.web.problem import problem

log = logging.getLogger(__name__)

#: The head of the first request must be here by then; later ones have aiohttp's time between two requests.
HEAD_SECONDS = 10.0
#: Longer than proxies keep a connection to us: who closes first must not be the one that is asked.
KEEPALIVE_SECONDS = 75.0
#: How long the rest of a refused body is read, so that its sender gets to see the answer.
LINGER_SECONDS = 3.0
#: Connections of one address; proxies are not counted.
MOST_OF_ONE = 256


class Connection(web.RequestHandler):
    """`may_share` says whether an address stands for many clients; `open_of` counts the connections of the others."""

    __slots__ = ("_address", "_first_head", "_may_share", "_open_of")

    def __init__(
        self,
        server: web.Server,
        *,
        loop: asyncio.AbstractEventLoop,
        open_of: Counter[str],
        may_share: Callable[[str], bool],
    ) -> None:
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # aiohttp's own way to say that there is none
            keepalive_timeout=KEEPALIVE_SECONDS,
            lingering_time=LINGER_SECONDS,
            auto_decompress=False,  # a packed body is refused, not unpacked
        )
        self._open_of = open_of
        self._may_share = may_share
        self._address: str | None = None
        self._first_head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._first_head = asyncio.get_running_loop().call_later(HEAD_SECONDS, self.force_close)
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple) and not self._may_share(peer[0]):
            self._address = peer[0]
            self._open_of[peer[0]] += 1
            if self._open_of[peer[0]] > MOST_OF_ONE:
                log.info("%s has %d connections open; the newest is closed", peer[0], MOST_OF_ONE)
                self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        self.heard()
        if self._address is not None:
            self._open_of[self._address] -= 1
            if not self._open_of[self._address]:
                del self._open_of[self._address]
            self._address = None
        super().connection_lost(exc)

    def heard(self) -> None:
        """The head of a request is here."""
        if self._first_head is not None:
            self._first_head.cancel()
            self._first_head = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What cannot be read as HTTP, or broke below the routes: a short answer, and the end of the connection."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun already")
        if status < 500:
            log.info("a request that is not HTTP as it should be: %s", type(exc).__name__)
        else:
            log.error("a fault of ours below the routes", exc_info=exc)
        response = problem(status, "not HTTP as it should be" if status < 500 else "a fault of ours; it is in the log")
        response.force_close()
        response.headers["Connection"] = "close"  # what was not HTTP has no version that would say so
        return response


def connections_of(server: web.Server, *, may_share: Callable[[str], bool]) -> Callable[[], Connection]:
    """What makes the connections of this server."""
    loop = asyncio.get_running_loop()
    open_of: Counter[str] = Counter()
    make_request = server.request_factory

    def note_head(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        if isinstance(protocol, Connection):
            protocol.heard()
        return make_request(message, payload, protocol, writer, task)

    server.request_factory = note_head
    return lambda: Connection(server, loop=loop, open_of=open_of, may_share=may_share)
