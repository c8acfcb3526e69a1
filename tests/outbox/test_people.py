"""Who is named in an issue: found by WebFinger, and once found not lost when a server does not answer."""

from __future__ import annotations

from bridge.store import published
from bridge.store.database import Transaction
from tests.support.desks import Desk, letter

BOB = {"type": "Mention", "href": "https://example.org/users/bob", "name": "@bob@example.org"}


async def test_who_was_found_for_the_issue_before_stays_found(desk: Desk) -> None:
    await desk.publish({"24.md": letter(body="Danke, @bob@example.org!\n"), "25.md": letter("Mehr")})
    (note,) = await desk.objects("24")

    def name_bob(tx: Transaction) -> None:
        published.change(tx, note.id, {"document": note.document | {"tag": [BOB]}})

    await desk.database.write(name_bob)
    found = await desk.database.read(
        lambda tx: published.mentioned(tx, desk.blog.id, ["24"], ["Bob@example.org", "eve@example.org"])
    )
    assert [(handle, one.actor_id) for handle, one in found.items()] == [("Bob@example.org", BOB["href"])]
    assert not await desk.database.read(lambda tx: published.mentioned(tx, desk.blog.id, ["25"], ["bob@example.org"]))
