"""A page with microformats -> what its entry says about an issue of ours.

`verify` calls `read_entries`. The parser builds a whole tree of foreign HTML and may take its time over a hostile one,
so it runs in a process of its own (`mf2_process`), which a limit of processor time and memory ends.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from bridge.urls import BadUrl, parse_url

log = logging.getLogger(__name__)

Said = Literal["reply", "like", "repost", "bookmark", "mention"]

_SECONDS = 20
#: Of a page that links to more issues the rest are plain mentions.
_MOST_TARGETS = 50
_LONGEST_CONTENT = 20_000  #: characters, of which an entry shows a part
_MOST_ANSWER = 16 * 1024 * 1024  #: bytes
#: One property says the type; the first of these that names the target holds.
_TYPES: tuple[tuple[str, Said], ...] = (
    ("like-of", "like"),
    ("repost-of", "repost"),
    ("bookmark-of", "bookmark"),
    ("in-reply-to", "reply"),
)


@dataclass(frozen=True, kw_only=True)
class MarkedEntry:
    """The entry that speaks of the target, as it was found: nothing is sanitised or believed yet."""

    said: Said
    name: str = ""
    url: str = ""
    published: str = ""
    author_name: str = ""
    author_url: str = ""
    content_html: str = ""


async def read_entries(page: str, *, url: str, targets: Sequence[str]) -> dict[str, MarkedEntry]:
    """What the page's microformats say about each target; targets they say nothing about are missing.

    One process for all targets, however many a page names: its work is bounded by the page. Nothing is found where it
    takes too long.
    """
    root = _root()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge.linkback.mf2_process",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, cwd=root,
    )  # fmt: skip
    question = json.dumps({"page": page, "url": url, "targets": targets[:_MOST_TARGETS]}).encode()
    try:
        async with asyncio.timeout(_SECONDS):
            answer, _ = await child.communicate(question)
    except TimeoutError:
        answer = b""
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0 or len(answer) > _MOST_ANSWER:
        log.info("the microformats of %s could not be read (%s)", url, child.returncode)
        return {}
    return {target: MarkedEntry(**found) for target, found in json.loads(answer).items() if found is not None}


def _root() -> Path | None:
    """The folder that holds `bridge`, so that the child finds it wherever we were started."""
    spec = find_spec("bridge")
    return Path(spec.origin).parent.parent if spec is not None and spec.origin else None


def entry_in(items: Sequence[dict[str, Any]], *, target: str) -> dict[str, str] | None:
    """The fields of `MarkedEntry`: of the entry whose type or text names the target, else of the page's only entry."""
    entries = [item for item in _walk(items) if _is_entry(item)]
    for item in entries:
        for name, said in _TYPES:
            if target in map(comparable, _urls(item, name)):
                return _fields(item, said)
    for item in entries:
        if any(target in _html(content) for content in item["properties"].get("content", ())):
            return _fields(item, "mention")
    return _fields(entries[0], "mention") if len(entries) == 1 else None


def _walk(items: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Every item: those of a feed too, not those that are quoted or commented in another."""
    pending = [item for item in items if isinstance(item, dict)][::-1]
    while pending:
        item = pending.pop()
        yield item
        if not _is_entry(item):
            pending.extend(child for child in reversed(item.get("children", ())) if isinstance(child, dict))


def _is_entry(item: dict[str, Any]) -> bool:
    return "h-entry" in item.get("type", ()) and isinstance(item.get("properties"), dict)


def _urls(item: dict[str, Any], name: str) -> list[str]:
    """The addresses of a property, also where an h-cite stands for one."""
    found: list[str] = []
    for value in item["properties"].get(name, ()):
        found += _urls(value, "url") if isinstance(value, dict) and "properties" in value else [_word(value)]
    return found


def _word(value: Any) -> str:
    """A property's value as text."""
    if isinstance(value, dict):
        value = value.get("value")
    return value.strip() if isinstance(value, str) else ""


def _html(value: Any) -> str:
    return str(value.get("html", "")) if isinstance(value, dict) else _word(value)


def _first(item: dict[str, Any], name: str) -> str:
    return next((word for word in map(_word, item["properties"].get(name, ())) if word), "")


def _fields(item: dict[str, Any], said: Said) -> dict[str, str]:
    author = next(iter(item["properties"].get("author", ())), None)
    card = author if isinstance(author, dict) and isinstance(author.get("properties"), dict) else None
    content = next(iter(item["properties"].get("content", ())), "")
    urls = _urls(card, "url") if card else []
    return {
        "said": said,
        "name": _first(item, "name")[:500],
        "url": next(iter(_urls(item, "url")), "")[:2_048],
        "published": _first(item, "published")[:60],
        "author_name": (_first(card, "name") if card else _word(author))[:200],
        "author_url": (urls[0] if urls else "")[:2_048],
        "content_html": _html(content)[:_LONGEST_CONTENT],
    }


def comparable(url: str) -> str:
    """The address as it goes on the wire, without fragment; the text itself where it is not an address."""
    try:
        return parse_url(url, allow_http=True).wire
    except BadUrl:
        return url
