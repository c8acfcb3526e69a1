"""comments.json has the shape that the contract promises to other programs."""

from __future__ import annotations

import json
from collections.abc import Callable

from bridge.conversation.comment import Entry, Picture
from bridge.conversation.comments_json import comments_bytes, comments_json

Said = Callable[..., Entry]
ISSUE = "https://links.example/issues/24"


def read(*entries: Entry) -> dict[str, object]:
    document = comments_json(issue=ISSUE, entries=entries, likes=3, boosts=1, closed=False)
    return dict(json.loads(comments_bytes(document)))


def test_the_document_is_the_contracts(said: Said) -> None:
    assert read(said("b", parent="a", minute=1, updated=None), said("a")) == {
        "issue": ISSUE,
        "closed": False,
        "count": 2,
        "likes": 3,
        "boosts": 1,
        "comments": [
            {
                "id": name,
                "kind": "reply",
                "url": f"https://far.example/@ann/{name}",
                "parent": parent,
                "author": {
                    "name": "Ann",
                    "handle": "@ann@far.example",
                    "url": "https://far.example/@ann",
                    "avatar": None,
                },
                "published": published,
                "updated": None,
                "content_html": f"<p>{name}</p>",
                "section": None,
            }
            for name, parent, published in (("a", None, "2024-08-05T12:00:00Z"), ("b", "a", "2024-08-05T12:01:00Z"))
        ],
    }


def test_a_deleted_comment_with_answers_says_nothing_but_that(said: Said) -> None:
    comments = read(said("a", state="deleted", content_warning="x"), said("b", parent="a", minute=1))["comments"]

    assert isinstance(comments, list)
    assert comments[0]["deleted"] is True
    assert (comments[0]["author"], comments[0]["content_html"]) == (None, "")
    assert "deleted" not in comments[1]


def test_the_parent_is_always_an_entry_of_the_list(said: Said) -> None:
    comments = read(said("a"), said("b", parent="a", state="spam"), said("c", parent="b"))["comments"]
    assert isinstance(comments, list)
    assert [(each["id"], each["parent"]) for each in comments] == [("a", None), ("c", "a")]


def test_what_stands_behind_a_warning_is_folded_and_pictures_are_in_it(said: Said) -> None:
    picture = Picture(src="/media/x.webp", alt='Ein "Schaf" <b>', width=4, height=3)
    comments = read(said("a", content_warning="<i>Bahn", pictures=(picture,)))["comments"]

    assert isinstance(comments, list)
    assert comments[0]["content_html"] == (
        "<details><summary>&lt;i&gt;Bahn</summary><p>a</p>"
        '<figure><a href="/media/x.webp"><img src="/media/x.webp" alt="Ein &quot;Schaf&quot; &lt;b&gt;" '
        'width="4" height="3" loading="lazy"></a></figure></details>'
    )


def test_a_sensitive_picture_is_covered_by_a_sentence_unless_a_warning_covers_all(said: Said) -> None:
    see = Picture(src="/media/see.webp", alt="Ein See")
    (covered,) = read(said("a", pictures=(see,), sensitive=True))["comments"]  # type: ignore[misc, attr-defined]
    assert covered["content_html"].startswith("<p>a</p><details><summary>Sensitive picture</summary><figure>")
    (folded,) = read(said("a", pictures=(see,), sensitive=True, content_warning="Nackt"))["comments"]  # type: ignore[misc, attr-defined]
    assert folded["content_html"].count("<details>") == 1
    (words,) = read(said("a", sensitive=True))["comments"]  # type: ignore[misc, attr-defined]
    assert words["content_html"] == "<p>a</p>"


def test_of_a_deleted_comment_the_address_says_no_name(said: Said) -> None:
    gone = said("a", state="deleted", author=None)
    first = read(gone, said("b", parent="a"))["comments"][0]  # type: ignore[index]
    assert first["url"] == "https://far.example/o/a"


def test_the_bytes_may_stand_in_a_script_element(said: Said) -> None:
    """S98."""
    document = comments_json(
        issue=ISSUE, entries=[said("a", content_html="<p>]]> \u2028</p></script>")], likes=0, boosts=0, closed=True
    )
    written = comments_bytes(document)

    assert b"<" not in written
    assert "\u2028".encode() not in written
    assert json.loads(written) == document


def test_without_a_human_page_the_url_is_the_objects_id(said: Said) -> None:
    comments = read(said("a", url=""))["comments"]
    assert isinstance(comments, list)
    assert comments[0]["url"] == "https://far.example/o/a"


def test_what_the_author_said_is_marked_and_nothing_else(said: Said) -> None:
    """Also by an account of theirs elsewhere; of what they deleted nothing is told."""
    mine = {"is_author": True}
    comments = read(
        said("a", **mine), said("b", parent="a"), said("c", state="deleted", **mine), said("d", parent="c")
    )["comments"]

    assert isinstance(comments, list)
    assert [one.get("by_author") for one in comments] == [True, None, None, None]
