"""`init`, `serve`, `web`, `work`: for whoever runs the machine."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import os
import sys
import tomllib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from bridge.app import load_keys, opened
from bridge.cli.options import ConfigOption, config_from
from bridge.cli.serving import serve_all, serve_web, serve_work
from bridge.config import Config, find_config, open_secret, read_config
from bridge.config import config_from as judge
from bridge.config_text import config_text
from bridge.errors import ConfigFaults, UserFault, WrongUse
from bridge.issues.repository import prepare
from bridge.logs import log_to_stderr
from bridge.signature.key_files import ED25519_KEY_FILE, INSTANCE_KEY_FILE, RSA_KEY_FILE, make_key_file
from bridge.store.revision import is_newest
from bridge.store.sqlite import sqlite_path

log = logging.getLogger(__name__)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="the blog's folder")],
    url: Annotated[str, typer.Option(help="the public address, such as https://links.example")] = "",
    handle: Annotated[str, typer.Option(help="the blog is @HANDLE@its-host")] = "",
    title: Annotated[str, typer.Option(help="the blog's name (default: the handle)")] = "",
    language: Annotated[str, typer.Option(help="of the issues and pages (default: en)")] = "",
    database: Annotated[str, typer.Option(help="sqlite:... or postgresql://...")] = "",
    config_path: Annotated[
        Path | None, typer.Option("--config", help="as everywhere; here it is DIR/config.toml")
    ] = None,
) -> None:
    """Make a blog in DIR: config.toml, keys/, issues/ (takes `git push`) and data/.

    Run again it changes nothing of yours and renews the hooks.
    """
    path = folder.absolute() / "config.toml"
    if folder.exists() and not folder.is_dir():
        raise UserFault(f"{folder.absolute()} is a file; name a folder, which may be a new one")
    if config_path is not None and path.resolve() not in (config_path.resolve(), config_path.resolve() / path.name):
        raise WrongUse(f"the config of this blog is {path}; leave --config out")
    done: list[str] = []
    if path.exists():
        config = config_from(path)
        done.append(f"{path} is there already and was left as it is.")
        done += _not_taken(config, url=url, handle=handle, title=title, language=language, database=database)
    else:
        config = _new_config(path, url=url, handle=handle, title=title, language=language, database=database)
        done.append(f"Made {path}.")
        if config.federation.allow_private_addresses:
            done.append("The address is http, so allow_private_addresses = true: for one machine only.")
    done += _make_keys(config.keys_folder)
    (config.folder / "data").mkdir(mode=0o700, exist_ok=True)
    config.media_folder.mkdir(parents=True, exist_ok=True)
    done += _make_database(config)
    done += prepare(config.issues_folder, python=sys.executable, config=path, root=_root())
    for sentence in done:
        typer.echo(sentence)
    typer.echo(f"The blog is @{config.blog.acct}. Start it with: rundbrief serve --config {path}")


def _new_config(path: Path, *, url: str, handle: str, title: str, language: str, database: str) -> Config:
    if not url or not handle:
        raise WrongUse("a new blog needs its address and handle: rundbrief init DIR --url https://… --handle …")
    private = url.startswith("http://")
    host = url.split("://")[-1].strip("/")
    text = config_text(
        url=url,
        host=host,
        handle=handle,
        title=title or handle,
        language=language or "en",
        database=database or "sqlite:data/rundbrief.db",
        listen=host if private and ":" in host else "127.0.0.1:8000",
        allow_private=private,
    )
    try:
        config = judge(tomllib.loads(text), folder=path.parent, name="init")
    except ConfigFaults as error:
        raise ConfigFaults([_as_option(fault) for fault in error.faults]) from error
    if config.database.url.startswith("postgresql://"):
        _migrate(config)  # a server that cannot be reached is told before anything is made
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UserFault(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return config


def _as_option(fault: str) -> str:
    """What is wrong, with the option that said it: the file is not there yet, so its name would lead nowhere."""
    return fault.replace("init: database.url:", "--database:", 1).replace("init: blog.", "--", 1)


def _not_taken(config: Config, *, url: str, **others: str) -> list[str]:
    """What was asked for and is otherwise in the config that is there: only its author changes that."""
    asked = {
        "url": (url.rstrip("/"), config.blog.url),
        **{name: (others[name], getattr(config.blog, name)) for name in ("handle", "title", "language")},
        "database": (others["database"], config.database.url),
    }
    return [
        f"--{name} was ignored, because the file has another {name}"
        # Ids that other servers keep are made of it.
        + (", and a blog's url cannot be changed." if name == "url" else "; change it there.")
        for name, (wanted, there) in asked.items()
        if wanted and wanted != there
    ]


def _make_keys(folder: Path) -> list[str]:
    made = [
        make_key_file(folder / RSA_KEY_FILE, "rsa"),
        make_key_file(folder / ED25519_KEY_FILE, "ed25519"),
        make_key_file(folder / INSTANCE_KEY_FILE, "rsa"),
    ]
    load_keys(folder)
    return [f"Made the keys in {folder}; keep a copy where nobody else can read it."] if any(made) else []


def _make_database(config: Config) -> list[str]:
    """Make the tables and the blog's row, so that ids are minted now and a wrong database is told at once."""

    async def claim() -> None:
        async with opened(config):
            pass

    file = config.folder / config.database.url.removeprefix("sqlite:")
    is_new = config.database.url.startswith("sqlite:") and not file.exists()
    _migrate(config, make=True)
    asyncio.run(claim())
    return [f"Made the database {file}."] if is_new else []


def _migrate(config: Config, *, make: bool = False) -> None:
    url = config.database.url
    if not url.startswith("postgresql://"):
        path = sqlite_path(url, folder=config.folder, make=make)
        if is_newest(path):
            return
        url = f"sqlite:///{path}"
    importlib.import_module("bridge.store.migrate").migrate(url)


def _root() -> Path | None:
    """The folder that holds `bridge` where it is not installed, for the hooks."""
    spec = importlib.util.find_spec("bridge")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent.parent
    return None if "site-packages" in root.parts else root


def serve(config: ConfigOption = None) -> None:
    """Run the blog: pages, inbox, delivery, and publishing of what is committed."""
    _run(config, serve_all)


def web(config: ConfigOption = None) -> None:
    """Run only the web half: pages and inbox.

    Several may run, on several machines, with PostgreSQL; with SQLite on the same machine as `work`.
    """
    _run(config, serve_web)


def work(config: ConfigOption = None) -> None:
    """Run only the delivering half: delivery, and publishing of what is committed.

    Several may run, on several machines, with PostgreSQL.
    """
    _run(config, serve_work)


def _run(config: Path | None, main: Callable[[Config], Coroutine[Any, Any, None]]) -> None:
    path = find_config(config, Path.cwd())
    settings = read_config(path)
    log_to_stderr(logging.INFO)
    if told := open_secret(path, settings):
        log.warning(told)
    _migrate(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(settings))
