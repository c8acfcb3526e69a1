"""What this process counted and what the database knows -> /metrics in Prometheus' words, for this machine or a token.

Deliveries are counted in the process that sends; depth and age of the queue, and how many deliveries are in which
state, come from the database and so are told by every process.
"""

from __future__ import annotations

import hmac
import ipaddress
import time

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bridge import metrics
from bridge.errors import NoSuchThing
from bridge.store import deliveries, jobs
from bridge.store.database import Transaction
from bridge.web.client import address_of
from bridge.web.site import SITE, Site


async def metrics_page(request: web.Request) -> web.StreamResponse:
    """The numbers. Whoever may not see them gets a 404: it is nobody's business that they are here."""
    site = request.app[SITE]
    if not _may_see(request, site):
        raise NoSuchThing("no such page")
    known = await site.database.read(lambda tx: _from_database(tx, site))
    body = generate_latest(metrics.REGISTRY) + generate_latest(known)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})


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
