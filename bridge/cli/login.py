"""`login`: a link to the author's pages."""

from __future__ import annotations

import typer

from bridge.app import App
from bridge.cli.options import ConfigOption, with_app
from bridge.web.admin.sessions import make_link


def login(config: ConfigOption = None) -> int:
    """Print a link to the author's pages; it works once, within 15 minutes."""

    async def run(app: App) -> int:
        typer.echo(await app.database.write(lambda tx: make_link(tx, app.blog, now=app.clock())))
        return 0

    return with_app(config, run)
