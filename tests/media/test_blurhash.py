from __future__ import annotations

from bridge.media.blurhash import blurhash


def test_one_colour_is_that_colour_and_nothing_else():
    assert blurhash([(255, 255, 255)] * 100, width=10, height=10)[2:6] == "TSUA"
    assert blurhash([(0, 0, 0)] * 100, width=10, height=10) == "L00000fQfQfQfQfQfQfQfQfQfQfQ"


def test_it_says_what_the_algorithms_authors_say():
    """A red and a blue half; the value is that of the reference implementation (woltapp, Python port)."""
    pixels = [(255, 0, 0) if x < 16 else (0, 0, 255) for y in range(32) for x in range(32)]
    assert blurhash(pixels, width=32, height=32) == REFERENCE


REFERENCE = "L~LjfL|TsRJro3n~jsa}fQfQfQfQ"
