from __future__ import annotations

import io
import re
import struct
import zlib
from contextlib import suppress
from functools import partial

import pytest
from PIL import Image, ImageCms

from bridge.errors import BadPicture
from bridge.media.encode import check, encode, encode_fitted, encode_one
from tests.support.pictures import gif, jpeg, jpeg_with_gps, photo, png, webp


def opened(body: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


def test_a_large_picture_is_served_in_three_widths_and_never_wider():
    made = encode(jpeg(2400, 1200))
    assert [(one.width, one.height) for one in made.variants] == [(480, 240), (960, 480), (1600, 800)]
    assert [opened(one.body).size for one in made.variants] == [(480, 240), (960, 480), (1600, 800)]
    assert made.media_type == "image/jpeg"


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 3000), (3000, 1), (479, 20), (480, 480), (481, 480), (1600, 5), (1601, 9)]
)
def test_a_picture_of_any_shape_is_never_made_larger(size):
    for body in (jpeg(*size), png(*size)):
        made = encode(body)
        widths = [one.width for one in made.variants]
        assert widths == sorted(set(widths))
        assert made.largest.width <= size[0]
        assert made.largest.height <= size[1]
        assert len(made.blurhash) == 28


def test_s113_position_and_camera_do_not_go_out():
    original = jpeg_with_gps(800, 600)
    assert b"GeheimeKamera" in original
    assert dict(opened(original).getexif().get_ifd(0x8825))
    for made in (encode(original), encode_one(original, widest=500), encode_fitted(original, width=96, height=96)):
        for one in made.variants:
            assert not opened(one.body).getexif()
            assert b"GeheimeKamera" not in one.body
            assert b"Exif" not in one.body


def test_text_and_comments_inside_a_picture_do_not_go_out():
    assert b"secret" in png(20, 20, text="secret")
    for body in (png(20, 20, text="secret"), gif(20, 20, comment="secret"), jpeg(20, 20, comment="secret")):
        assert b"secret" in body
        assert b"secret" not in encode(body).largest.body


def test_a_picture_stands_upright_as_the_camera_was_held():
    lying = photo(600, 300)
    lying.paste((255, 0, 0), (0, 0, 300, 300))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    lying.save(out, "JPEG", exif=exif)
    upright = opened(encode(out.getvalue()).largest.body)
    assert upright.size == (300, 600)
    red, _, blue = upright.getpixel((150, 100))
    assert red > 200
    assert blue < 60


def test_s113_what_hangs_behind_a_picture_is_cut_off():
    for body in (jpeg(40, 40), gif(40, 40), png(40, 40)):
        made = encode(body + b"<script>alert(1)</script>PK\x03\x04")
        assert b"script" not in made.largest.body
        assert b"PK\x03\x04" not in made.largest.body


def test_s113_a_gif_that_is_also_a_web_page_is_only_a_gif_afterwards():
    polyglot = b"GIF89a" + b"=1;/*" + b"\x00" * 40 + b"*/alert(1)//<html>"
    with pytest.raises(BadPicture, match="broken|no JPEG"):
        encode(polyglot)


def test_s66_svg_is_refused_however_it_begins():
    for text in (
        "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "\ufeff  <SVG/>",
        "<?xml version='1.0'?><svg/>",
        "<!DOCTYPE svg><svg/>",
        "<!-- a picture --><svg/>",
    ):
        with pytest.raises(BadPicture, match="is SVG"):
            check(text.encode())


def test_s66_a_bomb_is_refused_before_it_is_unpacked():
    with pytest.raises(BadPicture, match="100 million pixels"):
        check(bomb(10_000, 10_000))
    with pytest.raises(BadPicture, match="million pixels"):
        encode(bomb(60_000, 60_000))
    check(png(50, 50))


def test_s66_a_jpeg_of_a_thousand_scans_is_refused_before_one_is_read():
    """Eleven bytes more are one more look at all pixels: four megabytes of them took an hour."""
    jpeg_bomb = layered_jpeg(5000, 5000, scans=1000)
    assert len(jpeg_bomb) < 12_000
    for read in (check, encode, partial(encode_one, widest=96), partial(encode_fitted, width=96, height=96)):
        with pytest.raises(BadPicture, match="too many layers"):
            read(jpeg_bomb)
    hidden = (
        jpeg_bomb[:2] + b"\xff\x01" + jpeg_bomb[2:]
    )  # a mark without a length, behind which a count may lose itself
    with pytest.raises(BadPicture, match="too many layers"):
        check(hidden)
    # Marks of scans in what is no scan count nothing: a film behind the picture, a second picture inside.
    assert encode(jpeg(40, 40, progressive=True, comment=b"\xff\xda" * 500) + b"\xff\xda" * 500).largest.width == 40
    assert encode(layered_jpeg(50, 50, scans=20)).largest.width == 50


def test_s66_a_jpeg_of_nothing_but_marks_is_refused_soon():
    with pytest.raises(BadPicture, match="too many layers"):
        check(jpeg(40, 40)[:2] + b"\xff\xe9\x00\x02" * 4_000_000)


def layered_jpeg(width: int, height: int, *, scans: int) -> bytes:
    """A progressive JPEG in grey, whose scans say nothing."""

    def segment(mark: int, body: bytes) -> bytes:
        return b"\xff" + bytes([mark]) + struct.pack(">H", len(body) + 2) + body

    head = b"\xff\xd8" + segment(0xDB, b"\x00" + bytes([1] * 64))
    head += segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    head += b"".join(segment(0xC4, bytes([table, 1, *[0] * 15, 0])) for table in (0x00, 0x10))
    first, again = (segment(0xDA, b"\x01\x01\x00\x00\x00" + step) + b"\x00" for step in (b"\x01", b"\x10"))
    return head + first + again * scans + b"\xff\xd9"


def test_s66_a_strangers_avif_is_not_read_because_it_may_lie_about_its_size():
    """Its box says how large it is, and the picture inside may be a thousand times larger: 2 KB took 300 MB."""
    out = io.BytesIO()
    photo(600, 600).save(out, "AVIF", speed=10)
    lying = re.sub(rb"(ispe.{4}).{8}", lambda box: box[1] + struct.pack(">II", 9, 9), out.getvalue(), flags=re.DOTALL)
    for read in (partial(encode_one, widest=96), partial(encode_fitted, width=96, height=96, by_stranger=True)):
        for body in (lying, out.getvalue()):
            with pytest.raises(BadPicture, match="no JPEG, PNG, WebP or GIF"):
                read(body)
    assert encode(out.getvalue()).largest.width == 600


def bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def test_a_file_over_20_mib_is_refused():
    with pytest.raises(BadPicture, match="has 21 MiB, and 20 are allowed"):
        check(jpeg(10, 10) + bytes(21 * 1024 * 1024))


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"%PDF-1.4", b"\x89PNG\r\n\x1a\n", b"<html><img></html>", b"BM" + bytes(60)]
)
def test_what_is_no_picture_is_refused(body):
    for read in (check, encode):
        with pytest.raises(BadPicture):
            read(body)


def test_a_picture_that_ends_in_the_middle_is_refused():
    for body in (jpeg(600, 600), png(600, 600), webp(600, 600)):
        with pytest.raises(BadPicture, match="is broken"):
            check(body[: len(body) // 2])


def test_every_break_of_a_picture_is_a_refusal_and_never_another_error():
    for body in (jpeg(30, 30), png(30, 30), webp(30, 30), gif(30, 30)):
        for at in range(0, len(body), max(1, len(body) // 60)):
            broken = body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1 :]
            with suppress(BadPicture):
                encode(broken)


def test_transparency_stays_and_a_drawing_keeps_its_edges():
    drawing = Image.new("RGBA", (600, 600), (0, 0, 0, 0))
    drawing.paste((10, 120, 200, 255), (100, 100, 300, 300))
    out = io.BytesIO()
    drawing.save(out, "PNG")
    made = encode(out.getvalue())
    assert made.media_type == "image/webp"
    shown = opened(made.largest.body)
    assert shown.getpixel((0, 0))[3] == 0
    assert shown.getpixel((100, 100)) == (10, 120, 200, 255)


def test_an_animation_still_moves():
    made = encode(gif(60, 40, frames=5))
    assert made.media_type == "image/gif"
    assert opened(made.largest.body).n_frames == 5
    assert opened(encode_one(gif(60, 40, frames=5), widest=50).largest.body).size == (50, 33)


def test_an_endless_animation_is_refused():
    with pytest.raises(BadPicture, match="too long an animation"):
        check(gif(2, 2, frames=700))


def test_print_colours_become_screen_colours():
    out = io.BytesIO()
    Image.new("CMYK", (30, 30), (0, 255, 255, 0)).save(out, "JPEG")
    assert opened(encode(out.getvalue()).largest.body).mode == "RGB"


def test_a_colour_profile_is_applied_and_not_sent_along():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    out = io.BytesIO()
    photo(30, 30).save(out, "JPEG", icc_profile=profile)
    assert "icc_profile" not in opened(encode(out.getvalue()).largest.body).info
    out = io.BytesIO()
    photo(30, 30).save(out, "JPEG", icc_profile=b"broken" * 40)
    assert encode(out.getvalue()).largest.width == 30


def test_a_face_is_cut_square_and_not_made_larger():
    assert (lambda one: (one.width, one.height))(encode_fitted(jpeg(400, 200), width=96, height=96).largest) == (96, 96)
    assert (lambda one: (one.width, one.height))(encode_fitted(png(40, 80), width=96, height=96).largest) == (40, 40)
