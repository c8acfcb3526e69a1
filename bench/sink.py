"""Thousands of inboxes in one process: every address of 127.0.0.0/8 on one port, plain or TLS. `cases` start it.

What a server does follows from its number, which its address carries: the first `hang` per cent never answer, the next
`fail` per cent say 503, `garbage` per cent answer something that is no HTTP, `reset` per cent close at once. Control:
one JSON line on stdin (new habits; what came is forgotten but with `go_on`, what hangs is closed with `let_go`) or
`{}` (ask), answered by one JSON line on stdout.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import re
import ssl
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ACTIVITY = re.compile(rb'"id": ?"([^"]+/activity/[^"]+)"')
_OBJECT = re.compile(rb"/object/([0-9a-z]+)")
_TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"


def address_of(number: int) -> str:
    """The address of server `number`."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def number_of(address: str) -> int:
    """The other way round."""
    _, _, high, low = address.split(".")
    return int(high) * 250 + int(low) - 1


@dataclass
class Habits:
    """How the servers behave; shares in per cent, latency in seconds."""

    latency: float = 0.0
    hang: int = 0
    fail: int = 0
    garbage: int = 0
    reset: int = 0
    keep: bool = False  #: remember every activity of every server

    def of(self, number: int) -> str:
        """What this server does."""
        place = number * 37 % 100
        for name in ("hang", "fail", "garbage", "reset"):
            share = getattr(self, name)
            if place < share:
                return name
            place -= share
        return "take"


@dataclass
class Seen:
    """What came since the habits were set."""

    requests: int = 0
    taken: int = 0
    first: float = 0.0
    last: float = 0.0  #: when a healthy server took something last
    #: activity, object, and when it came, in order, for each server
    bodies: dict[int, list[tuple[str, str, float]]] = field(default_factory=dict)
    counts: Counter[int] = field(default_factory=Counter)


class Sink:
    """The state that all connections share."""

    def __init__(self) -> None:
        self.habits = Habits()
        self.seen = Seen()
        self.hanging: set[asyncio.Transport] = set()

    def behave(self, habits: Habits, *, go_on: bool, let_go: bool) -> None:
        """From now on like this; `let_go` closes what hangs, as a server that is restarted does."""
        self.habits = habits
        self.seen = self.seen if go_on else Seen()
        for transport in self.hanging if let_go else ():
            transport.abort()
        self.hanging.clear()

    def take(self, number: int, body: bytes) -> str:
        """Note a request; what is to be done with it."""
        seen = self.seen
        now = time.time()
        seen.first = seen.first or now
        seen.requests += 1
        habit = self.habits.of(number)
        if habit == "take":
            seen.taken += 1
            seen.last = now
            seen.counts[number] += 1
            if self.habits.keep:
                found = [pattern.search(body) for pattern in (_ACTIVITY, _OBJECT)]
                activity, thing = [match[1].decode() if match else "" for match in found]
                seen.bodies.setdefault(number, []).append((activity, thing, now))
        return habit

    def told(self) -> dict[str, object]:
        """For whoever asks."""
        seen = self.seen
        return {
            "requests": seen.requests,
            "taken": seen.taken,
            "servers": len(seen.counts),
            "most": max(seen.counts.values(), default=0),
            "first": seen.first,
            "last": seen.last,
            "bodies": {str(number): bodies for number, bodies in seen.bodies.items()},
        }


class Connection(asyncio.Protocol):
    """One connection: requests in, answers out."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = b""
        self._number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._number = number_of(transport.get_extra_info("sockname")[0])

    def connection_lost(self, exc: Exception | None) -> None:
        self._sink.hanging.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            length = _LENGTH.search(head)
            size = int(length[1]) if length else 0
            if len(rest) < size:
                return
            self._buffer = rest[size:]
            self._answer(self._sink.take(self._number, rest[:size]))

    def _answer(self, habit: str) -> None:
        latency = self._sink.habits.latency
        if habit == "hang":
            self._sink.hanging.add(self._transport)
            return
        if habit == "reset":
            self._transport.abort()
            return
        answer = {"fail": _BUSY, "garbage": b"\x00\xffno such thing\r\n\r\n"}.get(habit, _TAKEN)
        if latency:
            asyncio.get_running_loop().call_later(latency, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


async def serve(port: int, certificate: Path | None) -> None:
    """Until stdin ends."""
    sink = Sink()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.num_tickets = 0
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(sink), "0.0.0.0", port, ssl=context, backlog=8192)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if (wish := json.loads(line)) and isinstance(wish, dict):
            go_on, let_go = wish.pop("go_on", False), wish.pop("let_go", False)
            sink.behave(Habits(**wish), go_on=go_on, let_go=let_go)
            print("{}", flush=True)
        else:
            print(json.dumps(sink.told()), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--certificate", type=Path)
    asked = parser.parse_args()
    gc.freeze()
    uvloop.run(serve(asked.port, asked.certificate))
