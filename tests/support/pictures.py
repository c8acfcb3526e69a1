"""Real pictures, made by Pillow, of any size and with what people's cameras write into them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, PngImagePlugin


def photo(width: int, height: int) -> Image.Image:
    """A picture with soft colours, as a camera makes them."""
    small = Image.new("RGB", (4, 3))
    small.putdata([(60 * x, 70 * y, 250 - 40 * x) for y in range(3) for x in range(4)])
    return small.resize((width, height), Image.Resampling.BILINEAR)


def jpeg(width: int, height: int, **values: Any) -> bytes:
    return _written(photo(width, height), "JPEG", **values)


def jpeg_with_gps(width: int, height: int) -> bytes:
    """As a telephone writes it: make, model, and where it was."""
    exif = Image.Exif()
    exif[0x0110] = "GeheimeKamera 3"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return _written(photo(width, height), "JPEG", exif=exif)


def png(width: int, height: int, *, text: str = "") -> bytes:
    about = PngImagePlugin.PngInfo()
    if text:
        about.add_text("Comment", text)
    return _written(photo(width, height), "PNG", pnginfo=about)


def webp(width: int, height: int) -> bytes:
    return _written(photo(width, height), "WEBP")


def gif(width: int, height: int, *, frames: int = 1, comment: str = "") -> bytes:
    pictures = [Image.new("RGB", (width, height), (number * 40 % 256, 100, number % 256)) for number in range(frames)]
    return _written(
        pictures[0], "GIF", save_all=frames > 1, append_images=pictures[1:], duration=80, comment=comment.encode()
    )


def _written(picture: Image.Image, kind: str, **values: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **values)
    return out.getvalue()
