"""`@bob@example.social` in an issue: Bob's server gets it, though nobody there follows, and he is in `cc` and `tag`."""

from __future__ import annotations

from pathlib import Path

from bridge.demo.stage import Peer, wait_until
from tests.support.desks import letter
from tests.support.houses import House, view_of
from tests.support.repositories import Checkout


def test_a_person_who_is_named_is_told_on_their_own_server_also_of_the_end(tmp_path: Path) -> None:
    house = House(tmp_path / "blog")
    folder = Checkout(house.issues)
    with Peer(log=tmp_path / "peer.log") as peer, house.serving(tmp_path / "serve.log"):
        bob = peer.do("person", **{"as": "bob"})
        body = f"Danke, @bob@{peer.host}, und @niemand@{peer.host}!\n"
        folder.commit({"24.md": letter("Krass", body=body).encode()})
        (note,) = wait_until("the post", lambda: list(view_of(peer).values()), seconds=20)
        assert bob["id"] in note["cc"]
        assert {"type": "Mention", "href": bob["id"], "name": f"@bob@{peer.host}"} in note["tag"]
        assert 'class="u-url mention"' in note["content"]
        assert f"@niemand@{peer.host}" in note["content"]
        assert [tag["name"] for tag in note["tag"]] == [f"@bob@{peer.host}"]
        ledger = house.json("issues", "24")["outgoing"]
        assert [(one["server"], one["state"]) for one in ledger] == [(peer.host, "delivered")]
        folder.commit({"24.md": letter("Krass", body=body.replace("Danke", "Vielen Dank")).encode()})
        wait_until("the edit", lambda: peer.received("Update"), seconds=20)
        (update,) = [item["activity"]["object"] for item in peer.received("Update")][:1]
        assert bob["id"] in update["cc"]
        (folder.folder / "24.md").unlink()
        folder.commit()
        wait_until("the end", lambda: peer.received("Delete", verified=True), seconds=30)
