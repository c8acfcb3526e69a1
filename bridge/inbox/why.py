"""An address -> everything known of it, in plain sentences: `rundbrief why`, and a page of the admin area.

It reads the rows of one transaction and asks nobody else, so its answer is what is known here and no guess.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.activity.ids import Blog
from bridge.activity.remote_actor import RemoteActor
from bridge.clock import wire_time
from bridge.conversation.blocklist import BlockList
from bridge.inbox.moderate import wish_of
from bridge.inbox.names import name_of
from bridge.inbox.no_longer import no_longer
from bridge.inbox.result import Verdict, verdict_of
from bridge.plurals import counted
from bridge.store import (
    actors,
    announcements,
    entries,
    followers,
    forgotten,
    issues,
    parked,
    quote_stamps,
    reactions,
    servers,
    strangers,
    tombstones,
)
from bridge.store import received as record
from bridge.store.database import Transaction
from bridge.store.entries import EntryRow
from bridge.store.received import Received
from bridge.terms import ActorId, Server
from bridge.urls import BadUrl, host_of, parse_url

_MOST_LISTED = 20


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The verdict first, then the sentences. `shown_at` is where a reader finds it."""

    asked: str
    verdict: Verdict
    sentences: Sequence[str]
    shown_at: str | None = None
    records: Sequence[Received] = field(default_factory=tuple)


def explain(tx: Transaction, blog: Blog, asked: str, *, blocked: BlockList) -> Explanation:
    """Everything known of a post, an activity, an actor or a server."""
    asked = asked.strip()
    server = _server_asked(asked)
    if server is not None:
        return _of_server(tx, blog, server, blocked)
    entry = entries.find_same(tx, blog.id, asked, asked) or entries.find_by_token(tx, blog.id, asked)
    if entry is not None:
        return _of_entry(tx, blog, entry, blocked)
    person = next(iter(actors.named(tx, asked)), None)
    actor_id = asked if person is None else person.id
    if person is not None or _holds_actor(tx, blog, actor_id):
        return _of_actor(tx, blog, ActorId(actor_id), person, blocked)
    return _of_address(tx, blog, asked, blocked)


def sentence_of(row: Received) -> str:
    """One line of the record, as a sentence; also what an issue's ledger prints."""
    told = f", and was told {row.status}" if row.status != 202 else ""
    again = "" if not row.repeats else f" It came {row.repeats} more time{'s' if row.repeats > 1 else ''}."
    sender = row.actor_id or row.server
    claimed = f"somebody who claims to be {sender}" if row.verdict == "bad-signature" else sender
    check, _, detail = row.reason.partition(": ")
    failed = row.verdict == "bad-signature" and row.status == 401 and detail and " " not in check
    reason = f"The check that failed is “{check}”: {_ended(detail)}" if failed else _ended(row.reason)
    return f"{_when(row.received_at)} {name_of(row.type)} by {claimed}: {word_of(row.verdict)}{told}. {reason}{again}"


def word_of(verdict: str) -> Verdict:
    """The recorded verdict as one of the words of contract section 4: what had its effect is shown."""
    words: dict[str, Verdict] = {"done": "shown"}
    return words.get(verdict, verdict)  # type: ignore[arg-type]


def _of_entry(tx: Transaction, blog: Blog, entry: EntryRow, blocked: BlockList) -> Explanation:
    issue = issues.find(tx, entry.issue_id)
    verdict = verdict_of(entry.state)
    sentences = []
    who = f"{entry.author_name} ({entry.author_handle})" if entry.author_handle else entry.author_name or "somebody"
    name = "your own answer" if entry.ours else f"a {entry.kind} by {who}"
    under = f" under “{issue.title}”" if issue is not None else ""
    sentences.append(f"This is {name}{under}, here since {_when(entry.received_at)}.")
    by = None if entry.ours else blocked.holds(entry.actor_id, entry.url)
    if by is not None and verdict != "deleted":
        verdict = "blocked"
        sentences.append(f"You block {by}, so it is not shown; `rundbrief unblock {by}` ends that.")
    sentences.append(_ended(entry.reason))
    shown_at = None
    if verdict == "shown" and issue is not None:
        shown_at = f"{blog.addresses.page(issue.slug)}#c-{entry.token}"
        sentences.append(f"It is shown at {shown_at}.")
        if issue.state != "published":
            sentences.append(f"But the issue is {issue.state}, so nobody can read the page.")
    elif verdict in ("held", "hidden", "closed") and wish_of(tx, entry) is None:
        sentences.append(f"`rundbrief comments approve {entry.token}` shows it.")
    elif verdict == "private":
        sentences.append("`rundbrief comments --private` shows it to you.")
    if entry.updated is not None and verdict != "deleted":
        sentences.append(f"Its author last changed it at {_when(entry.updated)}.")
    if len(entry.ways) > 1:
        sentences.append(f"It came by several ways ({', '.join(entry.ways)}) and is one entry.")
    records = record.about(tx, entry.object_id)
    return Explanation(
        asked=entry.object_id,
        verdict=verdict,
        sentences=[*sentences, *map(sentence_of, records[:_MOST_LISTED])],
        shown_at=shown_at,
        records=records,
    )


def _of_address(tx: Transaction, blog: Blog, asked: str, blocked: BlockList) -> Explanation:
    records = _about(tx, asked)
    reaction = reactions.find_by_activity(tx, asked)
    deleted_by = tombstones.deleters(tx, asked)
    sentences = [sentence_of(row) for row in records[:_MOST_LISTED]]
    if reaction is not None:
        kind, actor_id, issue_id = reaction
        issue = issues.find(tx, issue_id)
        by = blocked.holds(actor_id)
        counted = "is not counted, because you block " + by if by else "counts"
        sentences.insert(0, f"This is a {kind} by {actor_id} of “{issue.title if issue else '?'}”; it {counted}.")
        verdict: Verdict = "blocked" if by else "shown"
    elif (ended := no_longer(tx, blog.id, asked, records)) is not None:
        verdict, told = ended
        sentences.insert(0, told)
    elif records:
        entry = next((found for row in records if (found := _entry_of(tx, blog, row))), None)
        if entry is not None and entry.object_id != asked:
            inner = _of_entry(tx, blog, entry, blocked)
            verdict = inner.verdict if word_of(records[0].verdict) == "shown" else word_of(records[0].verdict)
            sentences.append(f"It is about {entry.object_id}: {inner.verdict}. {inner.sentences[0]}")
        else:
            verdict = word_of(records[0].verdict)
    elif deleted_by:
        verdict = "deleted"
        sentences.append(f"{' and '.join(deleted_by)} deleted it. Should it still come, it stays deleted.")
    elif (expired_at := record.has_expired(tx, asked)) is not None:
        verdict = "expired"
        sentences.append(f"It came in, but what became of it is no longer on record: that expired {_when(expired_at)}.")
    else:
        return _not_received(tx, blog, asked, blocked)
    return Explanation(asked=asked, verdict=verdict, sentences=sentences, records=records)


def _about(tx: Transaction, address: str) -> list[Received]:
    """The record of an address, with what was refused of servers that we know nothing of; newest first."""
    rows = [*record.about(tx, address), *strangers.about(tx, address)]
    return sorted(rows, key=lambda row: row.received_at, reverse=True)


def _entry_of(tx: Transaction, blog: Blog, row: Received) -> EntryRow | None:
    return None if row.object_id is None else entries.find_by_object(tx, blog.id, row.object_id)


def _not_received(tx: Transaction, blog: Blog, asked: str, blocked: BlockList) -> Explanation:
    sentences = ["Nothing with this address ever arrived here, and nothing here names it."]
    try:
        if blog.addresses.is_ours(asked):
            return Explanation(
                asked=asked,
                verdict="not-received",
                sentences=["This is an address of this blog itself; `rundbrief issues SLUG` tells of an issue."],
            )
        server = host_of(asked)
    except BadUrl:
        told = ["This is no address; give the address of a post, an activity, an actor or a server."]
        if (its_server := _server_of_handle(asked)) is not None:
            told = ["Nobody of this handle is known here.", *_about_server(tx, its_server)]
        return Explanation(asked=asked, verdict="not-received", sentences=told)
    announced = announcements.issue_of(tx, blog.id, asked)
    if announced is not None:
        issue = issues.find(tx, announced)
        named = (
            f"Your issue “{issue.title if issue else '?'}” names it under `syndication`: what answers it is a comment."
        )
        return Explanation(asked=asked, verdict="ignored", sentences=[named])
    if names := _named_as(tx, blog, asked):
        sentences = ["It did not arrive here itself.", *names]
    if (by := blocked.holds(asked)) is not None:
        sentences.append(f"You block {by}, so it would not be shown.")
    return Explanation(asked=asked, verdict="not-received", sentences=[*sentences, *_about_server(tx, server)])


def _named_as(tx: Transaction, blog: Blog, asked: str) -> list[str]:
    """Where something here names a post that did not arrive, as sentences."""
    sentences = [
        f"It has had permission to quote {stamp.object_id} since {_when(stamp.given_at)}."
        for stamp in quote_stamps.of_instrument(tx, blog.id, asked)
    ]
    waiting = parked.answers_to(tx, asked)
    if waiting:
        sentences.append(f"It is waited for, because this answers it: {', '.join(waiting[:_MOST_LISTED])}.")
    return sentences


def _about_server(tx: Transaction, server: Server) -> list[str]:
    counts = _counts(tx, server)
    if not counts:
        kept = f"the last {strangers.MOST} refused requests are kept, and none that was not signed"
        return [
            f"From {server} nothing at all is on record: its people may not have sent it here, or not yet.",
            f"Of servers never heard of {kept}.",
        ]
    listed = ", ".join(f"{number} {word}" for word, number in sorted(counts.items()))
    newest = _of_that_server(tx, server)[:1]
    last = f" The last thing came {_when(newest[0].received_at)}." if newest else ""
    return [f"From {server} there is on record: {listed}.{last}"]


def _counts(tx: Transaction, server: Server) -> Counter[str]:
    """How often each word is the verdict on something from there."""
    counts: Counter[str] = Counter(word_of(row.verdict) for row in strangers.of_server(tx, server))
    for verdict, number in record.verdicts_of_server(tx, server).items():
        counts[word_of(verdict)] += number
    return counts


def _of_that_server(tx: Transaction, server: Server) -> list[Received]:
    rows = [*record.of_server(tx, server, limit=_MOST_LISTED), *strangers.of_server(tx, server)]
    return sorted(rows, key=lambda row: row.received_at, reverse=True)[:_MOST_LISTED]


def _of_server(tx: Transaction, blog: Blog, server: Server, blocked: BlockList) -> Explanation:
    by = blocked.holds(f"https://{server}/")
    rows = _of_that_server(tx, server)
    health = servers.find(tx, server)
    follow = [one for one in followers.all_of(tx, blog.id) if one.server == server]
    sentences = [f"You block {by}; nothing from {server} is shown."] if by else []
    sentences += _about_server(tx, server)
    if follow:
        sentences.append(f"{len(follow)} of its people follow{'s' if len(follow) == 1 else ''} the blog.")
    if health.last_success_at is not None:
        sentences.append(f"It last took something from us {_when(health.last_success_at)}.")
    if health.failing_since is not None:
        sentences.append(f"Deliveries to it fail since {_when(health.failing_since)}: {_ended(health.reason)}")
    sentences += map(sentence_of, rows)
    known = bool(rows or follow or health.last_success_at or health.failing_since)
    verdict: Verdict = "blocked" if by else "ignored"
    if rows and not by:
        # One thing that had its effect says that all is well with a server, whatever came last.
        verdict = "shown" if _counts(tx, server)["shown"] else word_of(rows[0].verdict)
    if not known and not by:
        verdict = "not-received"
    return Explanation(asked=str(server), verdict=verdict, sentences=sentences, records=rows)


def _holds_actor(tx: Transaction, blog: Blog, actor_id: str) -> bool:
    return (
        followers.find(tx, blog.id, ActorId(actor_id)) is not None
        or forgotten.since(tx, blog.id, actor_id) is not None
        or bool(entries.of_actor(tx, blog.id, actor_id))
    )


def _of_actor(
    tx: Transaction, blog: Blog, actor_id: ActorId, person: RemoteActor | None, blocked: BlockList
) -> Explanation:
    """All that is held of one person."""
    said = entries.of_actor(tx, blog.id, actor_id)
    records = _about(tx, actor_id)
    following = followers.find(tx, blog.id, actor_id)
    since = forgotten.since(tx, blog.id, actor_id)
    by = blocked.holds(actor_id)
    sentences = _of_profile(tx, actor_id, person)
    if since is not None:
        sentences.append(f"You had this person forgotten {_when(since)}; nothing new of them is kept.")
    if by is not None:
        sentences.append(f"You block {by}; nothing of this person is shown.")
    if following is not None:
        sentences.append(f"Follows the blog since {_when(following.since)}; posts go to {following.inbox}.")
    for entry in said[:_MOST_LISTED]:
        state = verdict_of(entry.state)
        sentences.append(f"{_when(entry.received_at)} a {entry.kind}, {state}: {entry.url}")
    liked = reactions.of_actor(tx, actor_id)
    if liked:
        sentences.append(f"{counted(len(liked), 'like or boost', 'likes and boosts')}.")
    if records:
        sentences.append(f"{counted(len(records), 'line')} of the record:")
        sentences += map(sentence_of, records[:_MOST_LISTED])
    words = [verdict_of(entry.state) for entry in said] or [word_of(row.verdict) for row in records[:1]]
    if by is not None:
        verdict: Verdict = "blocked"
    elif since is not None:
        verdict = "hidden"
    elif liked or following is not None or (said and "shown" in words):
        verdict = "shown"
    else:
        verdict = words[0] if words else "ignored"
    return Explanation(asked=actor_id, verdict=verdict, sentences=sentences, records=records)


def _of_profile(tx: Transaction, actor_id: ActorId, person: RemoteActor | None) -> list[str]:
    """What is held of the profile itself."""
    gone_since = actors.gone_since(tx, actor_id)
    if gone_since is not None:
        return [f"The account was deleted {_when(gone_since)}; nothing but its address is held."]
    if person is None:
        return []
    held = [f"the name “{person.name}”" if person.name else "no name", counted(len(person.keys), "public key")]
    held += ["a profile text"] if person.summary_text else []
    held += ["the address of a picture"] if person.icon_url else []
    return [f"Held of {actor_id}: its profile with {', '.join(held)}."]


def _server_asked(asked: str) -> Server | None:
    """The server, where a bare domain or its front page was given."""
    try:
        if "://" not in asked:
            bare = "@" not in asked and "/" not in asked and ("." in asked or ":" in asked)
            return host_of(f"https://{asked}/") if bare else None
        url = parse_url(asked, allow_http=True)
    except BadUrl:
        return None
    return Server(url.authority) if url.target == "/" and url.fragment is None else None


def _server_of_handle(asked: str) -> Server | None:
    """Whose `@user@host` was given."""
    user, _, domain = asked.removeprefix("@").partition("@")
    return _server_asked(domain) if user and domain and not set(user) & set("/: ") else None


def _when(moment: datetime) -> str:
    return wire_time(moment).replace("T", " ").replace("Z", " UTC")


def _ended(reason: str) -> str:
    is_address = "://" in reason.partition(" ")[0]
    text = reason if is_address else reason[:1].upper() + reason[1:]
    return text if text.endswith((".", "!", "?", "”")) or not text else f"{text}."
