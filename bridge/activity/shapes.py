"""One JSON value in any of its wire shapes -> what it means.

Every parser of this folder reads values through here: a scalar may be a list of one, a reference may be an embedded
object, a text may be a map of languages (protocol sheet section 5). Wrong types raise Malformed or count as absent;
nothing else is raised, whatever the value (security S75).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from bridge.activity.wire_names import short_name
from bridge.errors import Malformed
from bridge.terms import Document
from bridge.urls import LONGEST, is_web_url

_LEAP_SECOND = re.compile(r"(T\d\d:\d\d:)60")
_LONGEST_TIME = 40
_LONGEST_TYPE = 100


def web_url(value: object) -> str | None:
    """The value itself if it is an http or https address that `bridge.urls` accepts, else None."""
    return value if isinstance(value, str) and len(value) <= LONGEST and is_web_url(value) else None


def members(value: object) -> list[object]:
    """A scalar as a list of one, null as an empty list. GoToSocial sends a single tag as an object."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def first(value: object) -> object:
    """The value, or the first of a list, or None."""
    if isinstance(value, list):
        return value[0] if value else None
    return value


def id_of(value: object) -> str | None:
    """The web address that a reference names: a string, an embedded object with an id, or a list that starts so.

    A Link leads to what is meant by its `href` (ActivityStreams 2.0 section 4.2).
    """
    if value is None:
        return None
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        named = value.get("id", value.get("@id"))
        value = value.get("href") if named is None and is_link(value) else named
    return web_url(value)


def is_link(value: Document) -> bool:
    """Whether it only leads to something; other kinds of Link, such as a Mention, say something of their own."""
    kind = first(value.get("type", value.get("@type")))
    return isinstance(kind, str) and short_name(kind) == "Link"


def ids_of(value: object, most: int) -> tuple[str, ...]:
    """The web addresses that a list of references names, at most `most`; anything else is left out."""
    return tuple(islice(filter(None, map(id_of, members(value))), most)) if value else ()


def required_id(document: Document, key: str) -> str:
    """One reference that must be there. Raises Malformed, also where a list names several."""
    value = document.get(key)
    if isinstance(value, list) and len(value) != 1:
        raise Malformed(f"{key!r} does not name exactly one")
    found = id_of(value)
    if found is None:
        raise Malformed(f"{key!r} is missing or no web address")
    return found


def optional_id(document: Document, key: str) -> str | None:
    """One reference that may be missing or of another scheme. Raises Malformed for what cannot be a reference."""
    value = document.get(key)
    if value is None:
        return None
    value = first(value)
    if value is None or isinstance(value, (str, dict)):
        return id_of(value)
    raise Malformed(f"{key!r} is no reference")


def embedded(value: object) -> Document | None:
    """The embedded object, if there is one."""
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, dict) else None


def type_of(document: Document) -> str:
    """The short name of the type; of several the first. Raises Malformed without one."""
    found = document.get("type")
    if not isinstance(found, str):
        found = first(found or document.get("@type"))
    if not isinstance(found, str) or not found:
        raise Malformed("'type' is missing or no text")
    return short_name(found)[:_LONGEST_TYPE]


def text_of(value: object) -> str:
    """A text that may come as a string, a map of languages, an expanded value or a list; "" where there is none."""
    if value is None or isinstance(value, str):
        return value or ""
    value = first(value)
    if isinstance(value, dict):
        value = value["@value"] if "@value" in value else next(iter(value.values()), None)
    return value if isinstance(value, str) else ""


def natural_text(document: Document, key: str) -> str:
    """The text of a property that also has a `...Map` form; "" where there is none."""
    text = text_of(document.get(key))
    if text:
        return text
    by_language = document.get(f"{key}Map")
    return text_of(by_language) if isinstance(by_language, dict) else ""


def moment_of(value: object) -> datetime | None:
    """An aware UTC time, None for anything but a time in the years 1 to 9999. Without a zone it counts as UTC.

    Times may lie (1970, 9999): whoever shows one judges it by the time of arrival (security S80).
    """
    if value is None:
        return None
    value = first(value)
    if not isinstance(value, str) or len(value) > _LONGEST_TIME:
        return None
    try:
        moment = datetime.fromisoformat(_LEAP_SECOND.sub(r"\g<1>59", value) if ":60" in value else value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def count_of(value: object, most: int) -> int | None:
    """A whole number from 0 to `most`; larger ones count as `most` (totalItems of 10^18 is a number too)."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return min(value, most)


def objects_in(value: object, most: int) -> Iterator[Document]:
    """The embedded objects among the first `most` members."""
    for member in islice(members(value), most):
        if isinstance(member, dict):
            yield member
