"""A push that changes something -> its publishing, and what the pusher reads of it; loaded by `hook_work`.

The parts are joined here without those of the network (as `app` does with them), because most letters need no more.
"""

from __future__ import annotations

from contextlib import AsyncExitStack

from bridge.cli.hook_people import LatePeople
from bridge.cli.progress import progress
from bridge.clock import utc_now
from bridge.config import Config
from bridge.issues.git import Repository
from bridge.media.folder import MediaFolder
from bridge.outbox.blog import open_blog
from bridge.outbox.publish import Publisher
from bridge.signature.key_files import ED25519_KEY_FILE, load_key_file
from bridge.store.database import Database


async def publish(settings: Config, database: Database, *, allow_delete: bool) -> int:
    """Publish the last commit; print the lines that git shows as `remote:`."""
    ed25519 = load_key_file(settings.keys_folder / ED25519_KEY_FILE, "ed25519")
    media = MediaFolder(settings.media_folder)
    _, blog = await open_blog(
        settings.blog, folder=settings.folder, media=media, database=database, ed25519=ed25519, clock=utc_now
    )
    async with AsyncExitStack() as stack:
        publisher = Publisher(
            blog_config=settings.blog,
            close_after=settings.comments.close_after,
            blog=blog,
            database=database,
            repository=Repository(folder=settings.issues_folder),
            people=LatePeople(settings, stack),
            media=media,
            clock=utc_now,
        )
        begun = utc_now()
        report = await publisher.publish(allow_delete=allow_delete)
        told = await publisher.told(report, warned=True)
    for line in told.lines:
        print(line)
    if told.deliveries:
        print(await progress(database, blog.id, since=min(begun, told.at)))
    return 1 if report.is_refused else 0
