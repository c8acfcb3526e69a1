"""An issue and what rendering it gave -> faults that refuse it, warnings that do not; called by `lint` and the hooks.

Of the file alone: mentions that do not resolve need the network and are the outbox's business (contract section 4).
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from urllib.parse import unquote, urljoin, urlsplit

from bridge.errors import Fault
from bridge.issues.issue import Issue, picture_in_text
from bridge.issues.notation import shown
from bridge.issues.rendered import Fragment, Rendered, Section
from bridge.plurals import counted

MOST_PICTURE = 20 * 1024 * 1024  #: bytes of one picture
MOST_CHARACTERS = 5000  #: of one post; Mastodon shows more, other servers cut or refuse it

_SHOWN_EVERYWHERE = (".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp")
_CODE = re.compile(r"^ {0,3}(?:```+|~~~+)[^\n]*\n.*?(?:^ {0,3}(?:```+|~~~+)[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_CODE_SPAN = re.compile(r"(?P<ticks>(?<!`)`++)(?:(?!`|\n\n).)+?(?P=ticks)", re.DOTALL)
_BULLET = re.compile(r"[ \t>]*(?:•|[‣◦⁃·][ \t\u00a0])")
# The address of a Markdown link (not of a picture), of a reference, of an HTML link.
_LINK = re.compile(
    r"""(?<!!)\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\]\(\s*<?(?P<inline>[^\s)>]+)"""
    r"""|^[ ]{0,3}\[(?!\^)[^\]\n]+\]:[ \t]*<?(?P<reference>[^\s>]+)"""
    r"""|<a\s[^>]{0,500}?href=["']?(?P<html>[^"'\s>]+)""",
    re.MULTILINE | re.IGNORECASE,
)
_MARKUP = re.compile(r"<[^>]*>")
#: What Markdown puts around words: signs of emphasis and links, a link's address.
_MARKS = re.compile(r"\]\([^)]*\)|[*_`~\[\]]")
#: The places that the page of every issue has.
_PLACES = frozenset({"", "top", "title", "content", "comments"})
_ISSUE_PAGE = re.compile(r"/issues/(?P<slug>[^/]*)/?(?:comments\.json|feed\.xml)?")


def faults_of(
    issue: Issue,
    *,
    named: Iterable[str],
    pictures: Mapping[str, int],
    sections: int,
    broken: Mapping[str, str] = MappingProxyType({}),
) -> list[Fault]:
    """What refuses the issue.

    `named` are the pictures as the text names them (what rendering asked for), `pictures` the sizes in bytes of those
    that exist, by name, `broken` what is wrong with those that could not be read; `sections` is how many posts follow
    the first when the format is a thread.
    """
    faults = [fault for name in _names(issue, named) if (fault := _picture_fault(issue, name, pictures, broken))]
    if issue.format == "thread" and sections > issue.max_sections:
        line = issue.lines.get("max_sections") or issue.lines.get("format") or issue.body_line
        raised = f' or raise it with "max_sections: {sections}"' if sections <= 50 else ""
        reason = f"The text has {sections} sections, and {issue.max_sections} are allowed. Join some{raised}"
        faults.append(Fault(issue.path, line, reason))
    return sorted(faults, key=lambda fault: fault.line or 0)


def warnings_of(
    issue: Issue, rendered: Rendered, *, page_url: str, slugs: Collection[str], named: Iterable[str] = ()
) -> list[Fault]:
    """What the author may have overlooked. `slugs` are those of all issues that readers can open."""
    warnings = [
        *_alt_warnings(issue, rendered),
        *_foreign_picture_warnings(issue, named),
        *_bullet_warnings(issue),
        *_link_warnings(issue, rendered, page_url, slugs),
        *_length_warnings(issue, rendered),
        *_left_out_warnings(issue, rendered),
    ]
    return sorted(warnings, key=lambda warning: warning.line or 0)


def posts_in_timelines(issue: Issue, sections: int) -> int:
    """How many posts a follower finds in their timeline: a reply to oneself is shown there too."""
    return 1 + sections if issue.format == "thread" else 1


def _names(issue: Issue, named: Iterable[str]) -> Iterator[str]:
    """The pictures in the issue's own folder that it needs, each once."""
    found = [picture_in_text(path) for path in named]
    yield from dict.fromkeys(name for name in (issue.cover, *found) if name is not None)


def _picture_fault(issue: Issue, name: str, pictures: Mapping[str, int], broken: Mapping[str, str]) -> Fault | None:
    line = issue.lines.get("cover") if name == issue.cover else _line_of(issue, name)
    if name not in pictures:
        return Fault(
            issue.path, line, f"The picture {shown(name)} does not exist. Put it beside the file and commit it"
        )
    if name.lower().endswith(".svg"):
        return Fault(issue.path, line, f"{shown(name)} is SVG, which may hold programs. Save the picture as PNG")
    if not name.lower().endswith(_SHOWN_EVERYWHERE):
        return Fault(issue.path, line, f"{shown(name)} is of a kind that browsers do not show. Save it as JPEG or PNG")
    if pictures[name] > MOST_PICTURE:
        size = pictures[name] / 1024 / 1024
        return Fault(issue.path, line, f"The picture {shown(name)} has {size:.0f} MiB. Make it smaller than 20 MiB")
    if name in broken:
        return Fault(issue.path, line, f"The picture {shown(name)} {broken[name]}")
    return None


def _alt_warnings(issue: Issue, rendered: Rendered) -> Iterator[Fault]:
    if issue.cover and not issue.cover_alt:
        yield Fault(issue.path, issue.lines.get("cover"), 'The cover has no description. Add a line "cover_alt: ..."')
    if issue.attach == "cover" and not issue.cover:
        yield Fault(issue.path, issue.lines.get("attach"), "attach is cover, but there is no cover")
    for picture in rendered.pictures:
        if not picture.alt.strip():
            reason = f"The picture {shown(picture.path)} has no description. Write it: ![description]({picture.path})"
            yield Fault(issue.path, _line_of(issue, picture.path), reason)


def _foreign_picture_warnings(issue: Issue, named: Iterable[str]) -> Iterator[Fault]:
    for path in dict.fromkeys(named):
        if picture_in_text(path) is None:
            reason = (
                f"The picture {shown(path)} does not lie beside the file, so only a link or its description is shown"
            )
            yield Fault(issue.path, _line_of(issue, path), reason)


def _bullet_warnings(issue: Issue) -> Iterator[Fault]:
    for number, line in enumerate(_without_code(issue.body).split("\n"), issue.body_line):
        if _BULLET.match(line):
            bullet = line.lstrip(" \t>")[0]
            yield Fault(issue.path, number, f'The line begins with "{bullet}", which makes no list. Begin it with "- "')


def _link_warnings(issue: Issue, rendered: Rendered, page_url: str, slugs: Collection[str]) -> Iterator[Fault]:
    text = _without_code(issue.body)
    for found in _LINK.finditer(text):
        address = found["inline"] or found["reference"] or found["html"]
        reason = _dead_place(address, rendered) or _dead_link(issue, address, page_url, slugs)
        if reason:
            yield Fault(issue.path, issue.body_line + text.count("\n", 0, found.start()), reason)


def _dead_place(address: str, rendered: Rendered) -> str | None:
    """The warning for a link within the page whose anchor is not there; None for any other link."""
    place = html.escape(unquote(address.removeprefix("#")))
    if not address.startswith("#") or place in _PLACES or f'id="{place}"' in rendered.page_html:
        return None
    return f"The link {shown(address)} leads to no place on the page"


def _dead_link(issue: Issue, address: str, page_url: str, slugs: Collection[str]) -> str | None:
    if address.startswith("#"):
        return None
    try:
        target = urlsplit(urljoin(page_url, address))
        here = urlsplit(page_url)
    except ValueError:
        return f"The address {shown(address)} cannot be read"
    if (target.scheme, target.netloc) != (here.scheme, here.netloc):
        return None
    page = _ISSUE_PAGE.fullmatch(unquote(target.path))
    if page is None or page["slug"] == issue.slug or page["slug"] in slugs:
        return None
    slug = page["slug"].removesuffix(".md")
    if slug != page["slug"] and slug in {*slugs, issue.slug}:
        return f"The link {shown(address)} leads to a file. Write /issues/{slug}"
    return f"The link {shown(address)} leads to no issue"


def _length_warnings(issue: Issue, rendered: Rendered) -> Iterator[Fault]:
    if not issue.body.strip():
        yield Fault(issue.path, issue.body_line, "The issue has no text")
    if issue.format == "thread":
        posts = counted(posts_in_timelines(issue, len(rendered.sections)), "post")
        line = issue.lines.get("format", issue.body_line)
        yield Fault(issue.path, line, f"As a thread the issue puts {posts} into each follower's timeline")
    fragment = {"note": rendered.teaser, "full": rendered.full, "thread": rendered.teaser}.get(issue.format)
    length = 0 if fragment is None else len(issue.title) + _characters(fragment)
    line = issue.lines.get("format", issue.body_line)
    refused = f"servers other than Mastodon may refuse more than {MOST_CHARACTERS}"
    if length > MOST_CHARACTERS:
        better = "Write a teaser" if issue.format == "thread" else 'Write a teaser, or "format: thread"'
        yield Fault(issue.path, line, f"The post has {length} characters; {refused}. {better}")
    for section in rendered.sections if issue.format == "thread" else ():
        name, line = shown(_opening(section)), _line_of_section(issue, section)
        if section.cut:
            reason = f"The section {name} is too long for one post, which ends with a link to the rest"
            yield Fault(issue.path, line, f"{reason}. Part it with a heading")
        elif (length := _characters(section)) > MOST_CHARACTERS:
            reason = f"The post of the section {name} has {length} characters; {refused}. Part it with a heading"
            yield Fault(issue.path, line, reason)


def _characters(post: Fragment | Section) -> int:
    """What a post shows: tables and footnotes grow when they become lines of text."""
    return max(len(post.text), len(html.unescape(_MARKUP.sub("", post.html))))


def _left_out_warnings(issue: Issue, rendered: Rendered) -> Iterator[Fault]:
    for address in rendered.embeds:
        reason = f"{shown(address)} is a film, sound or frame, of which page and post hold only a link or its name"
        yield Fault(issue.path, _line_of(issue, address), reason)
    attached = {picture.url for picture in rendered.full.pictures}
    left = [picture for picture in rendered.pictures if picture.url not in attached]
    if left and issue.format in ("full", "article"):
        reason = (
            f"A post shows {len(attached)} of these pictures; of {shown(left[0].path)} and what follows it has links"
        )
        yield Fault(issue.path, _line_of(issue, left[0].path), reason)


def _without_code(body: str) -> str:
    """The text with code blanked out, every line in its place."""
    if "`" not in body and "~~~" not in body:
        return body
    for code in (_CODE, _CODE_SPAN):
        body = code.sub(lambda found: "\n" * found[0].count("\n"), body)
    return body


def _opening(section: Section) -> str:
    """The heading of a section, or its first words where it has none."""
    return section.heading or section.text.partition("\n")[0][:40].strip()


def _line_of_section(issue: Issue, section: Section) -> int:
    """The line on which a section begins, read without the marks of links and emphasis."""
    opening = _opening(section)
    for number, line in enumerate(issue.body.split("\n"), issue.body_line):
        bare = _MARKS.sub("", line[:500]).strip("#>-+ \t\r")
        if bare == opening or (bare.startswith(opening) and (line.startswith("#") or not section.heading)):
            return number
    return issue.body_line


def _line_of(issue: Issue, written: str) -> int:
    """The line on which the text names a picture, by its name as written or as an address spells it."""
    for number, line in enumerate(issue.body.split("\n"), issue.body_line):
        if written in line or written in unquote(line):
            return number
    return issue.body_line
