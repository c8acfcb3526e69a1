"""/metrics: what is counted, and who may see it (contract section 6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge import metrics
from bridge.store import deliveries, published
from bridge.store.database import Transaction
from bridge.store.published import NewActivity
from bridge.terms import ActivityId, InboxUrl, Server
from tests.support.running_blog import RunningBlog

TOKEN = "nur fuer mich"


@pytest.fixture
def public(tmp_path: Path, stock: Path) -> Iterator[RunningBlog]:
    """A blog at https://links.example behind a proxy on this machine."""
    config = {"blog": {"url": "https://links.example"}, "server": {"metrics_token": TOKEN}}
    with RunningBlog(tmp_path / "blog", stock, **config) as blog:
        yield blog


def _value(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, text
    return float(found[1])


def test_this_machine_sees_depth_age_and_the_states_of_the_ledger(running: RunningBlog) -> None:
    def write(tx: Transaction) -> None:
        number = published.add_activity(
            tx,
            NewActivity(id=ActivityId("https://x.example/activity/1"), blog_id=1, type="Create", body=b"{}"),
            now=running.app.clock(),
        )
        inboxes = [(InboxUrl(f"https://{name}.example/inbox"), Server(f"{name}.example")) for name in "ab"]
        deliveries.add(
            tx, 1, activity=number, issue_id=None, object_id=None, inboxes=inboxes, priority=0, now=running.app.clock()
        )

    before = running.get("/metrics").text
    running.write(write)
    answer = running.get("/metrics")

    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Cache-Control"] == "no-store"
    assert _value(answer.text, "rundbrief_queue_depth") == _value(before, "rundbrief_queue_depth") + 2
    assert 0 <= _value(answer.text, "rundbrief_queue_age_seconds") < 3600
    assert _value(answer.text, 'rundbrief_ledger{state="waiting"}') == 2
    assert _value(answer.text, "rundbrief_database_up") == 1


def test_while_the_database_is_away_the_process_tells_its_own_counts_and_that_it_is(
    running: RunningBlog, caplog: pytest.LogCaptureFixture
) -> None:
    metrics.fetch("2xx")
    running.write(lambda tx: tx.execute(sa.text("ALTER TABLE deliveries RENAME TO elsewhere")))
    answer = running.get("/metrics")
    assert answer.status == 200
    assert _value(answer.text, 'rundbrief_fetches_total{answer="2xx"}') >= 1
    assert _value(answer.text, "rundbrief_database_up") == 0
    assert "rundbrief_queue_depth" not in answer.text
    assert "/metrics is without what the database knows" in caplog.text
    running.write(lambda tx: tx.execute(sa.text("ALTER TABLE elsewhere RENAME TO deliveries")))
    assert _value(running.get("/metrics").text, "rundbrief_database_up") == 1


def test_deliveries_fetches_and_verdicts_are_counted(running: RunningBlog) -> None:
    metrics.delivery("Delivered", 0.3)
    metrics.fetch("2xx")
    before = running.get("/metrics").text
    metrics.delivery("Delivered", 0.3)
    metrics.fetch("2xx")
    refused = running.post("/inbox", {"a": "b"}, Content_Type="application/activity+json", Accept="*/*")
    after = running.get("/metrics").text

    def risen(name: str) -> float:
        return _value(after, name) - (_value(before, name) if name in before else 0)

    assert risen('rundbrief_deliveries_total{outcome="Delivered"}') == 1
    assert risen('rundbrief_delivery_seconds_bucket{le="0.5"}') == 1
    assert risen('rundbrief_fetches_total{answer="2xx"}') == 1
    assert refused.status in (400, 401)
    verdicts = re.findall(r'^(rundbrief_inbox_total\{verdict="\w+"\}) ', after, re.MULTILINE)
    assert sum(risen(name) for name in verdicts) == 1


def test_strangers_get_a_404_as_for_anything_that_is_not_there(public: RunningBlog) -> None:
    proxied = {"Host": "links.example", "X_Forwarded_For": "203.0.113.7", "X_Forwarded_Proto": "https"}

    assert public.get("/metrics", **proxied).status == 404
    assert public.get("/metrics", **proxied, Authorization="Bearer falsch").status == 404
    assert public.get("/metrics", Host="links.example").status == 404, "a proxy that does not say for whom"


@pytest.mark.parametrize(
    "hops", ["8.8.8.8:1234", "[2001:db8::1]:443", "[2001:db8::1]", "unknown", "8.8.8.8, unknown", ""]
)
def test_a_proxy_that_writes_a_port_or_no_address_does_not_stand_for_this_machine(
    public: RunningBlog, hops: str
) -> None:
    assert public.get("/metrics", X_Forwarded_For=hops, X_Forwarded_Proto="https").status == 404


def test_the_token_and_this_machine_open_it(public: RunningBlog) -> None:
    proxied = {"Host": "links.example", "X_Forwarded_For": "203.0.113.7", "X_Forwarded_Proto": "https"}

    assert public.get("/metrics", **proxied, Authorization=f"Bearer {TOKEN}").status == 200
    assert public.get("/metrics").status == 200
