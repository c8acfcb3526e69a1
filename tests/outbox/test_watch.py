"""`serve` looks at the folder: it publishes what is new, and while nothing changes it starts no process."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from bridge.errors import UserFault
from bridge.issues.git import Repository
from bridge.outbox.standing import IN_LINE
from bridge.outbox.watch import Watch
from tests.support.desks import Desk, letter


async def test_a_commit_is_published_at_the_next_look_and_then_nothing_is_done(desk: Desk) -> None:
    watch = Watch(desk.publisher)
    assert not await watch.look()
    desk.write({"24.md": letter()})
    desk.files.commit()
    assert await watch.look()
    assert not await watch.look()
    assert await desk.kinds() == ["Create"]


async def test_while_nothing_changes_a_look_starts_no_git(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.publish({"24.md": letter()})
    watch = Watch(desk.publisher)
    await watch.look()

    def no_git(*_: object, **__: object) -> None:
        raise AssertionError("git was started")

    monkeypatch.setattr(Repository, "git", no_git)
    for _ in range(3):
        assert not await watch.look()


async def test_packed_references_are_seen_too(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    watch = Watch(desk.publisher)
    await watch.look()
    desk.files.git("gc", "--quiet")
    assert not await watch.look()
    desk.write({"25.md": letter("Mehr")})
    desk.files.commit()
    assert await watch.look()


async def test_a_date_that_comes_is_seen_without_a_commit(desk: Desk) -> None:
    await desk.publish({"24.md": letter(date="2026-11-22T14:00:00+01:00")})
    watch = Watch(desk.publisher)
    assert not await watch.look()
    desk.clock.turn(timedelta(hours=2))
    assert await watch.look()
    assert await desk.kinds() == ["Create"]


async def test_what_cannot_be_published_is_said_once_and_tried_less_and_less(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.publish({"a.md": letter("A"), "b.md": letter("B")})
    desk.write({"a.md": None, "b.md": None})
    desk.files.commit()
    tries: list[int] = []
    is_due = type(desk.publisher).is_due

    async def counted(publisher: object) -> bool:
        tries.append(1)
        return await is_due(desk.publisher)

    monkeypatch.setattr(type(desk.publisher), "is_due", counted)
    watch = Watch(desk.publisher)
    for _ in range(20):
        assert not await watch.look()
    assert len(tries) == 4
    assert len([record for record in caplog.records if "not published" in record.message]) == 1
    with pytest.raises(UserFault):
        await desk.publish()
    desk.write({"a.md": letter("A")})
    desk.files.commit()
    assert await watch.look()


async def test_an_author_who_asks_after_the_server_was_faster_reads_once_what_it_did(either_desk: Desk) -> None:
    """Whoever runs `publish` right after a commit wants to know whether it went out, not who was faster."""
    desk = either_desk
    desk.write({"24.md": letter()})
    desk.files.commit()
    assert await Watch(desk.publisher).look()
    report = await desk.publisher.publish()
    assert report.steps == []
    told = await desk.publisher.told(report)
    assert told.deliveries == 1
    assert "is published" in told.lines[0]
    assert [one["action"] for one in told.report["issues"]] == ["create"]
    again = await desk.publisher.told(report)
    assert (list(again.lines), again.deliveries) == ([IN_LINE], 0)


async def test_what_an_author_has_published_is_not_told_again(desk: Desk) -> None:
    report = await desk.publish({"24.md": letter()})
    assert (await desk.publisher.told(report)).deliveries == 1
    nothing = await desk.publish()
    assert list((await desk.publisher.told(nothing)).lines) == [IN_LINE]


async def test_a_refused_file_is_an_error_in_the_log_and_no_change(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.write({"24.md": letter(), "kaputt.md": letter(date="gestern")})
    desk.files.commit()
    with caplog.at_level(logging.INFO):
        assert await Watch(desk.publisher).look()
    (refused,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "kaputt.md:3: date" in refused.getMessage()
    assert any("1 changed, 1 refused" in record.getMessage() for record in caplog.records)
