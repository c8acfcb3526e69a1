"""Mutated requests over real sockets to a real server, with what came back.

`python -m bench.fuzz_inbox [--requests 100000] [--seed 1]`. First so many without a valid signature: none
may be answered with 5xx or leave a row, and memory must stay flat. Then a tenth as many, mutated first and well signed
after, by a person whose key is known: those reach the handlers and may be kept, but never end in 5xx either.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import socket
import tempfile
import threading
import time
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.attack import AS2, Person, Reply, RunningBlog, Town, read_reply, running_blog, wire_of, with_issue
from tests.support.signing import http_date

THREADS = 4
GROWTH_KIB = 24 * 1024
KINDS = ("Create", "Update", "Delete", "Follow", "Undo", "Like", "Announce", "Flag", "Move", "Accept", "EmojiReact",
         "QuoteRequest", "Add", "Block", "Question")  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, "", "x", "\u0000", "\ud800", "\u202e", "https://a.example/", "javascript:x", [], {}, [[]],
    [None], {"id": 7}, {"type": "Note"}, {"@id": "x"}, "9" * 50, "x" * 5000, ["https://a.example/"] * 200,
)  # fmt: skip
BYTES = (
    b"\x00",
    b"\xff",
    b"[" * 80,
    b"}",
    b"{",
    b'"',
    b"\\ud800",
    b"NaN",
    b"1e999",
    b'"type":"Like",',
    b"\xef\xbb\xbf",
)


@dataclass
class Told:
    """What came back, for all threads."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[tuple[int, bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, raw: bytes, reply: Reply) -> None:
        with self.lock:
            self.statuses[reply.status] += 1
            if reply.status >= 500:
                self.faults.append((reply.status, raw[:2000]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz the inbox of a real server.")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_blog(Path(folder)) as running:
        blog = with_issue(running, Path(folder))
        town = Town()
        try:
            _fuzz(blog, town.person("eve"), wanted.requests, wanted.seed)
        finally:
            town.close()


def _fuzz(blog: RunningBlog, eve: Person, requests: int, seed: int) -> None:
    _run(blog, eve, requests // 10, seed, signed=False)  # what is filled once, such as caches, is filled
    before, memory, begun = blog.rows(), _memory(blog), time.monotonic()
    told = _run(blog, eve, requests, seed + 1, signed=False)
    grown, after = _memory(blog) - memory, blog.rows()
    seconds = time.monotonic() - begun
    print(f"{requests} without a valid signature in {seconds:.0f} s: {dict(sorted(told.statuses.items()))}")
    print(f"memory {memory} KiB, grown by {grown} KiB; rows changed: {_changes(before, after)}")
    assert not told.faults, told.faults[:3]
    assert before == after, _changes(before, after)
    assert grown < GROWTH_KIB, f"memory grew by {grown} KiB"
    assert blog.post(eve, eve.act("Like", blog.note)).status == 202
    told = _run(blog, eve, requests // 10, seed + 2, signed=True)
    print(f"{requests // 10} mutated and then well signed: {dict(sorted(told.statuses.items()))}")
    assert not told.faults, told.faults[:3]
    assert "Traceback" not in blog.server.log.read_text()
    print("good: no 5xx, nothing stored of what was not signed, memory flat")


def _changes(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def _memory(blog: RunningBlog) -> int:
    status = Path(f"/proc/{blog.server.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) if found else 0


def _run(blog: RunningBlog, eve: Person, requests: int, seed: int, *, signed: bool) -> Told:
    told = Told()
    threads = [
        threading.Thread(target=_send_many, args=(blog, eve, requests // THREADS, seed * 100 + number, signed, told))
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def _send_many(blog: RunningBlog, eve: Person, requests: int, seed: int, signed: bool, told: Told) -> None:
    chance = random.Random(seed)
    host, _, port = blog.authority.partition(":")
    line: socket.socket | None = None
    for _ in range(requests):
        raw = _request(blog, eve, chance, signed=signed)
        for _ in range(2):
            line = line or socket.create_connection((host, int(port)), timeout=30)
            try:
                line.sendall(raw)
                reply = read_reply(line)
            except OSError:
                reply = Reply(status=0)
            if reply.status == 0 or reply.headers.get("connection") == "close" or reply.status in (400, 413):
                line.close()
                line = None
            if reply.status:
                break
        told.add(raw, reply)
    if line is not None:
        line.close()


def _request(blog: RunningBlog, eve: Person, chance: random.Random, *, signed: bool) -> bytes:
    body = _body(blog, eve, chance)
    if signed:
        return wire_of(blog.signed(eve, body)).replace(b"connection: close\r\n", b"")
    headers = {
        "host": blog.authority,
        "date": http_date(datetime.now(UTC)),
        "digest": "SHA-256=" + "A" * 43 + "=",
        "content-type": AS2,
        "content-length": str(len(body)),
        "signature": f'keyId="{eve.key_id}",algorithm="rsa-sha256",headers="(request-target) host date digest",'
        f'signature="{"A" * 342}=="',
    }
    own = blog.actor.removeprefix(blog.origin) + "/inbox"
    target = chance.choice(("/inbox",) * 12 + (own, "/inbox?x", "/actor/x/inbox"))
    for _ in range(chance.randrange(3)):
        _bend(headers, chance)
    head = "\r\n".join([f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""])
    return head.encode("utf-8", "surrogateescape") + body


def _bend(headers: dict[str, str], chance: random.Random) -> None:
    """One header missing, doubled in meaning, of the other scheme, or with other characters in it."""
    name = chance.choice(("date", "digest", "content-type", "signature", "signature-input", "content-digest"))
    match chance.randrange(5):
        case 0:
            headers.pop(name, None)
        case 1:
            headers["signature-input"] = 'sig1=("@method" "@target-uri" "content-digest");created=1;keyid="x"'
            headers["signature"] = "sig1=:" + "A" * 40 + ":"
        case 2:
            headers["content-digest"] = chance.choice(("sha-256=:AAAA:", "sha-256=()", "x", "a=1, b=2"))
        case 3:
            headers[name] = chance.choice(("", "x", "=", '"', "a" * 7000, "§", "sig1=((((", ";" * 100))
        case _:
            value = headers.get(name, "x")
            place = chance.randrange(len(value) + 1)
            # Not in the key's address: a host that does not answer is a 503 that is right.
            if "keyId" not in value or "algorithm" not in value or place > value.index("algorithm"):
                headers[name] = value[:place] + chance.choice('",=();:\\ aé') + value[place + 1 :]


def _body(blog: RunningBlog, eve: Person, chance: random.Random) -> bytes:
    note: dict[str, Any] = eve.note(blog, "x", tag=[{"type": "Mention", "href": blog.actor, "name": "@links"}])
    about: Any = chance.choice((note, blog.note, blog.actor, {"type": "Follow", "actor": eve.id, "object": blog.actor}))
    activity = eve.act(chance.choice(KINDS), about)
    for _ in range(chance.randrange(4)):
        _mutate(activity, chance)
    body = json.dumps(activity, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    if chance.random() < 0.3:
        place = chance.randrange(len(body) + 1)
        body = body[:place] + chance.choice(BYTES) + body[place + chance.randrange(3) :]
    if chance.random() < 0.05:
        body = body[: chance.randrange(len(body) + 1)]
    return body


def _mutate(value: Any, chance: random.Random) -> None:
    """Somewhere in the document another value, a missing one, or one that was not there."""
    while isinstance(value, dict) and value:
        key = chance.choice(list(value))
        if isinstance(value[key], dict) and chance.random() < 0.7:
            value = value[key]
            continue
        match chance.randrange(4):
            case 0:
                del value[key]
            case 1:
                added = chance.choice(("as:object", "@type", "bto", "to", "proof", "inReplyTo", "@graph"))
                value[added] = deepcopy(chance.choice(ODD))
            case _:
                value[key] = deepcopy(chance.choice(ODD)) if key != "actor" or chance.random() < 0.2 else value[key]
        return


if __name__ == "__main__":
    main()
