"""One text from the wire -> one judged http(s) address, so that every part compares the same origin.

Everybody who touches an id, a keyId or an inbox uses it; nothing else in the project splits a URL. It follows RFC
3986 where WHATWG and RFC agree and refuses where they do not: two parsers that read one address differently are how
an origin check is passed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote

import idna

from bridge.terms import Server

#: Longest address we read, in characters.
LONGEST = 2048

_DEFAULT_PORTS = {"https": 443, "http": 80}

# Underscores stand in the names of real servers, so they are let through although RFC 1123 has none.
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
# What most addresses look like, in one look: what passes here needs no judging and no normalising.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_COMMON = re.compile(
    rf"(https?)://((?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?|(?:{_OCTET}\.){{3}}{_OCTET})(?::([1-9][0-9]{{0,4}}))?"
    r"(/[!$-;=@-\[\]_a-z~]*+)?(?:\?([!$-;=?-\[\]_a-z~]*+))?(?:\#([!#-;=?-\[\]_a-z~]*+))?"
)
_LONGEST_COMMON = 253
_AUTHORITY_END = re.compile(r"[/?#]")
_FORBIDDEN = re.compile(r'[ \\<>"]')


class BadUrl(ValueError):
    """A text that is not an http(s) address we may use. The message says what is wrong, without repeating the text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Url:
    """An http(s) address, split once.

    `text` is what was given; the other parts are normalised except path and query.
    """

    text: str
    scheme: str
    #: Lower case and IDNA-encoded; an IPv6 address stands in brackets, compressed.
    host: str
    port: int
    #: Raw, never decoded; `/` where the address has none.
    path: str
    query: str | None
    fragment: str | None

    @property
    def authority(self) -> str:
        """`host`, with the port where it is not the scheme's own: what a Host header says."""
        return self.host if self.port == _DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address and not a name; `parse_url` lets no name end in a number."""
        return self.host.startswith("[") or _NUMERIC_LABEL.fullmatch(self.host.rpartition(".")[2]) is not None

    @property
    def origin(self) -> str:
        """Scheme, host and port in one text that may be compared."""
        return f"{self.scheme}://{self.authority}"

    @property
    def target(self) -> str:
        """Path and query as they go on the wire and into a signature; beyond ASCII, percent-encoded UTF-8."""
        target = self.path if self.query is None else f"{self.path}?{self.query}"
        return target if target.isascii() else quote(target, safe=_ASCII)

    @property
    def wire(self) -> str:
        """The address as a request must use it, byte for byte, if its signature is to hold; without fragment."""
        return self.origin + self.target


# Everything ASCII stays as it is: an escape that is already there must not be escaped again.
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


@lru_cache(maxsize=4096)
def parse_url(text: str, *, allow_http: bool) -> Url:
    """Split and judge one address. Raises BadUrl, never anything else.

    Refused: anything but http(s), http unless allowed, userinfo, a trailing dot or an escape in the host, numbers
    that only some parsers take for IPv4, control characters, spaces, backslashes, more than `LONGEST` characters.
    Kept, because what comes in names the same addresses again and again; at most some 10 MB.
    """
    if len(text) > _LONGEST_COMMON or (common := _COMMON.fullmatch(text)) is None:
        return _judged(text, allow_http=allow_http)
    scheme, host, number, path, query, fragment = common.groups()
    if scheme == "http" and not allow_http:
        raise BadUrl("is http, and only https is allowed")
    port = _port(number) if number else _DEFAULT_PORTS[scheme]
    return Url(text=text, scheme=scheme, host=host, port=port, path=path or "/", query=query, fragment=fragment)


def _judged(text: str, *, allow_http: bool) -> Url:
    """What `parse_url` says of an address that is not a common one."""
    if len(text) > LONGEST:
        raise BadUrl(f"longer than {LONGEST} characters")
    if not text.isprintable() or _FORBIDDEN.search(text):
        raise BadUrl("holds a space or a character that no address may hold")
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in _DEFAULT_PORTS:
        raise BadUrl("is no http or https address")
    if scheme == "http" and not allow_http:
        raise BadUrl("is http, and only https is allowed")
    found = _AUTHORITY_END.search(rest)
    authority, tail = (rest, "") if found is None else (rest[: found.start()], rest[found.start() :])
    host, port = _host_and_port(authority, scheme)
    tail, hash_sign, fragment = tail.partition("#")
    path, question_mark, query = tail.partition("?")
    return Url(
        text=text,
        scheme=scheme,
        host=host,
        port=port,
        path=path or "/",
        query=query if question_mark else None,
        fragment=fragment if hash_sign else None,
    )


@lru_cache(maxsize=4096)
def is_web_url(text: str) -> bool:
    """Whether `parse_url` takes it, http allowed; kept, because nine in ten addresses of an activity came before."""
    if len(text) <= _LONGEST_COMMON and (common := _COMMON.fullmatch(text)) is not None:
        return common[3] is None or int(common[3]) < 65536
    try:
        parse_url(text, allow_http=True)
    except BadUrl:
        return False
    return True


@lru_cache(maxsize=2048)
def origin_of(url: str) -> str:
    """The comparable origin of an address, http allowed. Raises BadUrl."""
    return parse_url(url, allow_http=True).origin


def same_origin(one: str, other: str) -> bool:
    """Whether both are good addresses of one scheme, host and port. False for anything that is not a good address."""
    try:
        return origin_of(one) == origin_of(other)
    except BadUrl:
        return False


def same_site(one: str, other: str) -> bool:
    """Whether both are on one host, one below the other's, or beside each other below one that somebody can own.

    Ports do not matter. False for anything that is not a good address, and for two IP addresses that differ.
    """
    try:
        first, second = parse_url(one, allow_http=True).host, parse_url(other, allow_http=True).host
    except BadUrl:
        return False
    if first == second:
        return True
    if _NUMERIC_LABEL.fullmatch(first.rpartition(".")[2]) or first.startswith("["):
        return False
    site = _site(first)
    return site == _site(second) or first.endswith(f".{second}") or second.endswith(f".{first}")


def _site(host: str) -> str:
    """The registrable part of a name, as near as one gets without the list of public suffixes.

    Who rents beside somebody else below one name (`a.host.example`, `b.host.example`) passes for the same site, and
    may have our posts sent to its neighbour, one for each follower it makes up. That is bounded by the pace of new
    followers and of one server's deliveries; nothing is believed because of it: ids and keys are judged by origin.
    """
    labels = host.split(".")
    is_country = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3  # co.uk, com.au, or.jp
    return ".".join(labels[-3 if is_country else -2 :])


@lru_cache(maxsize=2048)
def host_of(url: str) -> Server:
    """The server an address is on, as `host` or `host:port`. Raises BadUrl."""
    return Server(parse_url(url, allow_http=True).authority)


def _host_and_port(authority: str, scheme: str) -> tuple[str, int]:
    if "@" in authority:
        raise BadUrl("has a user name in it")
    if authority.startswith("["):
        literal, bracket, rest = authority[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise BadUrl("has a broken IPv6 address")
        host, colon, port = _ipv6(literal), rest[:1], rest[1:]
    else:
        name, colon, port = authority.partition(":")
        host = _host(name)
    return host, _port(port) if colon else _DEFAULT_PORTS[scheme]


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536):
        raise BadUrl("has a port that is no number from 1 to 65535")
    return int(text)


def _ipv6(literal: str) -> str:
    if "%" in literal:
        raise BadUrl("has an IPv6 address with a zone")
    try:
        return f"[{IPv6Address(literal).compressed}]"
    except AddressValueError:
        raise BadUrl("has a broken IPv6 address") from None


def _host(name: str) -> str:
    host = name.lower() if name.isascii() else _idna(name)
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise BadUrl("has no usable host name")
    if _NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]):
        # `127.1`, `0x7f.1` and `2130706433` are addresses to some resolvers and names to others.
        try:
            return str(IPv4Address(host))
        except AddressValueError:
            raise BadUrl("has a host that ends in a number but is no IPv4 address") from None
    return host


def _idna(name: str) -> str:
    if len(name) > 253:
        raise BadUrl("has no usable host name")
    try:
        return idna.encode(name, uts46=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise BadUrl("has a host name that is no valid internationalised name") from None
