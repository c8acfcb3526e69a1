"""What is published -> what each issue's file contained, so that files beside an issue are not taken for its content.

A fingerprint only saves reading: it covers every picture that `24.md` might name. Planning compares the contents:
the file's bytes and the pictures that it names (`issue.digest`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from bridge.issues.git import Repository
from bridge.issues.issue import digest
from bridge.issues.source import commit_exists, list_tree, read_blobs
from bridge.outbox.prepare import ReadFile
from bridge.store.issues import Outline

#: Where an issue's row keeps it, in `source`.
KEY = "digest"


def content_of(row: Outline) -> str | None:
    """The content that is out; None where an earlier version of Rundbrief did not write it down."""
    found = row.source.get(KEY)
    return found if isinstance(found, str) else None


def with_contents(
    repository: Repository, rows: Sequence[Outline], commit: str | None, *, but: Collection[int]
) -> list[Outline]:
    """The rows with the contents that an earlier version did not write down, as far as `commit`, last out, has them.

    Those numbered in `but` are left as they are: nothing will be asked of them.
    """
    unknown = {row.path: row for row in rows if row.state != "deleted" and row.id not in but and not content_of(row)}
    if not unknown or commit is None or not commit_exists(repository, commit):
        return list(rows)
    files = [file for file in list_tree(repository, commit).files if file.path in unknown]
    files = [file for file in files if file.fingerprint == unknown[file.path].digest]
    blobs = read_blobs(repository, [file.blob for file in files])
    found: dict[int, str] = {}
    for file in files:
        raw = blobs[file.blob]
        pictures = {name: picture.blob for name, picture in file.pictures_in(raw).items()}
        found[unknown[file.path].id] = digest(raw, pictures)
    return [row._replace(source={**row.source, KEY: found[row.id]}) if row.id in found else row for row in rows]


def settled_files(
    read: Iterable[ReadFile], matched: Mapping[str, Outline], *, now: datetime, again: str | None
) -> dict[str, ReadFile]:
    """The read files that turn out to be as they were, by path: only what lies beside them has changed."""
    settled: dict[str, ReadFile] = {}
    for one in read:
        row = matched.get(one.file.path)
        if one.issue is None or row is None or row.state == "deleted" or row.slug == again:
            continue
        is_same = content_of(row) == one.issue.digest and (row.path, row.slug) == (one.file.path, one.issue.slug)
        if is_same and not (row.state == "waiting" and row.date <= now):
            settled[one.file.path] = one
    return settled
