"""`followers`, `block`, `unblock`, `comments forget`: who follows the blog, and who may not."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from bridge.accounts import domain_from
from bridge.activity.ids import Blog
from bridge.app import App
from bridge.cli.columns import printable, width_of
from bridge.cli.options import ConfigOption, JsonOption, print_json, with_app
from bridge.clock import wire_time
from bridge.errors import UserFault, WrongUse
from bridge.inbox import moderate
from bridge.plurals import counted
from bridge.store import actors, followers
from bridge.store.database import Transaction

_Actor = Annotated[str, typer.Argument(metavar="ACTOR", help="@user@host, or the address of the actor")]
#: What a spreadsheet would read as a formula (security S99).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def list_followers(
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="write them as CSV; - is the terminal")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Who follows the blog."""

    async def run(app: App) -> int:
        listed = await app.database.read(lambda tx: _followers(tx, app))
        if export is not None and str(export) == "-":
            typer.echo(_csv(listed), nl=False)
        elif export is not None:
            _write_csv(export, listed)
            typer.echo(f"Wrote {counted(len(listed), 'follower')} to {export}.")
        elif as_json:
            print_json(listed)
        else:
            wide = width_of(one["handle"] for one in listed)
            for one in listed:
                typer.echo(printable(f"{one['since'][:10]}  {one['handle']:<{wide}}  {one['actor']}"))
            servers = {one["server"] for one in listed}
            typer.echo(f"{counted(len(listed), 'follower')} on {counted(len(servers), 'server')}.")
        return 0

    return with_app(config, run)


def _followers(tx: Transaction, app: App) -> list[dict[str, str]]:
    names = actors.handles(tx, app.blog.id)
    return [
        {
            "handle": f"@{names[one.actor_id]}" if one.actor_id in names else one.actor_id,
            "actor": str(one.actor_id),
            "server": str(one.server),
            "since": wire_time(one.since),
        }
        for one in followers.all_of(tx, app.blog.id)
    ]


def _csv(listed: list[dict[str, str]]) -> str:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["Account address", "Actor", "Server", "Since"])
    for one in listed:
        account = one["handle"].removeprefix("@")
        table.writerow([_cell(value) for value in (account, one["actor"], one["server"], one["since"])])
    return text.getvalue()


def _write_csv(path: Path, listed: list[dict[str, str]]) -> None:
    try:
        path.write_text(_csv(listed), encoding="utf-8")
    except OSError as error:
        raise UserFault(f"{path} cannot be written: {error.strerror}") from error


def _cell(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def remove_follower(actor: _Actor, config: ConfigOption = None) -> int:
    """Remove a follower; their server is told."""

    async def run(app: App) -> int:
        actor_id = await app.whom.follower(actor)
        if not await app.database.write(lambda tx: moderate.remove_follower(tx, app.blog, actor_id, now=app.clock())):
            raise UserFault(f"{actor} does not follow the blog")
        typer.echo(f"{actor_id} no longer follows the blog; its server is told.")
        return 0

    return with_app(config, run)


def forget(actor: _Actor, config: ConfigOption = None) -> int:
    """Remove a person everywhere, and keep nothing new of them. This cannot be undone."""

    async def run(app: App) -> int:
        actor_id = await app.whom.actor_id(actor)
        removed = await app.database.write(lambda tx: moderate.forget(tx, app.blog, actor_id, now=app.clock()))
        typer.echo(f"Forgot {actor_id}: {removed}. Nothing new of this person is kept.")
        return 0

    return with_app(config, run)


def block(
    target: Annotated[str | None, typer.Argument(metavar="ACTOR-OR-DOMAIN", show_default=False)] = None,
    listed: Annotated[
        Path | None, typer.Option("--import", metavar="FILE.csv", help="Mastodon's blocklist of domains")
    ] = None,
    config: ConfigOption = None,
) -> int:
    """Refuse whatever an actor or a domain sends, and show nothing of theirs."""
    if (target is None) == (listed is None):
        raise WrongUse("name an actor or a domain, or a list with --import FILE.csv")

    async def run(app: App) -> int:
        now = app.clock()
        if listed is not None:
            wanted, left = _domains_in(listed, app.blog)
            new = await app.database.write(lambda tx: moderate.block_all(tx, app.blog, wanted, now=now))
            typer.echo(f"{counted(len(new), 'domain')} blocked; {len(wanted) - len(new)} blocked before.")
            for line in left:
                typer.echo(line)
            return 0
        named = await app.whom.to_block(str(target))
        done = await app.database.write(lambda tx: moderate.block(tx, app.blog, named.name, now=now))
        typer.echo(f"{named.name} is blocked." if done else f"{named.name} was blocked already.")
        if named.is_literal:
            typer.echo("Nobody answered at this address, so it was taken literally: it blocks only this exact id.")
        return 0

    return with_app(config, run)


def unblock(
    target: Annotated[str, typer.Argument(metavar="ACTOR-OR-DOMAIN")],
    config: ConfigOption = None,
) -> int:
    """End a block; what was said before is shown again."""

    async def run(app: App) -> int:
        named = await app.whom.blocked_as(target)
        if not await app.database.write(lambda tx: moderate.unblock(tx, app.blog, named)):
            raise UserFault(f"{named} is not blocked")
        typer.echo(f"{named} is no longer blocked.")
        return 0

    return with_app(config, run)


#: What a line of a blocklist may be other than a domain to block, and what is said of so many of them.
_LEFT = {
    "silence": ("Left alone, because it only silences them: {}.", "domain"),
    "noop": ("Left alone, because it only notes them: {}.", "domain"),
    "broken": ("Left out, because they name no whole domain (such as those with *): {}.", "line"),
    "ours": ("Left out, because they name the blog itself: {}.", "line"),
}


def _domains_in(path: Path, blog: Blog) -> tuple[list[tuple[str, str]], list[str]]:
    """Domain and comment of each line that suspends; and what was left out, in words. Raises UserFault."""
    wanted: dict[str, str] = {}
    left: Counter[str] = Counter()
    for line in _lines_of(path):
        domain = domain_from(line["domain"])
        severity = line.get("severity", "suspend").lower()
        if severity not in ("suspend", ""):
            left["noop" if severity == "noop" else "silence"] += 1
        elif domain is None:
            left["broken"] += 1
        elif moderate.is_our_own(blog, domain):
            left["ours"] += 1
        else:
            wanted[domain] = line.get("public_comment", "")
    if left["broken"] and not wanted and left.total() == left["broken"]:
        raise UserFault(f"{path} holds no domain such as bad.example; is it a blocklist?")
    told = [words.format(counted(left[kind], noun)) for kind, (words, noun) in _LEFT.items() if left[kind]]
    return list(wanted.items()), told


def _lines_of(path: Path) -> Iterator[dict[str, str]]:
    """The lines that name something, by the names of the columns; without a head they are domains alone."""
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except OSError as error:
        raise UserFault(f"{path} cannot be read: {(error.strerror or 'it fails').lower()}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserFault(f"{path} cannot be read as CSV: {error}") from error
    head = [name.strip().lstrip("#").lower() for name in rows[0]] if rows else []
    if "domain" not in head:
        head, rows = ["domain"], [[], *rows]
    for row in rows[1:]:
        line = dict(zip(head, (value.strip() for value in row), strict=False))
        if line.get("domain"):
            yield line
