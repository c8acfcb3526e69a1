"""A reply and the author's rules -> whether it is shown, and the reason that `why` tells.

The inbox, linkbacks and repair ask before an entry is kept, and again when it is edited.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.conversation.comment import State, Visibility

Policy = Literal["none", "first", "all"]

_STAY_OFF = re.compile(r"(?<!\w)#(?:noblog|nobridge)\b", re.IGNORECASE)
# What splits a word without being seen: soft hyphen, spaces without width, joiners.
_UNSEEN = re.compile("[\u00ad\u034f\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")


#: The person's own wishes: with these reasons an entry is hidden, and the author cannot show it.
POST_DECLINES = "The person asks by #noblog or #nobridge to be kept off the page."
PROFILE_DECLINES = "The person's profile asks by #noblog or #nobridge to be kept off the page."
BLOCKS_US = "Its author blocks this blog, so it is not shown."
WISHES = (POST_DECLINES, PROFILE_DECLINES, BLOCKS_US)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What happens with an entry: its state, one machine word for the cause, and the sentence that explains it."""

    state: State
    word: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is known of an entry when it is judged.

    `text` is its visible text (`sanitize.text_of`) with its content warning; `known` says that something of this
    person was shown before; `declined` that the profile asks to be kept off blogs, `asks_itself` that the post does by
    a tag; `blocks_us` that the person blocks the blog; `is_empty` that a reader would see nothing of it.
    """

    visibility: Visibility
    text: str
    is_creator: bool = False
    known: bool = False
    closed: bool = False
    blocked: bool = False
    declined: bool = False
    asks_itself: bool = False
    blocks_us: bool = False
    is_empty: bool = False


def verdict(asked: Asked, *, policy: Policy, words: Sequence[str] = ()) -> Verdict:
    """Judge an entry. The first that applies holds: block, privacy, the person's own wish, closing, words, approval.

    The author's own accounts (`creators`) are never held and may answer after closing.
    """
    if asked.blocked:
        return Verdict(state="blocked", word="blocked", reason="The author blocks this sender or its server.")
    if asked.visibility == "direct":
        return Verdict(state="private", word="direct", reason="It was sent to the author only, so no page shows it.")
    if asked.visibility == "followers":
        reason = "It was sent to followers only, so no page shows it."
        return Verdict(state="private", word="followers-only", reason=reason)
    if asked.asks_itself or asks_to_stay_off(asked.text):
        return Verdict(state="hidden", word="noblog", reason=POST_DECLINES)
    if asked.declined:
        return Verdict(state="hidden", word="noblog", reason=PROFILE_DECLINES)
    if asked.blocks_us:
        return Verdict(state="hidden", word="blocks-us", reason=BLOCKS_US)
    if asked.is_empty:
        return Verdict(state="hidden", word="empty", reason="It has neither words nor a picture, so nothing is shown.")
    if asked.is_creator:
        return Verdict(state="shown", word="creator", reason="It is from one of the author's own accounts.")
    if asked.closed:
        return Verdict(state="closed", word="closed", reason="It arrived after comments on this issue were closed.")
    found = held_word(asked.text, words)
    if found is not None:
        return Verdict(state="held", word="word", reason=f"Its text holds {found!r}, which waits for the author.")
    if policy == "all":
        return Verdict(state="held", word="approval-all", reason="Every reply waits for the author's approval.")
    if policy == "first" and not asked.known:
        reason = "It is the first from this person, and first replies wait for the author's approval."
        return Verdict(state="held", word="approval-first", reason=reason)
    return Verdict(state="shown", word="shown", reason="It is public and nothing speaks against it.")


def asks_to_stay_off(text: str) -> bool:
    """Whether a visible text says #noblog or #nobridge."""
    return "#" in text and _STAY_OFF.search(text) is not None


def held_word(text: str, words: Sequence[str]) -> str | None:
    """The first of the words that the visible text holds; case, width and unseen characters do not matter."""
    seen = _comparable(text) if words else ""
    return next((word for word in words if (wanted := _comparable(word)) and wanted in seen), None)


def _comparable(text: str) -> str:
    folded = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).casefold()
    return " ".join(folded.split())
