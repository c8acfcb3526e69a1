"""Contract section 3: all faults of config.toml are printed together, with their line where it is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.config import read_config
from bridge.errors import ConfigFaults

CONFIG = """[[blog]]
url = "{url}"
handle = "links"
title = "Links"
actor_type = "{kind}"

[federation]
allow_private_addresses = {private}
"""


def faults(folder: Path, *, url: str, kind: str = "Person", private: bool = False) -> list[str]:
    path = folder / "config.toml"
    path.write_text(CONFIG.format(url=url, kind=kind, private=str(private).lower()))
    try:
        read_config(path)
    except ConfigFaults as found:
        return [fault.removeprefix(f"{path}:") for fault in found.faults]
    return []


@pytest.mark.parametrize(
    ("url", "reason"), [("http://links.example", "is http"), ("https://links.example:8443", "names a port")]
)
def test_an_address_other_servers_refuse_is_told_with_its_line_beside_every_other_fault(
    tmp_path: Path, url: str, reason: str
) -> None:
    alone, together = faults(tmp_path, url=url), faults(tmp_path, url=url, kind="Dog")

    assert alone[0].startswith(f"2: blog.url: {reason}")
    assert len(alone) == 1
    assert [fault.split(" ")[:2] for fault in sorted(together)] == [["2:", "blog.url:"], ["5:", "blog.actor_type:"]]


def test_it_is_no_fault_on_one_machine(tmp_path: Path) -> None:
    assert faults(tmp_path, url="http://127.0.0.1:8000", private=True) == []
    assert [fault[:2] for fault in faults(tmp_path, url="http://127.0.0.1:8000", kind="Dog", private=True)] == ["5:"]
