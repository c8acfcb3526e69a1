"""Somebody's face or the pictures of a comment -> fetched once, encoded again and served by us.

So no reader's browser ever talks to a third party (S66).

The handler of the job kind `picture`; the store writes the job when an entry, a reaction or a profile changes. The same
job removes what is shown no more, so a deleted comment's pictures go with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bridge.activity.ids import Blog, new_token
from bridge.clock import Clock
from bridge.config import Config
from bridge.errors import BadPicture, DatabaseFault, FetchError, FetchFailed
from bridge.media.encode import Encoded, encode_fitted, encode_one
from bridge.media.folder import MediaFolder
from bridge.remote.budget import Budget, BudgetSpent, Cause
from bridge.remote.documents import Documents
from bridge.store import blocks, changes, entries, pictures, remote_pictures
from bridge.store.database import Database, Transaction
from bridge.store.entries import EntryRow
from bridge.store.remote_pictures import RemotePicture
from bridge.urls import host_of

log = logging.getLogger(__name__)

_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")  #: AVIF: see `media.encode`
_FACE_BYTES = 4 * 1024 * 1024
_PICTURE_BYTES = 16 * 1024 * 1024
_FACE_SIDE = 96  #: pixels; shown at 40
_WIDEST = 960
#: Pictures of one comment; many servers allow four.
_MOST_OF_ONE = 4
#: Waits after a server did not answer; then there is no picture.
_AGAIN = tuple(timedelta(minutes=minutes) for minutes in (2, 20, 6 * 60))
#: Bytes of all of them; the longest fetched go first.
MOST_BYTES = 2 * 1024 * 1024 * 1024
#: A picture of the author's may be encoded this long before the issue that shows it is out.
_PUBLISHING = timedelta(days=1)
_AT_ONCE = 500
_PAUSE_SECONDS = 24 * 3600.0


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """One picture to have. `entry_id` 0: a face."""

    actor_id: str
    entry_id: int
    url: str
    attempts: int = 0


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Everything the job needs. Two pictures are decoded at a time: each may take some hundred MB of memory."""

    blog: Blog
    config: Config
    database: Database
    documents: Documents
    media: MediaFolder
    clock: Clock
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    async def __call__(self, key: str) -> timedelta | None:
        """Bring the pictures of one entry or person in line with what we show of them."""
        wanted, unwanted = await self.database.read(lambda tx: self._look(tx, key))
        if unwanted:
            names = await self.database.write(lambda tx: remote_pictures.remove(tx, unwanted))
            await asyncio.to_thread(self.media.remove, names)
        waits = [await self._fetch(one, key) for one in wanted]
        return min((wait for wait in waits if wait is not None), default=None)

    async def run(self) -> None:
        """Once a day remove what nothing shows, and what is too much; until cancelled."""
        while True:
            try:
                await self.tidy()
            except DatabaseFault as fault:
                log.error("old pictures could not be removed: %s", fault)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def tidy(self, *, most_bytes: int = MOST_BYTES) -> None:
        """Remove the files of what nothing shows any more, and the oldest where there are too many."""
        blog_id, day_ago = self.blog.id, self.clock() - _PUBLISHING
        own = await self.database.write(lambda tx: pictures.remove_unused(tx, before=day_ago))
        await asyncio.to_thread(self.media.remove, own)
        while names := await self.database.write(lambda tx: remote_pictures.remove_unused(tx, blog_id, limit=_AT_ONCE)):
            await asyncio.to_thread(self.media.remove, names)
        names = await self.database.write(lambda tx: remote_pictures.remove_oldest(tx, blog_id, most_bytes=most_bytes))
        await asyncio.to_thread(self.media.remove, names)

    def _look(self, tx: Transaction, key: str) -> tuple[list[_Wanted], list[str]]:
        """What is to be fetched, and the tokens of what is to go."""
        kind, _, name = key.partition(" ")
        if kind == "actor":
            return self._face(tx, name)
        entry = entries.find(tx, int(name))
        known = remote_pictures.of_place(tx, self.blog.id, entry_id=int(name))
        wanted: list[_Wanted] = []
        if entry is not None and entry.actor_id and _is_shown(entry) and not self._is_blocked(tx, entry.actor_id):
            urls = [str(picture["url"]) for picture in entry.pictures if picture.get("url")][:_MOST_OF_ONE]
            wanted = [_Wanted(actor_id=entry.actor_id, entry_id=entry.id, url=url) for url in dict.fromkeys(urls)]
        missing, unwanted = _difference(wanted, known)
        people = {row.actor_id for row in known} | ({entry.actor_id} if entry and entry.actor_id else set())
        for actor_id in people:
            more, gone = self._face(tx, actor_id)
            missing, unwanted = missing + more, unwanted + gone
        return missing, unwanted

    def _face(self, tx: Transaction, actor_id: str) -> tuple[list[_Wanted], list[str]]:
        known = remote_pictures.of_place(tx, self.blog.id, actor_id=actor_id)
        url = None
        if self.config.comments.avatars == "proxy" and not self._is_blocked(tx, actor_id):
            url = remote_pictures.face_address(tx, self.blog.id, actor_id)
        wanted = [] if not url else [_Wanted(actor_id=actor_id, entry_id=0, url=url)]
        return _difference(wanted, known)

    def _is_blocked(self, tx: Transaction, actor_id: str) -> bool:
        return blocks.holding(tx, self.blog.id, actor_id, self.config.federation.blocked) is not None

    async def _fetch(self, wanted: _Wanted, key: str) -> timedelta | None:
        """Have one picture, or note why not; returns when to try again."""
        encoded, reason, wait = None, "", None
        cap = _PICTURE_BYTES if wanted.entry_id else _FACE_BYTES
        try:
            async with self._room:
                # Whoever writes a profile or post says where its pictures are.
                cause = Cause(name=host_of(wanted.actor_id), is_proven=True)
                page = await self.documents.fetch_file(
                    wanted.url, budget=Budget(fetches=4, cause=cause), media_types=_TYPES, cap_bytes=cap
                )
                encoded = await asyncio.to_thread(_made_anew, page.body, is_face=not wanted.entry_id)
        except (FetchFailed, BudgetSpent) as error:
            reason = str(error)
            wait = _AGAIN[wanted.attempts] if wanted.attempts < len(_AGAIN) else None
        except (FetchError, BadPicture) as error:
            reason = str(error)
        token = new_token()
        files = [] if encoded is None else await asyncio.to_thread(self.media.keep, token, encoded)
        row = RemotePicture(
            token=token,
            blog_id=self.blog.id,
            actor_id=wanted.actor_id,
            entry_id=wanted.entry_id,
            url=wanted.url,
            name=files[0].name if files else None,
            width=files[0].width if files else None,
            height=files[0].height if files else None,
            bytes=len(encoded.largest.body) if encoded else 0,
            reason=reason,
            attempts=wanted.attempts + 1 if wait else len(_AGAIN) + 1,
            fetched_at=self.clock(),
        )
        if not await self.database.write(lambda tx: self._keep(tx, row, key)):
            await asyncio.to_thread(self.media.remove, [file.name for file in files])
        return wait

    def _keep(self, tx: Transaction, row: RemotePicture, key: str) -> bool:
        """Write it down, unless what it was for is gone by now; then False."""
        still, _ = self._look(tx, key)
        if not any((one.actor_id, one.entry_id, one.url) == (row.actor_id, row.entry_id, row.url) for one in still):
            return False
        remote_pictures.put(tx, row)
        if row.name is not None:
            for issue_id in remote_pictures.issues_of(tx, self.blog.id, row.actor_id):
                tx.touch(changes.issue(issue_id))
        return True


def _is_shown(entry: EntryRow) -> bool:
    return entry.state == "shown" and entry.visibility in ("public", "unlisted") and not entry.ours


def _difference(wanted: Sequence[_Wanted], known: Sequence[RemotePicture]) -> tuple[list[_Wanted], list[str]]:
    """What of the wanted is not here, with how often it was tried, and the tokens of what nobody wants."""
    places = {(one.actor_id, one.entry_id, one.url) for one in wanted}
    tried = {(row.actor_id, row.entry_id, row.url): row for row in known}
    missing = []
    for one in wanted:
        row = tried.get((one.actor_id, one.entry_id, one.url))
        if row is None:
            missing.append(one)
        elif row.name is None and row.attempts <= len(_AGAIN):
            missing.append(_Wanted(actor_id=one.actor_id, entry_id=one.entry_id, url=one.url, attempts=row.attempts))
    return missing, [row.token for row in known if (row.actor_id, row.entry_id, row.url) not in places]


def _made_anew(body: bytes, *, is_face: bool) -> Encoded:
    if is_face:
        return encode_fitted(body, width=_FACE_SIDE, height=_FACE_SIDE, by_stranger=True)
    return encode_one(body, widest=_WIDEST)
