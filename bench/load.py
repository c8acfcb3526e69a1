"""Requests made beforehand -> one serving process on loopback: replies into its inbox, pages out of it, and rest.

What is measured is the server's own CPU (from the system, not from us): the generator may be slow and lies nothing.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
from cryptography.hazmat.primitives.asymmetric import rsa

from bench.cases import Result
from bench.processes import PYTHON, commit_letter, new_blog
from bench.speed import scaled
from bridge.activity.remote_actor import RemoteActor, remote_actor_from
from bridge.app import opened
from bridge.clock import utc_now, wire_time
from bridge.config import read_config
from bridge.demo.stage import Child, free_port, request, wait_until
from bridge.signature import cavage
from bridge.signature.digest import digest_of
from bridge.signature.keys import PrivateKey, Signer, private_key
from bridge.store import actors, issues
from bridge.terms import ActorId, KeyId
from bridge.urls import parse_url

_REPLIES = 2000
_GETS = 10_000
_AT_ONCE = 32
_PACKED = "Accept-Encoding: gzip\r\n"  #: as every browser and server asks
_ACTORS = 50
_LETTER = "---\ntitle: Ein Brief\n---\n\n" + "Regen auf dem Dach, und die Rüben stehen gut. " * 400


def serving(folder: Path) -> Iterator[Result]:
    """Idle, then replies into the inbox, then GETs of a page and an object."""
    port = free_port()
    config = new_blog(folder / "blog", port=port)
    commit_letter(config, _LETTER)
    subprocess.run([PYTHON, "-m", "bridge", "publish", "--config", str(config)], check=True, stdout=subprocess.DEVNULL)
    keys = [private_key(rsa.generate_private_key(public_exponent=65537, key_size=2048)) for _ in range(_ACTORS)]
    target, inbox = asyncio.run(_prepare(config, keys))
    wanted = _signed_replies(keys, target=target, inbox=inbox)
    child = Child([PYTHON, "-m", "bridge", "serve", "--config", str(config)], log=folder / "serve.log")
    try:
        wait_until("it answers", lambda: request(f"http://127.0.0.1:{port}/healthz").status == 200, seconds=60)
        server = psutil.Process(child.pid)
        yield from _idle(server)
        yield from _inbox(server, port, wanted)
        page = f"http://127.0.0.1:{port}/issues/brief"
        for case, url, accept in (
            ("GET of a page", page, "text/html"),
            ("GET of an object", target, "application/activity+json"),
        ):
            yield from _gets(server, port, case, url, accept)
    finally:
        child.stop()


def _cpu(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)


def _idle(server: psutil.Process) -> Iterator[Result]:
    started = _cpu(server)
    note = f"from the start of `serve`; {scaled(started, 's')}"
    yield Result(case="first answer", value=started, wanted=1.5, unit="s CPU", note=note)
    time.sleep(2)
    before = _cpu(server)
    time.sleep(10)
    share = (_cpu(server) - before) * 10
    yield Result(case="idle CPU", value=share, wanted=1.0, unit="%", note="over 10 s")
    memory = server.memory_info().rss / 2**20
    yield Result(case="idle memory", value=memory, wanted=130, unit="MB", note="RSS")


async def _prepare(config: Path, keys: Sequence[PrivateKey]) -> tuple[str, str]:
    async with opened(read_config(config)) as app:
        now = utc_now()
        people = [_actor(number, key) for number, key in enumerate(keys)]
        await app.database.write(lambda tx: [actors.record(tx, actor, now=now) for actor in people])
        row = await app.database.read(lambda tx: issues.find_by_slug(tx, app.blog.id, "brief"))
        if row is None or row.object_id is None:
            raise RuntimeError("the letter was not published")
        return row.object_id, app.blog.inbox


def _actor(number: int, key: PrivateKey) -> RemoteActor:
    actor_id = ActorId(f"http://127.1.0.{number + 1}/users/anna")
    return remote_actor_from(
        {
            "id": actor_id,
            "type": "Person",
            "preferredUsername": "anna",
            "name": f"Anna {number}",
            "inbox": f"{actor_id}/inbox",
            "publicKey": {"id": f"{actor_id}#main-key", "owner": actor_id, "publicKeyPem": key.public.pem},
        }
    )


def _signed_replies(keys: Sequence[PrivateKey], *, target: str, inbox: str) -> list[bytes]:
    url = parse_url(inbox, allow_http=True)
    found = []
    for number in range(_REPLIES):
        key = keys[number % len(keys)]
        actor = f"http://127.1.0.{number % len(keys) + 1}/users/anna"
        note = {
            "id": f"{actor}/notes/{number}",
            "type": "Note",
            "attributedTo": actor,
            "inReplyTo": target,
            "content": f"<p>Antwort {number}: das lese ich gern, und morgen noch einmal.</p>",
            "published": wire_time(utc_now()),
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
        }
        create = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{actor}/notes/{number}/activity",
            "type": "Create",
            "actor": actor,
            "to": note["to"],
            "object": note,
        }
        body = json.dumps(create).encode()
        headers = cavage.sign(
            method="POST",
            url=url,
            signer=Signer(key_id=KeyId(f"{actor}#main-key"), key=key),
            now=utc_now(),
            digest=digest_of(body),
            content_type="application/activity+json",
        )
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        found.append(f"POST {url.target} HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return found


def _inbox(server: psutil.Process, port: int, wanted: Sequence[bytes]) -> Iterator[Result]:
    before, began = _cpu(server), time.perf_counter()
    statuses = asyncio.run(_ask_all(port, wanted))
    cpu, wall = _cpu(server) - before, time.perf_counter() - began
    taken = statuses.count(202)
    each = cpu / len(wanted) * 1000
    note = f"{taken} of {len(wanted)} taken; {scaled(each, 'ms')}"
    yield Result(case="a stored reply", value=each, wanted=0.5, unit="ms CPU", note=note)
    rate = taken / wall
    note = f"one process; {scaled(1000 / rate, 'ms each')}"
    yield Result(case="replies a second", value=rate, wanted=1500, unit="/s", note=note, at_least=True)


def _gets(server: psutil.Process, port: int, case: str, url: str, accept: str) -> Iterator[Result]:
    path = parse_url(url, allow_http=True)
    wanted = [
        f"GET {path.target} HTTP/1.1\r\nHost: {path.authority}\r\nAccept: {accept}\r\n{_PACKED}\r\n".encode()
    ] * _GETS
    asyncio.run(_ask_all(port, wanted[:50]))
    before, began = _cpu(server), time.perf_counter()
    statuses = asyncio.run(_ask_all(port, wanted))
    cpu, wall = _cpu(server) - before, time.perf_counter() - began
    each = cpu / _GETS * 1000
    note = f"{_GETS / wall:.0f}/s, {statuses.count(200)} of {_GETS} with 200; {scaled(each, 'ms')}"
    yield Result(case=case, value=each, wanted=0.15, unit="ms CPU", note=note)


async def _ask_all(port: int, wanted: Sequence[bytes]) -> list[int]:
    """Every request, over a few connections that are kept; the statuses in no order."""
    left = iter(wanted)
    statuses: list[int] = []

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        for one in left:
            writer.write(one)
            head = await reader.readuntil(b"\r\n\r\n")
            statuses.append(int(head[9:12]))
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
            )
            if length:
                await reader.readexactly(length)
        writer.close()

    await asyncio.gather(*[ask() for _ in range(_AT_ONCE)])
    return statuses
