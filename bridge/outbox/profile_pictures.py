"""The icon and the header that `config.toml` names -> pictures as we serve them; `app` asks at every start."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime
from pathlib import Path
from typing import Literal

from bridge.errors import BadPicture, ConfigFaults
from bridge.media.encode import encode_fitted
from bridge.media.folder import MediaFolder, new_token
from bridge.store import changes, pictures
from bridge.store.database import Database, Transaction
from bridge.store.pictures import PictureRow

#: Width and height: what Mastodon keeps of a face and of a header, which it cuts to these shapes itself.
_SHAPES = {"icon": (400, 400), "header": (1500, 500)}


async def profile_picture(
    file: Path, kind: Literal["icon", "header"], *, database: Database, folder: MediaFolder, blog_id: int, now: datetime
) -> PictureRow:
    """The picture, encoded if its content is new. Raises ConfigFaults for a file that cannot be served."""
    try:
        body = await asyncio.to_thread(file.read_bytes)
    except OSError as error:
        raise ConfigFaults([f"blog.{kind}: {file} cannot be read: {error.strerror}"]) from error
    content = hashlib.sha256(body).hexdigest()
    known = await database.read(lambda tx: pictures.all_of(tx, blog_id, kind))
    if content in known:
        return known[content]
    width, height = _SHAPES[kind]
    try:
        encoded = await asyncio.to_thread(encode_fitted, body, width=width, height=height)
    except BadPicture as fault:
        raise ConfigFaults([f"blog.{kind}: {file} {fault}"]) from fault
    token = new_token()
    files = await asyncio.to_thread(folder.keep, token, encoded)
    row = PictureRow(
        token=token,
        blog_id=blog_id,
        kind=kind,
        content=content,
        media_type=encoded.media_type,
        files=tuple((file.name, file.width, file.height) for file in files),
        blurhash=encoded.blurhash,
    )

    def add(tx: Transaction) -> PictureRow:
        pictures.add(tx, row, now=now)
        tx.touch(changes.BLOG)
        return pictures.all_of(tx, blog_id, kind)[content]

    return await database.write(add)
