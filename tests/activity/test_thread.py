"""An issue as a thread: a first Note and an unlisted reply for each section."""

from __future__ import annotations

from typing import Any

from bridge.activity.thread import first_note_from_issue, section_notes_from_issue
from bridge.terms import Document, ObjectId
from tests.support.golden import as_text, golden
from tests.support.letters import FOLLOWERS, KAFFEE, PAGE, TEE, letter, picture, place, rendered

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
FIRST = ObjectId("https://links.example/object/n")
BODY = """Vorweg, @kaffee@example.social.

## Die Bahn

Danke @tee@example.org für #Bahn.

![Ein Hund](hund.png)

---

Zum Schluss.
"""


def thread(body: str = BODY, **values: Any) -> tuple[Document, dict[str, Document]]:
    issue = letter(body, format="thread", **values)
    whole = rendered(issue)
    places = {section.key: place(section.key) for section in whole.sections}
    notes = section_notes_from_issue(issue, whole, places, first=FIRST, pictures=[picture("hund.png")])
    return first_note_from_issue(issue, whole, place()), notes


def test_the_golden_thread() -> None:
    first, notes = thread(tags=("Rundbrief",))
    document = {"first": first, **notes}
    assert golden("thread", document) == as_text(document)


def test_the_first_note_is_public_and_the_replies_are_unlisted_in_order() -> None:
    first, notes = thread()
    assert first["to"] == [PUBLIC]
    assert list(notes) == ["die-bahn", "zum-schluss"]
    for note in notes.values():
        assert note["inReplyTo"] == FIRST
        assert note["url"].startswith(f"{PAGE}#")
        assert note["to"] == [FOLLOWERS]
        assert note["cc"][0] == PUBLIC


def test_people_are_notified_by_the_post_that_names_them_alone() -> None:
    first, notes = thread()
    named = [[tag["name"] for tag in note["tag"] if tag["type"] == "Mention"] for note in (first, *notes.values())]
    assert named == [["@kaffee@example.social"], ["@tee@example.org"], []]
    assert (KAFFEE.actor_id in first["cc"], TEE.actor_id in first["cc"]) == (True, False)


def test_a_person_named_where_a_section_is_cut_off_is_notified_by_the_first_note() -> None:
    long = "\n\n".join(["Wort " * 190] * 6)
    first, notes = thread(f"Vorweg.\n\n## Lang\n\n{long}\n\n@tee@example.org")
    assert TEE.actor_id in first["cc"]
    assert notes["lang"]["cc"] == [PUBLIC]


def test_pictures_go_with_their_section() -> None:
    _, notes = thread()
    assert [one["name"] for one in notes["die-bahn"]["attachment"]] == ["Ein Hund"]
    assert notes["zum-schluss"]["attachment"] == []


def test_the_replies_carry_the_content_warning_and_the_language() -> None:
    _, notes = thread(content_warning="Politik", language="en")
    for note in notes.values():
        assert note["summary"] == "Politik"
        assert note["contentMap"] == {"en": note["content"]}
