"""Config, database and our Ed25519 key -> the `Blog` that signs what we say; opened by `app`, and by git's hook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from bridge.activity.ids import Blog
from bridge.clock import Clock
from bridge.config import BlogConfig
from bridge.media.folder import MediaFolder
from bridge.outbox import profile
from bridge.outbox.profile_pictures import profile_picture
from bridge.outbox.seal import seal_with
from bridge.signature.keys import PrivateKey, Signer
from bridge.store.blogs import BlogRow
from bridge.store.database import Database
from bridge.store.pictures import PictureRow


async def open_blog(
    config: BlogConfig, *, folder: Path, media: MediaFolder, database: Database, ed25519: PrivateKey, clock: Clock
) -> tuple[BlogRow, Blog]:
    """The blog's row, made at the first start, and the blog with its pictures and its seal.

    `folder` is the blog's, where the pictures are named from. Raises ConfigFaults.
    """
    now = clock()
    row = await database.write(lambda tx: profile.claim(tx, config, now=now))

    async def picture(name: str | None, kind: Literal["icon", "header"]) -> PictureRow | None:
        if name is None:
            return None
        return await profile_picture(folder / name, kind, database=database, folder=media, blog_id=row.id, now=now)

    blog = profile.blog_from(
        row, config, icon=await picture(config.icon, "icon"), header=await picture(config.header, "header")
    )
    return row, replace(blog, seal=seal_with(Signer(key_id=blog.ed25519_key_id, key=ed25519), clock))
