"""Two peers in processes of their own, talking over loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bridge.demo.stage import Peer


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Peer, Peer]]:
    """Anna's server and Bruno's; Bruno's shows documents to signed requests only."""
    folder: Path = tmp_path_factory.mktemp("peers")
    with ExitStack() as stack:
        anna = stack.enter_context(Peer("--max-seconds", "120", log=folder / "anna.log"))
        bruno = stack.enter_context(Peer("--max-seconds", "120", "--careful", log=folder / "bruno.log"))
        anna.do("person")
        bruno.do("person", **{"as": "bruno"})
        yield anna, bruno
