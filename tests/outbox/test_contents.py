"""What counts is what a file says: what lies beside it, and where it lies, sends nothing and brings nothing back."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.outbox.report import report_lines
from bridge.outbox.resend import withdraw
from bridge.store.database import Transaction
from bridge.store.schema import issues
from tests.support.desks import Desk, letter
from tests.support.pictures import png


async def test_a_picture_that_an_issue_does_not_name_changes_nothing(desk: Desk) -> None:
    await desk.publish(
        {"24.md": letter(), "25.md": letter("Mehr", body="![Ein Hund](hund.png)\n"), "hund.png": png(8, 8)}
    )
    await withdraw(desk.publisher, "24")
    await desk.told()
    added = await desk.publish({"katze.png": png(9, 9)})
    assert added.steps == []
    assert (await desk.publish({"katze.png": None})).steps == []
    assert await desk.kinds() == []
    row = await desk.row("24")
    assert row is not None
    assert row.state == "withdrawn"
    named = await desk.publish({"hund.png": png(9, 9)})
    assert [(step.action, step.slug) for step in named.steps] == [("change", "25")]


async def test_what_was_read_once_and_found_unchanged_need_not_be_read_again(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    before = await desk.row("24")
    await desk.publish({"katze.png": png(8, 8)})
    after = await desk.row("24")
    assert before is not None
    assert after is not None
    assert after.digest != before.digest
    assert after.changed_at == before.changed_at


async def test_a_file_that_becomes_a_folder_changes_nothing(desk: Desk) -> None:
    await desk.publish({"good.md": letter(), "hund.png": png(8, 8)})
    await desk.told()
    moved = await desk.publish({"good.md": None, "good/index.md": letter()})
    assert [step.action for step in moved.steps] == ["move"]
    assert list(report_lines(moved, desk.blog)) == [
        "good (Neues) is kept as it is; its file is now called good/index.md."
    ]
    assert await desk.kinds() == []
    assert (await desk.publish({})).steps == []


async def test_a_renamed_file_is_known_by_what_it_says_also_when_a_picture_comes_along(desk: Desk) -> None:
    await desk.publish({"alt.md": letter()})
    await desk.publish({"alt.md": None, "neu.md": letter(), "hund.png": png(8, 8)})
    assert await desk.kinds() == ["Create", "Update"]


async def test_a_database_of_an_earlier_version_sends_nothing_by_itself(either_desk: Desk) -> None:
    await either_desk.publish({"24.md": letter(), "25.md": letter("Mehr"), "hund.png": png(8, 8)})
    await withdraw(either_desk.publisher, "24")
    await either_desk.told()

    def forget_contents(tx: Transaction) -> None:
        for row in tx.execute(sa.select(issues.c.id, issues.c.source)).all():
            source = {key: value for key, value in row.source.items() if key != "digest"}
            tx.execute(sa.update(issues).where(issues.c.id == row.id).values(source=source))

    await either_desk.database.write(forget_contents)
    assert (await either_desk.publish({"katze.png": png(8, 8)})).steps == []
    assert await either_desk.kinds() == []
    row = await either_desk.row("24")
    assert row is not None
    assert row.state == "withdrawn"
    assert (await either_desk.publish({"24.md": letter(body="Neu.\n")})).steps != []
