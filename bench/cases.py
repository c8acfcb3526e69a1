"""The cases of `make bench`: each a measurement beside the floor of the same run, with the figure it should reach."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.authority import make_authority
from bench.processes import PYTHON, SinkProcess, commit_letter, new_blog, run_json
from bench.speed import scaled
from bridge.demo.stage import free_port

SERVERS = 2000
_LETTER = "---\ntitle: Ein Brief\n---\n\n" + "Regen auf dem Dach, und die Rüben stehen gut. " * 40 + "\n"


@dataclass(frozen=True, kw_only=True)
class Result:
    """One row: what was measured, beside what it should be. `value` and `wanted` in `unit`."""

    case: str
    value: float
    wanted: float
    unit: str
    note: str
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the figure is reached."""
        return self.value >= self.wanted if self.at_least else self.value <= self.wanted


@contextmanager
def _blog(database: str | None = None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rundbrief-bench-") as folder:
        yield new_blog(Path(folder) / "blog", port=free_port(), database=database)


def _fan_out(config: Path, sink: SinkProcess, *options: str, servers: int = SERVERS) -> dict[str, Any]:
    return run_json(
        "bench.fan_out", str(config), "--port", str(sink.port), "--servers", str(servers), "--people", str(servers),
        "--post", *options,
    )  # fmt: skip


def _each(run: dict[str, Any]) -> float:
    """CPU ms of a delivery."""
    return float(run["cpu"] / run["sent"] * 1000)


def _floor(sink: SinkProcess, *options: str) -> dict[str, Any]:
    return run_json("bench.floor", "--port", str(sink.port), "--count", str(SERVERS), *options)


def _against_floor(sink: SinkProcess, *, ca: Path | None, rounds: int) -> tuple[float, float, float, float]:
    """CPU ms a delivery, the floor's, wall rate, peak memory; medians of alternating runs."""
    options = ["--ca", str(ca)] if ca else []
    floors, ours = [], []
    for _ in range(rounds):
        floors.append(_floor(sink, *options)["cpu_ms"])
        with _blog() as config:
            ours.append(_fan_out(config, sink, *options))
    cpu = median(_each(run) for run in ours)
    return cpu, median(floors), median(SERVERS / run["wall"] for run in ours), max(run["rss_mb"] for run in ours)


def plain(rounds: int) -> Iterator[Result]:
    """A new connection to each of 2,000 servers, plain http."""
    with SinkProcess() as sink:
        cpu, floor, rate, memory = _against_floor(sink, ca=None, rounds=rounds)
    note = f"{cpu:.2f} ms CPU a delivery, floor {floor:.2f}; {rate:.0f}/s, peak {memory:.0f} MB"
    yield Result(case="2,000 servers, plain http", value=cpu / floor, wanted=2.5, unit="x floor", note=note)


@contextmanager
def _tls_sink() -> Iterator[tuple[SinkProcess, Path]]:
    """A sink with certificates, and the authority that vouches for them."""
    with tempfile.TemporaryDirectory() as folder:
        ca, certificate = make_authority(Path(folder), name="*.bench.test")
        with SinkProcess(certificate=certificate) as sink:
            yield sink, ca


def tls(rounds: int) -> Iterator[Result]:
    """The same over TLS, with an authority of our own."""
    with _tls_sink() as (sink, ca):
        cpu, floor, rate, memory = _against_floor(sink, ca=ca, rounds=rounds)
    note = f"{cpu:.2f} ms CPU a delivery, floor {floor:.2f}; {rate:.0f}/s, peak {memory:.0f} MB"
    yield Result(case="2,000 servers, TLS", value=cpu / floor, wanted=1.5, unit="x floor", note=note)


def slow(rounds: int) -> Iterator[Result]:
    """Each server answers after 100 ms; then the same with every tenth silent."""
    healthy, troubled = [], []
    with SinkProcess() as sink:
        for _ in range(rounds):
            for hang, times in ((0, healthy), (10, troubled)):
                sink.behave(latency=0.1, hang=hang)
                with _blog() as config:
                    began = _fan_out(config, sink, "--leave", str(SERVERS * hang // 100))["began"]
                times.append(sink.told()["last"] + 0.1 - began)
    usual, with_hanging = median(healthy), median(troubled)
    note = f"{SERVERS / usual:.0f}/s; {scaled(usual, 's wall')}"
    yield Result(case="2,000 servers, 100 ms each", value=usual, wanted=5.0, unit="s", note=note)
    yield Result(
        case="the same, 10 % silent",
        value=with_hanging / usual,
        wanted=1.5,
        unit="x without",
        note=f"the last healthy server after {with_hanging:.1f} s",
    )


def many_followers(_rounds: int) -> Iterator[Result]:
    """100,000 followers on 10,000 servers: until `publish` returns, the memory, and what ledger and jobs cost."""
    many = ("--servers", "10000", "--people", "100000")
    with SinkProcess() as sink, _blog() as config:
        commit_letter(config, _LETTER)
        run = run_json(
            "bench.fan_out", str(config), "--port", str(sink.port), *many, "--publish", "--seconds", "90",
        )  # fmt: skip
        with _blog() as another:
            unsent = run_json("bench.fan_out", str(another), "--port", str(sink.port), *many, "--post", "--unsent")
    note = f"{run['delivered']} delivered in {run['wall']:.0f} s, {_each(run):.2f} ms CPU each"
    returned = run["written"]
    note_of_publish = f"{run['written_cpu']:.2f} s CPU; {scaled(returned, 's wall')}"
    yield Result(case="100,000 followers: publish", value=returned, wanted=2.0, unit="s", note=note_of_publish)
    yield Result(case="100,000 followers: memory", value=run["rss_mb"], wanted=250, unit="MB", note=f"peak; {note}")
    with _tls_sink() as (sink, ca), _blog() as config:
        whole = _each(_fan_out(config, sink, "--ca", str(ca)))
    bare = _each(unsent)
    yield Result(
        case="the same: ledger and jobs",
        value=bare / whole * 100,
        wanted=10,
        unit="% of TLS",
        note=f"{bare:.2f} of {whole:.2f} ms CPU; {scaled(bare, 'ms')}",
    )


def two_workers(database: Callable[[], str]) -> Iterator[Result]:
    """One worker and then two on PostgreSQL."""
    with SinkProcess() as sink:
        with _blog(database()) as config:
            alone = _fan_out(config, sink)
        with _blog(database()) as config:
            second = subprocess.Popen(
                [PYTHON, "-m", "bench.fan_out", str(config), "--port", str(sink.port), "--wait", "--seconds", "60"],
                stdout=subprocess.PIPE,
                text=True,
            )
            assert second.stdout is not None
            second.stdout.readline()
            first = _fan_out(config, sink)
            helper = json.loads(second.communicate(timeout=120)[0].splitlines()[-1])
    one, both = alone["cpu"], first["cpu"] + helper["cpu"]
    note = (
        f"{one / 2:.2f} ms alone, {both / 2:.2f} ms together; {first['sent']:.0f} and {helper['sent']:.0f} deliveries"
    )
    yield Result(case="two workers on PostgreSQL", value=both / one, wanted=1.2, unit="x one's CPU", note=note)
    apart = abs(first["sent"] - helper["sent"]) / SERVERS * 100
    yield Result(case="the same: shared evenly", value=apart, wanted=20, unit="% apart", note="")
