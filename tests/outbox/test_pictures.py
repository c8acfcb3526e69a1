from __future__ import annotations

import io
import re

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from bridge.errors import ConfigFaults
from tests.support.open_blog import OpenBlog, open_blog
from tests.support.pictures import gif, jpeg, jpeg_with_gps, png

ISSUE = b"---\ntitle: Bilder\n---\nSchau:\n\n![Ein Haus am See](haus.jpg)\n\n![Noch eins](bild%20zwei.png)\n"
COVER = b"---\ntitle: Titelbild\ncover: titel.jpg\ncover_alt: Der See im Winter\nattach: cover\n---\nHallo.\n"


@pytest.fixture
async def blog(tmp_path):
    async with open_blog(tmp_path / "blog") as opened:
        yield opened


def media_files(blog: OpenBlog) -> list[str]:
    return sorted(path.name for path in blog.app.config.media_folder.rglob("*") if path.is_file())


async def images(blog: OpenBlog, slug: str) -> list[dict[str, str]]:
    page = BeautifulSoup((await blog.get(f"/issues/{slug}", Accept="text/html")).text, "html.parser")
    return [dict(image.attrs) for image in page.find_all("img") if "/media/" in image["src"]]


async def note(blog: OpenBlog, slug: str) -> dict:
    page = await blog.get(f"/issues/{slug}", Accept="application/activity+json")
    async with blog.session.get(page.headers["Location"], headers={"Accept": "application/activity+json"}) as answer:
        return await answer.json(content_type=None)


async def test_a_picture_is_shown_in_the_widths_there_are_and_without_its_metadata(blog):
    done = await blog.publish(
        {"1/index.md": ISSUE, "1/haus.jpg": jpeg_with_gps(2000, 1000), "1/bild zwei.png": png(300, 200)}
    )
    assert done == ["create 1/index.md"]
    first, second = await images(blog, "1")
    assert (first["width"], first["height"], first["alt"], first["loading"]) == (
        "1600",
        "800",
        "Ein Haus am See",
        "lazy",
    )
    sources = re.findall(r"(\S+) ([0-9]+)w", first["srcset"])
    assert [width for _, width in sources] == ["480", "960", "1600"]
    assert (second["width"], second["height"]) == ("300", "200")
    assert "srcset" not in second
    for address, width in sources:
        answer = await blog.get(address)
        assert answer.status == 200
        shown = Image.open(io.BytesIO(answer.body))
        assert shown.width == int(width)
        assert not shown.getexif()


async def test_s36_a_picture_is_served_as_nothing_but_a_picture(blog):
    await blog.publish({"1/index.md": ISSUE, "1/haus.jpg": jpeg(600, 300), "1/bild zwei.png": gif(30, 20)})
    for image, media_type in zip(await images(blog, "1"), ("image/jpeg", "image/webp"), strict=True):
        answer = await blog.get(image["src"], Accept="application/activity+json")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == media_type
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        again = await blog.get(image["src"], **{"If-None-Match": answer.headers["ETag"]})
        assert again.status == 304


async def test_s36_nothing_else_is_found_below_media(blog):
    (blog.app.config.media_folder / "secret.jpg").write_bytes(b"x")
    for name in (
        "secret.jpg",
        "..%2f..%2fconfig.toml",
        "%2e%2e/%2e%2e/config.toml",
        "A" * 22 + "-480.jpg",
        ".",
        "x%00y",
    ):
        assert (await blog.get(f"/media/{name}")).status == 404


async def test_the_cover_is_attached_and_is_the_cards_picture(blog):
    await blog.publish({"2/index.md": COVER, "2/titel.jpg": jpeg(2000, 1000)})
    page = (await blog.get("/issues/2", Accept="text/html")).text
    soup = BeautifulSoup(page, "html.parser")
    card = soup.find("meta", property="og:image")["content"]
    assert soup.find("meta", property="og:image:alt")["content"] == "Der See im Winter"
    assert (await blog.get(card)).status == 200
    picture = next(one for one in (await note(blog, "2"))["attachment"] if one["type"] == "Image")
    assert picture["url"] == card
    assert (picture["width"], picture["height"], picture["mediaType"]) == (1600, 800, "image/jpeg")
    assert picture["name"] == picture["summary"] == "Der See im Winter"
    assert len(picture["blurhash"]) == 28


async def test_pictures_of_the_whole_text_are_attached_with_the_words_of_the_text(blog):
    whole = ISSUE.replace(b"title: Bilder", b"title: Bilder\nformat: full")
    await blog.publish({"1/index.md": whole, "1/haus.jpg": jpeg(600, 300), "1/bild zwei.png": png(30, 20)})
    attached = [one for one in (await note(blog, "1"))["attachment"] if one["type"] == "Image"]
    assert [one["name"] for one in attached] == ["Ein Haus am See", "Noch eins"]


async def test_a_picture_that_did_not_change_is_not_encoded_again_and_keeps_its_address(blog):
    await blog.publish({"1/index.md": ISSUE, "1/haus.jpg": jpeg(600, 300), "1/bild zwei.png": png(30, 20)})
    before, files = await images(blog, "1"), media_files(blog)
    await blog.publish({"1/index.md": ISSUE + b"\nNeu.\n", "2/index.md": ISSUE, "2/haus.jpg": jpeg(600, 300),
                        "2/bild zwei.png": png(30, 20)})  # fmt: skip
    assert media_files(blog) == files
    assert await images(blog, "1") == before
    assert await images(blog, "2") == before


async def test_a_changed_picture_has_a_new_address(blog):
    await blog.publish({"1/index.md": COVER, "1/titel.jpg": jpeg(600, 300)})
    first = await note(blog, "1")
    assert await blog.publish({"1/titel.jpg": jpeg(500, 300)}) == ["change 1/index.md"]
    second = await note(blog, "1")
    assert first["id"] == second["id"]
    assert first["attachment"][-1]["url"] != second["attachment"][-1]["url"]


async def test_s122_a_drafts_pictures_are_not_even_encoded(blog):
    draft = ISSUE.replace(b"title: Bilder", b"title: Bilder\ndraft: true")
    await blog.publish({"1/index.md": draft, "1/haus.jpg": jpeg(600, 300), "1/bild zwei.png": png(30, 20)})
    assert media_files(blog) == []


async def test_s122_the_pictures_of_an_issue_that_waits_or_was_taken_back_are_unknown(blog):
    later = ISSUE.replace(b"title: Bilder", b"title: Bilder\ndate: 2099-01-01")
    files = {"1/haus.jpg": jpeg(600, 300), "1/bild zwei.png": png(30, 20)}
    assert await blog.publish({"1/index.md": later, **files}) == ["wait 1/index.md"]
    assert media_files(blog)
    for name in media_files(blog):
        assert (await blog.get(f"/media/{name}")).status == 404
    await blog.publish({"1/index.md": ISSUE})
    shown = await images(blog, "1")
    assert [(await blog.get(image["src"])).status for image in shown] == [200, 200]
    await blog.publish({"1/index.md": ISSUE.replace(b"title: Bilder", b"title: Bilder\ndraft: true")})
    assert [(await blog.get(image["src"])).status for image in shown] == [404, 404]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "haus.jpg is SVG, which may hold programs; save it as PNG"),
        (jpeg(600, 600)[:900], "haus.jpg is broken and cannot be read; save it again"),
        (b"Hallo", "haus.jpg is no JPEG, PNG, WebP, GIF or AVIF; save it as one"),
    ],
)
async def test_a_picture_that_cannot_be_served_is_refused_with_file_line_and_reason(blog, body, reason):
    done = await blog.publish({"1/index.md": ISSUE, "1/haus.jpg": body, "1/bild zwei.png": png(3, 2)})
    assert len(done) == 1
    assert done[0].startswith("1/index.md:6: The picture ")
    assert reason in done[0].replace('"', "")
    assert (await blog.get("/issues/1")).status == 404
    commit = blog.issues.git("rev-parse", "HEAD")
    judged = await blog.app.publisher.judge(commit, blog.app.publisher.repository, allow_delete=False)
    assert [str(fault) for step in judged.steps for fault in step.faults] == done


async def test_a_push_that_is_only_judged_and_a_dry_run_leave_no_file(blog):
    files = {"1/index.md": ISSUE, "1/haus.jpg": jpeg(600, 300), "1/bild zwei.png": png(30, 20)}
    assert await blog.publish(files, dry_run=True) == ["create 1/index.md"]
    assert media_files(blog) == []


async def test_icon_and_header_are_made_anew_and_told_to_other_servers(tmp_path):
    folder = tmp_path / "blog"
    folder.mkdir()
    (folder / "icon.jpg").write_bytes(jpeg_with_gps(900, 600))
    (folder / "kopf.png").write_bytes(png(3000, 1000))
    async with open_blog(folder, blog_config='icon = "icon.jpg"\nheader = "kopf.png"') as blog:
        async with blog.session.get(blog.app.blog.actor_id, headers={"Accept": "application/activity+json"}) as answer:
            actor = await answer.json(content_type=None)
        for one, size, media_type in (("icon", (400, 400), "image/jpeg"), ("image", (1500, 500), "image/webp")):
            picture = await blog.get(actor[one]["url"])
            assert picture.status == 200
            assert actor[one]["mediaType"] == picture.headers["Content-Type"] == media_type
            assert Image.open(io.BytesIO(picture.body)).size == size
        front = (await blog.get("/", Accept="text/html")).text
        assert actor["icon"]["url"] in front
        assert actor["image"]["url"] in front


@pytest.mark.parametrize(("name", "reason"), [("icon.svg", "is SVG"), ("fehlt.png", "cannot be read")])
async def test_an_icon_that_cannot_be_served_is_a_fault_of_the_configuration(tmp_path, name, reason):
    (tmp_path / "icon.svg").write_bytes(b"<svg/>")
    with pytest.raises(ConfigFaults, match=reason):
        async with open_blog(tmp_path, blog_config=f'icon = "{name}"'):
            pass
