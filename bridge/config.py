"""config.toml -> a frozen `Config`, judged whole: every fault at once, with its line where it is known.

Read once at the start by every command (`cli`); each part is given its own section, never the whole.
The keys and their defaults are contract.md section 3; `config.example.toml` shows each of them. Each key names its
reader of `config_values` (docs/decisions/0007).
"""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bridge import config_values as values
from bridge.accounts import blocked_targets
from bridge.accounts import creators as read_creators
from bridge.errors import ConfigFaults

S = TypeVar("S")
_BERLIN = ZoneInfo("Europe/Berlin")
_HANDLE = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?"
_HANDLE_MEANT = "letters from a to z and digits, with _ . - between them, such as links"
_DOMAIN = r"[a-z0-9.-]+(:[0-9]+)?"
_DOMAIN_MEANT = "a bare domain in lower case, such as links.example"
_LANGUAGE = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*"


@dataclass(frozen=True, kw_only=True)
class BlogConfig:
    """One `[[blog]]`."""

    url: Annotated[str, values.origin]
    handle: Annotated[str, values.text(_HANDLE, meant=_HANDLE_MEANT, most=64)]
    account_domain: Annotated[str | None, values.text(_DOMAIN, meant=_DOMAIN_MEANT)] = None
    title: Annotated[str, values.text(most=200)] = ""
    description: Annotated[str, values.text(most=5_000)] = ""
    language: Annotated[str, values.text(_LANGUAGE, meant="a language tag such as de, en or en-GB")] = "en"
    timezone: Annotated[ZoneInfo, values.zone] = _BERLIN
    icon: Annotated[str | None, values.text()] = None
    header: Annotated[str | None, values.text()] = None
    actor_type: Annotated[
        Literal["Person", "Organization", "Service"], values.one_of("Person", "Organization", "Service")
    ] = "Person"
    issues: Annotated[str, values.text(least=1)] = "issues"
    format: Annotated[
        Literal["note", "full", "thread", "article"], values.one_of("note", "full", "thread", "article")
    ] = "note"
    fields: Annotated[dict[str, str], values.text_table] = field(default_factory=dict)
    also_known_as: Annotated[list[str], values.addresses] = field(default_factory=list)
    creators: Annotated[list[str], read_creators] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the blog is called: its title, else its handle."""
        return self.title or self.handle

    @property
    def host(self) -> str:
        """`links.example`, or `127.0.0.1:8000` on one machine."""
        return urlsplit(self.url).netloc

    @property
    def acct(self) -> str:
        """`links@example`: the handle as others see it."""
        return f"{self.handle}@{self.account_domain or self.host}"


@dataclass(frozen=True, kw_only=True)
class CommentsConfig:
    """`[comments]`: which replies wait for the author, and until when there may be any."""

    approval: Annotated[Literal["none", "first", "all"], values.one_of("none", "first", "all")] = "none"
    close_after: Annotated[timedelta | None, values.duration_or_never] = timedelta(days=90)
    avatars: Annotated[Literal["proxy", "none"], values.one_of("proxy", "none")] = "proxy"
    words: Annotated[list[str], values.texts] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class LinkbacksConfig:
    """`[linkbacks]`: Webmention and Pingback."""

    receive: Annotated[bool, values.flag] = True
    send: Annotated[bool, values.flag] = True
    own: Annotated[bool, values.flag] = True


@dataclass(frozen=True, kw_only=True)
class ServerConfig:
    """`[server]`."""

    listen: Annotated[str, values.listen] = "127.0.0.1:8000"
    trusted_proxies: Annotated[list[str], values.proxies] = field(default_factory=lambda: ["127.0.0.1", "::1"])
    metrics_token: Annotated[str, values.text()] = ""


@dataclass(frozen=True, kw_only=True)
class DatabaseConfig:
    """`[database]`."""

    url: Annotated[str, values.database] = "sqlite:data/rundbrief.db"


@dataclass(frozen=True, kw_only=True)
class DeliveryConfig:
    """`[delivery]`."""

    concurrency: Annotated[int, values.number(least=1, most=1000)] = 64
    give_up_after: Annotated[timedelta, values.duration] = timedelta(days=4)


@dataclass(frozen=True, kw_only=True)
class FederationConfig:
    """`[federation]`."""

    allow_private_addresses: Annotated[bool, values.flag] = False
    blocked: Annotated[list[str], blocked_targets] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class LimitsConfig:
    """`[limits]`: per remote server."""

    inbox_per_minute: Annotated[int, values.number(least=1)] = 600
    new_followers_per_hour: Annotated[int, values.number(least=1)] = 2000


@dataclass(frozen=True, kw_only=True)
class Config:
    """The whole configuration. `folder` is the blog's folder, absolute."""

    folder: Path
    blog: BlogConfig
    comments: CommentsConfig
    linkbacks: LinkbacksConfig
    server: ServerConfig
    database: DatabaseConfig
    delivery: DeliveryConfig
    federation: FederationConfig
    limits: LimitsConfig

    @property
    def issues_folder(self) -> Path:
        """Where the author's files are, absolute."""
        return self.folder / self.blog.issues

    @property
    def keys_folder(self) -> Path:
        """Where the private keys are, absolute."""
        return self.folder / "keys"

    @property
    def media_folder(self) -> Path:
        """Where re-encoded pictures are kept, absolute."""
        return self.folder / "data" / "media"


def find_config(given: Path | None, start: Path) -> Path:
    """The config file meant: the one given, else `config.toml` in `start` or a parent. Raises ConfigFaults."""
    if given is not None:
        path = given / "config.toml" if given.is_dir() else given
        if not path.is_file():
            raise ConfigFaults(
                [f"there is no config file {path}; make a blog with `rundbrief init DIR --url … --handle …`"]
            )
        return path.resolve()
    for folder in (start, *start.parents):
        if (folder / "config.toml").is_file():
            return (folder / "config.toml").resolve()
    nowhere = "no config.toml here or in a parent folder; go into a blog's folder, name one with --config PATH"
    raise ConfigFaults([f"{nowhere}, or make one with `rundbrief init`"])


def read_config(path: Path) -> Config:
    """Read and judge the file. Raises ConfigFaults with every fault found."""
    try:
        text = path.read_text("utf-8-sig")  # some editors put a mark of three bytes in front
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigFaults([f"{path}: cannot be read: {error}"]) from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigFaults([f"{path}: is not valid TOML: {error}"]) from error
    return config_from(table, folder=path.resolve().parent, name=str(path), text=text)


def open_secret(path: Path, config: Config) -> str | None:
    """What is wrong with a file that holds a secret and that every user of the machine may read, with the cure."""
    mode = stat.S_IMODE(path.stat().st_mode)
    holds = config.server.metrics_token or urlsplit(config.database.url).password
    if not holds or not mode & 0o007:
        return None
    return f"{path} holds a password or token and is open to all users (mode {mode:04o}); close it: chmod 600 {path}"


_SECTIONS: Mapping[str, type] = {
    "comments": CommentsConfig,
    "linkbacks": LinkbacksConfig,
    "server": ServerConfig,
    "database": DatabaseConfig,
    "delivery": DeliveryConfig,
    "federation": FederationConfig,
    "limits": LimitsConfig,
}


@dataclass(frozen=True)
class _Fault:
    """What is wrong, and where: a section and a key, or fewer."""

    where: tuple[str, ...]
    reason: str


def config_from(table: Mapping[str, Any], *, folder: Path, name: str = "config.toml", text: str = "") -> Config:
    """The configuration a parsed table says. Raises ConfigFaults with every fault found."""
    faults: list[_Fault] = []
    blog = _blog_values(table.get("blog"), faults)
    faults += [
        _Fault(("blog", key), f"{folder / blog[key]} cannot be read: there is no such file")
        for key in ("icon", "header")
        if blog.get(key) and not (folder / blog[key]).is_file()
    ]
    sections = {key: _read_section(section, table.get(key, {}), (key,), faults) for key, section in _SECTIONS.items()}
    faults += [_Fault((key,), _UNKNOWN) for key in table if key != "blog" and key not in _SECTIONS]
    unfit = None if sections["federation"].get("allow_private_addresses") else _unfit_for_the_web(blog.get("url"))
    if unfit:
        faults.append(_Fault(("blog", "url"), unfit))
    if faults:
        raise ConfigFaults([_sentence(fault, name, text) for fault in faults])
    parts: dict[str, Any] = {key: section(**sections[key]) for key, section in _SECTIONS.items()}
    return Config(folder=folder, blog=BlogConfig(**blog), **parts)


_UNKNOWN = "is no setting of Rundbrief; remove it or correct its name"


def _blog_values(written: object, faults: list[_Fault]) -> dict[str, Any]:
    """The values of the one blog; there can be several later."""
    if written is None or written == []:
        faults.append(_Fault(("blog",), "is missing: a [[blog]] with url, handle and title is needed"))
        return {}
    if not isinstance(written, list):
        faults.append(_Fault(("blog",), "must be written as [[blog]]"))
        return {}
    if len(written) > 1:
        faults.append(_Fault((), "[[blog]]: there can be one blog for now; remove the others"))
    return _read_section(BlogConfig, written[0], ("blog",), faults)


def _read_section(section: type, written: object, where: tuple[str, ...], faults: list[_Fault]) -> dict[str, Any]:
    """The values of a section that are right; what is wrong with the others goes to `faults`."""
    if not isinstance(written, Mapping):
        faults.append(_Fault(where, f"must be a section of its own, [{'.'.join(where)}]"))
        return {}
    found: dict[str, Any] = {}
    hints = get_type_hints(section, globals(), include_extras=True)
    for key in fields(section):
        if key.name not in written:
            if key.default is MISSING and key.default_factory is MISSING:
                faults.append(_Fault((*where, key.name), "is missing"))
            continue
        read: values.Reader = hints[key.name].__metadata__[0]
        try:
            found[key.name] = read(written[key.name])
        except ValueError as error:
            faults.append(_Fault((*where, key.name), _predicate(str(error), written[key.name])))
    faults += [_Fault((*where, str(key)), _UNKNOWN) for key in written if key not in hints]
    return found


def _predicate(reason: str, value: object) -> str:
    """What a reader says as it is; what Python says of a value, with the value."""
    if reason.startswith(("write", "must", "is ", "its ", "has ")):
        return reason
    return f"{reason[:1].lower()}{reason[1:]}, not {value!r}"


def _unfit_for_the_web(url: str | None) -> str | None:
    """Why other servers would not take ids of this origin; None where they would, or it is not known."""
    cure = "On one machine, for tests, set allow_private_addresses = true under [federation]"
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme == "http":
        return f"is http; other servers need https. {cure}"
    if parts.port is not None:
        return f"names a port; other servers refuse ids with ports. {cure}"
    return None


def _sentence(fault: _Fault, name: str, text: str) -> str:
    line = _line_of(fault.where, text)
    place = f"{name}:{line}" if line else name
    return f"{place}: {'.'.join(fault.where)}: {fault.reason}" if fault.where else f"{place}: {fault.reason}"


def _line_of(where: tuple[str, ...], text: str) -> int | None:
    """The line (from 1) of a key, found by its section heading and its name."""
    if not where:
        return None
    section, key = (where[0], where[-1]) if len(where) > 1 else ("", where[0])
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        heading = re.match(r"^\s*\[\[?\s*([\w.-]+)\s*\]\]?", line)
        if heading:
            current = heading[1]
            if not section and current == key:
                return number
        elif current == section and re.match(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return None
