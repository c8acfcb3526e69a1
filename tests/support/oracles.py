"""HTML of ours -> what other servers make of it, re-implemented from facts about them (data in tests/oracles).

No code of theirs is here. Each takes away what the server takes away, so that a test can say: nothing was lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from bs4.element import PageElement, Tag

FOLDER = Path(__file__).parent.parent / "oracles"
OUTBOX = Path(__file__).parent.parent.parent / "bridge" / "outbox"
ALLOW_LISTS = ("mastodon", "gotosocial", "akkoma")


def rules_of(server: str) -> dict[str, Any]:
    # Mastodon's list is also what `rundbrief preview` goes by, so it lies in the package.
    folder = OUTBOX if server == "mastodon" else FOLDER
    rules: dict[str, Any] = json.loads((folder / f"{server}.json").read_text())
    return rules


def kept_by(server: str, html: str) -> str:
    """The HTML after the server's allow-list: other tags go and leave their text, other attributes go."""
    rules = rules_of(server)
    soup = BeautifulSoup(html, "html.parser")
    for tag in list(soup.find_all(True)):
        _keep(tag, rules, soup)
    return str(soup.decode(formatter="minimal")).replace("<br/>", "<br>")


def _keep(tag: Tag, rules: Mapping[str, Any], soup: BeautifulSoup) -> None:
    if rules["headings"] == "strong paragraphs" and re.fullmatch("h[1-6]", tag.name):
        tag.name = "strong"
        tag.wrap(soup.new_tag("p"))
    if tag.name == "a" and urlsplit(str(tag.get("href", ""))).scheme not in rules["schemes"]:
        tag.unwrap()
        return
    if tag.name in ("script", "style"):
        tag.decompose()
    elif tag.name not in rules["tags"]:
        tag.unwrap()
    else:
        allowed = {*rules["attributes"].get("*", ()), *rules["attributes"].get(tag.name, ())}
        patterns = [*rules["classes"].get("*", ()), *rules["classes"].get(tag.name, ())]
        tag.attrs = {name: value for name, value in tag.attrs.items() if name in allowed}
        if "class" in tag.attrs:
            classes = [name for name in tag["class"] if any(re.search(pattern, name) for pattern in patterns)]
            tag["class"] = classes
            if not classes:
                del tag["class"]


def as_misskey_text(html: str) -> str:
    """The text that Misskey and Sharkey show, in their markup."""
    rules = rules_of("misskey")
    return _text(BeautifulSoup(html, "html.parser").children, rules).strip()


def _text(nodes: Sequence[PageElement] | Any, rules: Mapping[str, Any]) -> str:
    return "".join(_node_text(node, rules) for node in nodes)


def _node_text(node: PageElement, rules: Mapping[str, Any]) -> str:
    if not isinstance(node, Tag):
        return str(node)
    inside = _text(node.children, rules)
    match node.name:
        case "br":
            return "\n"
        case "a":
            return _link_text(node)
        case "pre" if len(node.contents) == 1 and getattr(node.contents[0], "name", "") == "code":
            return f"\n```\n{node.get_text()}\n```\n"
        case "code":
            return f"`{inside}`"
        case "blockquote":
            return "\n\n> " + inside.strip().replace("\n", "\n> ")
        case name if name in rules["wrapped"]:
            before, after = rules["wrapped"][name]
            return f"{before}{inside}{after}" if inside else ""
        case name if name in rules["blank_line_before"]:
            return "\n\n" + inside
        case name if name in rules["new_line_before"]:
            return "\n" + inside
        case _:
            return inside


def _link_text(link: Tag) -> str:
    text, href = link.get_text(), str(link.get("href", ""))
    rel = " ".join(link.get("rel") or [])
    if text.startswith("#") and "hashtag" in (link.get("class") or []):
        return text
    if text.startswith("@") and not rel.startswith("me "):
        # The part of the handle is completed with the host of the profile.
        return text if text.count("@") == 2 else f"{text}@{urlsplit(href).netloc}"
    if not text or text == href:
        return href
    return f"[{text}]({href})"
