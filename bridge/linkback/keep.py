"""What was seen on a page -> its entry under the issue: made, merged, changed or removed, in one transaction.

`verify` calls it. One thing said is one entry, by however many ways it comes (contract section 7): a page that is
already here as a reply only gets one more way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bridge.activity.ids import new_token
from bridge.config import Config
from bridge.conversation import approval
from bridge.conversation.linkback import source_key
from bridge.linkback.receive import seen_key
from bridge.linkback.spoken import Spoken
from bridge.store import blocks, changes, entries, forgotten, issues, linkbacks, reactions, received
from bridge.store.database import Transaction
from bridge.store.entries import EntryRow
from bridge.store.linkbacks import LinkbackRow

#: What the author decided about an entry stays, whatever becomes of its page.
_DECIDED = ("spam", "hidden", "blocked", "deleted")
_LINKBACKS = ("webmention", "pingback")


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """Writes what becomes of one page under one issue."""

    tx: Transaction
    config: Config
    now: datetime

    def unwanted(self, row: LinkbackRow, actor_id: str | None = None) -> str | None:
        """Why the author wants nothing from this page, its author or its server; None for all others."""
        for address in (row.source, actor_id or ""):
            blocked = blocks.holding(self.tx, row.blog_id, address, self.config.federation.blocked)
            if blocked is not None:
                return f"the author blocks {blocked}"
        if actor_id is not None and forgotten.since(self.tx, row.blog_id, actor_id) is not None:
            return "the author had this person forgotten, and keeps nothing new of them"
        return None

    def accept(self, row: LinkbackRow, spoken: Spoken) -> None:
        """The link is there."""
        changed: dict[str, Any] = {
            "state": "accepted",
            "claims_key": spoken.claims_key,
            "actor_id": spoken.actor_id,
            "reaction": spoken.reaction,
        }
        if row.reaction is not None and row.reaction != spoken.reaction:
            self._take_back_reaction(row)
        if spoken.reaction is not None:
            self._leave(row)
            verdict, reason = self._react(row, spoken)
            changed["entry_token"] = None
        else:
            entry, verdict, reason = self._entry(row, spoken)
            changed["entry_token"] = entry
        linkbacks.change(self.tx, row.id, {**changed, "reason": reason})
        self.tx.touch(changes.issue(row.issue_id))
        self._tell(row, verdict, reason)

    def refuse(self, row: LinkbackRow, reason: str) -> None:
        """It is not a linkback, or none any more."""
        was_here = row.state == "accepted"
        if was_here:
            self._leave(row)
            self._take_back_reaction(row)
            self.tx.touch(changes.issue(row.issue_id))
        state = "withdrawn" if was_here or row.state == "withdrawn" else "refused"
        linkbacks.change(self.tx, row.id, {"state": state, "reason": reason, "entry_token": None, "reaction": None})
        self._tell(row, "deleted" if state == "withdrawn" else "ignored", reason)

    def block(self, row: LinkbackRow, reason: str) -> None:
        """The author does not want to hear from there."""
        self.refuse(row, reason)
        self._tell(row, "blocked", reason)

    def _tell(self, row: LinkbackRow, verdict: str, reason: str) -> None:
        received.change_verdict(self.tx, seen_key(row.issue_id, row.source), verdict=verdict, reason=reason)

    def _react(self, row: LinkbackRow, spoken: Spoken) -> tuple[str, str]:
        kind = spoken.reaction or "like"
        # A bridge speaks for many people: each of its pages is one of them.
        actor = row.source if spoken.actor_id.endswith("/") and spoken.claims_key else spoken.actor_id
        reactions.add(
            self.tx, row.blog_id, issue_id=row.issue_id, kind=kind, actor_id=actor, object_id=row.source,
            activity_id=row.source, content=None, now=self.now, name=spoken.author,
        )  # fmt: skip
        linkbacks.change(self.tx, row.id, {"actor_id": actor})
        return "shown", f"it counts as a {kind}"

    def _take_back_reaction(self, row: LinkbackRow) -> None:
        if row.reaction is not None and row.actor_id is not None:
            reactions.remove(self.tx, row.actor_id, kind=row.reaction, object_id=row.source)

    def _entry(self, row: LinkbackRow, spoken: Spoken) -> tuple[str | None, str, str]:
        """The token of the entry it is part of now, and the verdict with its reason."""
        mine = None if row.entry_token is None else entries.find_by_token(self.tx, row.blog_id, row.entry_token)
        if mine is None and row.entry_token is not None:
            return None, "deleted", "the author removed it"
        same = mine or self._same(row, spoken)
        if same is None:
            return self._add(row, spoken)
        ways = list(dict.fromkeys([*same.ways, *row.ways]))
        if same.kind not in _LINKBACKS or (same.url != row.source and source_key(same.url) != row.source_key):
            entries.change(self.tx, same.id, {"ways": ways})
            return same.token, "duplicate", f"the same is here already as a {same.kind}; it is one entry with it"
        return same.token, *self._change(row, same, spoken, ways)

    def _same(self, row: LinkbackRow, spoken: Spoken) -> EntryRow | None:
        """The entry that is this page, or the post that it is a copy of, or another copy of that."""
        keys = {row.source_key} | ({spoken.claims_key} if spoken.claims_key else set())
        for other in linkbacks.of_keys(self.tx, row.issue_id, keys):
            if other.id != row.id and other.entry_token is not None:
                return entries.find_by_token(self.tx, row.blog_id, other.entry_token)
        said = (entry for entry in entries.of_issue(self.tx, row.issue_id) if not entry.own_series)
        return next((entry for entry in said if {source_key(entry.object_id), source_key(entry.url)} & keys), None)

    def _judge(self, row: LinkbackRow, spoken: Spoken, *, is_new: bool, was: str) -> approval.Verdict:
        issue = issues.find(self.tx, row.issue_id)
        comments = self.config.comments
        return approval.verdict(
            approval.Asked(
                visibility="public",
                text=spoken.text,
                known=entries.approved_before(self.tx, row.blog_id, spoken.actor_id),
                closed=(issue is None or issue.closed(row.first_at)) if is_new else was == "closed",
            ),
            policy="none" if was == "shown" else comments.approval,
            words=comments.words,
        )

    def _add(self, row: LinkbackRow, spoken: Spoken) -> tuple[str, str, str]:
        judged = self._judge(row, spoken, is_new=True, was="")
        token = new_token()
        taken = entries.find_by_object(self.tx, row.blog_id, row.source) is not None
        entries.add(
            self.tx,
            {
                **spoken.columns(kind=_kind(row), source=row.source),
                "blog_id": row.blog_id,
                "issue_id": row.issue_id,
                "token": token,
                # The page may appear under another issue too.
                "object_id": f"{row.source}#{token}" if taken else row.source,
                "pictures": [],
                "visibility": "public",
                "state": judged.state,
                "reason": judged.reason,
                "ways": row.ways,
                "received_at": row.first_at,
                "changed_at": self.now,
            },
        )
        return token, judged.state, judged.reason

    def _change(self, row: LinkbackRow, entry: EntryRow, spoken: Spoken, ways: list[str]) -> tuple[str, str]:
        columns = spoken.columns(kind="webmention" if "webmention" in ways else "pingback", source=row.source)
        is_changed = any(getattr(entry, name) != columns[name] for name in ("content_html", "author_name"))
        values = {**columns, "ways": ways, "changed_at": self.now}
        state, reason = entry.state, entry.reason
        if entry.state not in _DECIDED:
            judged = self._judge(row, spoken, is_new=False, was=entry.state)
            if not (entry.state == "held" and judged.state == "shown"):
                state, reason = judged.state, judged.reason
        elif entry.state == "deleted":
            values = {"ways": ways}
        if is_changed and entry.kind == columns["kind"] and state != "deleted":
            values["updated"] = self.now
        entries.change(self.tx, entry.id, {**values, "state": state, "reason": reason})
        return state, reason

    def _leave(self, row: LinkbackRow) -> None:
        """Take the page out of its entry; an entry with no other page behind it goes with it."""
        if row.entry_token is None:
            return
        entry = entries.find_by_token(self.tx, row.blog_id, row.entry_token)
        if entry is None:
            return
        others = [other for other in linkbacks.of_entry(self.tx, row.blog_id, entry.token) if other.id != row.id]
        stay = {way for other in others for way in other.ways}
        ways = [way for way in entry.ways if way not in _LINKBACKS or way in stay]
        if ways:
            entries.change(self.tx, entry.id, {"ways": ways, "changed_at": self.now})
        elif any(
            said.in_reply_to in (entry.object_id, entry.url) for said in entries.of_issue(self.tx, entry.issue_id)
        ):
            entries.empty(self.tx, entry.id, reason="its page no longer links here", now=self.now)
        elif entry.state not in _DECIDED:
            entries.remove(self.tx, entry.id)


def _kind(row: LinkbackRow) -> Literal["webmention", "pingback"]:
    return "webmention" if "webmention" in row.ways else "pingback"
