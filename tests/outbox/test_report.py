"""What the author reads after publishing, and what programs do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bridge.errors import UserFault
from bridge.outbox.report import report_json, report_lines
from bridge.outbox.resend import resend, withdraw
from bridge.outbox.standing import IN_LINE
from bridge.store.schema import followers
from tests.support.desks import Desk, letter
from tests.support.letters import KAFFEE


async def test_every_step_is_a_sentence_with_page_and_reach(desk: Desk) -> None:
    report = await desk.publish({"24.md": letter("Krass"), "25.md": letter("Später", date="2030-01-01")})
    said = list(report_lines(report, desk.blog))
    assert said == [
        "24 (Krass) is published: https://links.example/issues/24 – goes to 1 follower on 1 server (1 delivery)",
        "25 (Später) waits until 2030-01-01 00:00 CET.",
    ]
    dry = await desk.publish({"24.md": letter("Krass", body="Anders.\n")}, dry_run=True)
    assert list(report_lines(dry, desk.blog, dry_run=True)) == [
        "24 (Krass) would be changed: https://links.example/issues/24 – goes to 1 follower on 1 server",
    ]


async def test_a_warning_stands_before_what_it_warns_of_and_is_said_once(desk: Desk) -> None:
    await desk.publish({"24.md": letter("Krass")})
    report = await desk.publish({"24.md": letter("Krass", draft="true")})
    first, second = report_lines(report, desk.blog)
    assert first.startswith("warning: 24.md:3: The issue is out")
    assert second.startswith("24 (Krass) is taken back everywhere – goes to")
    assert list(report_lines(report, desk.blog, warned=True)) == [second]


async def test_what_changes_nothing_for_followers_says_so(desk: Desk) -> None:
    await desk.publish({"24.md": letter("Krass", teaser="Kurz.", slug="krass"), "alt.md": letter(federate="false")})
    report = await desk.publish({"24.md": letter("Krass", teaser="Kurz.", slug="krass", body="Mehr.\n")})
    assert "followers see no difference" in next(report_lines(report, desk.blog))
    report = await desk.publish(
        {"24.md": None, "neu.md": letter("Krass", teaser="Kurz.", slug="krass", body="Mehr.\n")}
    )
    assert next(report_lines(report, desk.blog)) == "krass (Krass) is kept as it is; its file is now called neu.md."
    assert next(report_lines(await desk.publish(), desk.blog)).startswith("Nothing to publish")


async def test_lint_s_warnings_stand_with_the_issue_also_for_programs(desk: Desk) -> None:
    report = await desk.publish({"24.md": letter(body="• kein Punkt\n", teezer="x")})
    found = report_json(report, desk.blog)
    assert [(one["action"], one["slug"], len(one["warnings"])) for one in found["issues"]] == [("create", "24", 2)]
    assert sum(line.startswith("warning: ") for line in report_lines(report, desk.blog)) == 2


async def test_times_are_those_of_the_blog_s_zone(desk: Desk) -> None:
    report = await desk.publish({"25.md": letter("Später", date="2030-07-01 09:00")})
    assert next(report_lines(report, desk.blog)) == "25 (Später) waits until 2030-07-01 09:00 CEST."
    with pytest.raises(UserFault, match="2030-07-01 09:00 CEST"):
        await resend(desk.publisher, "25")


async def test_an_import_says_why_it_is_silent_and_how_to_send_one(desk: Desk) -> None:
    old = {f"{number}.md": letter(f"Nr {number}", date=f"2024-03-{number:02}") for number in range(1, 12)}
    said = list(report_lines(await desk.publish(old), desk.blog))
    why = [line for line in said if "import" in line]
    assert len(why) == 1
    assert why[0].startswith("These 11 issues are dated over 30 days back")
    assert "rundbrief resend 1" in why[0]
    assert '"federate: now"' in why[0]


async def test_without_followers_nobody_is_said_to_see_anything(desk: Desk) -> None:
    await _forget_followers(desk)
    await desk.publish({"24.md": letter("Krass", teaser="Kurz.")})
    report = await desk.publish({"24.md": letter("Krass", teaser="Lang.")})
    assert list(report_lines(report, desk.blog)) == [
        "24 (Krass) is changed: https://links.example/issues/24 – nobody follows yet"
    ]


async def test_what_only_its_page_had_is_not_said_to_go_anywhere(desk: Desk) -> None:
    await desk.publish({"24.md": letter("Krass", federate="false")})
    report = await desk.publish({"24.md": None})
    assert list(report_lines(report, desk.blog)) == [
        "24 (Krass) is taken back: its page is gone, and nobody else had it."
    ]


async def test_a_withdrawn_page_that_is_sent_again_says_that_nobody_was_told(desk: Desk) -> None:
    await desk.publish({"24.md": letter("Krass", federate="false")})
    await withdraw(desk.publisher, "24")
    assert (await resend(desk.publisher, "24")).page_only


async def test_a_draft_is_named(desk: Desk) -> None:
    report = await desk.publish({"24.md": letter("Krass", draft="true")})
    assert list(report_lines(report, desk.blog)) == [
        IN_LINE,
        "24.md is a draft, and nothing of it goes out.",
    ]
    report = await desk.publish({"25.md": letter("Krass", draft="true")})
    assert list(report_lines(report, desk.blog))[1] == "24.md, 25.md are drafts, and nothing of them goes out."


async def _forget_followers(desk: Desk) -> None:
    await desk.database.write(lambda tx: tx.execute(sa.delete(followers)))


async def test_a_mention_without_followers_says_to_whom_it_goes(desk: Desk) -> None:
    await _forget_followers(desk)
    report = await desk.publish({"24.md": letter("Krass", body="@kaffee@example.social\n")}, dry_run=True)
    (step,) = report.steps
    assert step.prepared is not None
    named = replace(step.prepared, rendered=replace(step.prepared.rendered, mentions=(KAFFEE,)))
    done = replace(report, steps=[replace(step, prepared=named)], deliveries=[1])
    assert next(report_lines(done, desk.blog)).endswith(
        "– nobody follows yet; goes to those whom it names (1 delivery)"
    )


async def test_what_its_author_has_read_is_not_told_again_with_what_came_out_later(desk: Desk) -> None:
    await desk.publish({"24.md": letter(date=(desk.clock() + timedelta(hours=1)).isoformat())})
    desk.clock.turn(timedelta(hours=1))
    await desk.publish(unattended=True)
    told = await desk.publisher.told(await desk.publish())
    assert [line.split(":")[0] for line in told.lines] == ["24 (Neues) is published"]
    assert [issue["action"] for issue in told.report["issues"]] == ["create"]
