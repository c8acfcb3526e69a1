"""What the peer knows, in memory: its people, their posts, and every request that came to an inbox.

`doors` and `control` read and change it; it ends with the process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bridge.terms import Document


@dataclass(kw_only=True)
class Person:
    """An account of this peer."""

    id: str
    name: str
    display_name: str
    inbox: str
    shared_inbox: bool
    followers: dict[str, str] = field(default_factory=dict)  #: actor id -> inbox
    following: dict[str, str] = field(default_factory=dict)  #: actor id -> "asked", "accepted" or "rejected"


@dataclass(kw_only=True)
class Post:
    """A post of one of our people; `inboxes` are those that got its Create and so get what follows."""

    id: str
    url: str
    author: str
    content: str
    in_reply_to: str | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    mentions: tuple[tuple[str, str], ...]  #: (actor id, "@name@host")
    published: datetime
    inboxes: tuple[str, ...] = ()
    replies: list[str] = field(default_factory=list)
    updated: datetime | None = None
    edits: int = 0
    deleted: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request to an inbox, kept as it was, whether we believed it or not."""

    at: datetime
    inbox: str
    answered: int
    verified: bool
    reason: str  #: why it was not believed; empty when it was
    key_id: str | None
    activity: Document | None  #: None when the body is not a JSON object
    body: str
    headers: dict[str, str]


@dataclass(kw_only=True)
class Weather:
    """How the inboxes behave for the next `times` requests: refuse, wait, or never answer."""

    status: int = 0  #: 0: answer as usual
    times: int = 0
    delay: float = 0.0  #: seconds
    hang: bool = False
    headers: dict[str, str] = field(default_factory=dict)


class Town:
    """All people of one peer and all that happened to them. One RSA key serves all: making many is slow."""

    def __init__(self, *, origin: str, key: RSAPrivateKey, shared_inbox: bool) -> None:
        self.origin = origin
        self.key = key
        self.shared_inbox = shared_inbox
        self.people: dict[str, Person] = {}
        self.posts: dict[str, Post] = {}
        self.sent: dict[
            str, tuple[Document, tuple[str, ...]]
        ] = {}  #: activity id -> what may be undone, and where it went
        self.received: list[Received] = []
        self.weather = Weather()
        self._numbers = 0

    def number(self) -> int:
        """The next number for an id; never the same twice."""
        self._numbers += 1
        return self._numbers

    def person(self, name: str) -> Person:
        """The account of that name, opened now if there is none."""
        if name not in self.people:
            actor = f"{self.origin}/users/{name}"
            self.people[name] = Person(
                id=actor, name=name, display_name=name.title(), inbox=f"{actor}/inbox", shared_inbox=self.shared_inbox
            )
        return self.people[name]

    def person_by_id(self, actor: str) -> Person | None:
        """The account with that actor id."""
        return next((person for person in self.people.values() if person.id == actor), None)

    def posts_of(self, author: str) -> list[Post]:
        """What one of our people wrote and did not delete, newest first."""
        return [post for post in reversed(self.posts.values()) if post.author == author and post.deleted is None]

    def pass_weather(self) -> Weather:
        """The weather for one request; it clears by itself."""
        now = self.weather
        if now.times <= 0:
            return Weather()
        now.times -= 1
        return Weather(status=now.status, delay=now.delay, hang=now.hang, headers=now.headers)
