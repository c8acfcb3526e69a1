"""An issue that is out changes its format or its sections: what stays keeps its id, nothing is told twice."""

from __future__ import annotations

from tests.support.desks import Desk, letter

THREE = "Einleitung.\n\n# Eins\n\nErster Teil.\n\n# Zwei\n\nZweiter Teil.\n\n# Drei\n\nDritter Teil.\n"


async def test_a_thread_is_a_public_note_and_unlisted_replies_in_order(desk: Desk) -> None:
    report = await desk.publish({"24.md": letter(body=THREE, format="thread")})
    assert report.deliveries == [4]
    first, *others = [activity["object"] for activity in await desk.told()]
    assert first["to"] == ["https://www.w3.org/ns/activitystreams#Public"]
    assert [one["inReplyTo"] for one in others] == [first["id"]] * 3
    assert all("#Public" in one["cc"][0] for one in others)
    assert ["Erster" in others[0]["content"], "Dritter" in others[2]["content"]] == [True, True]


async def test_a_changed_section_is_one_update_a_new_one_one_create_a_removed_one_one_delete(desk: Desk) -> None:
    await desk.publish({"24.md": letter(body=THREE, format="thread")})
    ids = [activity["object"]["id"] for activity in await desk.told()]
    await desk.publish({"24.md": letter(body=THREE.replace("Zweiter Teil", "Der zweite Teil"), format="thread")})
    (update,) = await desk.told()
    assert (update["type"], update["object"]["id"]) == ("Update", ids[2])
    with_new = THREE.replace("# Drei", "# Neu\n\nEin eigener Gedanke hier.\n\n# Drei").replace("Zweiter", "Zweiter")
    await desk.publish({"24.md": letter(body=with_new.replace("Zweiter Teil", "Der zweite Teil"), format="thread")})
    (create,) = await desk.told()
    assert create["type"] == "Create"
    assert [row.section for row in await desk.objects("24")] == [None, "eins", "zwei", "neu", "drei"]
    await desk.publish({"24.md": letter(body=THREE.replace("Zweiter Teil", "Der zweite Teil"), format="thread")})
    (delete,) = await desk.told()
    assert (delete["type"], delete["object"]["id"]) == ("Delete", create["object"]["id"])
    assert [row.id for row in await desk.objects("24")] == ids


async def test_sections_that_change_places_are_not_sent_again(desk: Desk) -> None:
    await desk.publish({"24.md": letter(body=THREE, format="thread")})
    ids = [activity["object"]["id"] for activity in await desk.told()]
    turned = "Einleitung.\n\n# Drei\n\nDritter Teil.\n\n# Eins\n\nErster Teil.\n\n# Zwei\n\nZweiter Teil.\n"
    await desk.publish({"24.md": letter(body=turned, format="thread")})
    assert await desk.kinds() == []
    assert [row.id for row in await desk.objects("24")] == [ids[0], ids[3], ids[1], ids[2]]


async def test_a_note_becomes_a_thread_and_a_note_again_under_its_own_id(desk: Desk) -> None:
    await desk.publish({"24.md": letter(body=THREE)})
    (note,) = await desk.told()
    await desk.publish({"24.md": letter(body=THREE, format="thread")})
    told = await desk.told()
    assert [activity["type"] for activity in told].count("Create") == 3
    assert {activity["object"]["id"] for activity in told if activity["type"] == "Update"} <= {note["object"]["id"]}
    await desk.publish({"24.md": letter(body=THREE)})
    assert (await desk.kinds()).count("Delete") == 3
    assert [row.id for row in await desk.objects("24")] == [note["object"]["id"]]


async def test_every_format_keeps_the_first_objects_id(desk: Desk) -> None:
    ids = set()
    for wish in ("note", "full", "article", "thread", "article", "note"):
        await desk.publish({"24.md": letter(body=THREE, format=wish)})
        (first, *_) = await desk.objects("24")
        ids.add(first.id)
        assert first.document["type"] == ("Article" if wish == "article" else "Note")
    assert len(ids) == 1


async def test_more_sections_than_allowed_are_refused_with_the_line_of_the_format(desk: Desk) -> None:
    body = "".join(f"# Teil {number}\n\nText {number}.\n\n" for number in range(1, 12))
    report = await desk.publish({"24.md": letter(body=body, format="thread")})
    assert str(report.steps[0].faults[0]).startswith("24.md:3: The text has")
    assert await desk.kinds() == []
    await desk.publish({"24.md": letter(body=body, format="thread", max_sections=12)})
    assert "Create" in await desk.kinds()
