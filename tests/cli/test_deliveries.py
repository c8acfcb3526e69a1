"""`rundbrief deliveries` and `deliveries retry`: what waits, since when, until when and why; and to try it now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.cli import deliveries as command
from bridge.cli import operator
from bridge.clock import utc_now
from bridge.config import read_config
from bridge.jobs.engine import open_store
from bridge.store import deliveries, published, servers
from bridge.store.attempts import Outcome, record
from bridge.store.database import Transaction
from bridge.store.deliveries import Standing
from bridge.store.published import NewActivity
from bridge.store.servers import ServerRow
from bridge.terms import ActivityId, InboxUrl, Server
from tests.support.engines import BOTH, Engines

NOW = utc_now()
_LATER = NOW + timedelta(hours=2)


@dataclass
class Blog:
    """A blog's config file, and its database at hand."""

    config: Path

    def write(self, work: Callable[[Transaction], None]) -> None:
        async def run() -> None:
            database = open_store((config := read_config(self.config)).database, folder=config.folder)
            try:
                await database.write(work)
            finally:
                await database.close()

        asyncio.run(run())

    def standings(self) -> dict[str, Standing]:
        """What the ledger says of each server."""
        found: list[Standing] = []
        self.write(lambda tx: found.extend(deliveries.standings(tx, 1)))
        return {row.server: row for row in found}


def _ledger(tx: Transaction) -> None:
    """One letter to four servers: taken, refused, waiting for hours, and suspended."""
    number = published.add_activity(
        tx, NewActivity(id=ActivityId("https://x.example/activity/1"), blog_id=1, type="Create", body=b"{}"), now=NOW
    )
    names = [Server(f"{name}.example") for name in ("fine", "strict", "busy", "dead")]
    deliveries.add(
        tx,
        1,
        activity=number,
        issue_id=None,
        object_id=None,
        inboxes=[(InboxUrl(f"https://{name}/inbox"), name) for name in names],
        priority=0,
        now=NOW,
    )
    ids = {row.server: row.id for row in deliveries.standings(tx, 1)}
    told = {"fine": ("delivered", 202, ""), "strict": ("refused", 400, "it answered 400: no")}
    told |= {"busy": ("waiting", 503, "it answered 503: later"), "dead": ("waiting", None, "no connection")}
    record(
        tx,
        [
            Outcome(id=ids[Server(f"{name}.example")], state=state, status=status, reason=reason, due_at=_LATER)  # type: ignore[arg-type]
            for name, (state, status, reason) in told.items()
        ],
        now=NOW,
    )
    servers.keep(
        tx,
        [
            ServerRow(
                server=Server("dead.example"),
                failing_since=NOW - timedelta(days=8),
                failures=9,
                suspended_at=NOW,
                not_before=NOW + timedelta(days=1),
                reason="no connection",
            )
        ],
    )


@pytest.fixture(params=BOTH)
def blog(request: pytest.FixtureRequest, engines: Engines, tmp_path: Path) -> Blog:
    url = "sqlite:data/rundbrief.db"
    if request.param == "postgresql":
        url = asyncio.run(engines.new_url(request.param, tmp_path))
    folder = tmp_path / "blog"
    operator.init(folder, "http://127.0.0.1:8931", "links", database=url)
    return Blog(folder / "config.toml")


def _listed(blog: Blog, capsys: pytest.CaptureFixture[str], *, failing: bool = False) -> dict[str, dict[str, object]]:
    capsys.readouterr()
    assert command.deliveries(failing=failing, config=blog.config, as_json=True) == 0
    return {one["server"]: one for one in json.loads(capsys.readouterr().out)}


def test_each_server_has_one_line_with_state_since_next_and_reason(
    blog: Blog, capsys: pytest.CaptureFixture[str]
) -> None:
    blog.write(_ledger)

    listed = _listed(blog, capsys)

    assert {name: (one["state"], one["reason"]) for name, one in listed.items()} == {
        "busy.example": ("waiting", "it answered 503: later"),
        "dead.example": ("suspended", "no connection"),
        "fine.example": ("delivered", ""),
        "strict.example": ("refused", "it answered 400: no"),
    }
    assert set(listed["busy.example"]) == {"server", "state", "since", "next", "reason"}
    assert listed["fine.example"]["next"] is None
    assert str(listed["busy.example"]["next"]).startswith(f"{_LATER:%Y-%m-%dT%H:%M}")
    assert str(listed["dead.example"]["next"]).startswith(f"{NOW + timedelta(days=1):%Y-%m-%dT%H:%M}")
    assert list(listed)[:2] == ["busy.example", "dead.example"], "who waits comes first"


def test_failing_shows_only_those_that_do_not_take_what_we_send(blog: Blog, capsys: pytest.CaptureFixture[str]) -> None:
    blog.write(_ledger)

    assert set(_listed(blog, capsys, failing=True)) == {"busy.example", "dead.example", "strict.example"}


def test_a_person_reads_a_sentence(blog: Blog, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    command.deliveries(failing=False, config=blog.config, as_json=False)
    assert capsys.readouterr().out == "Nothing was ever sent to anybody.\n"
    blog.write(_ledger)

    command.deliveries(failing=True, config=blog.config, as_json=False)

    said = capsys.readouterr().out
    berlin = ZoneInfo("Europe/Berlin")
    since, later = (f"{moment.astimezone(berlin):%Y-%m-%d %H:%M %Z}" for moment in (NOW, _LATER))
    assert f"busy.example  waiting since {since}, next try {later}" in said
    assert "strict.example  refused" in said


def test_retry_makes_what_waits_due_now_and_leaves_what_was_refused(
    blog: Blog, capsys: pytest.CaptureFixture[str]
) -> None:
    blog.write(_ledger)
    capsys.readouterr()

    assert command.retry(server=None, config=blog.config) == 0

    assert capsys.readouterr().out == "2 deliveries will be tried again now.\n"
    rows = blog.standings()
    assert all(rows[f"{name}.example"].due_at <= utc_now() for name in ("busy", "dead"))
    assert rows["strict.example"].state == "refused"
    assert _listed(blog, capsys)["dead.example"]["state"] == "waiting", "by the author's wish its pause is over"


def test_retry_of_a_server_tries_what_it_refused_too_and_nobody_else(
    blog: Blog, capsys: pytest.CaptureFixture[str]
) -> None:
    blog.write(_ledger)
    capsys.readouterr()

    assert command.retry(server="Strict.example", config=blog.config) == 0

    assert capsys.readouterr().out == "1 delivery to strict.example will be tried again now.\n"
    rows = blog.standings()
    assert rows["strict.example"].state == "waiting"
    assert rows["busy.example"].due_at == _LATER
    command.retry(server="nobody.example", config=blog.config)
    assert capsys.readouterr().out == "There is nothing to nobody.example to try again.\n"
