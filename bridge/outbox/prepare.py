"""The issue files of a commit -> each read, judged, its mentions resolved, rendered; before any transaction."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bridge.activity.ids import Blog
from bridge.activity.post import Attachment
from bridge.config import BlogConfig
from bridge.errors import Fault, IssueFaults
from bridge.issues import lint
from bridge.issues.git import Repository
from bridge.issues.issue import Issue, picture_in_text, read_issue, slug_from_name
from bridge.issues.render import find_mentions, render
from bridge.issues.rendered import Mention, Rendered, ServedPicture
from bridge.issues.source import IssueFile, IssueTree, is_issue, read_blobs, same_slug_faults
from bridge.outbox.pictures import IssuePictures, Shelf

_SLUG_LINE = re.compile(rb"""^slug\s*[:=]\s*["']?([a-z0-9-]+)""", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class ReadFile:
    """One issue file, read and judged. `faults` refuse it; then there is no `issue`, only what its slug may be."""

    file: IssueFile
    issue: Issue | None
    faults: Sequence[Fault] = ()
    warnings: Sequence[Fault] = ()
    likely_slugs: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """An issue ready to be published. `unresolved` are the handles that stay plain text.

    `pictures` are those of the text and the cover as posts attach them, `tokens` the names of their rows.
    """

    file: IssueFile
    issue: Issue
    rendered: Rendered
    mentions: Mapping[str, Mention]
    unresolved: Sequence[str]
    named: Sequence[str]  #: the pictures as the text names them
    warnings: Sequence[Fault]
    cover: ServedPicture | None = None
    pictures: Sequence[Attachment] = ()
    tokens: Sequence[str] = ()


def read_files(
    repository: Repository,
    files: Sequence[IssueFile],
    config: BlogConfig,
    *,
    others: Iterable[tuple[str, str]] = (),
) -> list[ReadFile]:
    """Read and judge files of a commit; nothing is rendered. `others` are path and slug of files that are not read."""
    blobs = read_blobs(repository, [file.blob for file in files])
    return without_twins([read_file(file, blobs[file.blob], config) for file in files], others)


def without_twins(read: Sequence[ReadFile], others: Iterable[tuple[str, str]]) -> list[ReadFile]:
    """The files, those refused whose slug is another's already."""
    slugs: list[tuple[str, str, int | None]] = [(path, slug, None) for path, slug in others]
    slugs += [(one.file.path, one.issue.slug, one.issue.lines.get("slug")) for one in read if one.issue is not None]
    twice = {fault.path: fault for fault in same_slug_faults(slugs)}
    return [
        ReadFile(file=one.file, issue=None, faults=[twice[one.file.path]]) if one.file.path in twice else one
        for one in read
    ]


def read_file(file: IssueFile, raw: bytes, config: BlogConfig) -> ReadFile:
    """Judge one file."""
    pictures = file.pictures_in(raw)
    try:
        issue, warnings = read_issue(
            file.path,
            raw,
            language=config.language,
            default_format=config.format,
            timezone=config.timezone,
            pictures={name: picture.blob for name, picture in pictures.items()},
        )
    except IssueFaults as error:
        written = _SLUG_LINE.search(raw)
        likely = [slug_from_name(file.path), *([written[1].decode()] if written else [])]
        return ReadFile(file=file, issue=None, faults=error.faults, likely_slugs=likely)
    return ReadFile(file=file, issue=issue, warnings=warnings)


def render_issue(
    read: ReadFile,
    mentions: Mapping[str, Mention],
    blog: Blog,
    shelf: Shelf,
    *,
    picture_of: Callable[[str], ServedPicture | None] | None = None,
) -> Prepared | ReadFile:
    """Render one issue and encode its pictures; a ReadFile with faults where that cannot be done."""
    issue = read.issue
    if issue is None:
        return read
    files = {picture.name: picture for picture in read.file.pictures}
    pictures = IssuePictures(shelf=shelf, files=files, may_keep=not issue.draft, shown_as=picture_of)
    try:
        rendered = render(
            issue,
            mentions=mentions,
            page_url=blog.addresses.page(issue.slug),
            tag_url=blog.addresses.tag_page,
            picture=pictures.in_text,
        )
        cover = None if issue.cover is None else pictures.take(issue.cover)
        faults = lint.faults_of(
            issue,
            named=pictures.named,
            pictures={name: picture.size for name, picture in files.items()},
            sections=len(rendered.sections),
            broken=pictures.broken,
        )
        if faults:
            raise IssueFaults(faults)
    except IssueFaults as error:
        return ReadFile(file=read.file, issue=None, faults=error.faults, likely_slugs=[issue.slug])
    return Prepared(
        file=read.file,
        issue=issue,
        rendered=rendered,
        mentions=mentions,
        unresolved=[handle for handle in find_mentions(issue) if handle not in mentions],
        named=pictures.named,
        warnings=read.warnings,
        cover=cover,
        pictures=pictures.attachments(alt=descriptions(issue, rendered)),
        tokens=[row.token for row in pictures.taken.values()],
    )


def descriptions(issue: Issue, rendered: Rendered) -> dict[str, str]:
    """What each picture shows, by its name: in the text's words, the cover in its own."""
    alt = {name: one.alt for one in rendered.pictures if one.alt and (name := picture_in_text(one.path))}
    return alt | ({issue.cover: issue.cover_alt} if issue.cover and issue.cover_alt else {})


def with_warnings(ready: Prepared | ReadFile, blog: Blog, slugs: Collection[str]) -> Prepared | ReadFile:
    """The issue with what its author may have overlooked. `slugs` are those of all issues that readers can open."""
    if isinstance(ready, ReadFile):
        return ready
    page_url = blog.addresses.page(ready.issue.slug)
    found = lint.warnings_of(ready.issue, ready.rendered, page_url=page_url, slugs=slugs, named=ready.named)
    return replace(ready, warnings=[*ready.warnings, *found])


def no_issue(repository: Repository, path: str) -> str:
    """What to say of a path that is not an issue file's."""
    if not is_issue(os.fsencode(path).split(b"/")) or path[:1] in "_.":
        return f"{path} is not an issue file: those are NAME.md and NAME/index.md, not beginning with _ or a dot"
    if not (repository.folder / path).exists():
        return f"there is no file {path} in {repository.folder}"
    return f"{path} is not committed and git leaves it alone; look whether a .gitignore names it"


def tree_faults(tree: IssueTree, only: Sequence[str] | None) -> list[ReadFile]:
    """Faults of the tree itself (symlinks, submodules), told like those of a file."""
    from_tree = [fault for fault in tree.faults if only is None or fault.path in only]
    return [ReadFile(file=_nameless(fault.path), issue=None, faults=[fault]) for fault in from_tree]


def _nameless(path: str) -> IssueFile:
    return IssueFile(path=path, blob="", size=0)
