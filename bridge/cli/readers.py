"""`comments` and what it can do, `why`: what people said, for the author to read and to judge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bridge.app import App
from bridge.cli.columns import printable, width_of
from bridge.cli.options import ConfigOption, JsonOption, print_json, with_app
from bridge.conversation.blocklist import BlockList
from bridge.conversation.comments_json import own_comments
from bridge.conversation.sanitize import text_of
from bridge.errors import UserFault
from bridge.inbox import moderate
from bridge.inbox.why import Explanation, explain, word_of
from bridge.outbox import answer
from bridge.outbox.report import in_zone
from bridge.plurals import counted
from bridge.store import blocks, issues, received
from bridge.store.database import Transaction
from bridge.store.entries import EntryRow
from bridge.store.issues import IssueRow
from bridge.store.received import Received
from bridge.web import gather

_MOST_REPORTS = 20
_Id = Annotated[str, typer.Argument(metavar="ID", help="the comment's id, as `comments --json` lists it")]
_Slug = Annotated[str, typer.Argument(metavar="SLUG", help="the issue")]


def comments(
    slug: Annotated[str | None, typer.Argument(metavar="SLUG", help="only of this issue")] = None,
    private: Annotated[bool, typer.Option("--private", help="only what was said to you alone or to followers")] = False,
    held: Annotated[bool, typer.Option("--held", help="only what waits for you")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Read what people said, also what no page shows."""
    states = frozenset(["held"] * held)

    async def run(app: App) -> int:
        def read(tx: Transaction) -> tuple[list[dict[str, Any]], list[Received]]:
            blocked = blocks.listed(tx, app.blog.id, app.config.federation.blocked)
            found = [_issue(tx, app, slug)] if slug is not None else issues.all_of(tx, app.blog.id)
            listed = [one for issue in found for one in _of_issue(tx, app, issue, blocked, states, private)]
            of_one = None if slug is None else found[0].id
            reports = [row for row in received.reports(tx, limit=_MOST_REPORTS) if of_one in (None, row.issue_id)]
            return listed, [] if private else reports

        listed, reports = await app.database.read(read)
        if as_json:
            print_json(listed)
        else:
            zone = app.config.blog.timezone
            _print_comments(listed, zone, _nothing(slug, private=private, held=held))
            _print_reports(reports, zone)
        return 0

    return with_app(config, run)


def _of_issue(
    tx: Transaction, app: App, issue: IssueRow, blocked: BlockList, states: frozenset[str], private: bool
) -> list[dict[str, Any]]:
    page = app.blog.addresses.page(issue.slug)
    said = gather.all_entries(tx, issue, blocked)
    return own_comments(issue=page, entries=said, since=issue.date, states=states, private=private)


def _issue(tx: Transaction, app: App, slug: str) -> IssueRow:
    found = issues.find_by_slug(tx, app.blog.id, slug)
    if found is None:
        raise UserFault(f"there is no issue {slug}; `rundbrief issues` lists them")
    return found


def _nothing(slug: str | None, *, private: bool, held: bool) -> str:
    """What is said when nothing is listed."""
    where = "" if slug is None else f" on {slug}"
    if held:
        return f"Nothing waits for you{where}."
    return f"Nobody has said anything in private{where}." if private else f"Nobody has said anything{where} yet."


def _print_comments(listed: list[dict[str, Any]], zone: ZoneInfo, nothing: str) -> None:
    """A line of facts for each, and what it says; `nothing` if there is none."""
    issue = None
    wide = width_of(one["kind"] for one in listed)
    for one in listed:
        if one["issue"] != issue:
            issue = one["issue"]
            typer.echo(issue)
        author = one["author"] or {"name": "(deleted)", "handle": ""}
        who = " ".join(part for part in (author["name"], author["handle"]) if part)
        when = in_zone(datetime.fromisoformat(one["published"]), zone)
        typer.echo(printable(f"  {one['id']}  {one['state']:<7}  {one['kind']:<{wide}}  {when}  {who}"))
        for line in text_of(one["content_html"]).splitlines():
            typer.echo(printable(f"      {line}"))
    if not listed:
        typer.echo(nothing)


def _print_reports(reports: list[Received], zone: ZoneInfo) -> None:
    """What other servers tell the author of; nothing of it is ever on a page."""
    if reports:
        typer.echo("Reports to you:")
    for row in reports:
        typer.echo(printable(f"  {in_zone(row.received_at, zone)}  {row.server}: {row.reason}"))


def _judge(given: Path | None, asked: str, decide: Callable[[Transaction, App, EntryRow], str]) -> int:
    """Do something to one comment and say what."""

    async def run(app: App) -> int:
        def work(tx: Transaction) -> str:
            return decide(tx, app, moderate.find_comment(tx, app.blog.id, asked))

        typer.echo(printable(await app.database.write(work)))
        return 0

    return with_app(given, run)


def approve(comment: _Id, config: ConfigOption = None) -> int:
    """Show a comment that waits, was hidden, called spam, or came after closing."""

    def decide(tx: Transaction, app: App, entry: EntryRow) -> str:
        state = moderate.approve(tx, entry, now=app.clock())
        return f"{'Shown' if state == 'shown' else 'Back with what was said in private'}: {_of_whom(entry)}"

    return _judge(config, comment, decide)


def hide(comment: _Id, config: ConfigOption = None) -> int:
    """Take a comment off the page; `comments approve` brings it back."""

    def decide(tx: Transaction, app: App, entry: EntryRow) -> str:
        moderate.hide(tx, app.blog, entry, now=app.clock())
        return f"Hidden: {_of_whom(entry)}"

    return _judge(config, comment, decide)


def spam(comment: _Id, config: ConfigOption = None) -> int:
    """Call a comment spam; `comments approve` takes that back."""

    def decide(tx: Transaction, app: App, entry: EntryRow) -> str:
        moderate.spam(tx, app.blog, entry, now=app.clock())
        return f"Spam: {_of_whom(entry)}"

    return _judge(config, comment, decide)


def _of_whom(entry: EntryRow) -> str:
    return f"{entry.author_handle or entry.author_name} – {' '.join(entry.text.split())[:80]}"


def close(slug: _Slug, config: ConfigOption = None) -> int:
    """Take no more replies to an issue; later ones are kept for you."""
    return _turn(config, slug, moderate.close_comments, "closed")


def reopen(slug: _Slug, config: ConfigOption = None) -> int:
    """Take replies to an issue again, whatever its date says."""
    return _turn(config, slug, moderate.reopen_comments, "open")


def _turn(given: Path | None, slug: str, turn: Callable[..., None], word: str) -> int:
    async def run(app: App) -> int:
        await app.database.write(lambda tx: turn(tx, _issue(tx, app, slug), now=app.clock()))
        typer.echo(f"Comments on {slug} are {word}.")
        return 0

    return with_app(given, run)


def reply(
    comment: _Id,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="your answer, in Markdown")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Answer a comment: shown below it, and sent to the people of the branch and their servers."""

    async def run(app: App) -> int:
        wording = await answer.compose(text, app.blog, app.people)

        def work(tx: Transaction) -> answer.Said:
            answered = moderate.find_comment(tx, app.blog.id, comment)
            return answer.say(tx, app.blog, answered, wording, now=app.clock())

        said = await app.database.write(work)
        if as_json:
            print_json(
                {"id": said.token, "object": said.object_id, "deliveries": said.deliveries, "missing": wording.missing}
            )
        else:
            typer.echo(f"Answered; goes to {counted(said.deliveries, 'server')}. Its id is {said.token}.")
            _tell_missing(wording)
        return 0

    return with_app(config, run)


def _tell_missing(wording: answer.Wording) -> None:
    for handle in wording.missing:
        typer.echo(f"@{handle} was not found, so it stands there as plain text.")


def edit(
    comment: _Id,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="the new text, in Markdown")],
    config: ConfigOption = None,
) -> int:
    """Change an answer of yours, here and wherever it went."""

    async def run(app: App) -> int:
        wording = await answer.compose(text, app.blog, app.people)

        def work(tx: Transaction) -> int | None:
            return answer.change(
                tx, app.blog, moderate.find_comment(tx, app.blog.id, comment), wording, now=app.clock()
            )

        made = await app.database.write(work)
        typer.echo(
            "It says that already; nothing is sent." if made is None else f"Changed; goes to {counted(made, 'server')}."
        )
        _tell_missing(wording)
        return 0

    return with_app(config, run)


def delete(comment: _Id, config: ConfigOption = None) -> int:
    """Delete an answer of yours, here and wherever it went."""

    def decide(tx: Transaction, app: App, entry: EntryRow) -> str:
        made = answer.take_back(tx, app.blog, entry, now=app.clock())
        return f"Deleted; goes to {counted(made, 'server')}."

    return _judge(config, comment, decide)


def why(
    url: Annotated[str, typer.Argument(metavar="URL", help="a post, an activity, an actor or a server")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Tell everything known of a post, activity, actor or server elsewhere."""

    async def run(app: App) -> int:
        found = await app.database.read(
            lambda tx: explain(tx, app.blog, url, blocked=blocks.listed(tx, app.blog.id, app.config.federation.blocked))
        )
        if as_json:
            print_json(_explained(found))
        else:
            typer.echo(found.verdict)
            for sentence in found.sentences:
                typer.echo(printable(sentence))
        return 1 if found.verdict == "not-received" else 0

    return with_app(config, run)


def _explained(found: Explanation) -> dict[str, Any]:
    return {
        "url": found.asked,
        "verdict": found.verdict,
        "sentences": list(found.sentences),
        "shown_at": found.shown_at,
        "records": [
            {
                "at": row.received_at,
                "type": row.type,
                "actor": row.actor_id,
                "activity": row.activity_id,
                "object": row.object_id,
                "verdict": word_of(row.verdict),
                "reason": row.reason,
                "status": row.status,
                "repeats": row.repeats,
            }
            for row in found.records
        ],
    }
