"""An address as a stranger wrote it -> one that a page of ours may hold, and the host a reader should see.

`writer` uses it for links in comments, `sanitize` offers it for everything else that becomes an href (S90-S92).
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote

import idna

from bridge.urls import LONGEST, BadUrl, parse_url

# The WHATWG URL standard, section 4.4: these are trimmed from both ends, and these are dropped anywhere.
_TRIMMED = "".join(map(chr, range(0x21)))
_DROPPED = str.maketrans("", "", "\t\n\r")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):(.*)", re.DOTALL)
_AUTHORITY = re.compile(r"//([^/?#]*)(.*)", re.DOTALL)
_MAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,253}", re.ASCII)
_ASCII_BUT_QUOTED = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"<>`')

_WORD_LINK = re.compile(r"[@#]\w+")
_HANDLE = re.compile(r"@\w[\w.-]*@([^\s@/]+)")
_NAMED_HOST = re.compile(r"(?:https?://)?([^\s/?#@:\\]+)(?::\d+)?(?=$|[/?#:])", re.IGNORECASE)


def web_only(address: str) -> str:
    """The address as it is, or "" for what no link may hold: whatever is stored, a `javascript:` never is one (S90)."""
    return address if address.startswith(("https://", "http://")) else ""


def safe_url(url: str, *, mail: bool = False) -> str | None:
    """The address if it is http(s) (with `mail`, also mailto), normalised as browsers do it; else None.

    Relative addresses, user names in front of the host and hosts that only some parsers understand are refused.
    """
    if len(url) > LONGEST * 2:
        return None
    found = _SCHEME.fullmatch(url.strip(_TRIMMED).translate(_DROPPED))
    if found is None:
        return None
    scheme, rest = found[1].lower(), found[2]
    if scheme == "mailto":
        return f"mailto:{rest}" if mail and _MAIL.fullmatch(rest) else None
    if scheme not in ("http", "https"):
        return None
    before, mark, after = _split_at_query(rest)
    parts = _AUTHORITY.fullmatch(before.replace("\\", "/"))
    if parts is None:
        return None
    try:
        tail = quote(parts[2] + mark + after, safe=_ASCII_BUT_QUOTED.replace("\\", ""))
        parsed = parse_url(f"{scheme}://{unquote(parts[1], errors='strict')}{tail}", allow_http=True)
    except (BadUrl, UnicodeError):
        return None
    fragment = "" if parsed.fragment is None else f"#{parsed.fragment}"
    return parsed.wire + fragment


def shown_host(url: str) -> str:
    """The host of a safe address as a reader may trust it: without `www.`, in letters only where all are Latin.

    For mailto it is the address. `xn--mller-kva.example` becomes `müller.example`; a Cyrillic look-alike stays `xn--`.
    """
    if url.startswith("mailto:"):
        return url.removeprefix("mailto:")
    try:
        authority = parse_url(url, allow_http=True).authority
    except BadUrl:
        return url
    return ".".join(map(_in_letters, authority.removeprefix("www.").split(".")))


def names_host(text: str, url: str) -> bool:
    """Whether a link's visible text begins with the link's true host, or is a mere `@name` or `#tag`.

    A text that shows its host in brackets at the end, as `writer` adds it, does too.
    """
    text, host = text.strip(), shown_host(url)
    if _WORD_LINK.fullmatch(text) or text == host or text.endswith(f"({host})"):
        return True
    handle = _HANDLE.fullmatch(text)
    named = handle or _NAMED_HOST.match(text)
    return named is not None and named[1].casefold().removeprefix("www.") == host.partition(":")[0]


def _split_at_query(rest: str) -> tuple[str, str, str]:
    """The part in which browsers take a backslash for a slash, the `?` or `#`, and the rest."""
    found = re.search(r"[?#]", rest)
    return (rest, "", "") if found is None else (rest[: found.start()], found[0], rest[found.end() :])


def _in_letters(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        letters = idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return label
    return (
        letters
        if all(unicodedata.name(each, "").startswith("LATIN") or each in "-0123456789" for each in letters)
        else label
    )
