"""Processes killed at any moment while they publish, deliver and take in -> at the end nothing is lost, nothing wrong.

    python -m bench chaos --rounds 100 --engine sqlite --seed 7

In each round issues are written, changed and taken back, people reply and follow, servers fail, hang, reset and babble,
and processes end by `kill -9`: the server's, `publish`, git's hooks, on PostgreSQL the database too. Then everything is
started again, and it must hold:

- what is due for servers that are well is on its way within seconds, with no command of anybody;
- every server has every object in its last state, and got the activities of each object in their order;
- the pages show the last version and every reply that was answered with 202; every such follow has its Accept;
- no server got an activity twice but one in flight at a kill, and at most `delivery.concurrency` for each kill.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

import psutil
import sqlalchemy as sa

from bench.chaos_author import Author
from bench.chaos_judge import Broken, Got, Kill, Wanted, judge_repeats, judge_server
from bench.chaos_readers import Readers
from bench.fan_out import seed as seed_followers
from bench.processes import PYTHON, SinkProcess, new_blog
from bench.sink import Habits, address_of
from bridge.app import opened
from bridge.clock import utc_now
from bridge.config import read_config
from bridge.demo.stage import Child, Peer, free_port, request, wait_until
from bridge.errors import DatabaseFault
from bridge.store import blogs, deliveries, servers
from bridge.store.database import Transaction
from bridge.store.schema import activities

SERVERS = 60
CONCURRENCY = 16
_TROUBLE = Habits(latency=0.02, hang=3, fail=6, garbage=3, reset=3, keep=True)
_REST = Habits(keep=True)
_TAKEN_UP_WITHIN = 10.0  #: seconds from a restart (contract section 9) …
_SLOW_MACHINE = 20.0  #: … and for this machine to have done it, with three processes starting on it
_AT_REST_WITHIN = 60.0

T = TypeVar("T")


@dataclass
class Scene:
    """A blog, its processes, its author, its followers' servers, and a neighbour whose people talk."""

    folder: Path
    chance: random.Random
    sink: SinkProcess
    peer: Peer
    origin: str
    config: Path
    crash_database: Callable[[], None] | None
    commands: Sequence[Sequence[str]]
    author: Author
    readers: Readers
    children: dict[str, Child] = field(default_factory=dict)
    errands: list[Child] = field(default_factory=list)  #: what the author began, until it ends
    kills: list[Kill] = field(default_factory=list)
    repeats: int = 0

    def start(self) -> None:
        """Start what is not running."""
        for command in self.commands:
            name = " ".join(command)
            if name not in self.children or self.children[name].exit_status() is not None:
                log = self.folder / "processes.log"
                self.children[name] = Child([PYTHON, "-m", "bridge", *command, "--config", str(self.config)], log=log)

    def await_answer(self) -> None:
        """Until the blog can be read."""
        wait_until("the blog answers", lambda: request(f"{self.origin}/readyz").status == 200, seconds=60)

    def round(self) -> None:
        """Some trouble, then rest, then the judgement."""
        self.author.changed.clear()
        self.sink.behave(**asdict(_TROUBLE), go_on=True)
        with self.readers:
            for _ in range(self.chance.randint(3, 4)):
                self.author.write_something()
                if (errand := self.author.bring_out()) is not None:
                    self.errands.append(errand)
                time.sleep(self.chance.uniform(0.1, 2.5))
                self._kill_something()
                time.sleep(self.chance.uniform(0.0, 0.5))
                self.start()
        self._rest()
        self._judge()

    def _kill_something(self) -> None:
        """One of the blog's processes, one that the author started, or the database."""
        victims: list[tuple[str, Callable[[], object], int]] = [
            (name, child.kill, CONCURRENCY if child.exit_status() is None else 0)
            for name, child in self.children.items()
        ]
        victims += [("errand", process.kill, 0) for process in self._errands_processes()]
        if self.crash_database is not None:
            victims.append(("database", self.crash_database, CONCURRENCY * len(self.children)))
        what, kill, in_flight = self.chance.choice(victims)
        at = time.time()
        try:
            kill()
        except psutil.NoSuchProcess:
            return  # it had just ended
        self.kills.append(Kill(what=what, at=at, in_flight=in_flight))

    def _errands_processes(self) -> list[psutil.Process]:
        """Our own among the author's processes: `publish`, and the hooks below git. What kills git, git must mend."""
        found = []
        for errand in self.errands:
            if errand.exit_status() is None:
                top = psutil.Process(errand.pid)
                found += [one for one in (top, *top.children(recursive=True)) if _is_ours(one)]
        return found

    def _rest(self) -> None:
        """Every server is well again; what waits for one that was not is tried at once."""
        # Most who hang are restarted; now and then one hangs on until our deadline.
        self.sink.behave(**asdict(_REST), go_on=True, let_go=self.chance.random() < 0.8)
        self.start()
        for errand in self.errands:
            wait_until("what the author began ends", lambda one=errand: one.exit_status() is not None, seconds=60)  # type: ignore[misc]
        self.errands.clear()
        self.await_answer()
        self._publish_all(self.author.finish())
        self._until("what is due is taken up", self._forgotten, seconds=_TAKEN_UP_WITHIN + _SLOW_MACHINE)
        self._until("nothing waits", self._waiting, seconds=_AT_REST_WITHIN)

    def _publish_all(self, commit: str) -> None:
        """The server publishes by itself, but for removals of several: those the author must want."""

        def is_out() -> bool:
            return self._ask(lambda tx: blogs.published_commit(tx, 1)) == commit

        end = time.monotonic() + 4
        while not is_out():
            if time.monotonic() > end:
                self.author.publish()
                end = time.monotonic() + 60
            time.sleep(0.2)

    def _until(self, expected: str, look: Callable[[], list[str]], *, seconds: float) -> None:
        """Until `look` finds nothing more."""
        end = time.monotonic() + seconds
        while found := look():
            if time.monotonic() > end:
                raise Broken(f"not seen within {seconds:.0f} seconds: {expected}; still {found[:5]}")
            time.sleep(0.5)

    def _forgotten(self) -> list[str]:
        """What is due for servers that were well all the time."""
        troubled = {address_of(number) for number in range(SERVERS) if _TROUBLE.of(number) != "take"}

        def look(tx: Transaction) -> list[str]:
            due = deliveries.servers_waiting(tx, now=utc_now())
            return [server for server in due if server.partition(":")[0] not in troubled]

        return self._ask(look)

    def _waiting(self) -> list[str]:
        """What is not settled, after it was asked for once more as `deliveries retry` does."""

        def retry(tx: Transaction) -> list[str]:
            rows = deliveries.standings(tx, 1, states=["waiting"], limit=5)
            if rows:
                servers.clear_pauses(tx, None)
                deliveries.retry(tx, None, now=utc_now())
            return [f"{row.type} to {row.inbox}: {row.attempts} tries, {row.reason}" for row in rows]

        return self._ask(retry, write=True)

    def _ask(self, look: Callable[[Transaction], T], *, write: bool = False) -> T:
        async def ask() -> T:
            async with opened(read_config(self.config)) as app:
                return await (app.database.write if write else app.database.read)(look)

        for _ in range(20):
            try:
                return asyncio.run(ask())
            except DatabaseFault:
                time.sleep(0.5)  # it has just crashed
        return asyncio.run(ask())

    def _judge(self) -> None:
        wanted = self._ask(_wanted)
        told: dict[str, Got] = {str(number): () for number in range(SERVERS)} | self.sink.told()["bodies"]
        told["peer"] = [
            (one["activity"]["id"], one["activity"]["object"]["id"].rpartition("/")[2], 0.0)
            for one in self.peer.received(verified=True)
            if one["activity"]["type"] in ("Create", "Update", "Delete")
        ]
        if not wanted.newest or not any(told.values()):
            raise Broken("nothing was published or nothing arrived, so nothing is proven")
        for number, got in told.items():
            judge_server(number, got, wanted)
        del told["peer"]  # it does not say when
        self.repeats = judge_repeats(told, self.kills)
        self._judge_pages()

    def _judge_pages(self) -> None:
        for name in self.author.changed:
            page = request(f"{self.origin}/issues/{name}")
            version = self.author.written.get(name)
            # 404 where it was taken back before it ever was out.
            if page.status in (404, 410) if version is None else f"Fassung {version}," in page.text:
                continue
            raise Broken(f"the page of {name} is not at version {version}: {page.status}")
        page = request(f"{self.origin}/issues/brief-1/comments.json")
        if missing := [text for text in self.readers.replies if text not in page.text]:
            raise Broken(f"replies answered with 202 are not shown: {missing}")
        if unanswered := self.readers.unanswered():
            raise Broken(f"follows answered with 202 were never accepted: {unanswered}")


def _is_ours(process: psutil.Process) -> bool:
    try:
        return "bridge" in process.cmdline()
    except psutil.Error:
        return False


def _wanted(tx: Transaction) -> Wanted:
    order: dict[str, int] = {}
    newest: dict[str, tuple[int, str]] = {}
    rows = tx.execute(sa.select(activities).where(activities.c.issue_id.is_not(None)).order_by(activities.c.number))
    for row in rows:
        order[row.id] = row.number
        newest[row.object_id.rpartition("/")[2]] = (row.number, row.type)
    return Wanted(order=order, newest=newest)


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
    began = time.monotonic()
    with ExitStack() as stack:
        try:
            scene = _founded(stack, folder, random.Random(seed), database, crash_database)
            for number in range(1, rounds + 1):
                scene.round()
                say(
                    f"round {number}, {time.monotonic() - began:.0f} s: {len(scene.kills)} kills, "
                    f"{scene.repeats} deliveries twice, {len(scene.readers.replies)} replies and "
                    f"{len(scene.readers.followers)} follows kept: all as it must be"
                )
        except Exception as error:
            raise Broken(f"seed {seed}: {error}") from error


def _founded(
    stack: ExitStack,
    folder: Path,
    chance: random.Random,
    database: str | None,
    crash_database: Callable[[], None] | None,
) -> Scene:
    """A new blog that answers, with followers everywhere; it ends with the stack."""
    port = free_port()
    config = new_blog(folder / "blog", port=port, database=database)
    text = config.read_text(encoding="utf-8").replace("concurrency = 64", f"concurrency = {CONCURRENCY}")
    config.write_text(text, encoding="utf-8")
    sink = stack.enter_context(SinkProcess())
    peer = stack.enter_context(Peer(log=folder / "peer.log"))
    asyncio.run(_seed(config, sink.port))
    scene = Scene(
        folder=folder,
        chance=chance,
        sink=sink,
        peer=peer,
        origin=f"http://127.0.0.1:{port}",
        config=config,
        crash_database=crash_database,
        commands=[["serve"]] if database is None else [["web"], ["work"], ["work", "--debug"]],
        author=Author(
            folder / "blog" / "issues", folder / "clone", config=config, chance=chance, log=folder / "author.log"
        ),
        readers=Readers(peer, origin=f"http://127.0.0.1:{port}", handle=f"@links@127.0.0.1:{port}"),
    )
    stack.callback(_end_all, scene)
    scene.start()
    scene.await_answer()
    # The neighbour fetches our key while we are there to be asked, and has everything from the beginning.
    wait_until("the neighbour follows", scene.readers.follow, seconds=20)
    wait_until("the neighbour is accepted", lambda: not scene.readers.unanswered(), seconds=20)
    return scene


def _end_all(scene: Scene) -> None:
    for child in (*scene.children.values(), *scene.errands):
        child.kill()


async def _seed(config: Path, port: int) -> None:
    async with opened(read_config(config)) as app:
        await app.database.write(
            lambda tx: seed_followers(tx, app.blog.id, servers=SERVERS, people=SERVERS, port=port, tls=False)
        )
