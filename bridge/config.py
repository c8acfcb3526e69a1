"""config.toml -> a frozen `Config`, judged whole: every fault at once, with its line where it is known.

Read once at the start by every command (`cli`); each part is given its own section, never the whole.
The keys and their defaults are contract.md section 3; `config.example.toml` shows each of them.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from bridge.accounts import blocked_targets
from bridge.accounts import creators as read_creators
from bridge.errors import ConfigFaults

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_DURATION = re.compile(r"^\s*(\d{1,6})\s+(second|minute|hour|day|week)s?\s*$")

#: Begins a fault of the whole that is the address's.
_URL_PLACE = "blog.url: "


def duration(text: object) -> timedelta:
    """`90 days`, `12 hours` -> a timedelta; raises ValueError with a sentence."""
    match = _DURATION.match(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('write a duration as a number and a unit, for example "90 days" or "12 hours"')
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def _duration_or_never(text: object) -> timedelta | None:
    return None if text is None or text == "never" else duration(text)


def _origin(value: object) -> object:
    """A public origin: scheme and host, no path, lower case."""
    if not isinstance(value, str):
        raise ValueError("write the public address of the blog, for example https://links.example")
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address such as https://links.example")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ValueError("must be a bare origin such as https://links.example, with no path, query or user name")
    try:
        port = parts.port
    except ValueError as error:
        raise ValueError("its port is not a number from 1 to 65535") from error
    host = parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
    shown = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}" + (f":{port}" if port and port != default else "")


def _zone(value: object) -> object:
    if isinstance(value, str):
        try:
            return ZoneInfo(value)
        except (ValueError, KeyError, OSError) as error:
            raise ValueError('is no time zone name; write one such as "Europe/Berlin"') from error
    return value


def _proxies(value: object) -> object:
    if isinstance(value, list):
        for item in value:
            try:
                ipaddress.ip_network(item, strict=False)
            except (ValueError, TypeError) as error:
                raise ValueError(f"{item!r} is no IP address or network") from error
    return value


def _listen(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(r"unix:/.+|(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}", value):
        raise ValueError('write "host:port", for example "127.0.0.1:8000", or "unix:/run/rundbrief.sock"')
    if not value.startswith("unix:") and int(value.rpartition(":")[2]) > 65_535:
        raise ValueError("its port is over 65535")
    return value


def _database(value: object) -> object:
    if not isinstance(value, str) or not re.match(r"sqlite:[^/].*|sqlite:/[^/].*|postgresql://", value):
        raise ValueError('write "sqlite:data/rundbrief.db" or "postgresql://user:password@host/name"')
    return value


Duration = Annotated[timedelta, BeforeValidator(duration)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$", max_length=2048)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


class BlogConfig(_Section):
    """One `[[blog]]`."""

    url: Annotated[str, BeforeValidator(_origin)]
    handle: Annotated[str, Field(pattern=r"^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?$")]
    account_domain: Annotated[str, Field(pattern=r"^[a-z0-9.-]+(:\d+)?$")] | None = None
    title: Annotated[str, Field(max_length=200)] = ""
    description: Annotated[str, Field(max_length=5_000)] = ""
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")] = "en"
    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("UTC")
    icon: str | None = None
    header: str | None = None
    actor_type: Literal["Person", "Organization", "Service"] = "Person"
    issues: Annotated[str, Field(min_length=1)] = "issues"
    format: Literal["note", "full", "thread", "article"] = "note"
    fields: dict[str, str] = Field(default_factory=dict)
    also_known_as: list[Url] = Field(default_factory=list)
    creators: Annotated[list[str], BeforeValidator(read_creators)] = Field(default_factory=list)

    @property
    def name(self) -> str:
        """What the blog is called: its title, else its handle."""
        return self.title or self.handle

    @property
    def host(self) -> str:
        """`links.example`, or `127.0.0.1:8000` on one machine."""
        return urlsplit(self.url).netloc


class CommentsConfig(_Section):
    """`[comments]`: which replies wait for the author, and until when there may be any."""

    approval: Literal["none", "first", "all"] = "none"
    close_after: Annotated[timedelta | None, BeforeValidator(_duration_or_never)] = timedelta(days=90)
    avatars: Literal["proxy", "none"] = "proxy"
    words: list[str] = Field(default_factory=list)


class LinkbacksConfig(_Section):
    """`[linkbacks]`: Webmention and Pingback."""

    receive: bool = True
    send: bool = True
    own: bool = True


class ServerConfig(_Section):
    """`[server]`."""

    listen: Annotated[str, BeforeValidator(_listen)] = "127.0.0.1:8000"
    trusted_proxies: Annotated[list[str], BeforeValidator(_proxies)] = Field(
        default_factory=lambda: ["127.0.0.1", "::1"]
    )
    metrics_token: str = ""


class DatabaseConfig(_Section):
    """`[database]`."""

    url: Annotated[str, BeforeValidator(_database)] = "sqlite:data/rundbrief.db"


class DeliveryConfig(_Section):
    """`[delivery]`."""

    concurrency: Annotated[int, Field(ge=1, le=1000)] = 64
    give_up_after: Duration = timedelta(days=4)


class FederationConfig(_Section):
    """`[federation]`."""

    allow_private_addresses: bool = False
    blocked: Annotated[list[str], BeforeValidator(blocked_targets)] = Field(default_factory=list)


class LimitsConfig(_Section):
    """`[limits]`: per remote server."""

    inbox_per_minute: Annotated[int, Field(ge=1)] = 600
    new_followers_per_hour: Annotated[int, Field(ge=1)] = 2000


class Config(_Section):
    """The whole configuration. `folder` is the blog's folder, absolute."""

    folder: Path
    blogs: Annotated[list[BlogConfig], Field(min_length=1, alias="blog")]
    comments: CommentsConfig = CommentsConfig()
    linkbacks: LinkbacksConfig = LinkbacksConfig()
    server: ServerConfig = ServerConfig()
    database: DatabaseConfig = DatabaseConfig()
    delivery: DeliveryConfig = DeliveryConfig()
    federation: FederationConfig = FederationConfig()
    limits: LimitsConfig = LimitsConfig()

    @model_validator(mode="after")
    def _one_machine(self) -> Config:
        """http ids and ports are for one machine only; one blog for now."""
        if len(self.blogs) > 1:
            raise ValueError("[[blog]]: there can be one blog for now; remove the others")
        if not self.federation.allow_private_addresses and (fault := _unfit_for_the_web(self.blog.url)):
            raise ValueError(f"{_URL_PLACE}{fault}")
        return self

    @property
    def blog(self) -> BlogConfig:
        """The one blog."""
        return self.blogs[0]

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
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigFaults([f"{path}: cannot be read: {error}"]) from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigFaults([f"{path}: is not valid TOML: {error}"]) from error
    return config_from(table, folder=path.resolve().parent, name=str(path), text=text)


def config_from(table: Mapping[str, Any], *, folder: Path, name: str = "config.toml", text: str = "") -> Config:
    """The configuration a parsed table says. Raises ConfigFaults with every fault found."""
    if "folder" in table or "blogs" in table:
        key = "folder" if "folder" in table else "blogs"
        raise ConfigFaults([f"{name}: {key}: is no setting; remove it"])
    try:
        return Config.model_validate({**table, "folder": folder})
    except ValidationError as error:
        raise ConfigFaults(_sentences(error, table, name, text)) from error


def _sentences(error: ValidationError, table: Mapping[str, Any], name: str, text: str) -> list[str]:
    """Every fault; also the address, which pydantic does not come to where another value is wrong."""
    found: list[dict[str, Any]] = [dict(fault) for fault in error.errors()]
    blogs, federation = table.get("blog"), table.get("federation")
    private = isinstance(federation, Mapping) and federation.get("allow_private_addresses") is True
    url = blogs[0].get("url") if isinstance(blogs, list) and blogs and isinstance(blogs[0], Mapping) else None
    told = any(not fault["loc"] or "url" in fault["loc"] for fault in found)
    if not private and not told and isinstance(url, str) and (fault := _unfit_for_the_web(url)):
        found.append({"loc": (), "msg": f"{_URL_PLACE}{fault}", "type": "value_error"})
    return [_sentence(fault, name, text) for fault in found]


def _unfit_for_the_web(url: str) -> str | None:
    """Why other servers would not take ids of this origin."""
    cure = "On one machine, for tests, set allow_private_addresses = true under [federation]"
    parts = urlsplit(url)
    if parts.scheme == "http":
        return f"is http; other servers need https. {cure}"
    if parts.port is not None:
        return f"names a port; other servers refuse ids with ports. {cure}"
    return None


def _sentence(fault: dict[str, Any], name: str, text: str) -> str:
    """One pydantic error as one sentence with its place."""
    where = [str(part) for part in fault["loc"] if not isinstance(part, int) and not str(part).startswith("function-")]
    where = [part for part in where if part not in ("constrained-str", "none", "str")]
    message = str(fault["msg"]).removeprefix("Value error, ")
    if not where and message.startswith(_URL_PLACE):
        where, message = ["blog", "url"], message.removeprefix(_URL_PLACE)
    if fault["type"] == "extra_forbidden":
        message = "is no setting of Rundbrief; remove it or correct its name"
    elif fault["type"] == "missing":
        message = "is missing" if where != ["blog"] else "is missing: a [[blog]] with url, handle and title is needed"
    elif fault["type"] == "string_pattern_mismatch":
        message = f"has a value that is not allowed: {fault['input']!r}"
    elif not message.startswith(("write", "must", "is ", "its ", "names ")) and where:
        message = f"{message[0].lower()}{message[1:]}, not {fault['input']!r}"
    line = _line_of(where, text)
    place = f"{name}:{line}" if line else name
    return f"{place}: {'.'.join(where)}: {message}" if where else f"{place}: {message}"


def _line_of(where: list[str], text: str) -> int | None:
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
