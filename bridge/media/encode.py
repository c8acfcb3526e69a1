"""A picture's bytes, of whatever origin -> the pictures that we serve instead; the outbox and the proxy call it.

Nothing of the original file travels: it is decoded and encoded again, so no GPS position, no camera's number, no script
behind the last byte and no second file format inside goes out (S66, S113). Everything here costs CPU: call it in a
thread.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from bridge.errors import BadPicture
from bridge.media.blurhash import blurhash

MediaType = Literal["image/jpeg", "image/webp", "image/gif"]
#: The closed list of what we serve, and how the files end.
SUFFIXES: dict[MediaType, str] = {"image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}

MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 40_000_000
#: Pixels of all frames of an animation together.
_MOST_MOVING = 200_000_000
_MOST_FRAMES = 600

#: What we read; the decoders of other formats are never asked.
_READ = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
#: Of strangers no AVIF: its size stands outside of the picture proper, and its decoder believes the inner one.
_READ_OF_STRANGERS = ("JPEG", "PNG", "WEBP", "GIF")
#: Looks at all pixels that one JPEG may cost; a progressive one has ten. 11 bytes are enough to ask for one more.
_MOST_SCANS = 100
_MOST_MARKERS = 10_000
_SCAN, _END = 0xDA, 0xD9
#: The next marker of a JPEG; a stuffed byte is none, and TEM and RSTn say no length (ITU T.81 B.1.1).
_MARKER = re.compile(rb"\xff+([^\x00\x01\xff\xd0-\xd7])")
_WIDTHS = (480, 960, 1600)
_TALLEST = 4800
_BLUR = 32
#: Fewer colours than this: a drawing, whose edges a lossy format would smear.
_FEW_COLOURS = 512


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One file to be served."""

    width: int
    height: int
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A picture encoded again: the same picture in several widths, the narrowest first, never wider than it was."""

    media_type: MediaType
    variants: Sequence[Variant]
    blurhash: str

    @property
    def largest(self) -> Variant:
        return self.variants[-1]


def check(body: bytes) -> None:
    """Raise BadPicture unless the bytes can be served. A JPEG is decoded at an eighth of its size, which is cheap."""
    with _opened(body) as image:
        image.draft("RGB", (image.width // 8 or 1, image.height // 8 or 1))
        image.load()


def encode(body: bytes) -> Encoded:
    """The picture in up to three widths. Raises BadPicture."""
    with _opened(body) as image:
        if getattr(image, "is_animated", False) and image.format in ("GIF", "WEBP"):
            return _moving(image)
        still = _upright(image)
    media_type: MediaType = "image/jpeg" if image.format == "JPEG" else "image/webp"
    lossless = media_type == "image/webp" and still.getcolors(_FEW_COLOURS) is not None
    widths = [width for width in _WIDTHS if width < still.width] + [min(still.width, _WIDTHS[-1])]
    variants = [_written(_narrowed(still, width), media_type, lossless=lossless) for width in dict.fromkeys(widths)]
    return Encoded(media_type=media_type, variants=variants, blurhash=_blurred(still))


def encode_one(body: bytes, *, widest: int) -> Encoded:
    """One still picture of at most that width and height: what the proxy keeps of other people's. Raises BadPicture."""
    with _opened(body, _READ_OF_STRANGERS) as image:
        image.draft("RGB", (widest, widest))
        still = _upright(image)
    still.thumbnail((widest, widest), Image.Resampling.LANCZOS)
    return Encoded(media_type="image/webp", variants=[_written(still, "image/webp")], blurhash="")


def encode_fitted(body: bytes, *, width: int, height: int, by_stranger: bool = False) -> Encoded:
    """One still picture cut to a shape, from its middle: icons, headers, faces. Raises BadPicture."""
    with _opened(body, _READ_OF_STRANGERS if by_stranger else _READ) as image:
        image.draft("RGB", (width, height))
        still = _upright(image)
    scale = min(1.0, still.width / width, still.height / height)
    fitted = ImageOps.fit(still, (max(1, round(width * scale)), max(1, round(height * scale))))
    media_type: MediaType = "image/jpeg" if image.format == "JPEG" else "image/webp"
    return Encoded(media_type=media_type, variants=[_written(fitted, media_type)], blurhash=_blurred(fitted))


@contextmanager
def _opened(body: bytes, formats: Collection[str] = _READ) -> Iterator[Image.Image]:
    """The picture, its size judged before a single pixel is made of it; every failure of a decoder is BadPicture."""
    if len(body) > MOST_BYTES:
        raise BadPicture(f"has {len(body) / 1024 / 1024:.0f} MiB, and 20 are allowed; make it smaller")
    if _looks_like_svg(body):
        raise BadPicture("is SVG, which may hold programs; save it as PNG")
    if body.startswith(b"\xff\xd8") and not _has_few_scans(body):
        raise BadPicture("is a JPEG of too many layers; save it again")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own opinions on size and on odd metadata; ours follow
            with Image.open(io.BytesIO(body), formats=list(formats)) as image:
                _check_size(image)
                yield image
    except BadPicture:
        raise
    except UnidentifiedImageError as error:
        *first, last = ["WebP" if name == "WEBP" else name for name in formats]
        raise BadPicture(f"is no {', '.join(first)} or {last}; save it as one") from error
    except Image.DecompressionBombError as error:
        raise BadPicture("has more than 40 million pixels; make it smaller") from error
    except Exception as error:  # a decoder may fail in any way over bytes made to break it
        raise BadPicture("is broken and cannot be read; save it again") from error


def _check_size(image: Image.Image) -> None:
    pixels = image.width * image.height
    if pixels > MOST_PIXELS:
        raise BadPicture(f"has {pixels / 1_000_000:.0f} million pixels, and 40 are allowed; make it smaller")
    frames = getattr(image, "n_frames", 1)
    if frames > _MOST_FRAMES or frames * pixels > _MOST_MOVING:
        raise BadPicture("is too long an animation; make it shorter or smaller")


def _has_few_scans(body: bytes) -> bool:
    """Whether a JPEG is decoded in one go or few; the decoder goes over the whole picture once for each scan."""
    at, scans = 2, 0
    for _ in range(_MOST_MARKERS):
        found = _MARKER.search(body, at)
        if found is None or found[1][0] == _END:
            return True
        scans += found[1][0] == _SCAN
        if scans > _MOST_SCANS:
            return False
        at = found.end() + int.from_bytes(body[found.end() : found.end() + 2])
    return False


def _looks_like_svg(body: bytes) -> bool:
    head = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<svg", b"<?xml", b"<!doctype svg")) or (head.startswith(b"<!--") and b"<svg" in head)


def _upright(image: Image.Image) -> Image.Image:
    """Decoded, turned as its camera was held, in sRGB, as RGB or RGBA, and without anything that was written beside."""
    profile = image.info.get("icc_profile")
    turned = ImageOps.exif_transpose(image)
    has_alpha = turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info
    mode: Literal["RGB", "RGBA"] = "RGBA" if has_alpha else "RGB"
    still = _in_srgb(turned, profile, mode)
    still.info = {}
    if has_alpha and still.getchannel("A").getextrema() == (255, 255):
        still = still.convert("RGB")
    return still


def _in_srgb(image: Image.Image, profile: object, mode: Literal["RGB", "RGBA"]) -> Image.Image:
    if isinstance(profile, bytes) and image.mode in ("RGB", "RGBA", "CMYK"):
        try:
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target: Literal["RGB", "RGBA"] = "RGBA" if image.mode == "RGBA" else "RGB"
            converted = ImageCms.profileToProfile(image, theirs, ImageCms.createProfile("sRGB"), outputMode=target)
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # a profile that does not fit is worth no picture: the colours are a little off
        if converted is not None:
            return converted.convert(mode)
    return image.convert(mode)


def _narrowed(still: Image.Image, width: int) -> Image.Image:
    height = max(1, round(still.height * width / still.width))
    if height > _TALLEST:
        width, height = max(1, round(width * _TALLEST / height)), _TALLEST
    if (width, height) == still.size:
        return still
    return still.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _written(still: Image.Image, media_type: MediaType, *, lossless: bool = False) -> Variant:
    out = io.BytesIO()
    if media_type == "image/jpeg":
        still.save(out, "JPEG", quality=82, optimize=True, progressive=True)
    else:
        still.save(out, "WEBP", quality=82, method=3, lossless=lossless)
    return Variant(width=still.width, height=still.height, body=out.getvalue())


def _moving(image: Image.Image) -> Encoded:
    """An animation keeps its kind, its times and its size, unless that is wider than the widest of ours."""
    media_type: MediaType = "image/gif" if image.format == "GIF" else "image/webp"
    width = min(image.width, _WIDTHS[-1])
    frames: list[Image.Image] = []
    times: list[int] = []
    for frame in ImageSequence.Iterator(image):
        times.append(max(20, int(frame.info.get("duration", 100))))
        still = _narrowed(frame.convert("RGBA"), width)
        still.info = {}
        frames.append(still)
    out = io.BytesIO()
    first, *others = frames
    loop = int(image.info.get("loop", 0))
    if media_type == "image/gif":
        first.save(out, "GIF", save_all=True, append_images=others, duration=times, loop=loop, disposal=2)
    else:
        first.save(out, "WEBP", save_all=True, append_images=others, duration=times, loop=loop, quality=80, method=2)
    variant = Variant(width=first.width, height=first.height, body=out.getvalue())
    return Encoded(media_type=media_type, variants=[variant], blurhash=_blurred(first))


def _blurred(still: Image.Image) -> str:
    small = still.resize((_BLUR, _BLUR), Image.Resampling.BOX)
    if small.mode == "RGBA":
        small = Image.alpha_composite(Image.new("RGBA", small.size, (255, 255, 255, 255)), small)
    bare = small.convert("RGB").tobytes()
    pixels = [(bare[at], bare[at + 1], bare[at + 2]) for at in range(0, len(bare), 3)]
    return blurhash(pixels, width=_BLUR, height=_BLUR)
