"""What every route needs, joined by `app`: one value, passed as an argument, never a global."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bridge.activity.ids import Blog
from bridge.clock import Clock
from bridge.config import Config
from bridge.inbox.authenticate import Authenticator
from bridge.inbox.receive import Inbox
from bridge.inbox.refusals import Refusals
from bridge.inbox.whom import Whom
from bridge.linkback.receive import Receiver
from bridge.outbox.people import People
from bridge.pace import Pace
from bridge.remote.webfinger import WebFinger
from bridge.store.database import Database
from bridge.web.conversations import Conversations
from bridge.web.counts import Counts
from bridge.web.gate import Gate
from bridge.web.linkback_pace import LinkbackPace
from bridge.web.news import News
from bridge.web.ready import Ready
from bridge.web.view import Templates


@dataclass(frozen=True, kw_only=True)
class Site:
    """One blog on the web. The keys are public ones."""

    config: Config
    blog: Blog
    database: Database
    news: News
    ready: Ready
    conversations: Conversations
    counts: Counts
    visitors: Pace
    gate: Gate
    authenticator: Authenticator
    inbox: Inbox
    refusals: Refusals
    receiver: Receiver
    linkback_pace: LinkbackPace
    webfinger: WebFinger
    whom: Whom
    people: People
    templates: Templates
    clock: Clock
    rsa_pem: str
    ed25519_multibase: str | None
    instance_pem: str


SITE = web.AppKey("site", Site)
