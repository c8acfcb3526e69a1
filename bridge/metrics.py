"""What happens -> counters and histograms of this process, as Prometheus reads them at /metrics.

`delivery`, `inbox` and `remote` count here; `web.metrics_page` shows them, with what the database knows.
"""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()

_DELIVERIES = Counter(
    "rundbrief_deliveries", "Attempts to deliver, by what came of them", ["outcome"], registry=REGISTRY
)
_DELIVERY_SECONDS = Histogram(
    "rundbrief_delivery_seconds",
    "From the wish to send until the answer",
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
_INBOX = Counter("rundbrief_inbox", "What came in, by verdict", ["verdict"], registry=REGISTRY)
_FETCHES = Counter("rundbrief_fetches", "Our requests to other servers, by answer", ["answer"], registry=REGISTRY)


def delivery(outcome: str, seconds: float) -> None:
    """One attempt ended."""
    _DELIVERIES.labels(outcome).inc()
    _DELIVERY_SECONDS.observe(seconds)


def inbox(verdict: str) -> None:
    """One request to the inbox was judged."""
    _inbox_of(verdict).inc()


@lru_cache
def _inbox_of(verdict: str) -> Counter:
    """Looking it up by its label costs as much as counting."""
    return _INBOX.labels(verdict)


def fetch(answer: str) -> None:
    """One fetch ended: a status class such as `2xx`, or `failed`."""
    _FETCHES.labels(answer).inc()
