"""Accounts and domains as people write them, in one spelling or refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.accounts import block_target
from bridge.config import config_from
from bridge.errors import ConfigFaults
from tests.support.inboxes import settings


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("bad.example", "bad.example"),
        (" Bad.Example. ", "bad.example"),
        ("müller.example", "xn--mller-kva.example"),
        ("bad.example:8443", "bad.example:8443"),
        ("127.0.0.1", "127.0.0.1"),
        ("https://Bad.example/", "bad.example"),
        ("http://bad.example:8080", "bad.example:8080"),
        ("https://BAD.example/users/Bob", "https://bad.example/users/Bob"),
        ("https://bad.example/@bob", "https://bad.example/@bob"),
    ],
)
def test_what_is_blocked_is_kept_in_one_spelling(written: str, kept: str) -> None:
    assert block_target(written) == kept


@pytest.mark.parametrize(
    "written", ["@bob@bad.example", "*.bad.example", "not a domain!", "", "example", "ftp://a.b/c"]
)
def test_what_would_block_nobody_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"handle|neither|no address"):
        block_target(written)


def test_blocks_of_the_config_are_judged_as_the_commands_are(tmp_path: Path) -> None:
    listed = ["BAD.example", "https://bad.example/", "https://worse.example/@bob"]
    config = settings(tmp_path, federation={"blocked": listed})
    assert config.federation.blocked == ["bad.example", "https://worse.example/@bob"]


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        (
            {"federation": {"blocked": ["@bob@bad.example"]}},
            "is a handle; give the address of the actor, or its domain",
        ),
        ({"federation": {"blocked": ["no domain!"]}}, "'no domain!' is neither"),
        ({"federation": {"blocked": "bad.example"}}, "must be a list of texts"),
        ({"blog": [{"url": "https://links.example", "handle": "l", "creators": ["@kein"]}]}, "'@kein' is neither"),
        (
            {"blog": [{"url": "https://links.example", "handle": "l", "creators": ["https://x.example"]}]},
            "address of a server",
        ),
    ],
)
def test_a_wrong_name_is_a_fault_of_the_config_with_its_cure(
    tmp_path: Path, section: dict[str, object], reason: str
) -> None:
    table = {"blog": [{"url": "https://links.example", "handle": "l"}], **section}
    with pytest.raises(ConfigFaults) as found:
        config_from(table, folder=tmp_path)
    (fault,) = found.value.faults
    assert reason in fault


def test_creators_have_both_their_signs(tmp_path: Path) -> None:
    config = settings(
        tmp_path, blog={"creators": ["ada@Example.social", "@ada@other.example", "https://x.example/@ada"]}
    )
    assert config.blog.creators == ["@ada@example.social", "@ada@other.example", "https://x.example/@ada"]
