"""What the author reads after publishing, and what programs do."""

from __future__ import annotations

from bridge.outbox.report import report_json, report_lines
from tests.support.desks import Desk, letter


async def test_every_step_is_a_sentence_with_page_and_reach(desk: Desk) -> None:
    report = await desk.publish({"24.md": letter("Krass"), "25.md": letter("Später", date="2030-01-01")})
    said = list(report_lines(report, desk.blog))
    assert said == [
        "24 (Krass) is published: https://links.example/issues/24 – goes to 1 follower on 1 server (1 delivery)",
        "25 (Später) waits until 2029-12-31 23:00 UTC.",
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
