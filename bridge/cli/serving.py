"""The running server: web, delivery and publishing in one process, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from bridge.app import App, opened
from bridge.config import Config
from bridge.delivery.sweep import sweep
from bridge.garbage import spare_what_is_loaded
from bridge.inbox.expiry import Expiry
from bridge.issues.repository import why_unchecked
from bridge.outbox.watch import Watch
from bridge.remote.network import Network
from bridge.web.server import listening

log = logging.getLogger(__name__)

_GRACE = timedelta(seconds=9)  #: ten with everything else
#: How long a thread that writes a long page keeps Python's lock while the event loop waits for it. A request takes the
#: lock some twenty times, so that with Python's own five milliseconds the inbox waited as if there were no threads.
_KEEPS_LOCK_SECONDS = 0.0005


async def serve_all(config: Config, *, network: Network | None = None) -> None:
    """Pages, inbox, delivery and publishing in one process. Raises UserFault when it cannot start."""
    async with opened(config, network=network) as app:
        await app.tell_profile()
        async with _working(app), _answering(app):
            spare_what_is_loaded()
            log.info("serving %s on %s", app.blog.url, config.server.listen)
            await _warn_of_unchecked_pushes(app)
            await _stop_event().wait()
            log.info("stopping: what is in flight gets %d seconds", _GRACE.total_seconds())


async def serve_web(config: Config) -> None:
    """Pages and inbox only; several may run with PostgreSQL, and one beside `work` with SQLite."""
    async with opened(config) as app, _answering(app):
        spare_what_is_loaded()
        log.info("answering for %s on %s", app.blog.url, config.server.listen)
        await _stop_event().wait()


async def serve_work(config: Config) -> None:
    """Delivery and publishing only."""
    async with opened(config) as app:
        await app.tell_profile()
        async with _working(app):
            spare_what_is_loaded()
            log.info("delivering for %s", app.blog.url)
            await _warn_of_unchecked_pushes(app)
            await _stop_event().wait()
            log.info("stopping: what is in flight gets %d seconds", _GRACE.total_seconds())


async def _warn_of_unchecked_pushes(app: App) -> None:
    if unchecked := await asyncio.to_thread(why_unchecked, app.config.issues_folder):
        log.warning("%s", unchecked)


@asynccontextmanager
async def _answering(app: App) -> AsyncIterator[None]:
    sys.setswitchinterval(_KEEPS_LOCK_SECONDS)
    site = app.site()
    async with (
        listening(site, app.config.server.listen),
        _beside(site.news.follow(), site.refusals.run()),
    ):
        yield


@asynccontextmanager
async def _working(app: App) -> AsyncIterator[None]:
    """Deliver and publish; at the end what is in flight gets its time, and the rest is kept."""
    workshop = app.workshop()
    await workshop.queue.open()
    try:
        expiry = Expiry(database=app.database, clock=app.clock)
        tidying = (expiry.run(), app.pictures.run())
        async with _beside(Watch(app.publisher).run(), sweep(app.database, clock=app.clock), *tidying):
            working = asyncio.create_task(workshop.worker.run(grace=_GRACE))
            try:
                yield
            finally:
                workshop.stop()
                await working
    finally:
        await workshop.queue.close()
        workshop.sender.close()


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run these until the block ends."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
