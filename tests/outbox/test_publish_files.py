"""`publish FILE...`: what is named is judged as saved, and nothing that is refused is committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import UserFault
from bridge.outbox.publish_files import publish_named
from bridge.outbox.report import report_lines
from tests.support.desks import Desk, letter
from tests.support.pictures import png


def _commits(desk: Desk) -> int:
    return int(desk.files.git("rev-list", "--count", "--all"))


async def test_a_dry_run_judges_the_named_files_as_saved_and_leaves_nothing_behind(desk: Desk) -> None:
    await desk.publish({"24.md": letter("Alt")})
    desk.write({"24.md": letter("Neu"), "25/index.md": letter("Mit Bild", body="![x](a.png)\n"), "25/a.png": png(8, 8)})
    before = sorted(path for path in Path(desk.files.folder, ".git").rglob("*") if path.is_file())
    report = await publish_named(desk.publisher, ["24.md", "25/index.md"], dry_run=True)
    assert [line.partition(":")[0] for line in report_lines(report, desk.blog, dry_run=True)] == [
        "24 (Neu) would be changed",
        "25 (Mit Bild) would be published",
    ]
    assert sorted(path for path in Path(desk.files.folder, ".git").rglob("*") if path.is_file()) == before
    assert await desk.kinds() == ["Create"]


async def test_a_dry_run_before_the_first_commit_judges_too(desk: Desk) -> None:
    desk.write({"24.md": letter("Neu")})
    report = await publish_named(desk.publisher, ["24.md"], dry_run=True)
    assert [(step.action, step.slug) for step in report.steps] == [("create", "24")]


async def test_named_files_are_committed_and_published(desk: Desk) -> None:
    desk.write({"24.md": letter("Neu"), "25.md": letter("Noch nicht")})
    report = await publish_named(desk.publisher, ["24.md"])
    assert [(step.action, step.slug) for step in report.steps] == [("create", "24")]
    assert desk.files.git("ls-files") == "24.md"
    assert await desk.kinds() == ["Create"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("notizen.txt", "is not an issue file: those are"),
        ("_entwurf.md", "is not an issue file: those are"),
        ("fehlt.md", "there is no file fehlt.md"),
    ],
)
async def test_what_is_no_issue_file_is_not_committed(desk: Desk, path: str, said: str) -> None:
    await desk.publish({"24.md": letter()})
    desk.write({"notizen.txt": "x", "_entwurf.md": "x", "24.md": letter(body="Neu.\n")})
    with pytest.raises(UserFault, match=said):
        await publish_named(desk.publisher, ["24.md", path])
    assert _commits(desk) == 1


async def test_a_broken_file_is_not_committed_and_holds_up_no_other(desk: Desk) -> None:
    desk.write({"kaputt.md": letter(date="gestern"), "24.md": letter()})
    report = await publish_named(desk.publisher, ["kaputt.md", "24.md"])
    assert [(step.action, step.path) for step in report.steps] == [("create", "24.md"), ("refuse", "kaputt.md")]
    assert report.is_refused
    assert desk.files.git("ls-files") == "24.md"
    alone = await publish_named(desk.publisher, ["kaputt.md"])
    assert alone.is_refused
    assert _commits(desk) == 1


async def test_several_deletions_are_asked_for_before_the_commit(desk: Desk) -> None:
    await desk.publish({"a.md": letter("A"), "b.md": letter("B")})
    desk.write({"a.md": None, "b.md": None})
    with pytest.raises(UserFault, match="take 2 published issues back"):
        await publish_named(desk.publisher, ["a.md", "b.md"])
    assert _commits(desk) == 1
    await publish_named(desk.publisher, ["a.md", "b.md"], allow_delete=True)
    assert (await desk.kinds())[-2:] == ["Delete", "Delete"]


async def test_a_file_that_went_before_it_was_ever_out_is_no_error(desk: Desk) -> None:
    await desk.publish({"24.md": letter(), "entwurf.md": letter("E", draft="true")})
    desk.write({"entwurf.md": None})
    report = await publish_named(desk.publisher, ["entwurf.md"])
    assert report.steps == []
    assert desk.files.git("status", "--porcelain") == ""
