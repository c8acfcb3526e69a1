"""What a preview shows of pictures: the very ones that publishing would send, with their descriptions."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from bridge.outbox.preview import preview
from tests.support.desks import Desk, letter
from tests.support.pictures import jpeg, png


@pytest.mark.parametrize("written", ["mein%20Bild.jpg", "<mein Bild.jpg>", "./mein%20Bild.jpg"])
@pytest.mark.parametrize("wish", ["note", "full"])
async def test_a_picture_with_a_blank_in_its_name_is_previewed_with_its_description(
    desk: Desk, written: str, wish: str
) -> None:
    body = f"Hallo.\n\n![Ein Steg im Nebel]({written})\n"
    desk.write(
        {"24/index.md": letter(body=body, format=wish, attach="all"), "24/mein Bild.jpg": jpeg(60, 40)},
    )
    shown = await preview(desk.publisher, "24/index.md")
    assert [picture.alt for post in shown.posts for picture in post.pictures] == ["Ein Steg im Nebel"]


async def test_a_preview_holds_pictures_in_the_size_that_is_served(desk: Desk) -> None:
    original = {"24/steg.png": png(2600, 1300)}
    desk.write({"24/index.md": letter(body="![Ein Steg](steg.png)\n", format="full"), **original})
    shown = await preview(desk.publisher, "24/index.md")
    (picture,) = shown.posts[0].pictures
    kind, _, body = picture.url.partition(";base64,")
    assert kind == "data:image/webp"
    with Image.open(io.BytesIO(base64.b64decode(body))) as image:
        assert image.width == 1600
    assert picture.url in shown.rendered.page_html
