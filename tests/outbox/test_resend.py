"""`resend` and `withdraw`: again under the same id, or taken back while the file stays."""

from __future__ import annotations

import pytest

from bridge.errors import UserFault
from bridge.outbox.resend import resend, withdraw
from bridge.store import deliveries
from bridge.terms import Server
from tests.support.desks import Desk, follow, letter

ANNA = Server("example.social")


async def test_resending_repeats_the_issue_as_it_is_now_under_its_own_id(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    await desk.publish({"24.md": letter(body="Besser.\n")})
    sent = await resend(desk.publisher, "24")
    assert (sent.deliveries, sent.servers) == (1, 1)
    create, _, again = await desk.told()
    assert again["type"] == "Create"
    assert again["id"] != create["id"]
    assert again["object"]["id"] == create["object"]["id"]
    assert "Besser" in again["object"]["content"]


async def test_what_waits_for_a_server_is_replaced_by_what_is_sent_again(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    await resend(desk.publisher, "24")
    states = await desk.database.read(lambda tx: deliveries.standings(tx, desk.blog.id))
    assert [one.state for one in states] == ["waiting", "needless"]


async def test_resending_to_one_server_reaches_that_server_alone(desk: Desk) -> None:
    await desk.database.write(
        lambda tx: follow(tx, desk.blog.id, "https://other.example/u/b", "https://other.example/inbox")
    )
    await desk.publish({"24.md": letter()})
    sent = await resend(desk.publisher, "24", ANNA)
    assert (sent.deliveries, sent.servers) == (1, 1)
    with pytest.raises(UserFault, match=r"nobody on third\.example follows"):
        await resend(desk.publisher, "24", Server("third.example"))


async def test_resending_what_nobody_was_told_of_publishes_it(desk: Desk) -> None:
    old = {f"{number}.md": letter(f"Nr {number}", date=f"2024-03-{number:02}") for number in range(1, 12)}
    await desk.publish(old)
    await resend(desk.publisher, "3")
    (create,) = await desk.told()
    assert create["object"]["url"].endswith("/issues/3")


async def test_withdrawing_holds_until_the_file_changes(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    assert (await withdraw(desk.publisher, "24")).deliveries == 1
    await desk.publish({"25.md": letter("Mehr")})
    create, delete, _ = await desk.told()
    assert delete["object"]["id"] == create["object"]["id"]
    with pytest.raises(UserFault, match="withdrawn already"):
        await withdraw(desk.publisher, "24")
    await desk.publish({"24.md": letter(body="Besser.\n")})
    (again,) = await desk.told()
    assert again["type"] == "Create"
    assert again["object"]["id"] != create["object"]["id"]


async def test_resending_what_was_withdrawn_publishes_it_again(desk: Desk) -> None:
    await desk.publish({"24.md": letter()})
    await withdraw(desk.publisher, "24")
    await resend(desk.publisher, "24")
    assert await desk.kinds() == ["Create", "Delete", "Create"]
    row = await desk.row("24")
    assert row is not None
    assert row.state == "published"


async def test_what_cannot_be_sent_again_is_said_in_a_sentence(desk: Desk) -> None:
    with pytest.raises(UserFault, match="there is no issue '24'"):
        await resend(desk.publisher, "24")
    await desk.publish({"24.md": letter(federate="false"), "25.md": letter(date="2030-01-01"), "26.md": letter()})
    with pytest.raises(UserFault, match="federate: false"):
        await resend(desk.publisher, "24")
    with pytest.raises(UserFault, match="waits for its date"):
        await resend(desk.publisher, "25")
    await desk.publish({"26.md": None})
    with pytest.raises(UserFault, match="commit the file"):
        await withdraw(desk.publisher, "26")


async def test_a_withdrawn_file_that_is_renamed_stays_withdrawn(desk: Desk) -> None:
    await desk.publish({"24.md": letter(slug="krass")})
    await withdraw(desk.publisher, "krass")
    await desk.publish({"24.md": None, "25.md": letter(slug="krass")})
    assert await desk.kinds() == ["Create", "Delete"]
