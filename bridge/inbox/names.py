"""What the record calls an activity -> what a person calls it; `why`, the ledger and the author's pages say it so."""

from __future__ import annotations

#: By the name of its class in `activity.incoming_types`; what was refused unread is kept by its type on the wire.
NAMES = {
    "Accept": "a yes to our request",
    "AcceptActivity": "a yes to our request",
    "Add": "an addition to a list",
    "Announce": "a boost",
    "AnnounceActivity": "something a group hands on",
    "AnnounceRequest": "a request to boost",
    "Block": "a block of the blog",
    "Create": "a new post",
    "CreateById": "a new post, named only",
    "CreateNote": "a new post",
    "Delete": "a deletion",
    "DeleteActor": "the deletion of the account",
    "DeleteObject": "the deletion of a post",
    "Dislike": "a dislike",
    "Flag": "a report",
    "Follow": "a follow",
    "Like": "a like",
    "LikeRequest": "a request to like",
    "Move": "a move to another account",
    "Pingback": "a pingback",
    "QuoteRequest": "a request to quote",
    "Reject": "a no to our request",
    "RejectActivity": "a no to our request",
    "Remove": "a removal from a list",
    "ReplyRequest": "a request to reply",
    "Undo": "something taken back",
    "UndoAnnounce": "a boost taken back",
    "UndoBlock": "the end of a block",
    "UndoDelete": "a deletion taken back",
    "UndoDislike": "a dislike taken back",
    "UndoFollow": "the end of a follow",
    "UndoLike": "a like taken back",
    "Update": "an edit",
    "UpdateActor": "a changed profile",
    "UpdateById": "an edited post, named only",
    "UpdateNote": "an edited post",
    "Webmention": "a webmention",
}


def name_of(kind: str) -> str:
    """Never empty: what has no name is called by its type."""
    return NAMES.get(kind, f"an activity of the type {kind}")


#: What brings somebody's words here: of these the ledger says what the words are, a reply or a mention.
_BRINGING = frozenset({"Announce", "AnnounceActivity", "CreateById", "CreateNote", "UpdateById", "UpdateNote"})


def word_for(kind: str, entry_kind: str | None = None) -> str:
    """The same in one word or few, without an article: `reply`, `like`, `boost taken back`.

    `entry_kind` is the kind of the entry that the activity is about, where there is one.
    """
    if entry_kind is not None and kind in _BRINGING:
        return f"edited {entry_kind}" if kind.startswith("Update") else entry_kind
    article, _, rest = name_of(kind).partition(" ")
    return rest if article in ("a", "an", "the") else f"{article} {rest}".strip()
