"""Collections both ways: ours as peers page through them, theirs as they come."""

from __future__ import annotations

import json

import pytest

from bridge.activity import collection
from bridge.activity.collection import MOST_ITEMS, MOST_TOTAL, PER_PAGE, items_of, page_number
from bridge.activity.json_text import read_json
from bridge.errors import Malformed, NoSuchThing
from bridge.terms import Document
from tests.support.wire import incoming

URL = "https://links.example/actor/a/outbox"
FAR = "https://far.example/notes"


def test_followers_are_counted_and_never_listed() -> None:
    assert collection.counted(URL, 7) == {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": URL,
        "type": "OrderedCollection",
        "totalItems": 7,
    }


def test_every_page_of_the_outbox_leads_to_the_next_and_back() -> None:
    items = [f"https://links.example/activity/{n}" for n in range(2 * PER_PAGE + 1)]
    head = collection.paged(URL, len(items))
    assert (head["totalItems"], head["first"], head["last"]) == (len(items), f"{URL}?page=1", f"{URL}?page=3")
    pages = [
        collection.page(URL, number, len(items), items[(number - 1) * PER_PAGE : number * PER_PAGE])
        for number in (1, 2, 3)
    ]
    assert [page["id"] for page in pages] == [f"{URL}?page={number}" for number in (1, 2, 3)]
    assert [page.get("next") for page in pages] == [f"{URL}?page=2", f"{URL}?page=3", None]
    assert [page.get("prev") for page in pages] == [None, f"{URL}?page=1", f"{URL}?page=2"]
    assert all((page["type"], page["partOf"]) == ("OrderedCollectionPage", URL) for page in pages)
    assert [item for page in pages for item in page["orderedItems"]] == items


def test_an_empty_collection_has_one_empty_page() -> None:
    assert page_number("1", 0) == 1
    page = collection.page(URL, 1, 0, [])
    assert page["orderedItems"] == []
    assert "next" not in page


@pytest.mark.parametrize(
    "text", ["0", "-1", "4", "1e9", "01", "", " 1", "1.0", "true", "max_id=1", "'", "１", "9" * 5000]
)
def test_a_page_that_there_is_not_is_not_found(text: str) -> None:
    """S86."""
    with pytest.raises(NoSuchThing):
        page_number(text, 2 * PER_PAGE + 1)


def test_replies_carry_their_first_page_with_them() -> None:
    replies = collection.replies(f"{FAR}/replies", PER_PAGE + 1, [f"{FAR}/{n}" for n in range(PER_PAGE)])
    assert replies["type"] == "Collection"
    assert replies["first"]["next"] == f"{FAR}/replies?page=2"
    assert "@context" not in replies["first"]
    again = items_of(read_json(json.dumps(replies).encode()))
    assert (len(again.items), again.next, again.total) == (PER_PAGE, f"{FAR}/replies?page=2", PER_PAGE + 1)
    second = collection.replies_page(f"{FAR}/replies", 2, PER_PAGE + 1, [f"{FAR}/last"])
    assert (second["type"], second["items"]) == ("CollectionPage", [f"{FAR}/last"])


def test_a_context_names_its_owner() -> None:
    """FEP-f228."""
    context = collection.context(f"{FAR}/context", 3, owner="https://links.example/actor/a")
    assert (context["type"], context["attributedTo"]) == ("OrderedCollection", "https://links.example/actor/a")


def test_featured_stands_in_one_document() -> None:
    assert collection.whole(URL, [f"{FAR}/1"])["orderedItems"] == [f"{FAR}/1"]


# --- theirs ---


def test_a_mastodon_page_of_replies_leads_on() -> None:
    page = items_of(incoming("mastodon_replies_page"))
    assert page.items == ("https://social.example/users/kaffeeringe/statuses/1", "https://andere.example/notes/2")
    assert page.next is not None
    assert page.next.endswith("only_other_accounts=true&page=true")


@pytest.mark.parametrize(
    "document",
    [
        {"type": "Collection", "items": [f"{FAR}/1", f"{FAR}/2"]},
        {"type": "OrderedCollection", "orderedItems": [{"id": f"{FAR}/1", "type": "Note"}, f"{FAR}/2"]},
        {"type": "Collection", "first": {"type": "CollectionPage", "items": [f"{FAR}/1", f"{FAR}/2"]}},
        {"type": "Collection", "items": [], "first": {"type": "CollectionPage", "items": [f"{FAR}/1", f"{FAR}/2"]}},
        {"type": "as:OrderedCollectionPage", "as:orderedItems": [f"{FAR}/1", 5, None, "x", f"{FAR}/2"]},
        {
            "type": "OrderedCollectionPage",
            "orderedItems": [
                {"type": "Create", "id": f"{FAR}/1#create", "object": {"id": f"{FAR}/1"}},
                {"type": "Announce", "id": f"{FAR}/a", "object": f"{FAR}/2"},
            ],
        },
    ],
)
def test_items_are_found_in_any_shape(document: Document) -> None:
    assert items_of(document).items == (f"{FAR}/1", f"{FAR}/2")


def test_a_single_item_needs_no_list() -> None:
    assert items_of({"type": "Collection", "items": f"{FAR}/1"}).items == (f"{FAR}/1",)


def test_a_first_page_by_address_is_still_to_be_fetched() -> None:
    assert items_of({"type": "Collection", "first": f"{FAR}?page=1"}).first == f"{FAR}?page=1"
    stub = {"type": "CollectionPage", "id": f"{FAR}?page=1"}
    assert items_of({"type": "Collection", "first": stub}).first == f"{FAR}?page=1"


def test_a_bomb_of_items_and_counts_is_cut() -> None:
    """S57."""
    bomb = items_of(
        {"type": "Collection", "totalItems": 10**18, "items": [f"{FAR}/{n}" for n in range(100_000)], "next": FAR}
    )
    assert (len(bomb.items), bomb.total) == (MOST_ITEMS, MOST_TOTAL)
    doubled = {"type": "Collection", "items": [FAR] * 150, "first": {"type": "CollectionPage", "items": [FAR] * 150}}
    assert len(items_of(doubled).items) == MOST_ITEMS


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"type": "Note"},
        {"type": 5},
        {"type": "Collection", "first": {"type": "Note"}},
        {"type": "Collection", "@graph": 1},
    ],
)
def test_what_is_no_collection_is_malformed(broken: Document) -> None:
    """S75."""
    with pytest.raises(Malformed):
        items_of(broken)


def test_odd_values_in_a_collection_count_as_absent() -> None:
    """S75."""
    odd = items_of({"type": "Collection", "totalItems": -1, "next": 5, "first": [], "items": {"a": 1}, "id": 5})
    assert (odd.id, odd.items, odd.first, odd.next, odd.total) == (None, (), None, None, None)
    assert items_of({"type": "Collection", "totalItems": True}).total is None
