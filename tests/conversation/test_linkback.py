"""One thing said is one entry, however many ways it came by."""

from __future__ import annotations

from bridge.conversation.linkback import source_key

PAGE = "https://blog.example/post"


def test_a_page_has_one_key_however_it_is_written() -> None:
    assert source_key("http://www.Blog.example/post/#top") == source_key(PAGE) != source_key(PAGE + "?p=2")
    assert source_key("no address") == "no address"
