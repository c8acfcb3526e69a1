"""Processes killed at any moment while they publish, deliver and take in -> at the end nothing is lost, nothing wrong.

    python -m bench chaos --rounds 100 --engine sqlite --seed 7

In each round issues are written, changed and taken back, people reply, servers fail, hang, reset and babble, and
processes end by `kill -9` (on PostgreSQL the database too). Then everything is left to come to rest, and it must hold:

- every server has every object in its last state, and got the activities of each object in their order;
- every reply that was answered with 202 stands in comments.json;
- no server got an activity twice but one that was in flight at a kill: at most `delivery.concurrency` each.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.fan_out import seed as seed_followers
from bench.processes import PYTHON, SinkProcess, new_blog
from bridge.app import opened
from bridge.config import read_config
from bridge.demo.stage import Child, NotSeen, Peer, free_port, request, wait_until
from bridge.store import deliveries
from bridge.store.database import Transaction
from bridge.store.schema import activities

SERVERS = 60
CONCURRENCY = 16
_TROUBLE = {"latency": 0.02, "hang": 3, "fail": 6, "garbage": 3, "reset": 3, "keep": True}
_REST = {"latency": 0.0, "keep": True, "go_on": True}


class Broken(Exception):
    """Something that must never happen. The text says what, and how to have it again."""


@dataclass
class Town:
    """A blog, its processes, its followers' servers, and one neighbour who replies."""

    folder: Path
    chance: random.Random
    sink: SinkProcess
    peer: Peer
    port: int
    config: Path
    crash_database: Callable[[], None] | None
    commands: Sequence[Sequence[str]]
    children: dict[str, Child] = field(default_factory=dict)
    kills: int = 0
    written: dict[str, int] = field(default_factory=dict)  #: issue -> version
    replies: list[str] = field(default_factory=list)
    number: int = 0

    def start(self) -> None:
        """Start what is not running."""
        for command in self.commands:
            name = " ".join(command)
            if name not in self.children or self.children[name].exit_status() is not None:
                self.children[name] = Child([PYTHON, "-m", "bridge", *command], log=self.folder / "processes.log")
        wait_until("the blog answers", lambda: request(f"{self._origin}/healthz").status == 200, seconds=60)

    def round(self) -> None:
        """Some trouble, then rest, then the judgement."""
        self.sink.behave(**_TROUBLE, go_on=True)
        for _ in range(self.chance.randint(2, 4)):
            self._write_something()
            publishing = Child(
                [PYTHON, "-m", "bridge", "publish", "--delete", "--config", str(self.config)],
                log=self.folder / "publish.log",
            )
            time.sleep(self.chance.uniform(0.2, 2.0))
            self._reply()
            self._kill_something(publishing)
            self.start()
            if publishing.exit_status() is None and self.chance.random() < 0.5:
                publishing.kill()
            else:
                publishing.wait()
        self._rest()
        self._judge()

    @property
    def _origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _write_something(self) -> None:
        issues = self.folder / "blog" / "issues"
        names = sorted(self.written)
        choice = self.chance.random()
        if names and choice < 0.2 and len(names) > 1:
            name = self.chance.choice(names[1:])
            (issues / f"{name}.md").unlink()
            del self.written[name]
        else:
            if not names or choice < 0.6:
                self.number += 1
                name = f"brief-{self.number}"
            else:
                name = self.chance.choice(names)
            self.written[name] = self.written.get(name, 0) + 1
            text = f"---\ntitle: Brief {name}\n---\n\nFassung {self.written[name]}, mit Regen und Rüben.\n"
            (issues / f"{name}.md").write_text(text, encoding="utf-8")
        subprocess.run(["git", "add", "-A"], cwd=issues, check=True)
        subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@links.example", "commit", "-q", "-m", "Brief"],
            cwd=issues,
            check=True,
        )

    def _reply(self) -> None:
        """A reply counts once it was answered with 202."""
        note = self._first_object()
        if note is None:
            return
        text = f"Antwort {len(self.replies) + self.kills * 1000}: gern gelesen!"
        try:
            answers = self.peer.do("reply", object=note, text=text)["answers"]
        except NotSeen:
            return  # the blog was dead at this moment, so nothing was promised
        if answers and all(answer["status"] == 202 for answer in answers):
            self.replies.append(text)

    def _first_object(self) -> str | None:
        page = request(f"{self._origin}/issues/brief-1", accept="application/activity+json")
        found = page.json() if page.status == 200 else None
        return found["id"] if isinstance(found, dict) else None

    def _kill_something(self, publishing: Child) -> None:
        victims: list[Callable[[], object]] = [child.kill for child in self.children.values()]
        if publishing.exit_status() is None:
            victims.append(publishing.kill)
        if self.crash_database is not None:
            victims.append(self.crash_database)
        self.kills += 1
        self.chance.choice(victims)()

    def _rest(self) -> None:
        """Every server is well again, and what waits is tried at once."""
        self.sink.behave(**_REST)
        self.start()
        subprocess.run(
            [PYTHON, "-m", "bridge", "publish", "--delete", "--config", str(self.config)],
            check=False,
            stdout=subprocess.DEVNULL,
        )
        end = time.monotonic() + 90
        while True:
            subprocess.run(
                [PYTHON, "-m", "bridge", "deliveries", "retry", "--config", str(self.config)],
                check=False,
                stdout=subprocess.DEVNULL,
            )
            for _ in range(20):
                time.sleep(0.25)
                waiting = self._ask(deliveries.counts).get("waiting", 0)
                if not waiting:
                    return
            if time.monotonic() > end:
                raise Broken(f"{waiting} deliveries still wait: {self._ask(_why)}")

    def _ask(self, look: Callable[[Transaction], Any]) -> Any:
        async def read() -> Any:
            async with opened(read_config(self.config)) as app:
                return await app.database.read(look)

        return asyncio.run(read())

    def _judge(self) -> None:
        order, newest = self._ask(_activities)
        told = self.sink.told()
        if not newest or not told["taken"]:
            raise Broken("nothing was published or nothing arrived, so nothing is proven")
        twice = 0
        for number in range(SERVERS):
            got = told["bodies"].get(str(number), [])
            twice += sum(count - 1 for count in Counter(activity for activity, _ in got).values())
            self._judge_server(number, got, order, newest)
        if twice > self.kills * CONCURRENCY:
            raise Broken(f"{twice} deliveries came twice after {self.kills} kills")
        page = request(f"{self._origin}/issues/brief-1/comments.json")
        missing = [text for text in self.replies if text not in page.text]
        if missing:
            raise Broken(f"replies answered with 202 are not shown: {missing}")

    def _judge_server(
        self, number: int, got: list[list[str]], order: dict[str, int], newest: dict[str, tuple[int, str]]
    ) -> None:
        by_object: dict[str, list[int]] = {}
        for activity, thing in got:
            by_object.setdefault(thing, []).append(order[activity])
        for thing, (last, kind) in newest.items():
            numbers = by_object.get(thing, [])
            if numbers != sorted(numbers):
                raise Broken(f"server {number} got {thing} out of order: {numbers}")
            if (not numbers and kind != "Delete") or (numbers and numbers[-1] != last):
                raise Broken(f"server {number} has {thing} at {numbers}, not at {last} ({kind})")


def _activities(tx: Transaction) -> tuple[dict[str, int], dict[str, tuple[int, str]]]:
    """The number of each activity, and of each object its newest."""
    rows = tx.execute(sa.select(activities).where(activities.c.issue_id.is_not(None)).order_by(activities.c.number))
    order: dict[str, int] = {}
    newest: dict[str, tuple[int, str]] = {}
    for row in rows:
        order[row.id] = row.number
        newest[row.object_id.rpartition("/")[2]] = (row.number, row.type)
    return order, newest


def _why(tx: Transaction) -> list[str]:
    rows = deliveries.standings(tx, 1, states=["waiting"], limit=5)
    return [f"{row.type} to {row.inbox}: {row.attempts} tries, {row.reason}" for row in rows]


def run_rounds(
    folder: Path,
    *,
    rounds: int,
    seed: int,
    database: str | None = None,
    crash_database: Callable[[], None] | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Rounds of chaos on SQLite, or on the PostgreSQL database given. Raises Broken."""
    say(f"chaos with seed {seed} on {'PostgreSQL' if database else 'SQLite'}")
    port = free_port()
    config = new_blog(folder / "blog", port=port, database=database)
    text = config.read_text(encoding="utf-8").replace("concurrency = 64", f"concurrency = {CONCURRENCY}")
    config.write_text(text, encoding="utf-8")
    given = ["--config", str(config)]
    commands = (
        [["serve", *given]] if database is None else [["web", *given], ["work", *given], ["work", *given, "--debug"]]
    )
    with ExitStack() as stack:
        sink = stack.enter_context(SinkProcess())
        peer = stack.enter_context(Peer(log=folder / "peer.log"))
        town = Town(
            folder=folder,
            chance=random.Random(seed),
            sink=sink,
            peer=peer,
            port=port,
            config=config,
            crash_database=crash_database,
            commands=commands,
        )
        asyncio.run(_seed(config, sink.port))
        sink.behave(**_TROUBLE)
        stack.callback(lambda: [child.kill() for child in town.children.values()])
        town.start()
        try:
            for number in range(1, rounds + 1):
                town.round()
                say(f"round {number}: {town.kills} kills, {len(town.replies)} replies, all as it must be")
        except Exception as error:
            raise Broken(f"seed {seed}: {error}") from error


async def _seed(config: Path, port: int) -> None:
    async with opened(read_config(config)) as app:
        await app.database.write(
            lambda tx: seed_followers(tx, app.blog.id, servers=SERVERS, people=SERVERS, port=port, tls=False)
        )
