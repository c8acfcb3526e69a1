"""The running server: web, delivery and publishing in one process, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from bridge.app import opened
from bridge.config import Config
from bridge.outbox.watch import Watch
from bridge.remote.network import Network
from bridge.web.server import listening

log = logging.getLogger(__name__)

_GRACE = timedelta(seconds=10)


async def serve_all(config: Config, *, network: Network | None = None) -> None:
    """Serve until told to stop; what is in flight gets ten seconds. Raises UserFault when it cannot start."""
    async with opened(config, network=network) as app:
        await app.tell_profile()
        worker, queue = app.worker()
        await queue.open()
        site = app.site()
        stop = _stop_event()
        try:
            async with listening(site, config.server.listen):
                log.info("serving %s on %s", app.blog.url, config.server.listen)
                tasks = [
                    _background(site.ready.follow_other_processes()),
                    _background(Watch(app.publisher).run()),
                ]
                working = asyncio.create_task(worker.run(grace=_GRACE))
                await stop.wait()
                worker.stop()
                for task in tasks:
                    task.cancel()
                await working
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await queue.close()


def _background(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(work)


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
