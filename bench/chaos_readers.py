"""People of another server who answer and follow all the time -> what the blog acknowledged, so what it may not lose.

`chaos` runs them in a thread of their own, so that kills meet the inbox in the middle of its work.
"""

from __future__ import annotations

import threading
from typing import Any

from bridge.demo.stage import NotSeen, Peer, request

_PAUSE = 0.2  #: seconds between two of their wishes


class Readers:
    """Busy while a `with` lasts. A reply or a follow counts once it was answered with 202."""

    def __init__(self, peer: Peer, *, origin: str, handle: str) -> None:
        self.replies: list[str] = []
        self.followers: list[str] = []  #: names of people at the peer
        self._peer = peer
        self._origin = origin
        self._handle = handle
        self._number = 0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> None:
        self._ended.clear()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def follow(self) -> bool:
        """One more person follows; whether the blog took it."""
        self._number += 1
        name = f"person{self._number}"
        taken = self._is_taken("follow", handle=self._handle, **{"as": name})
        if taken:
            self.followers.append(name)
        return taken

    def reply(self) -> None:
        """One more reply to the first issue."""
        self._number += 1
        text = f"Antwort {self._number}: gern gelesen!"
        page = request(f"{self._origin}/issues/brief-1", accept="application/activity+json")
        found = page.json() if page.status == 200 else None
        if isinstance(found, dict) and self._is_taken("reply", object=found["id"], text=text):
            self.replies.append(text)

    def unanswered(self) -> list[str]:
        """Those whose follow was acknowledged and never accepted."""
        people = self._peer.people()
        return [name for name in self.followers if "accepted" not in people[name]["following"].values()]

    def _talk(self) -> None:
        while not self._ended.wait(_PAUSE):
            self.reply()
            if self._number % 5 == 0:
                self.follow()

    def _is_taken(self, wish: str, **values: Any) -> bool:
        try:
            answers = self._peer.do(wish, **values)["answers"]
        except NotSeen:
            return False  # the blog was dead at this moment, so nothing was promised
        return bool(answers) and all(answer["status"] == 202 for answer in answers)
