"""`web` and `work` as two processes: one publishes and delivers, one shows it; with PostgreSQL several of each."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.demo.stage import request, wait_until
from tests.support.engines import BOTH, Engines
from tests.support.far_servers import BlogApart, FarServers


@pytest.mark.parametrize("engine", BOTH)
def test_what_the_working_half_publishes_the_other_shows_at_once(engine: str, engines: Engines, tmp_path: Path) -> None:
    url = None if engine == "sqlite" else asyncio.run(engines.new_url(engine, tmp_path))
    with FarServers(3) as far, BlogApart(tmp_path / "blog", far.origins, url) as blog:
        blog.start("web")
        assert request(f"{blog.origin}/issues/eins").status == 404
        working = blog.start("work")
        blog.commit("eins")

        wait_until("the issue is shown", lambda: "Hallo." in request(f"{blog.origin}/issues/eins").text, seconds=20)
        wait_until("everybody has it", lambda: blog.counts() == {"delivered": 3}, seconds=20)

        second = blog.start("work")
        if engine == "sqlite":
            assert second.wait() == 1
            assert "another process already delivers for this blog" in second.tail()
        else:
            working.kill()
            blog.commit("zwei")
            wait_until("the other one works", lambda: blog.counts() == {"delivered": 6}, seconds=30)
        assert set(far.taken.values()) == {1 if engine == "sqlite" else 2}
        told = request(f"{blog.origin}/metrics").text
        assert f'rundbrief_ledger{{state="delivered"}} {sum(far.taken.values())}.0' in told
        assert "rundbrief_queue_depth 0.0" in told
