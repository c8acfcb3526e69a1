"""The floor of a reply: what any Python server must do for it, and nothing of ours. Run by `conversation`.

A bare aiohttp application on uvloop: the body against its digest, the draft-cavage RSA signature, the JSON, and one row
in SQLite that is on the disk before the 202 (what waits at the same moment shares a commit). The same was measured on
the machine of the figures, so it tells how much slower this one is at just this kind of work.

`python -m bench.inbox_floor FOLDER PORT`: knows the keys in FOLDER/keys.json, by their ids, until it is stopped.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import sqlite3
import sys
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import uvloop
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

#: What one such request costs where the figures were set, in ms of CPU: 5,500 a second, the slower of its two runs.
QUIET_FLOOR_MS = 0.175
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class Rows:
    """A table in SQLite; rows that wait at the same moment are committed together, in a thread."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE rows (id TEXT PRIMARY KEY, body TEXT NOT NULL)")
        self._waiting: list[tuple[tuple[str, str], asyncio.Future[None]]] = []
        self._is_writing = False

    async def add(self, row: tuple[str, str]) -> None:
        """Returns when the row is committed."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        if not self._is_writing:
            self._is_writing = True
            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self._write()))
        await done

    async def _write(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            await asyncio.get_running_loop().run_in_executor(None, self._commit, [row for row, _ in group])
            for _, done in group:
                done.set_result(None)
        self._is_writing = False

    def _commit(self, rows: list[tuple[str, str]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO rows VALUES (?, ?)", rows)
        self._connection.execute("COMMIT")


class Inbox:
    """The one route."""

    def __init__(self, folder: Path) -> None:
        pems = json.loads((folder / "keys.json").read_text())
        self._keys = {name: load_pem_public_key(pem.encode()) for name, pem in pems.items()}
        self._rows = Rows(folder / "floor.db")

    async def post(self, request: web.Request) -> web.Response:
        """202 for what is proven and on the disk."""
        body = await request.read()
        if request.headers["Digest"] != "SHA-256=" + b64encode(sha256(body).digest()).decode():
            return web.Response(status=401)
        signature = dict(_PARAMETER.findall(request.headers["Signature"]))
        lines = [
            f"(request-target): post {request.path_qs}"
            if name == "(request-target)"
            else f"{name}: {request.headers[name]}"
            for name in signature["headers"].split()
        ]
        key = self._keys[signature["keyId"]]
        assert isinstance(key, RSAPublicKey)
        signed = "\n".join(lines).encode()
        key.verify(b64decode(signature["signature"]), signed, padding.PKCS1v15(), hashes.SHA256())
        activity = json.loads(body)
        await self._rows.add((activity["id"], body.decode()))
        return web.Response(status=202)


async def _serve(folder: Path, port: int) -> None:
    app = web.Application()
    app.add_routes([web.post("/inbox", Inbox(folder).post)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    gc.freeze()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
