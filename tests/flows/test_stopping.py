"""SIGTERM: what is in flight is finished within ten seconds, the rest is kept and taken up after the next start."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from bridge.demo.stage import Child, request, wait_until
from tests.support.engines import Engines
from tests.support.far_servers import BlogApart, FarServers

HALVES = pytest.mark.parametrize(("engine", "command"), [("sqlite", "serve"), ("postgresql", "work")])
STOPS_WITHIN = 10.0
SLOW_MACHINE = 3.0


def _url(engine: str, engines: Engines, folder: Path) -> str | None:
    return None if engine == "sqlite" else asyncio.run(engines.new_url(engine, folder))


def _ended(child: Child) -> int:
    """Its exit status after SIGTERM."""
    os.kill(child.pid, signal.SIGTERM)
    begun = time.monotonic()
    wait_until("it ends", lambda: child.exit_status() is not None, seconds=STOPS_WITHIN + SLOW_MACHINE)
    assert time.monotonic() - begun < STOPS_WITHIN + SLOW_MACHINE
    status = child.exit_status()
    assert status is not None
    return status


@HALVES
def test_what_is_in_flight_is_finished_and_the_rest_goes_out_after_the_next_start_once(
    engine: str, command: str, engines: Engines, tmp_path: Path
) -> None:
    with (
        FarServers(6, seconds=1.0) as far,
        BlogApart(tmp_path / "blog", far.origins, _url(engine, engines, tmp_path), concurrency=2) as blog,
    ):
        working = blog.start(command)
        blog.commit("eins")
        assert far.asked.wait(20)

        assert _ended(working) == 0

        asked = len(far.taken)
        assert 1 <= asked <= 4
        assert blog.counts() == {"delivered": asked, "waiting": 6 - asked}
        assert "Traceback" not in working.log.read_text()

        blog.start(command)
        wait_until("the rest is delivered", lambda: blog.counts() == {"delivered": 6}, seconds=20)
        assert set(far.taken.values()) == {1}


@HALVES
def test_a_server_that_never_answers_holds_up_no_stop_and_gets_it_after_the_next_start(
    engine: str, command: str, engines: Engines, tmp_path: Path
) -> None:
    with FarServers(1) as far, BlogApart(tmp_path / "blog", far.origins, _url(engine, engines, tmp_path)) as blog:
        far.may_answer.clear()
        working = blog.start(command)
        blog.commit("eins")
        assert far.asked.wait(20)

        assert _ended(working) == 0

        assert blog.counts() == {"waiting": 1}
        far.may_answer.set()
        blog.start(command)
        wait_until("it is delivered", lambda: blog.counts() == {"delivered": 1}, seconds=20)


def test_the_web_half_ends_too_and_says_so_with_0(tmp_path: Path) -> None:
    with BlogApart(tmp_path / "blog", []) as blog:
        answering = blog.start("web")

        assert _ended(answering) == 0

        assert request(f"{blog.origin}/readyz").status == 0
