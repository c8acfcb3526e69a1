"""An issue -> everything that pages, feeds and the fediverse show of it.

Publishing, preview, lint and the pages call `render`; `find_mentions` comes first where handles are to be resolved.
Pure: who is behind a handle and where a picture is served are arguments (contract section 5).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from unicodedata import normalize

from bridge.errors import Fault, IssueFaults
from bridge.issues.fediverse_html import FediverseHtml
from bridge.issues.html_tree import Node, Tag, tags_of
from bridge.issues.issue import Issue, picture_in_text
from bridge.issues.markdown_rules import Converted, html_from_markdown
from bridge.issues.page_html import PageTree, sanitised, text_of
from bridge.issues.rendered import MAX_PICTURES, Fragment, Hashtag, Mention, Picture, Rendered, Section, ServedPicture
from bridge.issues.sections import (
    SECTION_LENGTH,
    Cut,
    cut_inside,
    cut_sections,
    excerpt,
    is_break,
    is_heading,
    teaser_blocks,
    unique_key,
)
from bridge.issues.summary import summary_of

__all__ = [
    "Fragment",
    "Hashtag",
    "Mention",
    "Picture",
    "Rendered",
    "Section",
    "ServedPicture",
    "find_mentions",
    "hashtag_name",
    "render",
]

#: Elements of one issue; twenty times what a long letter has. What follows costs 0.1 ms for each (S120).
MAX_ELEMENTS = 20_000

#: Characters of a section's post that are kept for the link to the rest.
_LINK_ROOM = 50
_GO_ON = {"de": "Weiterlesen auf der Seite", "en": "Read on at the page"}
_WORD = re.compile(r"\w+")
_NOTE_ID = re.compile(r"fn-\d+$")


def find_mentions(issue: Issue) -> tuple[str, ...]:
    """The handles `user@host` that text and teaser name, in order, each once. Raises IssueFaults when too long."""
    found: dict[str, str] = {}

    def remember(handle: str) -> None:
        found.setdefault(handle.casefold(), handle)

    for text in (issue.teaser or "", issue.body):
        if "@" in text:  # most have none, and converting is half of what an issue costs
            _converted(issue, text, mention=remember, tag_url=lambda name: name)
    return tuple(found.values())


def hashtag_name(tag: str) -> str | None:
    """A tag as one hashtag: `krasse links` -> `KrasseLinks`. None when nothing but digits is left."""
    words = _WORD.findall(normalize("NFC", tag).removeprefix("#"))
    name = words[0] if len(words) == 1 else "".join(word[:1].upper() + word[1:] for word in words)
    return None if not name or name.isdecimal() else name


def render(
    issue: Issue,
    *,
    mentions: Mapping[str, Mention],
    page_url: str,
    tag_url: Callable[[str], str],
    picture: Callable[[str], ServedPicture | None],
) -> Rendered:
    """Render an issue whole.

    `mentions` are the handles that could be resolved; the others stay plain text. `tag_url` gives the page of a
    hashtag, `picture` where a picture is served (None: it is not there). Raises IssueFaults when the text is too long.
    """
    return _Rendering(issue, mentions, page_url, tag_url, picture).rendered()


def _converted(
    issue: Issue, text: str, *, mention: Callable[[str], Mention | None], tag_url: Callable[[str], str]
) -> Converted:
    try:
        return html_from_markdown(text, mention=mention, tag_url=tag_url)
    except ValueError as error:
        raise IssueFaults([Fault(issue.path, None, str(error))]) from error


class _Rendering:
    def __init__(
        self,
        issue: Issue,
        mentions: Mapping[str, Mention],
        page_url: str,
        tag_url: Callable[[str], str],
        picture: Callable[[str], ServedPicture | None],
    ) -> None:
        self._issue = issue
        self._page_url = page_url
        self._tag_url = tag_url
        self._picture = picture
        self._by_handle = {handle.casefold(): mention for handle, mention in mentions.items()}
        self._by_profile = {mention.url: mention for mention in mentions.values()}
        self._named: dict[str, Mention] = {}
        self._tags: dict[str, Hashtag] = {}

    def rendered(self) -> Rendered:
        issue = self._issue
        for written in issue.tags:
            if name := hashtag_name(written):
                self._tags.setdefault(name.casefold(), Hashtag(name=name, href=self._tag_url(name)))
        own_teaser = self._tree(issue.teaser) if issue.teaser else None
        tree = self._tree(issue.body)
        blocks = tree.blocks
        cuts = cut_sections([block for block in blocks if not _is_footnotes(block)])
        in_thread = issue.format == "thread"
        for cut in cuts:
            if cut.heading or len(cuts) > 1 or in_thread:
                _anchor(cut.blocks[0], cut.key)
        _anchor_headings(tree)
        first = teaser_blocks(cuts[0].blocks if in_thread and cuts else _without_footnotes(blocks))
        teaser = self._fragment(own_teaser or tree, own_teaser.blocks if own_teaser else first.blocks)
        # An opening that stands whole in the first post is not a reply of its own; a section with a heading always is.
        told = first.complete and not (
            own_teaser or (cuts[:1] and cuts[0].heading) or teaser.pictures or _cites(first.blocks)
        )
        sections = tuple(self._section(tree, cut) for cut in (cuts[1:] if told else cuts)) if in_thread else ()
        text = text_of(blocks)
        return Rendered(
            page_html=tree.html(),
            teaser=teaser,
            full=self._fragment(tree, _without_breaks_around(blocks), room=self._room(tree)),
            sections=sections,
            text=text,
            mentions=tuple(self._named.values()),
            hashtags=tuple(self._tags.values()),
            pictures=tuple(tree.pictures.values()),
            links=tuple(dict.fromkeys(tree.links)),
            words=len(text.split()),
            embeds=tuple(dict.fromkeys(tree.embeds)),
            summary=self._summary(own_teaser, blocks),
        )

    def _summary(self, own_teaser: PageTree | None, blocks: Sequence[Node]) -> str:
        if own_teaser is not None:
            return summary_of(own_teaser.blocks, language=self._issue.language, own=True)
        return summary_of(_without_footnotes(blocks), language=self._issue.language)

    def _tree(self, text: str) -> PageTree:
        converted = _converted(
            self._issue, text, mention=lambda handle: self._by_handle.get(handle.casefold()), tag_url=self._tag_url
        )
        for mention in converted.mentions:
            self._named.setdefault(mention.handle.casefold(), mention)
        for tag in converted.hashtags:
            self._tags.setdefault(tag.name.casefold(), tag)
        html = sanitised(converted.html)
        if html.count("<") - html.count("</") > MAX_ELEMENTS:
            reason = f"the text makes over {MAX_ELEMENTS} links, paragraphs and the like. Part it into several issues"
            raise IssueFaults([Fault(self._issue.path, None, reason)])
        return PageTree(html, page_url=self._page_url, served=self._picture)

    def _room(self, tree: PageTree) -> int:
        """How many of the text's pictures the whole text can have: an attached cover that is none of them takes one."""
        issue = self._issue
        in_text = {picture_in_text(picture.path) for picture in tree.pictures.values()}
        takes_one = issue.format == "full" and issue.attach != "none" and issue.cover and issue.cover not in in_text
        return MAX_PICTURES - 1 if takes_one else MAX_PICTURES

    def _fragment(
        self, tree: PageTree, blocks: Sequence[Node], *, ending: str = "", room: int | None = None
    ) -> Fragment:
        writer = FediverseHtml(page_url=self._page_url, language=self._issue.language, known=tree.pictures, room=room)
        html = writer.write(blocks) + ending
        links = tags_of(blocks, "a", word="mention")
        tags = [self._tags.get(normalize("NFC", link.text()).removeprefix("#").casefold()) for link in links]
        named = [self._by_profile.get(link.get("href")) for link in links]
        return Fragment(
            html=html,
            text=text_of(blocks),
            mentions=tuple(dict.fromkeys(mention for mention in named if mention)),
            hashtags=tuple(dict.fromkeys(tag for tag in tags if tag)),
            pictures=tuple(writer.pictures),
        )

    def _section(self, tree: PageTree, cut: Cut) -> Section:
        part = excerpt(cut.blocks, SECTION_LENGTH)
        if not part.complete or len(text_of(part.blocks)) > SECTION_LENGTH:
            part = excerpt(cut.blocks, SECTION_LENGTH - _LINK_ROOM, shorten=cut_inside)
        blocks = list(part.blocks)
        ending = ""
        if part.complete:
            notes = _cited_notes(tree, blocks)
            if len(text_of(blocks)) + len(text_of(notes)) <= SECTION_LENGTH:
                writer = FediverseHtml(page_url=self._page_url, language=self._issue.language, known={})
                ending = "".join(map(writer.footnote, notes))
        else:
            rest = f"{cut.key}-rest"
            anchor = rest if part.whole and _anchor(cut.blocks[part.whole], rest) else cut.key
            words = _GO_ON.get(self._issue.language.partition("-")[0], _GO_ON["en"])
            ending = f'<p><a href="{self._page_url}#{anchor}">{words}</a></p>'
        fragment = self._fragment(tree, blocks, ending=ending, room=MAX_PICTURES)
        return Section(
            key=cut.key,
            heading=cut.heading,
            html=fragment.html,
            text=fragment.text,
            cut=not part.complete,
            mentions=fragment.mentions,
            hashtags=fragment.hashtags,
            pictures=fragment.pictures,
        )


def _is_footnotes(block: Node) -> bool:
    return isinstance(block, Tag) and block.name == "section" and "footnotes" in block.words("class")


def _without_footnotes(blocks: Iterable[Node]) -> list[Node]:
    return [block for block in blocks if not _is_footnotes(block)]


def _without_breaks_around(blocks: Sequence[Node]) -> Sequence[Node]:
    """A break at the beginning or end parts nothing in a post."""
    parted = [at for at, block in enumerate(blocks) if not is_break(block)]
    return blocks[parted[0] : parted[-1] + 1] if parted else ()


def _cites(blocks: Sequence[Node]) -> list[str]:
    """The ids of the footnotes that these blocks refer to, in order."""
    return list(dict.fromkeys(link.get("href").removeprefix("#") for link in tags_of(blocks, "a", word="footnote-ref")))


def _cited_notes(tree: PageTree, blocks: Sequence[Node]) -> list[Tag]:
    cited = _cites(blocks)
    notes = {note.get("id"): note for note in tree.root.tags("li") if _NOTE_ID.search(note.get("id"))} if cited else {}
    return [notes[name] for name in cited if name in notes]


def _anchor(block: Node, name: str) -> bool:
    """Make a block a place that can be linked to; whether it is one under this name."""
    if not isinstance(block, Tag):
        return False
    block.attrs["id"] = name
    return True


def _anchor_headings(tree: PageTree) -> None:
    """Give the headings that begin no section an id too."""
    every = tree.root.tags()
    taken = {tag.get("id"): 1 for tag in every if "id" in tag.attrs}
    for heading in every:
        if is_heading(heading) and "id" not in heading.attrs:
            heading.attrs["id"] = unique_key(heading.text(), taken)
