"""Hook, server and command line publish at the same time, and one of them dies: each issue goes out exactly once."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from bridge.demo.stage import Peer, wait_until
from tests.support.desks import letter
from tests.support.houses import RUNDBRIEF, House, view_of
from tests.support.repositories import Checkout


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "blog")


def _publishing(house: House) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*RUNDBRIEF, "publish", "--config", str(house.folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _follow(house: House, peer: Peer) -> None:
    peer.do("follow", handle=house.handle)
    wait_until("the follower", lambda: "accepted" in peer.people()["anna"]["following"].values(), seconds=20)


def test_a_hook_a_server_and_a_command_publish_one_commit_once(house: House, tmp_path: Path) -> None:
    author = house.author(tmp_path / "clone")
    with Peer(log=tmp_path / "peer.log") as peer, house.serving(tmp_path / "serve.log"):
        _follow(house, peer)
        author.commit({f"{number}.md": letter(f"Nr {number}").encode() for number in range(8)})
        commands = [_publishing(house)]
        pushed = author.attempt("push", "origin", "main")
        commands.append(_publishing(house))
        assert pushed.returncode == 0, pushed.stderr
        assert [command.wait(60) for command in commands] == [0, 0]
        wait_until("eight posts", lambda: len(view_of(peer)) == 8, seconds=30)
        assert Counter(item["activity"]["type"] for item in peer.received()) == {"Accept": 1, "Create": 8}


@pytest.mark.parametrize("moment", [0.5, 1.2])
def test_a_publish_that_is_killed_is_finished_by_the_next_and_nothing_goes_out_twice(
    house: House, tmp_path: Path, moment: float
) -> None:
    folder = Checkout(house.issues)
    folder.commit({f"{number}.md": letter(f"Nr {number}", body="Text. " * 400).encode() for number in range(60)})
    dying = _publishing(house)
    time.sleep(moment)
    dying.send_signal(signal.SIGKILL)
    dying.wait(10)
    after = house.json("issues")
    assert len(after) in (0, 60)  # one transaction: all or nothing
    assert house.run("publish").returncode == 0
    assert [one["state"] for one in house.json("issues")] == ["published"] * 60
    assert "Nothing to publish" in house.run("publish").stdout
    with Peer(log=tmp_path / "peer.log") as peer, house.serving(tmp_path / "serve.log"):
        _follow(house, peer)
        folder.commit({"0.md": letter("Nr 0", body="Anders.\n").encode()})
        wait_until("the edit", lambda: peer.received("Update"), seconds=30)
        assert peer.received("Create") == []


def test_a_push_whose_hook_died_is_published_by_the_server(house: House, tmp_path: Path) -> None:
    author = house.author(tmp_path / "clone")
    (house.issues / ".git" / "hooks" / "post-receive").write_text("#!/bin/sh\nkill -9 $$\n")
    author.commit({"eins.md": letter("Eins").encode(), "zwei.md": letter("Zwei").encode()})
    assert author.attempt("push", "origin", "main").returncode == 0
    assert house.json("issues") == []
    with house.serving(tmp_path / "serve.log"):
        wait_until("two issues", lambda: len(house.json("issues")) == 2, seconds=20)
        for name in ("eins.md", "zwei.md"):
            (author.folder / name).unlink()
        author.commit()
        assert author.attempt("push", "-o", "delete", "origin", "main").returncode == 0
        wait_until(
            "both are gone",
            lambda: {one["state"] for one in house.json("issues")} == {"deleted"},
            seconds=20,
        )
