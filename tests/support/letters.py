"""Issues for tests, and rendering with people, pictures and addresses that tests can foretell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bridge.activity.post import Attachment, Place
from bridge.issues.issue import Issue
from bridge.issues.render import render
from bridge.issues.rendered import Mention, Rendered, ServedPicture
from bridge.terms import ActorId, ObjectId, Slug

PAGE = "https://links.example/issues/drei"
ACTOR = ActorId("https://links.example/actor/a")
FOLLOWERS = f"{ACTOR}/followers"
KAFFEE = Mention(
    handle="kaffee@example.social",
    actor_id=ActorId("https://example.social/users/kaffee"),
    url="https://example.social/@kaffee",
)
TEE = Mention(
    handle="tee@example.org", actor_id=ActorId("https://example.org/users/tee"), url="https://example.org/@tee"
)
PEOPLE = {mention.handle: mention for mention in (KAFFEE, TEE)}


def letter(body: str = "Hallo.", **values: Any) -> Issue:
    return Issue(
        **{"path": "drei.md", "slug": Slug("drei"), "title": "Rundbrief Drei", "language": "de", "body": body, **values}
    )


def rendered(issue: Issue | str, **values: Any) -> Rendered:
    whole = letter(issue, **values) if isinstance(issue, str) else issue
    return render(
        whole,
        mentions=PEOPLE,
        page_url=PAGE,
        tag_url=lambda tag: f"https://links.example/tags/{tag}",
        picture=lambda path: (
            None if "fehlt" in path or ":" in path else ServedPicture(url=f"https://links.example/media/{path}")
        ),
    )


def place(token: str = "n", **values: Any) -> Place:
    known: dict[str, Any] = {
        "id": ObjectId(f"https://links.example/object/{token}"),
        "actor": ACTOR,
        "followers": FOLLOWERS,
        "page_url": PAGE,
        "published": datetime(2026, 3, 1, 8, 30, tzinfo=UTC),
    }
    return Place(**(known | values))


def picture(path: str, **values: Any) -> Attachment:
    return Attachment(
        **{"path": path, "url": f"https://links.example/media/{path}", "media_type": "image/webp", **values}
    )
