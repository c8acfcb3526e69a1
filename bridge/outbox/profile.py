"""Config and the blog's row -> the `Blog` everybody uses; a changed url is refused, a changed profile is told.

Called by `app` at every start.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from bridge.activity.actor import actor_document
from bridge.activity.ids import Addresses, Blog, new_token
from bridge.activity.outgoing import update_of, wire_bytes
from bridge.activity.post import audience as audience_of
from bridge.clock import wire_time
from bridge.config import BlogConfig
from bridge.errors import ConfigFaults
from bridge.issues.markdown_rules import html_from_markdown
from bridge.issues.page_html import sanitised
from bridge.outbox import audience
from bridge.store import blogs, changes
from bridge.store.blogs import BlogRow
from bridge.store.database import Transaction
from bridge.store.pictures import PictureRow
from bridge.store.published import NewActivity
from bridge.terms import ObjectId


def claim(tx: Transaction, config: BlogConfig, *, now: datetime) -> BlogRow:
    """The blog's row, made at the first start. Raises ConfigFaults when the url is not the one ids were minted from."""
    row = blogs.find(tx)
    if row is None:
        blogs.add(tx, url=config.url, actor_token=new_token(), acct=config.acct, now=now)
        row = blogs.find(tx)
        if row is None:
            raise RuntimeError("the blog's row was written and is not there")
        return row
    if row.url != config.url:
        reason = (
            f"blog.url: is {config.url}, but this blog's ids were minted from {row.url}, and other servers keep "
            f"them for ever: set it back to {row.url}, or make a new blog with `rundbrief init`"
        )
        raise ConfigFaults([reason])
    if row.acct != config.acct:
        blogs.change_acct(tx, row.id, old=row.acct, new=config.acct)
        tx.touch(changes.BLOG)
        return blogs.find(tx) or row
    return row


def blog_from(row: BlogRow, config: BlogConfig, *, icon: PictureRow | None, header: PictureRow | None) -> Blog:
    """The blog as the wire and the pages know it."""
    addresses = Addresses(row.url)
    return Blog(
        id=row.id,
        url=row.url,
        handle=config.handle,
        title=config.name,
        language=config.language,
        actor_token=row.actor_token,
        created=row.created_at,
        account_domain=config.account_domain or "",
        description_html=_description(config.description),
        actor_type=config.actor_type,
        fields=tuple(config.fields.items()),
        also_known_as=tuple(config.also_known_as),
        creators=tuple(config.creators),
        icon_url=None if icon is None else addresses.media(icon.files[-1][0]),
        icon_type="" if icon is None else icon.media_type,
        header_url=None if header is None else addresses.media(header.files[-1][0]),
        header_type="" if header is None else header.media_type,
        old_handles=tuple(acct.rpartition("@")[0] for acct in row.old_accts),
    )


def _description(markdown: str) -> str:
    if not markdown.strip():
        return ""
    converted = html_from_markdown(markdown, mention=lambda _: None, tag_url=lambda name: f"#{name}")
    return sanitised(converted.html)


def tell_change(tx: Transaction, blog: Blog, row: BlogRow, *, rsa_pem: str, ed25519: str | None, now: datetime) -> bool:
    """Send Update{actor} to the followers when the profile differs from what they were last told."""
    document = actor_document(blog, rsa_pem=rsa_pem, ed25519_multibase=ed25519)
    digest = hashlib.sha256(wire_bytes(document)).hexdigest()
    if row.profile_digest == digest:
        return False
    blogs.record_profile(tx, blog.id, digest)
    tx.touch(changes.BLOG)
    if not row.profile_digest:
        return False  # the first start: nobody was told anything before
    activity_id = blog.addresses.activity(new_token())
    addressed = {"attributedTo": blog.actor_id, "updated": wire_time(now), **audience_of("public", blog.followers, ())}
    body = update_of({**document, **addressed}, activity_id)
    body["object"] = {key: value for key, value in document.items() if key != "@context"}
    body["@context"] = document["@context"]  # the terms of a profile are more than those of a post
    new = NewActivity(
        id=activity_id, blog_id=blog.id, type="Update", body=blog.seal(body), object_id=ObjectId(blog.actor_id)
    )
    audience.deliver(tx, new, audience.followers_and(tx, blog.id), now=now)
    return True
