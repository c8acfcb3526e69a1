"""`git push` to a real blog with a real follower: what the pusher reads, what is refused, what goes out."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bridge.demo.stage import Peer, request, wait_until
from tests.support.desks import letter
from tests.support.houses import RUNDBRIEF, House, view_of
from tests.support.repositories import Checkout, over_ssh

ROOT = Path(__file__).parents[2]
BROKEN = b"---\ntitle: Kaputt\ndate: gestern\n---\nText\n"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "blog")


@pytest.fixture
def author(house: House, tmp_path: Path) -> Checkout:
    return house.author(tmp_path / "clone")


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    with Peer(log=tmp_path / "peer.log") as started:
        yield started


def _files(**texts: str) -> dict[str, bytes]:
    return {f"{name}.md": text.encode() for name, text in texts.items()}


def test_a_push_with_a_broken_file_is_refused_whole_and_the_corrected_one_publishes_all(
    house: House, author: Checkout, peer: Peer, tmp_path: Path
) -> None:
    good = _files(eins=letter("Eins"), zwei=letter("Zwei"), drei=letter("Drei"))
    with house.serving(tmp_path / "serve.log"):
        peer.do("follow", handle=house.handle)
        wait_until("anna follows", lambda: _follows(peer), seconds=20)
        author.commit(good | {"vier.md": BROKEN})
        refused = author.attempt("push", "origin", "main")
        assert refused.returncode != 0
        assert "vier.md:3: date" in refused.stderr
        assert "nothing was published" in refused.stderr
        assert house.json("issues") == []
        author.commit(_files(vier=letter("Vier")))
        taken = author.attempt("push", "origin", "main")
        assert taken.returncode == 0, taken.stderr
        assert taken.stderr.count("is published") == 4
        assert "goes to 1 follower on 1 server" in taken.stderr
        posts = wait_until("four posts", lambda: len(view_of(peer)) == 4 and view_of(peer), seconds=20)
        assert {post["url"].rpartition("/")[2] for post in posts.values()} == {"eins", "zwei", "drei", "vier"}
        assert len(peer.received("Create")) == 4
        ledger = house.json("issues", "eins")
        assert [(one["server"], one["state"]) for one in ledger["outgoing"]] == [(peer.host, "delivered")]


def _follows(peer: Peer) -> bool:
    return "accepted" in peer.people()["anna"]["following"].values()


def test_two_deletions_need_the_push_option_also_over_ssh(house: House, tmp_path: Path) -> None:
    author = house.author(tmp_path / "clone", url=f"ssh://server{house.issues}")
    environment = over_ssh(tmp_path)
    author.commit(_files(eins=letter("Eins"), zwei=letter("Zwei")))
    first = author.attempt("push", "origin", "main", **environment)
    assert first.returncode == 0, first.stderr
    assert "nobody follows yet" in first.stderr
    (author.folder / "eins.md").unlink()
    author.commit(_files(zwei=letter("Zwei", draft="true")))
    refused = author.attempt("push", "origin", "main", **environment)
    assert refused.returncode != 0
    assert "git push -o delete" in refused.stderr
    taken = author.attempt("push", "-o", "delete", "origin", "main", **environment)
    assert taken.returncode == 0, taken.stderr
    assert "warning: zwei.md:3: The issue is out" in taken.stderr
    assert {one["slug"]: one["state"] for one in house.json("issues")} == {"eins": "deleted", "zwei": "deleted"}


def test_other_branches_links_submodules_and_a_dirty_folder_are_refused_with_a_sentence(
    house: House, author: Checkout
) -> None:
    author.commit(_files(eins=letter("Eins")))
    author.git("push", "--quiet", "origin", "main")
    author.git("branch", "entwurf")
    assert 'The branch "entwurf" is refused' in author.attempt("push", "origin", "entwurf").stderr
    os.symlink("/etc/passwd", author.folder / "zwei.md")
    author.commit()
    assert "zwei.md: This is a symbolic link" in author.attempt("push", "origin", "main").stderr
    author.git("reset", "--quiet", "--hard", "HEAD~1")
    author.git("update-index", "--add", "--cacheinfo", f"160000,{author.git('rev-parse', 'HEAD')},mod")
    author.git("commit", "--quiet", "--message", "Modul")
    assert "mod: This is a submodule" in author.attempt("push", "origin", "main").stderr
    author.git("reset", "--quiet", "--hard", "HEAD~1")
    (house.issues / "eins.md").write_text(letter("Von Hand"))
    author.commit(_files(drei=letter("Drei")))
    dirty = author.attempt("push", "origin", "main")
    assert dirty.returncode != 0
    assert "changes that are not committed (eins.md)" in dirty.stderr
    assert [one["slug"] for one in house.json("issues")] == ["eins"]
    (house.issues / "eins.md").write_text(letter("Eins"))
    (house.issues / "drei.md").write_text(letter("Von Hand"))
    (house.issues / "_notiz.md").write_text("Nicht im Weg.")
    overwriting = author.attempt("push", "origin", "main")
    assert overwriting.returncode != 0
    assert "that this push would overwrite (drei.md)" in overwriting.stderr
    (house.issues / "drei.md").unlink()
    assert author.attempt("push", "origin", "main").returncode == 0


def test_the_first_push_of_another_branch_makes_it_the_one_that_publishes(house: House, author: Checkout) -> None:
    author.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    author.commit(_files(eins=letter("Eins")))
    taken = author.attempt("push", "origin", "trunk")
    assert taken.returncode == 0, taken.stderr
    assert (house.issues / "eins.md").is_file()
    assert [one["state"] for one in house.json("issues")] == ["published"]


@pytest.mark.parametrize("faster", ["push", "publish"])
def test_who_is_overtaken_while_pushing_is_refused_and_the_folder_stays_as_it_is(
    house: House, author: Checkout, tmp_path: Path, faster: str
) -> None:
    """git says where the branch is, then comes the other one, then git takes the push, as it happens by chance."""
    author.commit(_files(eins=letter("Eins")))
    author.git("push", "--quiet", "origin", "main")
    other = Checkout(tmp_path / "other")
    other.git("pull", "--quiet", str(house.issues), "main")
    other.commit(_files(drei=letter("Drei")))
    saved, publish = house.issues / "drei.md", " ".join([*RUNDBRIEF, "publish", "--config", str(house.folder)])
    command = {
        "push": f"git -C {other.folder} push --quiet {house.issues} HEAD:main",
        "publish": f"cp {other.folder}/drei.md {saved} && {publish} {saved}",
    }[faster]
    hook = author.folder / ".git" / "hooks" / "pre-push"
    hook.write_text(f"#!/bin/sh\nunset GIT_DIR\ncd {ROOT} && {command} >&2\n")
    hook.chmod(0o755)
    author.commit(_files(zwei=letter("Zwei")))

    overtaken = author.attempt("push", "origin", "main")
    hook.unlink()

    assert overtaken.returncode != 0
    assert 'Somebody else has pushed to "main" meanwhile. Pull, then push again' in overtaken.stderr
    assert Checkout(house.issues).git("status", "--porcelain") == ""
    author.git("pull", "--quiet", "--rebase", "origin", "main")
    assert author.attempt("push", "origin", "main").returncode == 0
    assert {one["slug"] for one in house.json("issues")} == {"eins", "zwei", "drei"}


def test_of_pushes_at_once_one_is_taken_and_the_folder_is_clean(house: House, author: Checkout, tmp_path: Path) -> None:
    author.commit(_files(eins=letter("Eins")))
    author.git("push", "--quiet", "origin", "main")
    clones = [Checkout(tmp_path / f"clone{number}") for number in range(3)]
    for number, clone in enumerate(clones):
        clone.git("pull", "--quiet", str(house.issues), "main")
        clone.commit({f"von{number}.md": letter(f"Von {number}").encode()})

    with ThreadPoolExecutor() as pool:
        ended = list(pool.map(lambda clone: clone.attempt("push", str(house.issues), "HEAD:main"), clones))

    assert sorted(one.returncode == 0 for one in ended) == [False, False, True]
    assert Checkout(house.issues).git("status", "--porcelain") == ""
    assert len(house.json("issues")) == 2


def test_a_forced_push_publishes_exactly_what_its_last_commit_says(house: House, author: Checkout) -> None:
    author.commit(_files(eins=letter("Eins")))
    author.commit(_files(zwei=letter("Zwei")))
    author.git("push", "--quiet", "origin", "main")
    author.git("reset", "--quiet", "--hard", "HEAD~1")
    author.commit(_files(drei=letter("Drei")))
    taken = author.attempt("push", "--force", "origin", "main")
    assert taken.returncode == 0, taken.stderr
    states = {one["slug"]: one["state"] for one in house.json("issues")}
    assert states == {"eins": "published", "zwei": "deleted", "drei": "published"}


def test_a_user_without_the_right_is_told_so_and_nothing_changes(house: House, author: Checkout) -> None:
    as_stranger = _without_roots_right(house) if os.geteuid() == 0 else []
    author.commit(_files(eins=letter("Eins")))
    (house.folder / "data").chmod(0o555)
    ended = subprocess.run(
        [*as_stranger, "git", "push", "origin", "main"],
        cwd=author.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    (house.folder / "data").chmod(0o755)
    assert ended.returncode != 0
    assert f"you may not write {house.folder / 'data'}; push as the user who runs the blog" in ended.stderr
    assert house.json("issues") == []
    assert not (house.issues / "eins.md").exists()


def _without_roots_right(house: House) -> list[str]:
    """What runs a command as root, to whom permissions count as to anybody else; the data is another user's."""
    capabilities = "-dac_override,-dac_read_search"
    command = ["setpriv", f"--bounding-set={capabilities}", f"--inh-caps={capabilities}"]
    if shutil.which("setpriv") is None or subprocess.run([*command, "true"], check=False).returncode != 0:
        pytest.skip("root cannot lay its rights down here: no setpriv, or a container without the right to")
    for path in [house.folder / "data", *(house.folder / "data").rglob("*")]:
        os.chown(path, 65534, 65534)
    return command


def test_a_commit_in_the_folder_is_published_by_the_running_server(house: House, peer: Peer, tmp_path: Path) -> None:
    folder = Checkout(house.issues)
    with house.serving(tmp_path / "serve.log"):
        folder.commit(_files(eins=letter("Eins", body="Gesehen.\n")))
        wait_until("the page", lambda: "Gesehen" in request(f"{house.origin}/issues/eins").text, seconds=15)
        assert "eins (Eins) is published" in house.run("publish").stdout, (
            "the server was faster, and the author reads it"
        )
        assert "Nothing to publish" in house.run("publish").stdout


def test_whom_a_pushed_issue_names_the_hook_looks_up(house: House, author: Checkout, peer: Peer) -> None:
    peer.do("person", **{"as": "bob"})
    body = f"Danke, @bob@{peer.host}, und @niemand@{peer.host}!\n"
    author.commit(_files(eins=letter("Eins", body=body)))

    pushed = author.attempt("push", "origin", "main").stderr

    assert f"@niemand@{peer.host} could not be found" in pushed
    assert f"@bob@{peer.host} could not be found" not in pushed
    assert [one["server"] for one in house.json("issues", "eins")["outgoing"]] == [peer.host]
