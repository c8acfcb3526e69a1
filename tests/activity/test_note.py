"""The Note of an issue, in the formats note and full (contract section 5)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from bridge.activity.note import full_note_from_issue, note_from_issue
from bridge.terms import Document
from tests.support.golden import as_text, golden
from tests.support.letters import ACTOR, FOLLOWERS, KAFFEE, PAGE, letter, picture, place, rendered

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
BODY = """Willkommen, @kaffee@example.social! Über *#Bahn* und [die Quelle](https://quelle.example).

---

## Später

Danke an @tee@example.org. KI-Freund*innen, § 5 – 3 $.

![Ein Hund](hund.png "Rex")
"""
COLLECTIONS = {name: f"https://links.example/object/n/{name}" for name in ("replies", "likes", "shares", "context")}


def note(body: str = BODY, **values: Any) -> Document:
    issue = letter(body, **values)
    return note_from_issue(issue, rendered(issue), place())


def test_the_golden_note() -> None:
    issue = letter(BODY, tags=("krasse links", "2024"), cover="titel.jpg")
    document = note_from_issue(issue, rendered(issue), place(**COLLECTIONS), [picture("titel.jpg", alt="Titelbild")])
    assert golden("note", document) == as_text(document)


def test_the_golden_full_note() -> None:
    issue = letter(BODY, quotes="followers", visibility="unlisted", content_warning="Hunde", language="de-AT")
    pictures = [picture("hund.png", width=3, height=2, blurhash="L00", focal_point=(0.0, -0.5))]
    updated = datetime(2026, 3, 2, tzinfo=UTC)
    document = full_note_from_issue(issue, rendered(issue), place(updated=updated, **COLLECTIONS), pictures)
    assert golden("full", document) == as_text(document)


def test_the_first_link_that_is_no_mention_or_hashtag_is_the_issue_s() -> None:
    content = note(tags=("Bahn",))["content"]
    links = BeautifulSoup(content, "html.parser").find_all("a")
    plain = [link["href"] for link in links if "mention" not in (link.get("class") or [])]
    assert plain[0] == PAGE
    assert content.startswith(f'<p><strong><a href="{PAGE}">Rundbrief Drei</a></strong></p><p>Willkommen')


def test_a_title_is_text() -> None:
    assert "<a href=" + f'"{PAGE}">1 &lt; 2 &amp; „3“</a>' in note(title="1 < 2 & „3“")["content"]


@given(st.text(max_size=200))
def test_content_map_equals_content_byte_for_byte(body: str) -> None:
    document = note(body, language="en-GB")
    assert document["contentMap"] == {"en-GB": document["content"]}


def test_the_issue_is_attached_as_a_link_and_no_picture_by_itself() -> None:
    link = {"type": "Link", "href": PAGE, "mediaType": "text/html", "name": "Rundbrief Drei"}
    assert note()["attachment"] == [link]


@pytest.mark.parametrize(
    ("attach", "expected"),
    [("none", []), ("cover", ["titel.jpg"]), ("all", ["titel.jpg", "a.png", "b.png", "c.png"])],
)
def test_attach_says_which_pictures_go_along(attach: str, expected: list[str]) -> None:
    issue = letter(cover="titel.jpg", attach=attach)
    pictures = [picture(path) for path in ("a.png", "b.png", "titel.jpg", "c.png", "d.png")]
    document = note_from_issue(issue, rendered(issue), place(), pictures)
    assert [one["url"].rpartition("/")[2] for one in document["attachment"][1:]] == expected


def test_a_picture_says_its_description_in_name_and_summary() -> None:
    issue = letter("![Ein Hund](hund.png)", attach="all")
    document = full_note_from_issue(issue, rendered(issue), place(), [picture("hund.png")])
    (shown,) = document["attachment"][1:]
    assert shown["name"] == shown["summary"] == "Ein Hund"


def test_a_full_note_has_four_pictures_at_most_in_their_order() -> None:
    issue = letter("\n\n".join(f"![{i}](./bild%20{i}.png)" for i in range(6)))
    document = full_note_from_issue(issue, rendered(issue), place(), [picture(f"bild {i}.png") for i in range(6)])
    assert [one.get("name") for one in document["attachment"][1:]] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(("visibility", "to", "cc"), [("public", PUBLIC, FOLLOWERS), ("unlisted", FOLLOWERS, PUBLIC)])
def test_everybody_named_in_the_issue_is_addressed_and_notified(visibility: str, to: str, cc: str) -> None:
    document = note(visibility=visibility)
    assert document["to"] == [to]
    assert document["cc"] == [cc, KAFFEE.actor_id, "https://example.org/users/tee"]
    mentions = [tag for tag in document["tag"] if tag["type"] == "Mention"]
    assert [tag["name"] for tag in mentions] == ["@kaffee@example.social", "@tee@example.org"]


def test_all_hashtags_are_shown_those_of_the_text_in_the_text() -> None:
    document = note(tags=("krasse links", "Bahn"))
    assert [tag["name"] for tag in document["tag"] if tag["type"] == "Hashtag"] == ["#KrasseLinks", "#Bahn"]
    assert document["content"].count("<span>Bahn</span>") == 1
    assert document["content"].endswith('class="mention hashtag" rel="tag">#<span>KrasseLinks</span></a></p>')


def test_a_content_warning_folds_the_post_and_a_teaser_never_does() -> None:
    assert note(teaser="Kurz.")["sensitive"] is False
    assert "summary" not in note(teaser="Kurz.")
    warned = note(content_warning="Politik")
    assert (warned["summary"], warned["sensitive"]) == ("Politik", True)


@pytest.mark.parametrize(("quotes", "who"), [("everyone", PUBLIC), ("followers", FOLLOWERS), ("nobody", ACTOR)])
def test_the_quotes_policy_is_said(quotes: str, who: str) -> None:
    assert note(quotes=quotes)["interactionPolicy"] == {"canQuote": {"automaticApproval": [who]}}


def test_a_closed_issue_lets_only_its_author_reply() -> None:
    document = note_from_issue(letter(), rendered("Hallo."), place(closed=True))
    assert document["interactionPolicy"]["canReply"] == {"automaticApproval": [ACTOR]}


def test_times_are_utc() -> None:
    document = note_from_issue(letter(), rendered("Hallo."), place(updated=datetime(2026, 3, 1, 9, 0, 1, tzinfo=UTC)))
    assert (document["published"], document["updated"]) == ("2026-03-01T08:30:00Z", "2026-03-01T09:00:01Z")


def test_the_context_defines_exactly_the_terms_used() -> None:
    plain = note("Hallo.")["@context"]
    assert "Hashtag" not in plain[1]
    assert "blurhash" not in plain[1]
    assert set(plain[1]) == {"sensitive", "gts", "interactionPolicy", "canQuote", "automaticApproval"}
    assert note("#Bahn")["@context"][1]["Hashtag"] == "as:Hashtag"
