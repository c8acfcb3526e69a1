"""The composition root: the one place where the parts are joined. Commands open an `App` and use its parts."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from bridge.activity.ids import Blog
from bridge.clock import Clock, utc_now
from bridge.config import Config
from bridge.delivery import recheck
from bridge.delivery.bring_up_to_date import BringUpToDate
from bridge.delivery.knocking import knock_of
from bridge.delivery.lanes import Lanes
from bridge.delivery.ledger import Ledger
from bridge.delivery.send import Sender
from bridge.inbox.authenticate import Authenticator
from bridge.inbox.context import Context
from bridge.inbox.creators import Creators
from bridge.inbox.receive import Inbox
from bridge.inbox.refusals import Refusals
from bridge.inbox.sources import Sources
from bridge.inbox.whom import Whom
from bridge.issues.git import Repository
from bridge.jobs.embedded import EmbeddedQueue
from bridge.jobs.engine import open_store, shared_queue
from bridge.jobs.queue import Handler, Queue
from bridge.jobs.worker import Worker
from bridge.linkback.links import IssueLinks
from bridge.linkback.receive import Receiver
from bridge.linkback.send import LinkbackSender
from bridge.linkback.verify import Verifier
from bridge.media.folder import MediaFolder
from bridge.outbox import profile
from bridge.outbox.blog import open_blog
from bridge.outbox.people import People
from bridge.outbox.publish import Publisher
from bridge.pace import Limit, Pace, per_minute
from bridge.remote.actors import RemoteActors
from bridge.remote.documents import Documents
from bridge.remote.door import Door
from bridge.remote.hops import Hops
from bridge.remote.network import Network
from bridge.remote.scheme_memory import SchemeMemory
from bridge.remote.target_pace import TargetPace
from bridge.remote.webfinger import WebFinger
from bridge.repair.climb import Climb
from bridge.repair.crawl import Crawl
from bridge.repair.handles import Handles
from bridge.repair.pictures import Pictures
from bridge.signature.key_files import ED25519_KEY_FILE, INSTANCE_KEY_FILE, RSA_KEY_FILE, load_key_file
from bridge.signature.keys import PrivateKey, Signer
from bridge.store import actors as known_actors
from bridge.store import crawls, deliveries, linkback_sends, linkbacks, remote_pictures
from bridge.store.blogs import BlogRow
from bridge.store.database import Database
from bridge.store.parked import CLIMB
from bridge.store.sqlite import SqliteDatabase
from bridge.terms import Server
from bridge.web.conversations import Conversations
from bridge.web.counts import Counts
from bridge.web.gate import Gate
from bridge.web.linkback_pace import LinkbackPace
from bridge.web.news import News
from bridge.web.ready import Ready
from bridge.web.site import Site
from bridge.web.theme import Templates

#: How many slow servers may wait aside for their answers: so many for each lane, but no more; and jobs for a lane.
_ASIDE_A_LANE = 4
_MOST_ASIDE = 256
_WAITING_FOR_A_LANE = 128
#: What one network may ask of pages that cost something: `login`, and where a handle leads (security S115, S117).
_OF_VISITOR = Limit(burst=20, every=timedelta(seconds=6))


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Our own keys: the blog's two and the instance actor's."""

    rsa: PrivateKey
    ed25519: PrivateKey
    instance: PrivateKey


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """The working half of a process."""

    worker: Worker
    queue: Queue
    lanes: Lanes
    sender: Sender

    def stop(self) -> None:
        """Begin nothing more; `worker.run` ends when what is in flight has its answer."""
        self.lanes.close()
        self.worker.stop()


@dataclass(frozen=True, kw_only=True)
class App:
    """Everything, joined. Made by `opened`; each part is made once, when it is first asked for."""

    config: Config
    blog: Blog
    row: BlogRow
    keys: Keys
    database: Database
    media: MediaFolder
    door: Door
    hops: Hops
    documents: Documents
    actors: RemoteActors
    webfinger: WebFinger
    creators: Creators
    clock: Clock

    @cached_property
    def publisher(self) -> Publisher:
        """Brings the world in line with the author's files."""
        return Publisher(
            blog_config=self.config.blog,
            close_after=self.config.comments.close_after,
            blog=self.blog,
            database=self.database,
            repository=Repository(folder=self.config.issues_folder),
            people=self.people,
            media=self.media,
            clock=self.clock,
        )

    def context(self) -> Context:
        """What `repair` keeps found posts with: the rules of the inbox."""
        return Context(
            blog=self.blog,
            now=self.clock(),
            comments=self.config.comments,
            sources=self.sources,
            creators=self.creators,
            blocked=self.config.federation.blocked,
        )

    @cached_property
    def crawl(self) -> Crawl:
        """Looks for an issue's conversation on other servers."""
        return Crawl(database=self.database, context=self.context)

    @cached_property
    def sources(self) -> Sources:
        """What handlers ask other servers through."""
        return Sources(documents=self.documents, actors=self.actors)

    @cached_property
    def people(self) -> People:
        """Finds whom the author's texts name."""
        return People(webfinger=self.webfinger, actors=self.actors, database=self.database, blog_id=self.blog.id)

    @cached_property
    def whom(self) -> Whom:
        """Finds whom the author means."""
        return Whom(
            blog_id=self.blog.id,
            database=self.database,
            documents=self.documents,
            webfinger=self.webfinger,
            blocked=self.config.federation.blocked,
        )

    @property
    def lock_file(self) -> Path:
        """Held by the one process that delivers, where the database is SQLite."""
        return self.config.folder / "data" / "work.lock"

    def workshop(self) -> Workshop:
        """What delivers: with SQLite one for each blog, with PostgreSQL one for each process that is asked to."""
        limit = self.config.delivery.concurrency
        lanes = Lanes(limit, aside=min(_ASIDE_A_LANE * limit, _MOST_ASIDE))
        sender = Sender(
            door=self.door,
            signer=Signer(key_id=self.blog.rsa_key_id, key=self.keys.rsa),
            own_host=self.blog.addresses.host,
            clock=self.clock,
        )
        ledger = Ledger(self.database, blog_id=self.blog.id, blocked=self.config.federation.blocked, clock=self.clock)
        handlers: Mapping[str, Handler] = {
            deliveries.DELIVER: BringUpToDate(
                ledger=ledger,
                sender=sender,
                lanes=lanes,
                give_up_after=self.config.delivery.give_up_after,
                clock=self.clock,
            ),
            recheck.KIND: recheck.Recheck(
                database=self.database, actors=self.actors, blog_id=self.blog.id, clock=self.clock
            ),
            CLIMB: Climb(database=self.database, context=self.context),
            crawls.CRAWL: self.crawl,
            remote_pictures.KIND: self.pictures,
            known_actors.PROVE_HANDLE: Handles(
                database=self.database, webfinger=self.webfinger, blog_id=self.blog.id, clock=self.clock
            ),
            **self.linkback_handlers(),
        }
        queue = self._queue(tuple(handlers))
        worker = Worker(queue, handlers, room=lambda: limit + lanes.aside + _WAITING_FOR_A_LANE, clock=self.clock)
        return Workshop(worker=worker, queue=queue, lanes=lanes, sender=sender)

    def _queue(self, kinds: Sequence[str]) -> Queue:
        if isinstance(self.database, SqliteDatabase):
            return EmbeddedQueue(self.database, lock_file=self.lock_file, clock=self.clock)
        return shared_queue(self.database, kinds=kinds, clock=self.clock)

    def linkback_handlers(self) -> Mapping[str, Handler]:
        """The jobs of Webmention and Pingback."""
        return {
            linkback_sends.ISSUE: IssueLinks(
                blog=self.blog, config=self.config, database=self.database, clock=self.clock
            ),
            linkback_sends.SEND: LinkbackSender(
                blog=self.blog, database=self.database, hops=self.hops, door=self.door, clock=self.clock
            ),
            linkbacks.CHECK: Verifier(
                config=self.config, database=self.database, documents=self.documents, clock=self.clock
            ),
        }

    @cached_property
    def pictures(self) -> Pictures:
        """What brings faces and comments' pictures here."""
        return Pictures(
            blog=self.blog,
            config=self.config,
            database=self.database,
            documents=self.documents,
            media=self.media,
            clock=self.clock,
        )

    def site(self) -> Site:
        """What the web half needs."""
        news = News(self.database)
        return Site(
            config=self.config,
            blog=self.blog,
            database=self.database,
            news=news,
            ready=Ready(news, clock=self.clock),
            conversations=Conversations(news, clock=self.clock),
            counts=Counts(news),
            visitors=Pace(_OF_VISITOR),
            gate=Gate(refused_a_minute=self._inbox_per_minute, clock=time.monotonic),
            authenticator=self._authenticator,
            inbox=self._inbox,
            refusals=Refusals(self.database, blog_id=self.blog.id, clock=self.clock),
            receiver=Receiver(blog=self.blog, config=self.config, database=self.database, clock=self.clock),
            linkback_pace=LinkbackPace(),
            webfinger=self.webfinger,
            whom=self.whom,
            people=self.people,
            templates=Templates(self.config.folder / "theme"),
            clock=self.clock,
            rsa_pem=self.keys.rsa.public.pem,
            ed25519_multibase=self.keys.ed25519.public.multibase,
            instance_pem=self.keys.instance.public.pem,
        )

    @cached_property
    def _authenticator(self) -> Authenticator:
        return Authenticator(
            origin=self.blog.url,
            database=self.database,
            actors=self.actors,
            documents=self.documents,
            pace=self._inbox_pace,
            clock=self.clock,
            blog_id=self.blog.id,
            blocked=self.config.federation.blocked,
        )

    @cached_property
    def _inbox(self) -> Inbox:
        return Inbox(
            blog=self.blog,
            config=self.config,
            database=self.database,
            pace=self._inbox_pace,
            sources=self.sources,
            creators=self.creators,
            clock=self.clock,
        )

    @cached_property
    def _inbox_pace(self) -> Pace:
        most = self._inbox_per_minute
        return Pace(None if most is None else per_minute(most))

    @property
    def _inbox_per_minute(self) -> int | None:
        """None on one machine, where tests and demos must not be slowed down."""
        return None if self.config.federation.allow_private_addresses else self.config.limits.inbox_per_minute

    async def tell_profile(self) -> None:
        """Send followers the profile if the config changed it."""
        now = self.clock()
        await self.database.write(
            lambda tx: profile.tell_change(
                tx,
                self.blog,
                self.row,
                rsa_pem=self.keys.rsa.public.pem,
                ed25519=self.keys.ed25519.public.multibase,
                now=now,
            )
        )


def load_keys(folder: Path) -> Keys:
    """Our private keys. Raises UserFault with the file's name and the cure."""
    return Keys(
        rsa=load_key_file(folder / RSA_KEY_FILE, "rsa"),
        ed25519=load_key_file(folder / ED25519_KEY_FILE, "ed25519"),
        instance=load_key_file(folder / INSTANCE_KEY_FILE, "rsa"),
    )


@asynccontextmanager
async def opened(config: Config, *, clock: Clock = utc_now, network: Network | None = None) -> AsyncIterator[App]:
    """Open everything, and close it again. Raises UserFault or ConfigFaults."""
    network = network or Network()
    keys = load_keys(config.keys_folder)
    database = open_store(config.database, folder=config.folder)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        media = MediaFolder(config.media_folder)
        row, blog = await open_blog(
            config.blog, folder=config.folder, media=media, database=database, ed25519=keys.ed25519, clock=clock
        )
        door = Door(
            origin=blog.url,
            allow_private=config.federation.allow_private_addresses,
            ca_file=network.ca_file,
            resolver=network.resolver,
        )
        await stack.enter_async_context(door)
        hops = Hops(
            door,
            own_servers=[Server(blog.addresses.host)],
            pace=None if door.allow_private else TargetPace(),
            clock=clock,
        )
        schemes = SchemeMemory(database, kept=("rfc9421",), clock=clock)
        stack.push_async_callback(schemes.close)
        await schemes.load()
        documents = Documents(hops, knock=knock_of(blog, keys.instance, schemes, clock))
        stack.push_async_callback(documents.close)
        actors = RemoteActors(documents, hops, database, now=clock)
        stack.push_async_callback(actors.close)
        webfinger = WebFinger(hops)
        yield App(
            config=config,
            blog=blog,
            row=row,
            keys=keys,
            database=database,
            media=media,
            door=door,
            hops=hops,
            documents=documents,
            actors=actors,
            webfinger=webfinger,
            creators=Creators(config.blog.creators, webfinger),
            clock=clock,
        )
