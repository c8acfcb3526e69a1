"""config.toml -> a frozen Config, or every fault of it with its line."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.config import config_from, read_config
from bridge.errors import ConfigFaults

DURATION = 'write a duration as a number and a unit, for example "90 days" or "12 hours"'
HANDLE = "must be letters from a to z and digits, with _ . - between them, such as links"
DOMAIN = "must be a bare domain in lower case, such as links.example"
ADDRESSES = "must hold addresses such as https://example.social/users/you"
BLOG = {"url": "https://links.example", "handle": "links"}


def faults(table: dict[str, Any], text: str = "") -> list[str]:
    with pytest.raises(ConfigFaults) as found:
        config_from(table, folder=Path("/blog"), text=text)
    return [fault.removeprefix("config.toml") for fault in found.value.faults]


def test_what_is_not_written_has_its_default():
    config = config_from({"blog": [BLOG]}, folder=Path("/blog"))

    assert config.blog.timezone == ZoneInfo("Europe/Berlin")
    assert config.comments.close_after == timedelta(days=90)
    assert config.delivery.concurrency == 64
    assert config.server.trusted_proxies == ["127.0.0.1", "::1"]
    assert config.issues_folder == Path("/blog/issues")


def test_the_example_says_what_the_defaults_are():
    example = Path(__file__).parent.parent / "config.example.toml"

    written = read_config(example)
    bare = config_from({"blog": [BLOG]}, folder=written.folder)

    for section in ("comments", "linkbacks", "server", "delivery", "federation", "limits", "database"):
        assert getattr(written, section) == getattr(bare, section)
    own = {"title": written.blog.title, "language": written.blog.language}
    assert written.blog == replace(bare.blog, **own)


def test_a_picture_that_is_not_there_is_told_with_every_other_fault(tmp_path: Path):
    text = '[[blog]]\nurl = "https://links.example"\nhandle = "a b"\nicon = "gone.png"\nheader = "here.png"\n'
    path = tmp_path / "config.toml"
    path.write_text(text)
    (tmp_path / "here.png").write_bytes(b"a picture")

    with pytest.raises(ConfigFaults) as found:
        read_config(path)

    assert [fault.removeprefix(f"{path}:") for fault in found.value.faults] == [
        f"3: blog.handle: {HANDLE}; it is 'a b'",
        f"4: blog.icon: {tmp_path}/gone.png cannot be read: there is no such file",
    ]


def test_a_mark_in_front_that_some_editors_write_is_no_fault(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_bytes(b'\xef\xbb\xbf[[blog]]\nurl = "https://links.example"\nhandle = "links"\n')

    assert read_config(path).blog.handle == "links"


def test_it_cannot_be_changed():
    config = config_from({"blog": [BLOG]}, folder=Path("/blog"))
    with pytest.raises(FrozenInstanceError):
        config.blog.url = "https://other.example"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("section", "key", "value", "reason"),
    [
        ("blog", "handle", "a b", f"{HANDLE}; it is 'a b'"),
        ("blog", "handle", "a" * 65, "must have 64 characters at most; it has 65"),
        ("blog", "handle", "links\n", f"{HANDLE}; it is 'links\\n'"),
        ("blog", "language", "deutsch", "must be a language tag such as de, en or en-GB; it is 'deutsch'"),
        ("blog", "title", 5, "must be text in quotes, not 5"),
        ("blog", "title", "x" * 201, "must have 200 characters at most; it has 201"),
        ("blog", "issues", "", "must not be empty"),
        ("blog", "timezone", "Europe/Nirgends", 'is no time zone name; write one such as "Europe/Berlin"'),
        ("blog", "timezone", 1, 'is no time zone name; write one such as "Europe/Berlin"'),
        ("blog", "actor_type", "Dog", "must be Person, Organization or Service, not 'Dog'"),
        ("blog", "account_domain", "https://a.example", f"{DOMAIN}; it is 'https://a.example'"),
        ("blog", "also_known_as", ["@a@b.example"], f"{ADDRESSES}; '@a@b.example' is none"),
        ("blog", "creators", "@me@example.social", "must be a list of texts in quotes, not '@me@example.social'"),
        ("blog", "url", "links.example", "must be an address such as https://links.example"),
        ("blog", "url", "https://[", "invalid IPv6 URL, not 'https://['"),
        ("comments", "close_after", "90", DURATION),
        ("linkbacks", "send", 1, "must be true or false, not 1"),
        ("server", "trusted_proxies", ["me"], "must be a list of IP addresses and networks; 'me' is none"),
        ("server", "listen", "8000", 'write "host:port", for example "127.0.0.1:8000", or "unix:/run/rundbrief.sock"'),
        ("database", "url", "mysql://x", 'write "sqlite:data/rundbrief.db" or "postgresql://user:password@host/name"'),
        ("delivery", "concurrency", True, "must be a whole number from 1 to 1000, not True"),
        ("delivery", "concurrency", 1001, "must be a whole number from 1 to 1000, not 1001"),
        ("limits", "inbox_per_minute", 0, "must be a whole number of 1 or more, not 0"),
        ("limits", "inbox", 5, "is no setting of Rundbrief; remove it or correct its name"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_its_key(section: str, key: str, value: object, reason: str):
    table = {"blog": [BLOG]} | ({} if section == "blog" else {section: {key: value}})
    if section == "blog":
        table = {"blog": [BLOG | {key: value}]}

    assert faults(table) == [f": {section}.{key}: {reason}"]


def test_all_faults_are_told_together_with_their_lines():
    text = '[[blog]]\nhandle = "a b"\n\n[comments]\navatars = "all"\nsize = 1\n\n[limit]\n'
    table = {"blog": [{"handle": "a b"}], "comments": {"avatars": "all", "size": 1}, "limit": {}}

    assert faults(table, text) == [
        ": blog.url: is missing",
        f":2: blog.handle: {HANDLE}; it is 'a b'",
        ":5: comments.avatars: must be proxy or none, not 'all'",
        ":6: comments.size: is no setting of Rundbrief; remove it or correct its name",
        ":8: limit: is no setting of Rundbrief; remove it or correct its name",
    ]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({}, "blog: is missing: a [[blog]] with url, handle and title is needed"),
        ({"blog": []}, "blog: is missing: a [[blog]] with url, handle and title is needed"),
        ({"blog": BLOG}, "blog: must be written as [[blog]]"),
        ({"blog": [BLOG, BLOG]}, "[[blog]]: there can be one blog for now; remove the others"),
        ({"blog": [BLOG], "comments": 5}, "comments: must be a section of its own, [comments]"),
        ({"blog": [BLOG], "folder": "/etc"}, "folder: is no setting of Rundbrief; remove it or correct its name"),
    ],
)
def test_a_wrong_section_is_told(table: dict[str, Any], reason: str):
    assert faults(table) == [f": {reason}"]
