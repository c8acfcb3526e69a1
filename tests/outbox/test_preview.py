"""What a preview shows of pictures: the very ones that publishing would send, with their descriptions."""

from __future__ import annotations

import pytest

from bridge.outbox.preview import preview
from tests.support.desks import Desk, letter
from tests.support.pictures import jpeg


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
