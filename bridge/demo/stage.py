"""Processes, ports and plain requests for a run with real servers: what `steps` stands on, and the tests of flows.

Everything here is synchronous, on loopback, and ends what it started.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

Found = TypeVar("Found")

# No proxy: a proxy of the machine's environment knows nothing of our loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_LOOK_AGAIN = 0.05  #: seconds between two looks
_GRACE = 10.0  #: seconds that a process gets to end by itself


class NotSeen(Exception):
    """Something that should have shown itself did not. The text says what was expected and what was seen."""

    def __init__(self, expected: str, seen: object) -> None:
        super().__init__(f"expected: {expected}\nseen:     {seen}")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What one address answered; status 0 when nothing listens there."""

    status: int
    text: str

    def json(self) -> Any:
        """The body, parsed; None when it is not JSON."""
        with contextlib.suppress(ValueError):
            return json.loads(self.text)
        return None


class Child:
    """A child process with its output in a log file, in a session of its own so that Ctrl-C reaches only us."""

    def __init__(self, command: Sequence[str], *, log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._popen.pid

    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._popen.poll()

    def wait(self) -> int:
        """Block until it ends."""
        return self._popen.wait()

    def kill(self) -> None:
        """End it at once, as `kill -9` does."""
        self._popen.kill()
        self._popen.wait()

    def stop(self) -> int:
        """Ask it to end; end it when it does not. Returns its exit status."""
        self._popen.terminate()
        try:
            return self._popen.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._popen.wait()

    def tail(self, lines: int = 25) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Peer:
    """The peer of `bridge.demo.peer` in a process of its own."""

    def __init__(self, *options: str, log: Path) -> None:
        self.child = Child([sys.executable, "-m", "bridge.demo.peer", *options], log=log)
        self.origin: str = wait_until("the peer says where it listens", self._announced, seconds=20)["origin"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.child.stop()

    @property
    def host(self) -> str:
        """host:port, as in handles."""
        return self.origin.partition("://")[2]

    def do(self, wish: str, **values: object) -> Any:
        """Have one of its people do something (`bridge.demo.control`); raises NotSeen when that was not possible."""
        page = request(f"{self.origin}/control/{wish}", body=json.dumps(values).encode())
        if page.status != 200:
            raise NotSeen(f"the peer can {wish}", f"{page.status} {page.text}")
        return page.json()

    def received(self, kind: str | None = None, *, verified: bool = False) -> list[dict[str, Any]]:
        """What came to its inboxes, oldest first."""
        query = "&".join([f"type={kind}"] * (kind is not None) + ["verified=1"] * verified)
        found: list[dict[str, Any]] = request(f"{self.origin}/control/received?{query}").json()
        return found

    def people(self) -> dict[str, Any]:
        """Its people by name, with followers and following."""
        found: dict[str, Any] = request(f"{self.origin}/control/people").json()
        return found

    def _announced(self) -> Any:
        lines = self.child.log.read_text().splitlines() if self.child.log.exists() else []
        if self.child.exit_status() is not None:
            raise NotSeen("the peer starts", self.child.tail())
        return json.loads(lines[0]) if lines else None


def request(url: str, *, accept: str = "*/*", body: bytes | None = None, seconds: float = 30) -> Page:
    """One GET, or POST of JSON when there is a body. Any answer is an answer."""
    headers = {"Accept": accept} | ({"Content-Type": "application/json"} if body is not None else {})
    asked = urllib.request.Request(url, data=body, headers=headers)
    try:
        with _OPENER.open(asked, timeout=seconds) as response:
            return Page(status=response.status, text=response.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        with error:
            return Page(status=error.code, text=error.read().decode(errors="replace"))
    except OSError as error:
        return Page(status=0, text=str(error))


def wait_until(expected: str, look: Callable[[], Found | None], *, seconds: float) -> Found:
    """Look again and again until there is something; NotSeen when the time is over."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise NotSeen(expected, f"nothing of the kind within {seconds:.0f} seconds")
        time.sleep(_LOOK_AGAIN)


def free_port() -> int:
    """A port on loopback that nobody holds now."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port
