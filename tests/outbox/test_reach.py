"""Whom an edit and a deletion reach: who follows, who was sent the issue, and who has it because they took part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.outbox.resend import withdraw
from bridge.store import actors, reactions
from bridge.store.database import Transaction
from bridge.terms import InboxUrl
from tests.support.desks import NOW, Desk, follow, letter
from tests.support.inboxes import person

ANNA = "https://example.social/inbox"
LATER = "https://later.example/inbox"
LIKER = "https://liker.example/inbox"


async def somebody_takes_part(desk: Desk) -> None:
    """After the issue went out: somebody follows, and somebody who does not likes it."""
    row = await desk.row("24")
    assert row is not None
    assert row.object_id is not None
    liker = person("https://liker.example/users/carla", shared_inbox=LIKER)

    def write(tx: Transaction) -> None:
        follow(tx, desk.blog.id, "https://later.example/users/bert", LATER)
        actors.record(tx, liker, now=NOW)
        reactions.add(
            tx, desk.blog.id, issue_id=row.id, kind="like", actor_id=liker.id, object_id=row.object_id,
            activity_id=None, content=None, now=NOW,
        )  # fmt: skip

    await desk.database.write(write)


@pytest.mark.parametrize("how", ["removed", "withdrawn", "page-only"])
async def test_a_deletion_reaches_new_followers_and_whoever_took_part(desk: Desk, how: str) -> None:
    """They have it from the outbox, a boost or a search, though it was never sent to them."""
    await desk.publish({"24.md": letter()})
    (out,) = await desk.objects("24")
    await somebody_takes_part(desk)
    if how == "withdrawn":
        sent = await withdraw(desk.publisher, "24")
        assert (sent.deliveries, sent.servers) == (3, 3)
    else:
        report = await desk.publish({"24.md": None if how == "removed" else letter(federate="false")})
        assert report.deliveries == [3]
    assert await desk.kinds() == ["Create", "Delete"]
    assert await desk.inboxes(out.id) == {ANNA, LATER, LIKER}


async def test_an_edit_reaches_whoever_took_part(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    (out,) = await desk.objects("24")
    await somebody_takes_part(desk)
    await desk.publish({"24.md": letter(body="Besser.\n")})
    assert await desk.kinds() == ["Create", "Update"]
    assert await desk.inboxes(out.id) == {ANNA, LATER, LIKER}


async def test_s79_who_took_part_cannot_aim_edits_at_another_site(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    (out,) = await desk.objects("24")
    row = await desk.row("24")
    assert row is not None
    aimed = replace(person("https://evil.example/users/eve"), inbox=InboxUrl("https://victim.example/inbox"))

    def write(tx: Transaction) -> None:
        actors.record(tx, aimed, now=NOW)
        reactions.add(
            tx, desk.blog.id, issue_id=row.id, kind="like", actor_id=aimed.id, object_id=out.id,
            activity_id=None, content=None, now=NOW,
        )  # fmt: skip

    await desk.database.write(write)
    await desk.publish({"24.md": letter(body="Besser.\n")})
    assert await desk.inboxes(out.id) == {ANNA}
