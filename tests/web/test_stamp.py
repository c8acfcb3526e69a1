from __future__ import annotations

import json

from bridge.outbox.resend import withdraw
from bridge.store import issues, quote_stamps
from bridge.store.database import Transaction
from bridge.store.quote_stamps import Stamp
from bridge.terms import ActorId, InboxUrl, ObjectId
from tests.support.open_blog import open_blog


async def test_a_stamp_is_read_by_anybody_until_the_issue_is_withdrawn(tmp_path):
    async with open_blog(tmp_path / "blog") as blog:
        await blog.publish({"1.md": b"---\ntitle: Eins\nquotes: followers\n---\nHallo.\n"})

        def give(tx: Transaction) -> Stamp:
            issue = issues.find_by_slug(tx, 1, "1")
            stamp = Stamp(
                token="s" * 22, blog_id=1, object_id=issue.object_id, given_at=blog.app.clock(),
                instrument_id=ObjectId("https://far.example/1"), actor_id=ActorId("https://far.example/ann"),
                inbox=InboxUrl("https://far.example/ann/inbox"),
            )  # fmt: skip
            quote_stamps.add(tx, stamp)
            return stamp

        stamp = await blog.app.database.write(give)
        address = blog.app.blog.addresses.stamp(stamp.token)
        answer = await blog.get(address)
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("application/activity+json")
        document = json.loads(answer.body)
        assert (document["type"], document["interactionTarget"]) == ("QuoteAuthorization", stamp.object_id)
        assert isinstance(document["interactingObject"], str)
        assert (await blog.get(f"{address}x")).status == 404
        await withdraw(blog.app.publisher, "1")
        assert (await blog.get(address)).status == 410
