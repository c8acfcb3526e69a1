"""Pages in whatever charset they name (security S60): read in what pages are written in, and in nothing else."""

from __future__ import annotations

import time

import pytest

from bridge.linkback.source_page import decoded


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("utf-8", "Größe"), ("ISO-8859-15", "Größe 5 €"), ("windows-1252", "„Größe“"), ("utf-16", "Größe"),
        ("shift_jis", "大きさ"), ("euc-kr", "크기"), ("gb18030", "尺寸"), ("koi8-r", "размер"), ("big5", "尺寸"),
    ],
)  # fmt: skip
def test_a_page_is_read_in_the_charset_it_names(charset: str, body: str) -> None:
    assert decoded(body.encode(charset), charset) == body


@pytest.mark.parametrize(
    "charset", ["punycode", "idna", "unicode_escape", "utf-7", "zlib", "x" * 500, "\x00", "", None]
)
def test_s60_a_charset_that_no_page_is_written_in_is_not_tried(charset: str | None) -> None:
    """Python's punycode takes minutes for a megabyte, and every other thread waits."""
    body = (b"a-" + b"bcdefgh" * 150_000)[: 1024 * 1024]
    begun = time.process_time()
    assert decoded(body, charset) == body.decode()
    assert time.process_time() - begun < 1
