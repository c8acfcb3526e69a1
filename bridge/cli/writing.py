"""`lint`, `preview`: for the author, before anything goes out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bridge.app import App
from bridge.cli.options import ConfigOption, Files, JsonOption, complain_of, print_json, with_app
from bridge.cli.preview_page import preview_page
from bridge.cli.preview_screen import preview_screen
from bridge.errors import Fault, IssueFaults
from bridge.issues.worktree import path_in
from bridge.outbox.check import check
from bridge.outbox.preview import Preview
from bridge.outbox.preview import preview as make_preview
from bridge.plurals import counted


def lint(files: Files = None, config: ConfigOption = None, as_json: JsonOption = False) -> int:
    """Say what a push would be refused for, and warn; reads the files as saved, all or those named.

    Ends with 1 when a push would be refused.
    """

    async def run(app: App) -> int:
        only = [path_in(app.publisher.repository, file) for file in files] if files else None
        checked = await check(app.publisher, only)
        if as_json:
            found = [(fault, "refusal") for fault in checked.refusals]
            found += [(fault, "warning") for fault in checked.warnings]
            print_json([_fault_json(fault, kind) for fault, kind in found])
        else:
            for fault in checked.refusals:
                typer.echo(str(fault))
            for fault in checked.warnings:
                typer.echo(f"warning: {fault}")
            if not checked.refusals:
                typer.echo(f"{counted(len(checked.ready), 'file')}: a push would be taken.")
        if checked.refusals:
            complain_of([str(fault) for fault in checked.refusals])
        return 1 if checked.refusals else 0

    return with_app(config, run)


def _fault_json(fault: Fault, kind: str) -> dict[str, object]:
    return {"kind": kind, "file": fault.path, "line": fault.line, "reason": fault.reason}


def preview(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
    html: Annotated[Path | None, typer.Option("--html", metavar="OUT", help="write it as a web page")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Show the page, and beside it what Mastodon will show; reads the file as saved and sends nothing."""

    async def run(app: App) -> int:
        path = path_in(app.publisher.repository, file)
        try:
            shown = await make_preview(app.publisher, path)
        except IssueFaults as faults:
            refused = [str(fault) for fault in faults.faults]
            for line in () if as_json else refused:
                typer.echo(line)
            complain_of(refused)
            return 1
        if html is not None:
            html.write_text(preview_page(shown, app.site()), encoding="utf-8")
        if as_json:
            print_json(_preview_json(shown, app))
        elif html is None:
            console = Console()
            preview_screen(shown, app.blog, console)
        else:
            typer.echo(f"The preview is {html.absolute()}")
        return 0

    return with_app(config, run)


def _preview_json(shown: Preview, app: App) -> dict[str, object]:
    return {
        "slug": shown.issue.slug,
        "title": shown.issue.title,
        "format": shown.issue.format,
        "url": app.blog.addresses.page(shown.issue.slug),
        "page_html": shown.rendered.page_html,
        "followers": shown.followers,
        "servers": shown.servers,
        "unresolved": list(shown.unresolved),
        "warnings": [str(warning) for warning in shown.warnings],
        "posts": [
            {
                "type": post.kind,
                "html": post.html,
                "text": post.text,
                "characters": post.characters,
                "content_warning": post.warning,
                "card": post.card,
                "pictures": [{"alt": picture.alt} for picture in post.pictures],
                "notifies": list(post.notifies),
                "visibility": "public" if post.listed else "unlisted",
            }
            for post in shown.posts
        ],
    }
