"""An issue's HTML -> the sanitised tree that its page shows, with addresses, pictures and anchors settled.

`render` calls it; `sections` and `fediverse_html` read the tree. The author is trusted, the text may be pasted from
anywhere (S120): nh3 lets through what a letter needs and nothing that runs or loads from another host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

import nh3

from bridge.issues import embeds
from bridge.issues.html_tree import Node, Tag, parse
from bridge.issues.rendered import Picture, ServedPicture

_TAGS = frozenset(
    "a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure "
    "h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp section small span strong sub summary "
    "sup table tbody td tfoot th thead time tr u ul var wbr".split()
)
#: Blocks that only group others, as they come with pasted text; on the page each is a `div`.
_GROUPS = frozenset({"address", "article", "aside", "center", "footer", "header"})
_ATTRIBUTES = {
    "*": {"id", "lang", "dir", "title"},
    "a": {"href", "class", "rel", "hreflang"},
    "blockquote": {"cite"},
    "code": {"class"},
    "del": {"datetime"},
    "details": {"open"},
    "img": {"src", "alt", "width", "height"},
    "ins": {"datetime"},
    "li": {"value"},
    "ol": {"start", "reversed", "type"},
    "q": {"cite"},
    "section": {"class"},
    "span": {"class"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_CLASSES = frozenset(
    {"h-card", "u-url", "mention", "hashtag", "footnotes", "footnote-ref", "footnote-backref", embeds.CLASS}
)
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "geo", "xmpp", "matrix", "gemini", "magnet"})

#: How wide a picture is shown: the text's column of the stylesheet, on a phone the whole screen.
_SIZES = "(max-width: 44rem) 100vw, 41rem"

#: Elements inside each other; what is nested deeper stands as plain text.
MAX_DEPTH = 100


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name != "class":
        return value
    if tag == "code":
        return value if value.startswith("language-") and " " not in value else None
    return " ".join(word for word in value.split() if word in _CLASSES) or None


def sanitised(html: str) -> str:
    """The HTML with what a page of ours may hold. Text stays; scripts, styles and forms go, frames become links."""
    return nh3.clean(
        embeds.with_links(html),
        tags=set(_TAGS | _GROUPS),
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes=set(_SCHEMES),
        clean_content_tags={"script", "style"},
        link_rel=None,
    )


class PageTree:
    """The parsed page: its top-level blocks, its pictures by address, its outside links."""

    def __init__(self, html: str, *, page_url: str, served: Callable[[str], ServedPicture | None]) -> None:
        """Parse sanitised HTML and settle addresses.

        `served` is asked for each picture as the author wrote it; None, and a picture on another host that was
        not taken in, becomes its description: a reader's browser loads nothing from elsewhere (contract section 6).
        """
        self.root = parse(html)
        _flatten(self.root)
        self.page_url = page_url
        self.pictures: dict[str, Picture] = {}
        self.links: list[str] = []
        self.embeds: list[str] = []
        for group in self.root.tags(*_GROUPS):
            group.name = "div"
        for image in self.root.tags("img"):
            self._settle_picture(image, served)
        for link in self.root.tags("a"):
            self._settle_link(link)
        _gather_loose(self.root)

    @property
    def blocks(self) -> list[Node]:
        """The top-level elements and texts, without the white space between them."""
        return [node for node in self.root.children if isinstance(node, Tag) or node.strip()]

    def html(self) -> str:
        return self.root.html().strip()

    def _settle_picture(self, image: Tag, served: Callable[[str], ServedPicture | None]) -> None:
        path, alt = image.get("src"), image.get("alt")
        found = served(path) if path else None
        if found is None:
            self._describe(image, path, alt)
            return
        figure = image.above("figure")
        captions = figure.tags("figcaption") if figure else []
        title = captions[0].text() if captions else image.get("title")
        self.pictures.setdefault(found.url, Picture(path=path, url=found.url, alt=alt, title=title.strip()))
        image.attrs |= {"src": found.url, "alt": alt, "loading": "lazy"}
        if found.srcset:
            image.attrs |= {"srcset": found.srcset, "sizes": _SIZES}
        if found.width and found.height and not (image.get("width") or image.get("height")):
            image.attrs |= {"width": str(found.width), "height": str(found.height)}

    def _describe(self, image: Tag, path: str, alt: str) -> None:
        if urlsplit(path).scheme in ("http", "https") and image.above("a") is None:
            link = Tag("a", {"href": path})
            link.put_text(alt or path)
            image.replace_with(link)
        else:
            image.replace_with(alt)

    def _settle_link(self, link: Tag) -> None:
        href = link.get("href").strip()
        if embeds.CLASS in link.words("class"):
            del link.attrs["class"]
            self.embeds.append(href or link.text())
            if not absolute(href, self.page_url).startswith(("http://", "https://")) or not is_outside(
                absolute(href, self.page_url), self.page_url
            ):
                # A file beside the issue that is not a picture is served to nobody.
                link.replace_with(link.text())
                return
        if not href:
            # An address that may not stand, or none: what is left is the text, or a place that others link to.
            link.attrs.pop("href", None)
            return
        if not href.startswith("#"):
            link.attrs["href"] = href = absolute(href, self.page_url)
        if is_outside(href, self.page_url):
            if "mention" not in link.words("class"):
                self.links.append(href)
            link.attrs["rel"] = " ".join(dict.fromkeys([*link.words("rel"), "noopener"]))


def _gather_loose(root: Tag) -> None:
    """Make paragraphs of the text and inline elements that are outside any block, as in `<center>`."""
    gathered: list[Node] = []
    loose: list[Node] = []

    def settle() -> None:
        while loose and isinstance(loose[-1], str) and not loose[-1].strip():
            loose.pop()
        if loose:
            paragraph = Tag("p")
            for node in loose:
                paragraph.append(node)
            paragraph.parent = root
            gathered.append(paragraph)
        loose.clear()

    for child in root.children:
        if isinstance(child, Tag) and (child.name in BLOCKS or child.tags(*BLOCKS)):
            settle()
            gathered.append(child)
        elif loose or not isinstance(child, str) or child.strip():
            loose.append(child)
        else:
            gathered.append(child)
    settle()
    root.children = gathered


def _flatten(root: Tag) -> None:
    """Turn what is nested too deep into its text, so that whoever walks the tree may recurse (S120)."""
    level: list[Tag] = [root]
    for _ in range(MAX_DEPTH):
        level = [child for tag in level for child in tag.children if isinstance(child, Tag)]
    for tag in level:
        if any(isinstance(child, Tag) for child in tag.children):
            tag.put_text(tag.text())


@lru_cache(maxsize=1024)  # the page, each post and lint ask for the same few links
def absolute(href: str, page_url: str) -> str:
    """The address as others need it; one that cannot be joined stays as it is."""
    try:
        return urljoin(page_url, href)
    except ValueError:
        return href


def is_outside(href: str, page_url: str) -> bool:
    """Whether an absolute address is a web page on another host than the issue's."""
    try:
        there, here = urlsplit(href), urlsplit(page_url)
    except ValueError:
        return False
    return there.scheme in ("http", "https") and there.netloc.lower() != here.netloc.lower()


def text_of(nodes: Iterable[Node]) -> str:
    """Plain text: a line for each block, one space where the source had a line's end."""
    lines: list[str] = [""]
    for node in nodes:
        _add_text(node, lines)
        lines.append("")
    return "\n".join(line for line in map(str.strip, lines) if line)


BLOCKS = frozenset(
    "p h1 h2 h3 h4 h5 h6 pre blockquote ul ol li table tr figure figcaption section div dl dt dd details summary hr "
    "caption".split()
)


#: Links whose text is a sign: in plain text the number of a footnote would stick to the word before it.
_NO_WORDS = frozenset({"footnote-ref", "footnote-backref"})


def _add_text(node: Node, lines: list[str]) -> None:
    if not isinstance(node, Tag):
        lines[-1] += one_line(node)
    elif node.name == "br":
        lines.append("")
    elif node.name == "pre":
        lines.extend(["", *node.text().splitlines(), ""])
    elif not _NO_WORDS.intersection(node.words("class")):
        begins = node.name in BLOCKS
        if begins:
            lines.append("")
        for child in node.children:
            _add_text(child, lines)
        if begins:
            lines.append("")
        elif node.name in ("td", "th"):
            lines[-1] += " "


def one_line(text: str) -> str:
    """Line ends inside running text as the space they mean; servers that keep them would break the lines there."""
    if "\n" not in text:
        return text
    first, *others = text.split("\n")
    middle = [line.strip(" \t") for line in others[:-1]]
    return " ".join([first.rstrip(" \t"), *middle, others[-1].lstrip(" \t")])
