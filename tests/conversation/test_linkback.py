"""One thing said is one entry, however many ways it came by."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from bridge.conversation.comment import Entry
from bridge.conversation.linkback import combined, merge, same_source, source_key

Said = Callable[..., Entry]
PAGE = "https://blog.example/post"


def test_a_page_has_one_key_however_it_is_written() -> None:
    assert source_key("http://www.Blog.example/post/#top") == source_key(PAGE) != source_key(PAGE + "?p=2")
    assert source_key("no address") == "no address"


def test_the_higher_kind_gives_the_content_and_the_earlier_entry_its_id(said: Said) -> None:
    ping = said("p", kind="pingback", object_id=PAGE, url=PAGE, ways=("pingback",))
    reply = said("r", minute=5, url=PAGE + "/", content_html="<p>richtig</p>", ways=("inbox",))

    one = combined(ping, reply)

    assert same_source(ping, reply)
    assert (one.id, one.kind, one.content_html, one.ways) == ("p", "reply", "<p>richtig</p>", ("pingback", "inbox"))
    assert one.received_at == ping.received_at
    again = said("w", minute=9, kind="webmention", object_id=PAGE, url=PAGE, ways=("webmention",), content_html="spät")
    assert combined(one, again).content_html == "<p>richtig</p>"


@pytest.mark.parametrize("state", ["spam", "hidden", "deleted", "blocked"])
def test_what_the_author_decided_holds_when_it_comes_in_again(said: Said, state: str) -> None:
    assert combined(said("a", kind="pingback", state=state), said("b", minute=1)).state == state


def test_merging_follows_parents_and_does_not_depend_on_order(said: Said) -> None:
    entries = [
        said("p", kind="pingback", object_id=PAGE, url=PAGE, ways=("pingback",)),
        said("w", minute=1, kind="webmention", object_id=PAGE, url=PAGE, ways=("webmention",)),
        said("r", minute=2, url=PAGE, ways=("inbox",)),
        said("x", minute=3, parent="r"),
        said("y", minute=4),
    ]
    merged = merge(entries)
    random.Random(2).shuffle(entries)

    assert [(each.id, each.kind, each.parent) for each in merged] == [
        ("p", "reply", None),
        ("x", "reply", "p"),
        ("y", "reply", None),
    ]
    assert merged[0].ways == ("pingback", "webmention", "inbox")
    assert merge(entries) == merged


def test_two_groups_become_one_when_something_joins_them(said: Said) -> None:
    merged = merge(
        [
            said("a", kind="pingback", object_id=PAGE, url=PAGE),
            said("b", minute=1, object_id="https://far.example/1", url=""),
            said("c", minute=2, object_id="https://far.example/1", url=PAGE),
        ]
    )
    assert [each.id for each in merged] == ["a"]
