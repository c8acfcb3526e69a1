"""A server made with Fedify, strict and written by others, follows a blog, believes it, answers it and leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.pictures import png

SLUG = "herbst"
ISSUE = """---
title: Briefe aus dem Nebel
language: de
tags: [Herbst, Krumme Wege]
linkbacks: false
---

{text}
"""
FIRST = "Am Steg hängt ein Zettel: „Bitte leise, der Kranich schläft noch.“"
SECOND = "Am Steg hängt kein Zettel mehr. Der Kranich ist fort – bis zum Frühjahr."


def test_a_fedify_server_follows_reads_answers_and_leaves(town: tuple[Any, Any], knock: Any) -> None:
    blog, fedify = town

    followed = fedify.do("follow", handle=f"@links@{blog.host}")
    (accept,) = fedify.taken("Accept")
    _is_proven(accept)
    assert accept["object"]["follow"] == followed["id"]

    blog.push(f"{SLUG}.md", ISSUE.format(text=FIRST))
    (create,) = fedify.taken("Create")
    _is_proven(create)
    note = create["object"]
    assert (note["kind"], note["by"], note["public"]) == ("Note", followed["recipient"], True)
    assert note["url"] == f"{blog.origin}/issues/{SLUG}"
    assert FIRST in note["content"]
    assert fedify.do("lookup", url=note["url"]) == {"id": note["id"], "kind": "Note", "author": note["by"]}

    reply = fedify.do("reply", object=note["id"], text="Danke für den Kranich!")
    shown = blog.comments(SLUG, "the reply", lambda found: found["count"] == 1)["comments"][0]
    assert shown["author"]["handle"] == f"@anna@{fedify.host}"
    assert shown["url"] == reply["note"]
    assert "Danke für den Kranich!" in blog.get(f"/issues/{SLUG}").text

    fedify.do("edit", note=reply["note"], text="Danke für den schlafenden Kranich!")
    edited = blog.comments(SLUG, "the edit", lambda found: "schlafenden" in found["comments"][0]["content_html"])
    assert edited["comments"][0]["id"] == shown["id"]
    assert edited["comments"][0]["updated"]

    like = fedify.do("like", object=note["id"])
    boost = fedify.do("boost", object=note["id"])
    blog.comments(SLUG, "a like and a boost", lambda found: (found["likes"], found["boosts"]) == (1, 1))
    fedify.do("undo", id=like["id"])
    fedify.do("undo", id=boost["id"])
    blog.comments(SLUG, "neither like nor boost", lambda found: (found["likes"], found["boosts"]) == (0, 0))
    fedify.do("react", object=note["id"], emoji="🎉")
    blog.comments(SLUG, "the reaction", lambda found: found["likes"] == 1)

    brought = fedify.do("handOn", object=note["id"], text="Grüße vom Boten.")
    blog.comments(SLUG, "what Bert brought from Anna", lambda found: found["count"] == 2)
    fetched = [row["path"] for row in fedify.rows("asked")]
    assert brought["note"].removeprefix(fedify.origin) not in fetched, "her proof was enough"
    fedify.do("remove", note=brought["note"])
    fedify.do("remove", note=reply["note"])
    blog.comments(SLUG, "no comment", lambda found: found["count"] == 0)
    assert "Kranich!" not in blog.get(f"/issues/{SLUG}").text

    blog.push(f"{SLUG}.md", ISSUE.format(text=SECOND))
    (update,) = fedify.taken("Update")
    _is_proven(update)
    assert update["object"]["id"] == note["id"]
    assert update["object"]["updated"]
    assert SECOND in update["object"]["content"]

    blog.push(f"{SLUG}.md", None, "-o", "delete")
    (delete,) = fedify.taken("Delete")
    _is_proven(delete)
    assert delete["object"] == {"id": note["id"], "gone": True}

    fedify.do("undo", id=followed["id"])
    before = len(fedify.rows("received"))
    blog.commit({"winter.md": ISSUE.format(text="Jetzt liegt Schnee.")})
    blog.comments("winter", "the last issue", lambda found: found.get("count") == 0)
    assert "Jetzt liegt Schnee." in blog.get("/issues/winter").text
    assert fedify.do("lookup", url=f"{blog.origin}/issues/winter")["kind"] == "Note"
    assert len(fedify.rows("received")) == before, "nothing is sent to whom has left"

    knocks = [row for row in fedify.rows("sent") if row["method"] == "POST"]
    assert {(row["scheme"], row["status"]) for row in knocks} == {(knock.theirs, 202)}, "each first knock was taken"
    assert all(row["proof"] and row["signature"] for row in knocks), "bodies carry proof and LD signature together"

    # A scheme that is refused is refused once; from then on we knock with the other one at once.
    refusals = [(knock.refused, 401)] if knock.refused else []
    deliveries = [(row["scheme"], row["status"]) for row in fedify.rows("received")]
    assert deliveries == [*refusals, *[(knock.ours, 202)] * 4]
    # WebFinger is for everybody, and asked without a signature.
    fetches = [row for row in fedify.rows("asked") if not row["path"].startswith("/.well-known/")]
    assert [(row["scheme"], row["status"]) for row in fetches if row["status"] == 401] == refusals
    assert {row["http"] for row in fetches} == {"verified"}, "whatever we fetch, we sign for"


@pytest.mark.parametrize("knock", ["CAVAGE_FIRST"], indirect=True)
def test_a_fedify_server_reads_every_format(town: tuple[Any, Any]) -> None:
    blog, fedify = town
    actor = fedify.do("follow", handle=f"@links@{blog.host}")["recipient"]
    fedify.taken("Accept")
    blog.commit(
        {
            "artikel.md": _issue("Ein Artikel", FIRST, "format: article"),
            "faden.md": _issue("Ein Faden", f"## Erstens\n\n{FIRST}\n\n## Zweitens\n\n{SECOND}", "format: thread"),
            "ganz/index.md": _issue("Alles", f"{FIRST}\n\n![Ein Steg im Nebel](steg.png)", "format: full"),
            "ganz/steg.png": png(640, 480),
            "gruss.md": _issue("Ein Gruß", f"@anna@{fedify.host} hat geschrieben.", 'content_warning: "Nebel"'),
        }
    )
    rows = fedify.taken("Create", count=6)
    for row in rows:
        _is_proven(row)
    posts = {row["object"]["id"]: row["object"] for row in rows}
    by_page = {post["url"]: post for post in posts.values()}
    pages = {name: f"{blog.origin}/issues/{name}" for name in ("artikel", "faden", "ganz", "gruss")}

    article = by_page[pages["artikel"]]
    assert (article["kind"], article["title"]) == ("Article", "Ein Artikel")
    assert article["summary"]

    first = by_page[pages["faden"]]
    sections = [post for post in posts.values() if post["answers"] == first["id"]]
    assert sorted(post["public"] for post in sections) == [False, False]
    assert {post["url"].partition("#")[0] for post in sections} == {pages["faden"]}

    picture = next(found for found in by_page[pages["ganz"]]["attachments"] if found["kind"] != "Link")
    assert (picture["alt"], picture["width"], picture["height"]) == ("Ein Steg im Nebel", 640, 480)
    assert picture["url"].startswith(f"{blog.origin}/media/")

    greeting = by_page[pages["gruss"]]
    assert (greeting["sensitive"], greeting["summary"]) == (True, "Nebel")
    mention = {"kind": "Mention", "name": f"@anna@{fedify.host}", "url": f"{fedify.origin}/people/anna"}
    assert mention in greeting["tags"]
    assert [tag["name"] for tag in greeting["tags"] if tag["kind"] == "Hashtag"] == ["#Herbst"]

    reply = fedify.do("reply", object=sections[0]["id"], text="Zum Kranich!")
    shown = blog.comments("faden", "the reply to a section", lambda found: found["count"] == 1)["comments"][0]
    assert shown["section"]
    assert fedify.do("conversation", object=sections[0]["id"])["replies"]["items"] == [reply["note"]]

    seen = fedify.do("visit", actor=actor)
    assert seen["software"] == ["rundbrief", "rundbrief"], "NodeInfo 2.0 and 2.1"
    assert seen["followers"] == {"total": 1, "items": []}
    assert seen["following"] == {"total": 0, "items": []}
    assert seen["outbox"]["total"] == 6
    assert set(seen["outbox"]["items"]) == {row["id"] for row in rows}
    assert set(seen["featured"]["items"]) <= set(posts)


def _issue(title: str, text: str, line: str) -> str:
    return f"---\ntitle: {title}\nlanguage: de\ntags: [Herbst]\nlinkbacks: false\n{line}\n---\n\n{text}\n"


def _is_proven(row: dict[str, Any]) -> None:
    """HTTP signature and integrity proof hold, each by itself."""
    assert (row["http"], row["proof"], row["status"]) == ("verified", "verified", 202)


def test_what_is_installed_is_pinned_and_names_no_registry() -> None:
    lock = json.loads((Path(__file__).parent / "fedify" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert all(package["integrity"] for package in packages.values())
    assert not [name for name, package in packages.items() if "resolved" in package]
