"""`comments refresh`: look for the conversation on other servers, now."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bridge.app import App
from bridge.cli.columns import printable
from bridge.cli.options import ConfigOption, JsonOption, print_json, with_app
from bridge.errors import UserFault
from bridge.plurals import counted
from bridge.repair.crawl import Crawled
from bridge.store import issues
from bridge.store.issues import IssueRow


def refresh(
    slug: Annotated[
        str | None, typer.Argument(metavar="SLUG", help="only this issue (default: all that take comments)")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Look for the conversation of an issue on other servers, and return when done."""

    async def run(app: App) -> int:
        done: list[dict[str, Any]] = []
        for issue in await _chosen(app, slug):
            crawled = await app.crawl.crawl(issue)
            done.append({"slug": issue.slug, "asked": crawled.asked, "found": crawled.found, "unread": crawled.unread})
            if not as_json:
                _tell(issue, crawled)
        if as_json:
            print_json(done)
        return 0

    return with_app(config, run)


async def _chosen(app: App, slug: str | None) -> list[IssueRow]:
    if slug is None:
        rows = await app.database.read(lambda tx: issues.all_of(tx, app.blog.id, "published"))
        return [row for row in rows if not row.closed(app.clock())]
    row = await app.database.read(lambda tx: issues.find_by_slug(tx, app.blog.id, slug))
    if row is None or row.state != "published":
        raise UserFault(f"no issue {slug!r} is published; `rundbrief issues` lists them")
    return [row]


def _tell(issue: IssueRow, crawled: Crawled) -> None:
    typer.echo(f"{issue.slug}: {counted(crawled.asked, 'request')}, {counted(crawled.found, 'new comment')}")
    for reason in crawled.unread:
        typer.echo(printable(f"  not read: {reason}"))
