"""`deliveries`, `deliveries retry`: did it go out, and if not, why and when next."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bridge.app import App
from bridge.cli.columns import printable, width_of
from bridge.cli.options import ConfigOption, JsonOption, print_json, with_app
from bridge.outbox.report import in_zone
from bridge.plurals import counted
from bridge.store import deliveries as delivery_rows
from bridge.store import server_ledger, servers
from bridge.store.database import Transaction
from bridge.store.server_ledger import ServerLine
from bridge.terms import Server


def deliveries(
    failing: Annotated[bool, typer.Option("--failing", help="only servers that do not take what we send")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say for each server whether it has everything, what it waits for, when the next try is, and why."""

    async def run(app: App) -> int:
        lines = await app.database.read(lambda tx: server_ledger.lines(tx, app.blog.id, failing=failing))
        if as_json:
            print_json(
                [
                    {
                        "server": line.server,
                        "state": line.state,
                        "since": line.since,
                        "next": line.next,
                        "reason": line.reason,
                    }
                    for line in lines
                ]
            )
            return 0
        if not lines:
            typer.echo("Every server has what it should have." if failing else "Nothing was ever sent to anybody.")
        wide = width_of(line.server for line in lines)
        for line in lines:
            typer.echo(printable(f"{line.server:<{wide}}  {_sentence(line, app.config.blog.timezone)}"))
        return 0

    return with_app(config, run)


def _sentence(line: ServerLine, zone: ZoneInfo) -> str:
    since = in_zone(line.since, zone)
    reason = f": {line.reason}" if line.reason else ""
    if line.next is None:
        return f"{line.state} {since}{reason}"
    return f"{line.state} since {since}, next try {in_zone(line.next, zone)}{reason}"


def retry(
    server: Annotated[
        str | None, typer.Argument(metavar="SERVER", help="only this server, such as example.social")
    ] = None,
    config: ConfigOption = None,
) -> int:
    """Try everything that waits or was given up again now; for a server also what it refused."""
    name = None if server is None else Server(server.strip().lower())

    async def run(app: App) -> int:
        now = app.clock()

        def again(tx: Transaction) -> int:
            servers.clear_pauses(tx, name)
            return delivery_rows.retry(tx, name, now=now)

        count = await app.database.write(again)
        where = "" if name is None else f" to {name}"
        many = counted(count, "delivery", "deliveries")
        typer.echo(f"{many}{where} will be tried again now." if count else f"There is nothing{where} to try again.")
        return 0

    return with_app(config, run)
