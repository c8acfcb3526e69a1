"""Collections both ways: ours -> documents; another server's document -> RemoteCollection.

The web's federation routes serve the first kind; `repair` crawls the second. ActivityStreams 2.0 section 5.5,
FEP-f228 for contexts, protocol sheet section 10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.activity.shapes import count_of, embedded, ids_of, members, type_of, web_url
from bridge.activity.wire_names import ACTIVITYSTREAMS, plain_keys
from bridge.errors import Malformed, NoSuchThing
from bridge.terms import Document

PER_PAGE = 30  #: items on one page of ours
MOST_ITEMS = 200  #: items read from one remote page (security S57)
MOST_TOTAL = 10**9  #: larger counts are lies and count as this

_COLLECTIONS = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})
_ITEMS = frozenset({"items", "orderedItems"})
_OPENED = frozenset({"Create", "Update", "Announce", "Add"})
_DEEPEST = 2
_LONGEST_PAGE_NUMBER = 6


# --- ours, outward ---


def counted(url: str, total: int) -> Document:
    """A collection that tells its size only: followers and following, to protect readers."""
    return {"@context": ACTIVITYSTREAMS, "id": url, "type": "OrderedCollection", "totalItems": total}


def whole(url: str, items: Sequence[str | Document]) -> Document:
    """A short ordered collection in one document, such as `featured`."""
    return counted(url, len(items)) | {"orderedItems": list(items)}


def paged(url: str, total: int) -> Document:
    """The head of a long ordered collection, such as the outbox; its pages are `page`."""
    head = counted(url, total) | {"first": page_url(url, 1)}
    return head | {"last": page_url(url, page_count(total))}


def page(url: str, number: int, total: int, items: Sequence[str | Document]) -> Document:
    """One page of `paged`, counted from 1; `items` are this page's own."""
    return {"@context": ACTIVITYSTREAMS} | _page(url, number, total, items, ordered=True)


def replies(url: str, total: int, first_items: Sequence[str]) -> Document:
    """The answers to a post by their ids, with the first page embedded as Mastodon does and expects."""
    return {
        "@context": ACTIVITYSTREAMS,
        "id": url,
        "type": "Collection",
        "totalItems": total,
        "first": _page(url, 1, total, first_items, ordered=False),
    }


def replies_page(url: str, number: int, total: int, items: Sequence[str]) -> Document:
    """One page of `replies`, counted from 1."""
    return {"@context": ACTIVITYSTREAMS} | _page(url, number, total, items, ordered=False)


def context(url: str, total: int, *, owner: str) -> Document:
    """The whole conversation, the post itself first, then by time (FEP-f228); its pages are `page`."""
    return paged(url, total) | {"attributedTo": owner}


def page_url(url: str, number: int) -> str:
    """The address of one page."""
    return f"{url}?page={number}"


def page_count(total: int) -> int:
    """How many pages there are; an empty collection has one empty page."""
    return max(1, -(-total // PER_PAGE))


def page_number(text: str, total: int) -> int:
    """The value of the query's `page` as a page that exists. Raises NoSuchThing for anything else (security S86)."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_PAGE_NUMBER and text[0] != "0"):
        raise NoSuchThing("no such page")
    number = int(text)
    if number > page_count(total):
        raise NoSuchThing("no such page")
    return number


def _page(url: str, number: int, total: int, items: Sequence[str | Document], *, ordered: bool) -> Document:
    document: Document = {
        "id": page_url(url, number),
        "type": "OrderedCollectionPage" if ordered else "CollectionPage",
        "partOf": url,
        "orderedItems" if ordered else "items": list(items),
    }
    if number < page_count(total):
        document["next"] = page_url(url, number + 1)
    if number > 1:
        document["prev"] = page_url(url, number - 1)
    return document


# --- theirs, inward ---


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteCollection:
    """A collection or one of its pages. `items` are the ids of objects, activities that carry one already opened.

    `first` and `next` may be on any host: whoever follows them keeps a budget and a set of the visited.
    """

    id: str | None
    items: tuple[str, ...]
    first: str | None
    next: str | None
    total: int | None


def items_of(document: Document) -> RemoteCollection:
    """Read a collection or a page; the items of an embedded first page count as its own.

    Raises Malformed for what is not a collection. Of many items the first `MOST_ITEMS` count.
    """
    document = _judged(document)
    items, following, start = _items(document), web_url(document.get("next")), document.get("first")
    head = embedded(start)
    if head is not None:
        head = _judged(head)
        opened, following = _items(head), web_url(head.get("next")) or following
        # A page that is only named must still be fetched; so must one that leads on and keeps its items to itself.
        is_whole = opened or (following and not _ITEMS.isdisjoint(head))
        start = None if is_whole else head.get("id")
        following = None if web_url(start) else following
        items = (items + opened)[:MOST_ITEMS]
    return RemoteCollection(
        id=web_url(document.get("id")),
        items=items,
        first=web_url(start),
        next=following,
        total=count_of(document.get("totalItems"), MOST_TOTAL),
    )


def _judged(document: Document) -> Document:
    document = plain_keys(document)
    kind = type_of(document)
    if kind not in _COLLECTIONS:
        raise Malformed(f"{kind} is no collection")
    return document


def _items(document: Document) -> tuple[str, ...]:
    items = document.get("orderedItems") or document.get("items")
    if not items:
        return ()
    return ids_of([_opened(item) for item in members(items)[:MOST_ITEMS]], MOST_ITEMS)


def _opened(item: object) -> object:
    """What an activity of an outbox or of a `contextHistory` (FEP-f228) is about; any other item as it is."""
    for _ in range(_DEEPEST):
        if isinstance(item, dict) and item.get("type") in _OPENED:
            item = item.get("object")
    return item
