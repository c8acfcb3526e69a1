"""One value of config.toml -> the value meant, or a ValueError that says what to write; `config` names a reader for
each key.

A reader takes whatever TOML gave. Where a ValueError's text is not a whole predicate ("must ...", "is ...",
"write ..."), `config` adds the value after it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

Reader = Callable[[object], object]

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_DURATION = re.compile(r"\s*(\d{1,6})\s+(second|minute|hour|day|week)s?\s*")
_ADDRESS = re.compile(r"https?://[^\s/]+\S*")


def text(pattern: str = "", *, meant: str = "", least: int = 0, most: int | None = None) -> Reader:
    """Text of `least` to `most` characters, matched by the whole `pattern` where there is one, which `meant` says."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            raise ValueError(f"must be text in quotes, not {value!r}")
        if len(value) < least:
            raise ValueError("must not be empty")
        if most is not None and len(value) > most:
            raise ValueError(f"must have {most} characters at most; it has {len(value)}")
        if pattern and not re.fullmatch(pattern, value):
            raise ValueError(f"must be {meant}; it is {value!r}")
        return value

    return read


def flag(value: object) -> object:
    """true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {value!r}")
    return value


def number(*, least: int, most: int | None = None) -> Reader:
    """A whole number within limits."""
    limits = f"of {least} or more" if most is None else f"from {least} to {most}"

    def read(value: object) -> object:
        # In Python true is a number, in TOML it is not.
        if (
            not isinstance(value, int)
            or isinstance(value, bool)
            or value < least
            or (most is not None and value > most)
        ):
            raise ValueError(f"must be a whole number {limits}, not {value!r}")
        return value

    return read


def one_of(*words: str) -> Reader:
    """One of a few words."""
    allowed = f"{', '.join(words[:-1])} or {words[-1]}"

    def read(value: object) -> object:
        if value not in words:
            raise ValueError(f"must be {allowed}, not {value!r}")
        return value

    return read


def texts(value: object) -> object:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"must be a list of texts in quotes, not {value!r}")
    return value


def text_table(value: object) -> object:
    """A table of texts by name."""
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ValueError(f'must be a table of texts such as {{ Website = "https://links.example" }}, not {value!r}')
    return value


def addresses(value: object) -> object:
    """A list of http(s) addresses."""
    texts(value)
    for item in value if isinstance(value, list) else ():
        if len(item) > 2048 or not _ADDRESS.fullmatch(item):
            raise ValueError(f"must hold addresses such as https://example.social/users/you; {item!r} is none")
    return value


def duration(value: object) -> timedelta:
    """`90 days`, `12 hours` -> a timedelta."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('write a duration as a number and a unit, for example "90 days" or "12 hours"')
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def duration_or_never(value: object) -> timedelta | None:
    """The same, or None for `never`."""
    return None if value == "never" else duration(value)


def origin(value: object) -> object:
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


def zone(value: object) -> object:
    """A time zone's name."""
    try:
        return ZoneInfo(value)  # type: ignore[arg-type]  # whatever it is, what follows says what it should be
    except (ValueError, KeyError, OSError, TypeError) as error:
        raise ValueError('is no time zone name; write one such as "Europe/Berlin"') from error


def proxies(value: object) -> object:
    """A list of IP addresses and networks."""
    texts(value)
    for item in value if isinstance(value, list) else ():
        try:
            ipaddress.ip_network(item, strict=False)
        except ValueError as error:
            raise ValueError(f"must be a list of IP addresses and networks; {item!r} is none") from error
    return value


def listen(value: object) -> object:
    """`host:port` or `unix:/path`."""
    if not isinstance(value, str) or not re.fullmatch(r"unix:/.+|(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}", value):
        raise ValueError('write "host:port", for example "127.0.0.1:8000", or "unix:/run/rundbrief.sock"')
    if not value.startswith("unix:") and int(value.rpartition(":")[2]) > 65_535:
        raise ValueError("its port is over 65535")
    return value


def database(value: object) -> object:
    """The address of a database."""
    if not isinstance(value, str) or not re.match(r"sqlite:[^/].*|sqlite:/[^/].*|postgresql://", value):
        raise ValueError('write "sqlite:data/rundbrief.db" or "postgresql://user:password@host/name"')
    return value
