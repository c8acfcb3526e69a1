"""An address of ours -> the issue that it is; a linkback's target, and what a later issue of ours links to."""

from __future__ import annotations

from bridge.activity.ids import Blog
from bridge.store import issues
from bridge.store.database import Transaction
from bridge.store.issues import IssueRow


def issue_at(tx: Transaction, blog: Blog, address: str) -> IssueRow | None:
    """The issue whose page (also by a former slug) or object this is, in any state. A fragment means nothing."""
    bare = address.partition("#")[0]
    ours = blog.addresses.kind_of(bare)
    if ours is not None and ours.kind == "page":
        return issues.find_by_slug(tx, blog.id, issues.find_redirect(tx, blog.id, ours.token) or ours.token)
    return issues.find_by_object(tx, bare) if ours is not None and ours.kind == "object" else None
