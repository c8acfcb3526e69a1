"""What this process counted and what the database knows -> /metrics in Prometheus' words, for this machine or a token.

Deliveries are counted in the process that sends; depth and age of the queue, and how many deliveries are in which
state, come from the database and so are told by every process, while it answers: `rundbrief_database_up` says whether
it does. The process's own counts need no database, and are wanted most when there is none.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import time

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bridge import metrics
from bridge.errors import DatabaseFault, NoSuchThing
from bridge.store import deliveries, jobs
from bridge.store.database import Transaction
from bridge.web.client import address_of
from bridge.web.site import SITE, Site

log = logging.getLogger(__name__)

#: Prometheus itself waits ten seconds.
_PATIENCE_SECONDS = 4.0


async def metrics_page(request: web.Request) -> web.StreamResponse:
    """The numbers. Whoever may not see them gets a 404: it is nobody's business that they are here."""
    site = request.app[SITE]
    if not _may_see(request, site):
        raise NoSuchThing("no such page")
    registry = CollectorRegistry()
    up = Gauge("rundbrief_database_up", "Whether the database answers: 1, or 0 while it is away", registry=registry)
    body = generate_latest(metrics.REGISTRY)
    try:
        known = await asyncio.wait_for(site.database.read(lambda tx: _from_database(tx, site)), _PATIENCE_SECONDS)
    except (DatabaseFault, TimeoutError) as fault:
        log.warning("/metrics is without what the database knows: %s", fault or "it does not answer")
        up.set(0)
    else:
        up.set(1)
        body += generate_latest(known)
    return web.Response(
        body=body + generate_latest(registry),
        headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"},
    )


def _may_see(request: web.Request, site: Site) -> bool:
    token = site.config.server.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip() or request.query.get("token", "")
    if token and hmac.compare_digest(token.encode(), given.encode("utf-8", "surrogateescape")):
        return True
    if site.config.blog.url.startswith("https://") and request.host == site.config.blog.host:
        return False  # through the proxy, even if the proxy does not say for whom
    try:
        return ipaddress.ip_address(address_of(request, site.config)).is_loopback
    except ValueError:
        return False


def _from_database(tx: Transaction, site: Site) -> CollectorRegistry:
    registry = CollectorRegistry()
    depth, oldest = jobs.waiting(tx, now=site.clock())
    Gauge("rundbrief_queue_depth", "Jobs that are due", registry=registry).set(depth)
    age = 0.0 if oldest is None else max(time.time() - oldest.timestamp(), 0.0)
    Gauge("rundbrief_queue_age_seconds", "For how long the oldest due job waits", registry=registry).set(age)
    states = Gauge("rundbrief_ledger", "Deliveries in the ledger, by state", ["state"], registry=registry)
    for state, number in deliveries.counts(tx).items():
        states.labels(state).set(number)
    return registry
