from __future__ import annotations

import pytest

from bridge.media.encode import encode
from bridge.media.folder import MediaFolder, new_token, read_name
from tests.support.pictures import jpeg, png


def test_files_are_kept_under_a_name_that_is_chance(tmp_path):
    folder = MediaFolder(tmp_path)
    first, second = (folder.keep(new_token(), encode(jpeg(1000, 500))) for _ in range(2))
    assert [(file.width, file.height) for file in first] == [(480, 240), (960, 480), (1000, 500)]
    assert not {file.name for file in first} & {file.name for file in second}
    for file in first:
        assert folder.path(file.name).read_bytes().startswith(b"\xff\xd8")
    assert [path.name for path in tmp_path.rglob(".*")] == []


def test_removing_twice_is_no_fault(tmp_path):
    folder = MediaFolder(tmp_path)
    names = [file.name for file in folder.keep(new_token(), encode(png(10, 10)))]
    folder.remove(names)
    folder.remove(names)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "name",
    ["../../config.toml", "a.jpg", "", "x" * 22 + "-1.svg", "x" * 22 + "-1.html", "x" * 22 + "-1.jpg\n",
     "x" * 21 + "/-1.jpg", "x" * 22 + "-10000.jpg", "\u0661" * 22 + "-1.jpg"],
)  # fmt: skip
def test_s66_no_other_name_is_a_file(name):
    assert read_name(name) is None


def test_a_name_says_its_type():
    parts = read_name("A" * 22 + "-480.webp")
    assert parts is not None
    assert (parts.token, parts.media_type) == ("A" * 22, "image/webp")
