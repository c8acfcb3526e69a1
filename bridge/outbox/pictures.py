"""The pictures that issues name, as git has them -> encoded and kept, once for each content; before any transaction.

`prepare` asks a `Shelf` for each picture while it renders, in a thread; `publish` opens it, and keeps what is new.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.activity.ids import Addresses, Blog
from bridge.activity.post import Attachment
from bridge.errors import BadPicture
from bridge.issues.git import Repository
from bridge.issues.issue import picture_in_text
from bridge.issues.lint import MOST_PICTURE
from bridge.issues.rendered import ServedPicture
from bridge.issues.source import PictureFile, read_blobs
from bridge.media.encode import check, encode
from bridge.media.folder import MediaFolder, new_token
from bridge.store import pictures as picture_rows
from bridge.store.database import Database, Transaction
from bridge.store.pictures import PictureRow


@dataclass(kw_only=True)
class Shelf:
    """The pictures of one blog while a plan is made.

    `read` gives a file's bytes. `kept` are the pictures encoded before, by git's blob id; `new` those encoded now.
    Without a `folder` (a push that is only judged, a dry run) a new picture is looked at and not encoded. One picture
    is in memory at a time.
    """

    read: Callable[[PictureFile], bytes]
    addresses: Addresses
    blog_id: int
    kept: Mapping[str, PictureRow]
    folder: MediaFolder | None
    new: dict[str, PictureRow] = field(default_factory=dict)
    _judged: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def take(self, picture: PictureFile, *, may_keep: bool) -> PictureRow | None:
        """The picture as served; None where it is only looked at. Raises BadPicture."""
        found = self.kept.get(picture.blob) or self.new.get(picture.blob)
        if found is not None:
            return found
        if self.folder is not None and may_keep:
            return self._encode(picture, self.folder)
        place = (picture.path, picture.blob)
        if place not in self._judged:
            self._judged[place] = _fault_of(self.read(picture))
        reason = self._judged[place]
        if reason is not None:
            raise BadPicture(reason)
        return None

    def _encode(self, picture: PictureFile, folder: MediaFolder) -> PictureRow:
        encoded = encode(self.read(picture))
        token = new_token()
        row = PictureRow(
            token=token,
            blog_id=self.blog_id,
            kind="issue",
            content=picture.blob,
            media_type=encoded.media_type,
            files=tuple((file.name, file.width, file.height) for file in folder.keep(token, encoded)),
            blurhash=encoded.blurhash,
        )
        self.new[picture.blob] = row
        return row


async def open_shelf(database: Database, blog: Blog, repository: Repository, *, folder: MediaFolder | None) -> Shelf:
    """The shelf for a plan that reads its pictures from git's objects."""
    return Shelf(
        read=lambda picture: read_blobs(repository, [picture.blob])[picture.blob],
        addresses=blog.addresses,
        blog_id=blog.id,
        kept=await database.read(lambda tx: picture_rows.all_of(tx, blog.id, "issue")),
        folder=folder,
    )


async def keep_new(database: Database, shelf: Shelf, *, now: datetime) -> None:
    """Write down what was encoded; the files of a content that another publisher wrote down first go again."""
    folder = shelf.folder

    def add(tx: Transaction) -> list[PictureRow]:
        return [row for row in shelf.new.values() if not picture_rows.add(tx, row, now=now)]

    if folder is not None and shelf.new:
        for late in await database.write(add):
            await asyncio.to_thread(folder.remove, [name for name, _, _ in late.files])


@dataclass(kw_only=True)
class IssuePictures:
    """The pictures of one issue while it is rendered: `named` as its text names them, `broken` with their reasons.

    `may_keep` is False for a draft: nothing of it is put where the web could find it (S122). `shown_as` tells a preview
    where it has its own copies.
    """

    shelf: Shelf
    files: Mapping[str, PictureFile]
    may_keep: bool
    shown_as: Callable[[str], ServedPicture | None] | None = None
    named: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    taken: dict[str, PictureRow] = field(default_factory=dict)

    def in_text(self, path: str) -> ServedPicture | None:
        """Where a picture that the text names is served; None where lint has something to say about it."""
        self.named.append(path)
        name = picture_in_text(path)
        found = None if name is None else self.take(name)
        return found if found is None or self.shown_as is None else self.shown_as(path)

    def take(self, name: str) -> ServedPicture | None:
        """The same for a picture by its tidy name."""
        file = self.files.get(name)
        if file is None or file.size > MOST_PICTURE or name in self.broken:
            return None
        try:
            row = self.shelf.take(file, may_keep=self.may_keep)
        except BadPicture as fault:
            self.broken[name] = str(fault)
            return None
        if row is None:
            return ServedPicture(url=self.shelf.addresses.media(file.blob))
        self.taken[name] = row
        return served(row, self.shelf.addresses)

    def attachments(self, *, alt: Mapping[str, str]) -> tuple[Attachment, ...]:
        """Every picture taken, as posts attach it; `alt` has the descriptions by name."""
        return tuple(
            Attachment(
                path=name,
                url=self.shelf.addresses.media(row.files[-1][0]),
                media_type=row.media_type,
                alt=alt.get(name, ""),
                width=row.files[-1][1],
                height=row.files[-1][2],
                blurhash=row.blurhash or None,
            )
            for name, row in self.taken.items()
        )


def served(row: PictureRow, addresses: Addresses) -> ServedPicture:
    """A picture's addresses: the widest, and the narrower ones."""
    *narrower, (name, width, height) = row.files
    return ServedPicture(
        url=addresses.media(name),
        width=width,
        height=height,
        narrower=tuple((addresses.media(other), other_width) for other, other_width, _ in narrower),
    )


def _fault_of(body: bytes) -> str | None:
    try:
        check(body)
    except BadPicture as fault:
        return str(fault)
    return None
