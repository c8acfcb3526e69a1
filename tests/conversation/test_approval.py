"""Who is shown, who waits and who stays off the page, each with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.conversation.approval import Asked, Policy, asks_to_stay_off, held_word, verdict


@pytest.mark.parametrize(
    ("asked", "policy", "state", "word"),
    [
        ({}, "none", "shown", "shown"),
        ({"visibility": "unlisted"}, "none", "shown", "shown"),
        ({}, "all", "held", "approval-all"),
        ({"known": True}, "all", "held", "approval-all"),
        ({}, "first", "held", "approval-first"),
        ({"known": True}, "first", "shown", "shown"),
        ({"is_creator": True}, "all", "shown", "creator"),
        ({"is_creator": True, "text": "Kasino", "closed": True}, "all", "shown", "creator"),
        ({"text": "Ein KASINO\u00ad!"}, "none", "held", "word"),
        ({"closed": True}, "none", "closed", "closed"),
        ({"visibility": "direct", "closed": True}, "none", "private", "direct"),
        ({"visibility": "followers", "is_creator": True}, "none", "private", "followers-only"),
        ({"text": "nein #NoBlog"}, "none", "hidden", "noblog"),
        ({"declined": True, "known": True}, "none", "hidden", "noblog"),
        ({"blocked": True, "visibility": "direct", "is_creator": True}, "none", "blocked", "blocked"),
    ],
)
def test_the_first_rule_that_applies_holds(asked: dict[str, Any], policy: Policy, state: str, word: str) -> None:
    """S42, S45."""
    judged = verdict(Asked(**({"visibility": "public", "text": "Hallo"} | asked)), policy=policy, words=["Kasino"])

    assert (judged.state, judged.word) == (state, word)
    assert judged.reason[0].isupper()
    assert judged.reason.endswith(".")


def test_words_are_found_whatever_hides_them() -> None:
    assert held_word("freie k\u200ba\u200bsino-Chips", ["chips und mehr", "Kasino"]) == "Kasino"
    assert held_word("ＫＡＳＩＮＯ", ["kasino"]) == "kasino"
    assert held_word("gute   Nacht", ["gute nacht"]) == "gute nacht"
    assert held_word("Hallo", ["", "Kasino"]) is None


@pytest.mark.parametrize(
    ("text", "wish"), [("#noblog", True), ("so: #NoBridge.", True), ("#noblogger", False), ("noblog", False)]
)
def test_the_wish_to_stay_off_is_a_hashtag(text: str, wish: bool) -> None:
    assert asks_to_stay_off(text) is wish
