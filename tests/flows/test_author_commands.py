"""The author's commands, each a process: before publishing, publishing, and what became of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.demo.stage import Peer, request, wait_until
from tests.support.desks import letter
from tests.support.houses import House, view_of
from tests.support.pictures import png
from tests.support.repositories import Checkout


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "blog")


@pytest.fixture
def folder(house: House) -> Checkout:
    return Checkout(house.issues)


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    with Peer(log=tmp_path / "peer.log") as started:
        yield started


def test_lint_reads_the_files_as_saved_and_ends_with_1_when_a_push_would_be_refused(
    house: House, folder: Checkout
) -> None:
    folder.write(
        "24.md", letter(teezer="x", body="• kein Punkt\n\n@niemand@nirgends.invalid [weg](/issues/99)\n").encode()
    )
    fine = house.run("lint")
    assert fine.returncode == 0, fine.stdout + fine.stderr
    assert "a push would be taken" in fine.stdout
    for said in (
        'warning: 24.md:3: The key "teezer" is unknown',
        'warning: 24.md:5: The line begins with "•"',
        "warning: 24.md:7: @niemand@nirgends.invalid could not be found",
        'warning: 24.md:7: The link "/issues/99" leads to no issue',
    ):
        assert said in fine.stdout
    folder.write("kaputt.md", b"---\ndate: gestern\n---\nText\n")
    folder.write("bild/index.md", letter("Bild", body="![Ein Hund](hund.svg)\n").encode())
    folder.write("bild/hund.svg", b"<svg/>")
    found = json.loads((broken := house.run("lint", "--json")).stdout)
    assert broken.returncode == 1
    refused = {(one["file"], one["line"]) for one in found if one["kind"] == "refusal"}
    assert {("kaputt.md", 2), ("bild/index.md", 4)} <= refused
    assert house.run("lint", "issues/24.md").returncode == 0
    assert house.run("lint", "issues/fehlt.md").returncode == 1


def test_preview_shows_the_page_and_the_post_and_sends_nothing(house: House, folder: Checkout, tmp_path: Path) -> None:
    body = "Text mit [Link](https://elsewhere.example/) und #Wort.\n\n![Ein Hund](hund.png)\n"
    folder.write("24/index.md", letter("Krass", body=body, format="full").encode())
    folder.write("24/hund.png", png(40, 30))
    shown = house.json("preview", "issues/24")
    (post,) = shown["posts"]
    assert (post["type"], post["card"], post["pictures"]) == ("Note", None, [{"alt": "Ein Hund"}])
    assert post["text"].split("\n")[:2] == ["Krass", "Text mit Link und #Wort."]
    out = tmp_path / "preview.html"
    told = house.run("preview", "issues/24/index.md", "--html", str(out))
    assert told.returncode == 0, told.stderr
    page = out.read_text()
    assert "no card, because of the pictures" in page
    assert page.count("data:image/") >= 2
    assert not re.search(r'(src|href)="/static', page)
    on_screen = house.run("preview", "issues/24")
    assert "picture 1: Ein Hund" in on_screen.stdout
    assert house.json("issues") == []
    assert house.run("preview", "issues/weg.md").returncode == 1


def test_a_day_of_an_author(house: House, folder: Checkout, peer: Peer, tmp_path: Path) -> None:
    folder.write("24.md", letter("Krass").encode())
    folder.write("25.md", letter("Später", date="2040-01-01").encode())
    with house.serving(tmp_path / "serve.log"):
        peer.do("follow", handle=house.handle)
        wait_until("the follower", lambda: "accepted" in peer.people()["anna"]["following"].values(), seconds=20)
        dry = house.run("publish", "--dry-run", "issues/24.md").stdout
        assert "24 (Krass) would be published" in dry
        assert "24.md would be committed first." in dry
        assert "Nothing is committed yet" in house.run("publish").stdout
        told = house.run("publish", "issues/24.md")
        assert "goes to 1 follower on 1 server (1 delivery)" in told.stdout, told.stdout + told.stderr
        assert "25.md" not in folder.git("ls-files")
        uncommitted = house.json("publish")
        assert uncommitted["uncommitted"] == ["25.md"]
        folder.commit()
        wait_until("it waits", lambda: len(house.json("issues")) == 2, seconds=20)
        assert "waits" in house.run("issues").stdout
        wait_until("the post", lambda: len(view_of(peer)) == 1, seconds=20)
        (note,) = view_of(peer)
        peer.do("reply", object=note, text="Gut gesagt.")
        ledger = wait_until(
            "the ledger", lambda: (found := house.json("issues", "24"))["incoming"] and found, seconds=20
        )
        assert [(one["server"], one["state"], one["type"]) for one in ledger["outgoing"]] == [
            (peer.host, "delivered", "Create")
        ]
        assert [(one["verdict"], one["type"]) for one in ledger["incoming"]] == [("shown", "reply")]
        assert "delivered 20" in house.run("issues", "24").stdout
        assert "1 delivery to 1 server" in house.run("resend", "24", "--to", peer.host).stdout
        wait_until("it came again", lambda: len(peer.received("Create")) == 2, seconds=20)
        assert list(view_of(peer)) == [note]
        assert house.run("withdraw", "24").returncode == 0
        wait_until("it is gone", lambda: not view_of(peer), seconds=20)
        assert request(f"{house.origin}/issues/24").status == 410
        house.run("resend", "24")
        wait_until("a new one", lambda: view_of(peer), seconds=20)
        assert list(view_of(peer)) != [note]
        assert "Gut gesagt" in request(f"{house.origin}/issues/24").text
        assert house.run("issues", "99").returncode == 1
        folder.write("26.md", letter("Faden", format="thread", body="# Eins\n\nText.\n\n# Zwei\n\nMehr.\n").encode())
        assert "(3 deliveries)" in house.run("publish", "issues/26.md").stdout
        sent = [line.split() for line in house.run("issues", "26").stdout.splitlines() if peer.host in line]
        assert [line[0] for line in sent] == ["post"] * 3
        assert [" ".join(line).partition("(")[2] for line in sent] == ["first post)", "post 2: eins)", "post 3: zwei)"]


def test_a_faulty_option_of_init_says_what_is_allowed_and_makes_nothing(house: House, tmp_path: Path) -> None:
    wrong = house.run(
        "init", str(tmp_path / "b"), "--url", "https://b.example", "--handle", "ä ö", "--language", "deutsch"
    )
    assert wrong.returncode == 2
    assert "rundbrief: --handle: must be letters from a to z" in wrong.stderr
    assert "rundbrief: --language: must be a language tag" in wrong.stderr
    assert not (tmp_path / "b").exists()
