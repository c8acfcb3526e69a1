"""Nobody has to read the name of one of our classes."""

from __future__ import annotations

import pytest

from bridge.activity import incoming_types
from bridge.activity.incoming_types import Incoming, Unknown
from bridge.inbox.names import NAMES, name_of, word_for


def test_every_activity_that_we_read_has_a_name_for_people() -> None:
    read = {
        kind.__name__
        for kind in vars(incoming_types).values()
        if isinstance(kind, type) and issubclass(kind, Incoming) and not kind.__subclasses__()
    } - {Unknown.__name__}
    assert len(read) > 20
    assert read - set(NAMES) == set()


def test_what_nobody_knows_is_called_by_its_type() -> None:
    assert name_of("Arrive") == "an activity of the type Arrive"


@pytest.mark.parametrize(
    ("kind", "entry_kind", "word"),
    [
        ("CreateNote", "reply", "reply"), ("Announce", "quote", "quote"), ("UpdateNote", "reply", "edited reply"),
        ("CreateNote", None, "new post"), ("Like", None, "like"), ("Announce", None, "boost"),
        ("UndoAnnounce", None, "boost taken back"), ("UndoBlock", None, "end of a block"), ("Like", "reply", "like"),
        ("AnnounceActivity", None, "something a group hands on"), ("Arrive", None, "activity of the type Arrive"),
        ("DeleteObject", "reply", "deletion of a post"),
    ],
)  # fmt: skip
def test_the_ledger_says_in_a_word_what_came(kind: str, entry_kind: str | None, word: str) -> None:
    assert word_for(kind, entry_kind) == word
