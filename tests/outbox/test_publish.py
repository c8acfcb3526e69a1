"""The diff decides: what an author does to a file is what followers are told, once, and nothing else."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from bridge.activity.context import PUBLIC
from bridge.errors import UserFault
from bridge.outbox.check import check
from bridge.outbox.report import report_lines
from bridge.store import blogs, issues
from tests.support.desks import Desk, letter


async def test_a_new_issue_is_a_create_and_the_same_commit_again_is_nothing(desk: Desk) -> None:
    report = await desk.publish({"24.md": letter()})
    assert [step.action for step in report.steps] == ["create"]
    assert (report.followers, report.servers, report.deliveries) == (1, 1, [1])
    assert await desk.kinds() == ["Create"]
    assert (await desk.publish()).steps == []
    assert (await desk.publish({})).steps == []
    assert await desk.kinds() == []


async def test_a_change_is_an_update_of_the_same_object_with_a_strictly_newer_time(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    desk.clock.turn(-timedelta(minutes=2))  # a clock that went back
    await desk.publish({"24.md": letter(body="Anders.\n")})
    await desk.publish({"24.md": letter(body="Ganz anders.\n")})
    create, first, second = await desk.told()
    assert [create["type"], first["type"], second["type"]] == ["Create", "Update", "Update"]
    assert create["object"]["id"] == first["object"]["id"] == second["object"]["id"]
    times = [create["object"]["published"], first["object"]["updated"], second["object"]["updated"]]
    assert times == sorted(set(times))


async def test_a_removed_file_is_a_delete_and_its_id_is_never_used_again(either_desk: Desk) -> None:
    """S123"""
    await either_desk.publish({"24.md": letter()})
    await either_desk.publish({"24.md": None})
    await either_desk.publish({"24.md": letter()})
    create, delete, again = await either_desk.told()
    assert delete["type"] == "Delete"
    assert delete["object"] == {"id": create["object"]["id"], "type": "Tombstone"}
    assert delete["to"] == [PUBLIC]
    assert again["type"] == "Create"
    assert again["object"]["id"] != create["object"]["id"]
    assert again["object"]["url"] == create["object"]["url"]
    rows = await either_desk.database.read(lambda tx: issues.outlines(tx, either_desk.blog.id))
    assert [(row.slug, row.state) for row in rows] == [("24", "published")]


async def test_a_draft_again_is_taken_back_after_a_warning(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    report = await desk.publish({"24.md": letter(draft="true")})
    assert [step.action for step in report.steps] == ["delete"]
    assert "taken back everywhere" in str(report.steps[0].warnings[0])
    assert await desk.kinds() == ["Create", "Delete"]
    assert (await desk.publish({})).steps == []


async def test_a_draft_never_leaves_the_folder(desk: Desk) -> None:
    """S122"""
    assert (await desk.publish({"24.md": letter(draft="true")})).steps == []
    assert await desk.row("24") is None


async def test_another_name_of_the_file_changes_nothing(desk: Desk) -> None:
    await desk.publish({"24.md": letter(slug="krass")})
    before = await desk.row("krass")
    report = await desk.publish({"24.md": None, "folge-24.md": letter(slug="krass")})
    assert [step.action for step in report.steps] == ["move"]
    assert await desk.kinds() == ["Create"]
    after = await desk.row("krass")
    assert before is not None
    assert after is not None
    assert (after.path, after.updated_at) == ("folge-24.md", before.updated_at)
    assert (await desk.publish({})).steps == []


async def test_another_slug_is_an_update_and_the_old_page_leads_to_the_new(desk: Desk) -> None:
    """S123"""
    await desk.publish({"alt.md": letter()})
    await desk.publish({"alt.md": None, "neu.md": letter()})
    create, update = await desk.told()
    assert (create["type"], update["type"]) == ("Create", "Update")
    assert update["object"]["id"] == create["object"]["id"]
    assert update["object"]["url"].endswith("/issues/neu")
    assert await desk.database.read(lambda tx: issues.find_redirect(tx, desk.blog.id, "alt")) == "neu"
    await desk.publish({"neu.md": letter(slug="alt")})
    assert await desk.database.read(lambda tx: issues.find_redirect(tx, desk.blog.id, "alt")) is None
    assert await desk.database.read(lambda tx: issues.find_redirect(tx, desk.blog.id, "neu")) == "alt"


async def test_a_slug_moves_to_where_a_deleted_issue_was_and_keeps_its_own_object(either_desk: Desk) -> None:
    await either_desk.publish({"a.md": letter("A"), "b.md": letter("B")})
    await either_desk.publish({"b.md": None})
    a, _ = [activity["object"]["id"] for activity in await either_desk.told() if activity["type"] == "Create"]
    await either_desk.publish({"a.md": letter("A", slug="b")})
    assert await either_desk.kinds() == ["Update"]
    assert [row.id for row in await either_desk.objects("b")] == [a]
    assert (await either_desk.publish({})).steps == []


async def test_two_issues_may_swap_their_slugs_without_a_third_post(desk: Desk) -> None:
    await desk.publish({"a.md": letter("A", slug="eins"), "b.md": letter("B", slug="zwei")})
    await desk.told()
    await desk.publish({"a.md": letter("A", slug="zwei"), "b.md": letter("B", slug="eins")})
    told = await desk.told()
    assert [activity["type"] for activity in told] == ["Update", "Update"]
    assert (await desk.publish({})).steps == []


async def test_a_slug_that_another_unchanged_file_has_is_refused(desk: Desk) -> None:
    await desk.publish({"a.md": letter("A")})
    report = await desk.publish({"b.md": letter("B", slug="a")})
    assert [step.action for step in report.steps] == ["refuse"]
    assert 'The slug "a" is that of a.md already' in str(report.steps[0].faults[0])
    assert await desk.kinds() == ["Create"]


async def test_more_than_one_deletion_needs_a_word(desk: Desk) -> None:
    await desk.publish({"a.md": letter("A"), "b.md": letter("B")})
    with pytest.raises(UserFault, match=r"take 2 published issues back \(.*\).*git push -o delete"):
        await desk.publish({"a.md": None, "b.md": letter("B", draft="true")})
    assert await desk.kinds() == ["Create", "Create"]
    await desk.publish(allow_delete=True)
    assert await desk.kinds() == ["Delete", "Delete"]


async def test_what_the_pusher_allowed_holds_for_whoever_publishes_the_commit(either_desk: Desk) -> None:
    await either_desk.publish({"a.md": letter("A"), "b.md": letter("B")})
    either_desk.write({"a.md": None, "b.md": None})
    commit = either_desk.files.commit()
    with pytest.raises(UserFault):
        await either_desk.publisher.judge(commit, either_desk.publisher.repository, allow_delete=False)
    await either_desk.publisher.judge(commit, either_desk.publisher.repository, allow_delete=True)
    await either_desk.publish()  # as `serve` does when the hook died
    assert await either_desk.kinds() == ["Create", "Create", "Delete", "Delete"]


async def test_a_broken_file_is_refused_while_the_others_go_out(desk: Desk) -> None:
    report = await desk.publish({"a.md": letter("A"), "kaputt.md": "---\ndate: gestern\n---\nText\n", "b.md": letter()})
    assert report.is_refused
    assert sorted(step.action for step in report.steps) == ["create", "create", "refuse"]
    faults = [str(fault) for step in report.steps for fault in step.faults]
    assert any(fault.startswith("kaputt.md:2: date") for fault in faults)
    assert await desk.kinds() == ["Create", "Create"]


async def test_a_broken_file_keeps_its_issue_also_under_another_name(desk: Desk) -> None:
    await desk.publish({"24.md": letter(), "x.md": letter("X", slug="krass")})
    await desk.publish({"24.md": None, "24/index.md": "---\ntitel: x\n---\nText\n"})
    await desk.publish({"x.md": None, "y.md": "---\nslug: krass\n---\nText\n"})
    assert await desk.kinds() == ["Create", "Create"]
    await desk.publish({"24/index.md": letter(body="Besser.\n"), "y.md": letter("X", slug="krass")})
    assert sorted(await desk.kinds()) == ["Update"]


async def test_named_files_alone_are_looked_at_and_the_others_stay(desk: Desk) -> None:
    await desk.publish({"a.md": letter("A"), "b.md": letter("B")})
    desk.write({"a.md": letter("A", body="Neu.\n"), "b.md": None})
    desk.files.commit()
    await desk.publish(only=["a.md"])
    assert await desk.kinds() == ["Create", "Create", "Update"]
    with pytest.raises(UserFault, match=r"there is no file c\.md"):
        await desk.publish(only=["c.md"])
    await desk.publish(only=["b.md"])
    assert await desk.kinds() == ["Delete"]


async def test_a_dry_run_says_everything_and_does_nothing(desk: Desk) -> None:
    report = await desk.publish({"24.md": letter()}, dry_run=True)
    assert [step.action for step in report.steps] == ["create"]
    assert await desk.kinds() == []
    assert await desk.row("24") is None


async def test_a_date_to_come_waits_and_is_published_then(desk: Desk) -> None:
    await desk.publish({"24.md": letter(date="2026-11-22T14:00:00+01:00")})  # an hour from now
    row = await desk.row("24")
    assert row is not None
    assert row.state == "waiting"
    assert await desk.kinds() == []
    assert not await desk.publisher.is_due()
    desk.clock.turn(timedelta(hours=1))
    assert await desk.publisher.is_due()
    await desk.publish()
    (create,) = await desk.told()
    assert create["object"]["published"] == "2026-11-22T13:00:00Z"
    assert not await desk.publisher.is_due()


async def test_what_waited_and_is_removed_was_never_there(either_desk: Desk) -> None:
    await either_desk.publish({"24.md": letter(date="2030-01-01")})
    await either_desk.publish({"24.md": None})
    assert await either_desk.row("24") is None
    assert await either_desk.kinds() == []


async def test_what_was_out_once_and_waits_again_can_still_be_removed(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    await desk.publish({"24.md": None})
    await desk.publish({"24.md": letter(date="2030-01-01")})
    await desk.publish({"24.md": None})
    row = await desk.row("24")
    assert row is not None
    assert row.state == "deleted"


async def test_a_date_set_into_the_future_does_not_take_back_what_is_out(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    report = await desk.publish({"24.md": letter(date="2030-01-01")})
    assert "stays out" in str(report.steps[0].warnings[0])
    assert await desk.kinds() == ["Create"]


async def test_an_old_date_is_told_as_now_and_shown_as_it_is(desk: Desk) -> None:
    await desk.publish({"24.md": letter(date="2024-08-05")})
    (create,) = await desk.told()
    assert create["object"]["published"] == "2026-11-22T12:01:00Z"
    row = await desk.row("24")
    assert row is not None
    assert row.date == datetime.fromisoformat("2024-08-04T22:00:00Z")


async def test_ten_old_issues_at_once_are_an_import_and_stay_silent_unless_told(desk: Desk) -> None:
    old = {f"{number}.md": letter(f"Nr {number}", date=f"2024-03-{number:02}") for number in range(1, 12)}
    old["1.md"] = letter("Nr 1", date="2024-03-01", federate="now")
    old["99.md"] = letter("Neu")
    report = await desk.publish(old)
    assert sum(step.silent for step in report.steps) == 10
    assert sorted(activity["object"]["url"][-2:] for activity in await desk.told()) == ["/1", "99"]
    await desk.publish({"2.md": letter("Nr 2", body="Ein Tippfehler weniger.\n", date="2024-03-02")})
    assert await desk.kinds() == []
    await desk.publish({"2.md": letter("Nr 2", date="2024-03-02", federate="now")})
    assert await desk.kinds() == ["Create"]


async def test_nine_old_issues_are_sent_as_their_author_wants(desk: Desk) -> None:
    old = {f"{number}.md": letter(f"Nr {number}", date=f"2024-03-{number:02}") for number in range(1, 10)}
    await desk.publish(old)
    assert len(await desk.kinds()) == 9


async def test_federate_false_is_a_page_only_and_the_line_taken_away_sends_it(desk: Desk) -> None:
    await desk.publish({"24.md": letter(federate="false")})
    assert await desk.kinds() == []
    await desk.publish({"24.md": letter(body="Anders.\n", federate="false")})
    assert await desk.kinds() == []
    await desk.publish({"24.md": letter()})
    assert await desk.kinds() == ["Create"]
    await desk.publish({"24.md": letter(federate="false")})
    assert await desk.kinds() == ["Delete"]
    row = await desk.row("24")
    assert row is not None
    assert (row.state, row.object_id) == ("published", None)


async def test_text_below_the_teaser_changes_the_page_and_sends_nothing(desk: Desk) -> None:
    await desk.publish({"24.md": letter(teaser="Kurz.")})
    report = await desk.publish({"24.md": letter(teaser="Kurz.", body="Ein ganz anderer Text.\n")})
    assert report.deliveries == [0]
    assert await desk.kinds() == ["Create"]
    row = await desk.row("24")
    assert row is not None
    assert "ganz anderer" in row.page_html
    assert row.updated_at == desk.clock.now


async def test_comments_false_closes_and_true_opens_again(desk: Desk) -> None:
    states = []
    for word in ("true", "false", "true"):
        await desk.publish({"24.md": letter(comments=word)})
        row = await desk.row("24")
        assert row is not None
        states.append(row.closed(desk.clock.now))
    assert states == [False, True, False]


async def test_comments_until_is_the_end_of_that_day(desk: Desk) -> None:
    await desk.publish({"24.md": letter(comments_until="2026-12-24")})
    row = await desk.row("24")
    assert row is not None
    assert row.comments_close_at is not None
    assert not row.closed(datetime.fromisoformat("2026-12-24T23:59:00+01:00"))
    assert row.closed(datetime.fromisoformat("2026-12-25T00:01:00+01:00"))


async def test_everyone_who_was_ever_sent_it_hears_of_its_end(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    (create,) = await desk.told()
    await desk.publish({"24.md": None})
    assert await desk.inboxes(create["object"]["id"]) == {"https://example.social/inbox"}


async def test_several_publish_at_the_same_time_and_each_issue_goes_out_once(either_desk: Desk) -> None:
    either_desk.write({f"{number}.md": letter(f"Nr {number}") for number in range(5)})
    either_desk.files.commit()
    reports = await asyncio.gather(*(either_desk.publisher.publish() for _ in range(5)))
    assert sorted(len(report.steps) for report in reports) == [0, 0, 0, 0, 5]
    assert await either_desk.kinds() == ["Create"] * 5


async def test_a_missing_folder_or_an_unreadable_one_removes_nothing(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    desk.files.folder.rename(desk.files.folder.with_name("weg"))
    with pytest.raises(UserFault, match="does not exist"):
        await desk.publish()
    desk.files.folder.mkdir()
    with pytest.raises(UserFault, match="not a git repository"):
        await desk.publish()
    assert await desk.kinds() == ["Create"]


async def test_a_commit_earlier_than_what_is_out_waits_for_the_author(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    await desk.publish({"25.md": letter("Mehr")})
    desk.files.git("reset", "--quiet", "--hard", "HEAD~1")
    assert not await desk.publisher.is_due()
    await desk.publish()
    assert await desk.kinds() == ["Create", "Create", "Delete"]


async def test_the_commit_that_is_out_is_remembered(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    out = await desk.database.read(lambda tx: blogs.published_commit(tx, desk.blog.id))
    assert out == desk.files.git("rev-parse", "HEAD")


async def test_federate_false_takes_back_what_is_out_after_a_warning_and_several_only_with_a_word(desk: Desk) -> None:
    await desk.publish({"24.md": letter("Krass"), "25.md": letter("Mehr")})
    with pytest.raises(UserFault, match="take 2 published issues back"):
        await desk.publish({"24.md": letter("Krass", federate="false"), "25.md": letter("Mehr", federate="false")})
    report = await desk.publish({"25.md": letter("Mehr")})
    assert await desk.kinds() == ["Create", "Create", "Delete"]
    said = list(report_lines(report, desk.blog))
    assert said[0].startswith('warning: 24.md:3: The issue is out, and with "federate: false"')
    assert said[1] == (
        "24 (Krass) is taken back from followers; its page stays: https://links.example/issues/24"
        " – goes to 1 follower on 1 server (1 delivery)"
    )
    row = await desk.row("24")
    assert row is not None
    assert row.state == "published"
    again = await desk.publish({"24.md": letter("Krass", federate="false", body="Anders.\n")})
    assert [(step.takes_back, list(step.warnings)) for step in again.steps] == [(False, [])]


async def test_a_thread_that_becomes_a_note_says_how_many_posts_are_taken_back(desk: Desk) -> None:
    body = "".join(f"# Teil {number}\n\nText {number}.\n\n" for number in range(1, 4))
    await desk.publish({"24.md": letter(format="thread", body=body)})
    desk.write({"24.md": letter(format="note", body=body)})
    checked = await check(desk.publisher)
    desk.files.commit()
    dry = await desk.publisher.publish(dry_run=True)
    for warnings in (checked.warnings, dry.steps[0].warnings):
        (said,) = [str(one) for one in warnings if "sections" in str(one)]
        assert said.startswith('24.md:3: As "note" the issue is one post, so 3 posts of its sections are taken back')
    await desk.publish()
    assert (await desk.kinds())[-3:] == ["Delete"] * 3


async def test_another_kind_of_post_is_warned_of(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    report = await desk.publish({"24.md": letter(format="article")})
    assert "keep the kind of a post" in str(report.steps[0].warnings[0])


async def test_the_posts_of_a_thread_are_a_second_apart_and_none_is_of_the_future(desk: Desk) -> None:
    body = "".join(f"# Teil {number}\n\nText {number}.\n\n" for number in range(1, 4))
    await desk.publish({"24.md": letter(format="thread", body=body)})
    times = [datetime.fromisoformat(activity["object"]["published"]) for activity in await desk.told()]
    assert times == [desk.clock.now - timedelta(seconds=left) for left in (3, 2, 1, 0)]
    body += "# Teil 4\n\nText 4.\n\n# Teil 5\n\nText 5.\n\n"
    await desk.publish({"24.md": letter(format="thread", body=body)})
    late = [one["object"]["published"] for one in await desk.told() if one["type"] == "Create"]
    assert [datetime.fromisoformat(time) for time in late] == [desk.clock.now - timedelta(seconds=1), desk.clock.now]
    date = desk.clock.now - timedelta(hours=2)
    await desk.publish({"25.md": letter(format="thread", body=body, date=date.isoformat())})
    dated = [datetime.fromisoformat(activity["object"]["published"]) for activity in await desk.told()]
    assert dated == [date + timedelta(seconds=place) for place in range(6)]
