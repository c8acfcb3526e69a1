"""The pages speak German and English, in the blog's zone, and any language that somebody adds as a file."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bridge.inbox.names import NAMES
from bridge.web import words as module
from bridge.web.words import BUILT_IN, Words, languages
from tests.support.sentences import sentences_of

SUMMER = datetime(2024, 8, 5, 22, 30, tzinfo=UTC)
HEADING = ("One comment on “%(title)s”", "%(count)s comments on “%(title)s”")


@pytest.mark.parametrize(
    ("language", "number", "heading"),
    [
        ("de", 0, "0 Gedanken zu „Takt“"),
        ("de", 1, "Ein Gedanke zu „Takt“"),
        ("de-AT", 5, "5 Gedanken zu „Takt“"),
        ("de", 1200, "1.200 Gedanken zu „Takt“"),
        ("en", 1, "One comment on “Takt”"),
        ("en-GB", 5, "5 comments on “Takt”"),
        ("en", 1200, "1,200 comments on “Takt”"),
        ("tlh", 2, "2 comments on “Takt”"),
    ],
)
def test_the_heading_counts_in_the_form_of_the_language(language: str, number: int, heading: str) -> None:
    assert Words(language).count(*HEADING, number, title="Takt") == heading


def test_the_closing_line_is_the_contracts() -> None:
    assert Words("en").say("Comments are closed.") == "Comments are closed."
    assert Words("de").say("Comments are closed.") == "Kommentare sind geschlossen."


def test_times_are_in_the_blogs_zone_and_language() -> None:
    german = Words("de", ZoneInfo("Europe/Berlin"))
    assert german.date(SUMMER) == "6. August 2024"
    assert german.date_time(SUMMER) == "6. August 2024, 00:30"
    assert Words("en-GB", UTC).date(SUMMER) == "5 August 2024"
    assert german.iso(SUMMER) == "2024-08-05T22:30:00Z"
    assert german.date(datetime.max.replace(tzinfo=UTC)) == "31. Dezember 9999"


@pytest.mark.parametrize(
    ("seconds", "german"),
    [(0.04, "0 Sekunden"), (4.93, "4,9 Sekunden"), (180, "3 Minuten"), (7300, "2 Stunden")],
)
def test_how_long_it_took(seconds: float, german: str) -> None:
    assert Words("de").span(timedelta(seconds=seconds)) == german


def test_a_title_may_hold_a_percent_sign() -> None:
    assert Words("de").count(*HEADING, 2, title="100 % Schaf") == "2 Gedanken zu „100 % Schaf“"


def test_every_word_of_the_pages_is_in_the_german_catalogue() -> None:
    with (BUILT_IN / "de/LC_MESSAGES/rundbrief.po").open("rb") as file:
        german = {
            message.id if isinstance(message.id, str) else message.id[0] for message in read_po(file) if message.string
        }
    said = {
        message if isinstance(message, str) else message[0]
        for _, _, message, _, _ in extract_from_dir(
            Path(module.__file__).parent,
            [("templates/**.html", "jinja2.ext:babel_extract")],
            keywords={"_": None, "ngettext": (1, 2)},
        )
    }
    folder = Path(module.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        said |= set(re.findall(r"words\.(?:say|count)\(\s*\"([^\"]+)\"", path.read_text()))
    for name in ("view.py", "admin/pages.py"):
        # Also those that stand in tables and are said by their names; what only the log or a program reads is not.
        texts = (str(sentence) for sentence in sentences_of((folder / name).read_text()))
        said |= {text for text in texts if text[:1].isupper() or text.startswith("%(")}

    said |= set(NAMES.values())
    assert len(said) > 40
    assert said - german == set()


def test_another_language_is_another_file(tmp_path: Path) -> None:
    file = tmp_path / "nl/LC_MESSAGES/rundbrief.po"
    file.parent.mkdir(parents=True)
    file.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Archive"\nmsgstr "Archief"\n'
    )

    dutch = Words("nl-BE", more=tmp_path)

    assert dutch.say("Archive") == "Archief"
    assert dutch.say("Follow") == "Follow"
    assert dutch.date(SUMMER) == "5 augustus 2024"
    assert languages(tmp_path) == ("de", "en", "nl")


def test_a_themes_catalogue_changes_single_words(tmp_path: Path) -> None:
    file = tmp_path / "de/LC_MESSAGES/rundbrief.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Archive"\nmsgstr "Alle"\n')

    assert [Words("de", more=tmp_path).say(word) for word in ("Archive", "Follow")] == ["Alle", "Folgen"]


def test_a_broken_catalogue_is_passed_over_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "de/LC_MESSAGES/rundbrief.po"
    file.parent.mkdir(parents=True)
    file.write_bytes(b'msgid "Archive"\nmsgstr "\xff\xfe"\nmsgid_plural oops\n')

    with caplog.at_level(logging.ERROR):
        assert Words("de", more=tmp_path).say("Archive") == "Archiv"
    assert str(file) in caplog.text


def test_a_language_never_names_a_file_elsewhere() -> None:
    assert Words("../../etc").say("Archive") == "Archive"
