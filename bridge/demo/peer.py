"""Command line -> a small Mastodon-like server, until it is told to stop: `python -m bridge.demo.peer --port 0`.

`make demo` starts one, tests start several. It signs and verifies with code of its own (`proof`), keeps everything in
memory, and is steered through `/control/` (see `control`). When it listens it prints one line of JSON with its origin.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import socket

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.clock import utc_now
from bridge.demo.control import Control
from bridge.demo.doors import Doors
from bridge.demo.people import Town
from bridge.demo.post_office import PostOffice

#: The largest body an inbox takes, in bytes.
_MAX_BODY = 16 * 1024 * 1024


async def serve(listener: socket.socket, *, max_seconds: float, shared_inbox: bool, careful: bool) -> None:
    """Answer on `listener` until SIGTERM, SIGINT or `max_seconds` are over."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    host, port = listener.getsockname()[:2]
    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    town = Town(origin=f"http://{host}:{port}", key=key, shared_inbox=shared_inbox)
    async with aiohttp.ClientSession(trust_env=False) as session:
        office = PostOffice(session, town, utc_now)
        application = web.Application(client_max_size=_MAX_BODY)
        application.add_routes(Doors(town, office, clock=utc_now, careful=careful, public_key_pem=pem).routes())
        application.add_routes(Control(town, office, utc_now).routes())
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        print(json.dumps({"origin": town.origin}), flush=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), max_seconds)
        await runner.cleanup()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m bridge.demo.peer", description="A small Mastodon-like server.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument(
        "--max-seconds", type=float, default=3600, help="stop by itself after this (default: %(default)s)"
    )
    parser.add_argument("--own-inboxes", action="store_true", help="people have no shared inbox unless they ask for it")
    parser.add_argument("--careful", action="store_true", help="show documents to signed requests only")
    wanted = parser.parse_args()
    listener = socket.create_server((wanted.host, wanted.port))
    asyncio.run(
        serve(listener, max_seconds=wanted.max_seconds, shared_inbox=not wanted.own_inboxes, careful=wanted.careful)
    )


if __name__ == "__main__":
    main()
