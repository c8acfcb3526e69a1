"""How accounts and domains are written by people -> the one spelling in which they are kept and compared.

`config` judges `blocked` and `creators` with it, the commands and the admin pages what is to be blocked. Nothing is
asked of anybody: a handle stays a handle.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bridge.urls import BadUrl, Url, parse_url

_HANDLE = re.compile(r"@?([A-Za-z0-9_](?:[A-Za-z0-9_.+~-]{0,126}[A-Za-z0-9_])?)@([^\s@/?#\\]+)")
_WANTED = "must hold domains such as bad.example and actors' addresses such as https://bad.example/users/bob"


def block_target(text: str) -> str:
    """A domain, `host:port`, or the id of an actor, as blocks keep it; a server's bare address means its host.

    Raises ValueError with a sentence for anything else, also for a handle, which only its own server can resolve.
    """
    if "://" in text:
        url = _parsed(text)
        return url.authority if is_front_page(url) else _spelled(url)
    if "@" in text:
        raise ValueError(f"{text!r} is a handle; give the address of the actor, or its domain")
    domain = domain_from(text)
    if domain is None:
        raise ValueError(f"{text!r} is neither a domain such as bad.example nor the address of an actor")
    return domain


def domain_from(text: str) -> str | None:
    """`bad.example` or `host:port` in lower case and IDNA; None for what is not a whole domain."""
    name = text.strip().rstrip(".")
    if "*" in name or "/" in name:
        return None
    try:
        url = parse_url(f"https://{name}/", allow_http=False)
    except BadUrl:
        return None
    # A top-level domain would block nobody: see `conversation.blocklist`.
    is_one_machine = url.host == "localhost" or url.port != 443
    return url.authority if "." in url.host or url.is_address or is_one_machine else None


def is_front_page(url: Url) -> bool:
    """Whether an address means a whole server: nothing stands behind the host."""
    return url.target == "/" and url.fragment is None


def blocked_targets(value: object) -> list[str]:
    """The value of `[federation] blocked`. Raises ValueError with a sentence."""
    return list(dict.fromkeys(_each(value, block_target, _WANTED)))


def creators(value: object) -> list[str]:
    """The value of `creators`: handles with both their @, and addresses. Raises ValueError with a sentence."""
    return _each(value, _creator, "must hold handles such as @you@example.social, or the accounts' addresses")


def _each(value: object, read: Callable[[str], str], wanted: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"must be a list of texts in quotes, not {value!r}")
    found = []
    for item in value:
        try:
            found.append(read(item))
        except ValueError as error:
            raise ValueError(f"{wanted}; {error}") from error
    return found


def _creator(text: str) -> str:
    if "://" in text:
        url = _parsed(text)
        if is_front_page(url):
            raise ValueError(f"{text!r} is the address of a server, not of an account")
        return _spelled(url)
    handle = _HANDLE.fullmatch(text)
    if handle is None:
        raise ValueError(f"{text!r} is neither")
    try:
        return f"@{handle[1]}@{parse_url(f'https://{handle[2]}/', allow_http=False).authority}"
    except BadUrl as error:
        raise ValueError(f"the host of {text!r} {error}") from error


def _parsed(text: str) -> Url:
    try:
        return parse_url(text.strip(), allow_http=True)
    except BadUrl as error:
        raise ValueError(f"{text!r} is no address: it {error}") from error


def _spelled(url: Url) -> str:
    """The address as its server would write it: the host in lower case, everything else as it came."""
    return url.wire if url.fragment is None else f"{url.wire}#{url.fragment}"
