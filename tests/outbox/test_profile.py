"""A changed profile is told to followers, once and in the form in which the actor is served."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.activity.actor import actor_document
from bridge.errors import ConfigFaults
from bridge.outbox import profile
from bridge.store import blogs
from bridge.store.database import Transaction
from tests.support.desks import NOW, Desk, blog_config

PEM = "-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----\n"


def _tell(tx: Transaction, **config: object) -> bool:
    row = blogs.find(tx)
    assert row is not None
    blog = profile.blog_from(row, blog_config(**config), icon=None, header=None)
    return profile.tell_change(tx, blog, row, rsa_pem=PEM, ed25519=None, now=NOW + timedelta(days=1))


async def test_followers_hear_of_a_new_title_once_and_in_the_actors_own_words(desk: Desk) -> None:
    assert not await desk.database.write(_tell)
    assert not await desk.database.write(_tell)
    assert await desk.database.write(lambda tx: _tell(tx, title="Neue Links", description="Mit *Text*."))
    (update,) = await desk.told()
    assert (update["type"], update["object"]["name"]) == ("Update", "Neue Links")
    assert update["object"]["summary"] == "<p>Mit <em>Text</em>.</p>"
    assert update["@context"] == actor_document(desk.blog, rsa_pem=PEM, ed25519_multibase=None)["@context"]
    assert await desk.inboxes(desk.blog.actor_id) == {"https://example.social/inbox"}
    assert not await desk.database.write(lambda tx: _tell(tx, title="Neue Links", description="Mit *Text*."))


async def test_a_changed_url_is_refused_with_the_reason(desk: Desk) -> None:
    with pytest.raises(ConfigFaults, match="other servers keep them for ever"):
        await desk.database.write(lambda tx: profile.claim(tx, blog_config(url="https://new.example"), now=NOW))


async def test_a_new_handle_keeps_the_old_one_answering(desk: Desk) -> None:
    row = await desk.database.write(lambda tx: profile.claim(tx, blog_config(handle="neu"), now=NOW))
    assert (row.acct, row.old_accts) == ("neu@links.example", ("links@links.example",))
