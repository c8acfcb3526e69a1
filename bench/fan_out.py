"""A blog whose followers are the sink's servers -> one letter to all of them by the real worker, measured from inside.

Run by `cases` as a process of its own, so that CPU and memory are the worker's alone. `--people` makes followers,
`--post` writes a letter as publishing does, `--publish` publishes the issue that is committed; without them it only
works, as a second worker does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import resource
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import uvloop
from aiohttp.abc import AbstractResolver, ResolveResult

from bench.sink import address_of
from bridge import metrics
from bridge.activity.ids import new_token
from bridge.app import App, opened
from bridge.clock import utc_now
from bridge.config import read_config
from bridge.delivery.outcome import Delivered
from bridge.delivery.send import Sender, Sent
from bridge.garbage import spare_what_is_loaded
from bridge.outbox import audience
from bridge.remote.network import Network
from bridge.store import deliveries
from bridge.store.database import Transaction
from bridge.store.published import NewActivity
from bridge.store.schema import followers
from bridge.store.upsert import insert_new
from bridge.terms import ObjectId


class BenchNames(AbstractResolver):
    """`s17.bench.test` is at the sink's seventeenth address."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        number = int(host.partition(".")[0].removeprefix("s"))
        place = address_of(number)
        return [ResolveResult(hostname=host, host=place, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        return None


def origin_of_server(number: int, port: int, *, tls: bool) -> str:
    """The origin of one of the sink's servers."""
    return f"https://s{number}.bench.test:{port}" if tls else f"http://{address_of(number)}:{port}"


def seed(tx: Transaction, blog_id: int, *, servers: int, people: int, port: int, tls: bool) -> None:
    """So many followers, spread evenly over so many servers."""
    origins = [origin_of_server(number, port, tls=tls) for number in range(servers)]
    insert_new(
        tx,
        followers,
        [
            {
                "blog_id": blog_id,
                "actor_id": f"{origin}/users/{person}",
                "server": origin.partition("://")[2],
                "inbox": f"{origin}/users/{person}/inbox",
                "shared_inbox": f"{origin}/inbox",
                "since": utc_now(),
            }
            for person in range(people)
            for origin in [origins[person % servers]]
        ],
    )


def post(tx: Transaction, app: App) -> int:
    """One letter to everybody; how many deliveries that makes."""
    activity_id = app.blog.addresses.activity(new_token())
    body = json.dumps({"id": activity_id, "type": "Create", "content": "x" * 1800}).encode()
    letter = NewActivity(id=activity_id, blog_id=app.blog.id, type="Create", body=body, object_id=ObjectId(activity_id))
    return audience.deliver(tx, letter, audience.followers_and(tx, app.blog.id), now=utc_now())


def sends_nothing() -> None:
    """Let every delivery succeed at once: what is left is the ledger, the jobs and the lanes."""

    async def delivered(_self: Sender, *_place: object, asks: Callable[[], None], **_known: object) -> Sent:
        asks()
        return Sent(outcome=Delivered(202))

    Sender.send = delivered  # type: ignore[assignment]


async def settled(app: App, asked: argparse.Namespace, until: float) -> dict[str, int]:
    """How many deliveries are in each state when no more than `leave` wait, or the time is over.

    The ledger is asked often only when this process has sent nearly all: counting is not what is measured.
    """
    counts: dict[str, int] = {}
    look_at = 0.0
    while time.perf_counter() < until:
        await asyncio.sleep(0.1)
        if time.perf_counter() < look_at and sent() < asked.servers - asked.leave:
            continue
        counts = await app.database.read(deliveries.counts)
        if counts.get("delivered", 0) and counts.get("waiting", 0) <= asked.leave:
            break
        look_at = time.perf_counter() + 2
    return counts


def sent() -> float:
    """How many deliveries this process has made."""
    return metrics.REGISTRY.get_sample_value("rundbrief_deliveries_total", {"outcome": "Delivered"}) or 0.0


async def run(asked: argparse.Namespace) -> dict[str, float]:
    """Work until nothing is due any more, or the time is over."""
    if asked.unsent:
        sends_nothing()
    config = read_config(asked.config)
    network = Network(ca_file=asked.ca, resolver=BenchNames()) if asked.ca else None
    async with opened(config, network=network) as app:
        tls = asked.ca is not None
        if asked.people:
            await app.database.write(
                lambda tx: seed(tx, app.blog.id, servers=asked.servers, people=asked.people, port=asked.port, tls=tls)
            )
        workshop = app.workshop()
        await workshop.queue.open()
        working = asyncio.create_task(workshop.worker.run(grace=timedelta(seconds=9)))
        spare_what_is_loaded()  # as `serve` and `work` do
        if asked.wait:
            print("{}", flush=True)
        cpu, wall = time.process_time(), time.perf_counter()
        began = time.time()
        if asked.post:
            await app.database.write(lambda tx: post(tx, app))
        if asked.publish:
            await app.publisher.publish()
        written, written_cpu = time.perf_counter() - wall, time.process_time() - cpu
        counts = await settled(app, asked, wall + asked.seconds)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        workshop.stop()
        await working
        await workshop.queue.close()
        return {
            "cpu": cpu,
            "wall": wall,
            "began": began,
            "written": written,
            "written_cpu": written_cpu,
            "delivered": counts.get("delivered", 0),
            "waiting": counts.get("waiting", 0),
            "sent": sent(),
            "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def arguments() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--servers", type=int, default=0)
    parser.add_argument("--people", type=int, default=0, help="make so many followers first")
    parser.add_argument("--post", action="store_true", help="write a letter to all")
    parser.add_argument("--publish", action="store_true", help="publish what is committed")
    parser.add_argument("--unsent", action="store_true", help="deliver nothing, as if all had answered at once")
    parser.add_argument("--wait", action="store_true", help="say so when ready, and help another worker")
    parser.add_argument("--leave", type=int, default=0, help="stop when no more than so many wait")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--ca", type=Path)
    return parser


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    print(json.dumps(uvloop.run(run(arguments().parse_args()))))
