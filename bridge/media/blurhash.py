"""A small picture's pixels -> its blurhash: the blur that apps show while a picture loads; `encode` calls it.

The algorithm and its alphabet are public: https://github.com/woltapp/blurhash/blob/master/Algorithm.md
"""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign, cos, floor, pi, sqrt

#: A colour's red, green and blue, 0 to 255.
Pixel = tuple[int, int, int]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_ACROSS, _DOWN = 4, 3


def blurhash(pixels: Sequence[Pixel], *, width: int, height: int) -> str:
    """The blurhash of a picture given row by row. Costs 12 times the pixels: 32 x 32 take a few milliseconds."""
    linear = [tuple(_LINEAR[channel] for channel in pixel) for pixel in pixels]
    columns = [[cos(pi * i * x / width) for x in range(width)] for i in range(_ACROSS)]
    rows = [[cos(pi * j * y / height) for y in range(height)] for j in range(_DOWN)]
    factors = [_factor(linear, columns[i], rows[j], weight=1 if i == j == 0 else 2)
               for j in range(_DOWN) for i in range(_ACROSS)]  # fmt: skip
    first, *others = factors
    loudest = max(abs(channel) for factor in others for channel in factor)
    scale = max(0, min(82, floor(loudest * 166 - 0.5)))
    unit = (scale + 1) / 166
    size = _digits((_ACROSS - 1) + (_DOWN - 1) * 9, 1)
    return size + _digits(scale, 1) + _digits(_flat(first), 4) + "".join(_digits(_wave(one, unit), 2) for one in others)


def _factor(
    linear: Sequence[tuple[float, ...]], column: Sequence[float], row: Sequence[float], *, weight: int
) -> tuple[float, float, float]:
    red = green = blue = 0.0
    places = iter(linear)
    for down in row:
        for across in column:
            wave = across * down
            r, g, b = next(places)
            red += wave * r
            green += wave * g
            blue += wave * b
    share = weight / len(linear)
    return red * share, green * share, blue * share


def _flat(factor: tuple[float, float, float]) -> int:
    red, green, blue = (_curved(channel) for channel in factor)
    return (red << 16) + (green << 8) + blue


def _wave(factor: tuple[float, float, float], unit: float) -> int:
    red, green, blue = (max(0, min(18, floor(_rooted(channel / unit) * 9 + 9.5))) for channel in factor)
    return red * 19 * 19 + green * 19 + blue


def _rooted(value: float) -> float:
    return copysign(sqrt(abs(value)), value)


def _curved(value: float) -> int:
    value = max(0.0, min(1.0, value))
    share = value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
    return int(share * 255 + 0.5)


def _digits(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83 ** (length - place) % 83] for place in range(1, length + 1))


#: sRGB channels as light.
_LINEAR = [
    value / 255 / 12.92 if value / 255 <= 0.04045 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in range(256)
]
