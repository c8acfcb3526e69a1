"""An issue's slug -> it is sent again to everybody or to one server, or taken back while its file stays.

The commands `resend` and `withdraw` call it (contract section 4).
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.activity.ids import new_token
from bridge.activity.outgoing import create_of
from bridge.errors import UserFault
from bridge.outbox import audience
from bridge.outbox.publish import Publisher
from bridge.outbox.record import Recorder
from bridge.outbox.report import in_zone
from bridge.store import deliveries, followers, issues, published
from bridge.store.database import Transaction
from bridge.store.issues import Outline
from bridge.store.published import NewActivity, ObjectRow
from bridge.terms import InboxUrl, Server
from bridge.urls import host_of


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What `resend` or `withdraw` did: how many deliveries to how many servers."""

    slug: str
    deliveries: int
    servers: int
    page_only: bool = False  #: its file says `federate: false`, so nobody is told


async def resend(publisher: Publisher, slug: str, server: Server | None = None) -> Sent:
    """Send an issue again as it is now: under the same object ids, so that nobody gets it twice.

    One that was withdrawn, or that nobody was told of yet, is published. Raises UserFault.
    """
    row = await publisher.database.read(lambda tx: _find(tx, publisher, slug))
    zone = publisher.blog_config.timezone
    if row.state == "waiting":
        raise UserFault(f"{slug} waits for its date, {in_zone(row.date, zone)}; change the date to publish it now")
    if row.source.get("federate") is False and row.state == "published":
        raise UserFault(f'{slug} has "federate: false" in its file, so it is a page only; remove the line to send it')
    if row.state == "published" and row.object_id is not None:
        return await publisher.database.write(lambda tx: _send_again(tx, publisher, row, server))
    if server is not None:
        raise UserFault(f"{slug} is not out, so there is nothing to send again; without --to it is published")
    report = await publisher.publish(only=[row.path], again=slug)
    if report.is_refused:
        raise UserFault(str(report.steps[0].faults[0]))
    page_only = bool(report.steps) and all(step.silent for step in report.steps)
    return Sent(slug=slug, deliveries=sum(report.deliveries), servers=report.servers, page_only=page_only)


async def withdraw(publisher: Publisher, slug: str) -> Sent:
    """Take an issue back everywhere; it stays so until its file changes or it is sent again. Raises UserFault."""

    def write(tx: Transaction) -> Sent:
        tx.lock(f"publish {publisher.blog.id}")
        row = _find(tx, publisher, slug)
        if row.state == "withdrawn":
            raise UserFault(f"{slug} is withdrawn already")
        recorder = Recorder(tx=tx, blog=publisher.blog, close_after=publisher.close_after, now=publisher.clock())
        objects = published.of_issue(tx, row.id)
        servers = {host_of(inbox) for one in objects for inbox in audience.whoever_has(tx, one)}
        made = recorder.take_back(row, state="withdrawn")
        return Sent(slug=slug, deliveries=made, servers=len(servers))

    return await publisher.database.write(write)


def _find(tx: Transaction, publisher: Publisher, slug: str) -> Outline:
    rows = [row for row in issues.outlines(tx, publisher.blog.id) if row.slug == slug]
    if not rows:
        raise UserFault(f"there is no issue {slug!r}; `rundbrief issues` lists them")
    if rows[0].state == "deleted":
        raise UserFault(f"{slug} was taken back and its file is gone or a draft; commit the file to publish it again")
    return rows[0]


def _send_again(tx: Transaction, publisher: Publisher, row: Outline, server: Server | None) -> Sent:
    objects = published.of_issue(tx, row.id)
    reached: set[Server] = set()
    made = 0
    for one in objects:
        inboxes = _inboxes(tx, publisher, one, server)
        made += _deliver_again(tx, publisher, row, one, inboxes)
        reached |= {name for _, name in inboxes}
    if server is not None and not reached:
        raise UserFault(f"nobody on {server} follows the blog, and nothing of {row.slug} was ever sent there")
    return Sent(slug=row.slug, deliveries=made, servers=len(reached))


def _inboxes(
    tx: Transaction, publisher: Publisher, one: ObjectRow, server: Server | None
) -> list[tuple[InboxUrl, Server]]:
    everybody = [(inbox, host_of(inbox)) for inbox in followers.inboxes(tx, publisher.blog.id)]
    inboxes = dict.fromkeys([*everybody, *deliveries.inboxes_of(tx, one.id)])
    return [(inbox, name) for inbox, name in inboxes if server is None or name == server]


def _deliver_again(
    tx: Transaction, publisher: Publisher, row: Outline, one: ObjectRow, inboxes: list[tuple[InboxUrl, Server]]
) -> int:
    now = publisher.clock()
    # What waits says less than the whole issue as it is now, and would hold it up on a server that failed lately.
    deliveries.supersede(tx, one.id, [inbox for inbox, _ in inboxes], now=now, reason="sent again by the author")
    activity_id = publisher.blog.addresses.activity(new_token())
    body = publisher.blog.seal(create_of(one.document, activity_id))
    # Not in the outbox, which lists every object once.
    new = NewActivity(
        id=activity_id, blog_id=publisher.blog.id, type="Create", body=body, issue_id=row.id, object_id=one.id
    )
    return audience.deliver(tx, new, [inbox for inbox, _ in inboxes], now=now)
