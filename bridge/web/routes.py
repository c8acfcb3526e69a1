"""Every URL on one screen (contract section 6); `application` makes the server's app of them."""

from __future__ import annotations

from aiohttp import web

from bridge.web import (
    discovery,
    federation,
    feeds,
    health,
    inbox_route,
    linkbacks,
    media,
    metrics_page,
    pages,
    static_files,
)
from bridge.web.admin import routes as author_pages
from bridge.web.conversation_lists import context_ids, like_ids, reply_ids, share_ids
from bridge.web.interact import interact
from bridge.web.problem import explain
from bridge.web.site import SITE, Site

_ROUTES: list[web.RouteDef] = [
    web.get("/", pages.front),
    web.get("/archive", pages.archive),
    web.get("/tags/{tag}", pages.tag),
    web.get("/issues", pages.all_issues),
    web.get("/issues/", pages.all_issues),
    web.get("/issues/{slug}", pages.issue),
    web.get("/issues/{slug}/", pages.without_slash),
    web.get("/issues/{slug}/comments.json", pages.comments),
    web.get("/issues/{slug}/feed.xml", feeds.issue_comments),
    web.get("/feed.xml", feeds.atom),
    web.get("/rss.xml", feeds.rss),
    web.get("/feed.json", feeds.json_feed),
    web.get("/sitemap.xml", feeds.sitemap),
    web.get("/robots.txt", feeds.robots),
    web.get("/interact", interact),
    web.get("/embed.js", static_files.embed_script),
    web.get("/static/style.css", static_files.stylesheet),
    web.get("/static/admin.css", static_files.admin_stylesheet),
    web.get("/static/interact.js", static_files.interact_script),
    web.get("/media/{name}", media.media),
    web.get("/favicon.ico", pages.favicon),
    # discovery
    web.get("/.well-known/webfinger", discovery.webfinger),
    web.get("/.well-known/host-meta", discovery.host_meta_document),
    web.get("/.well-known/nodeinfo", discovery.nodeinfo_list),
    web.get("/nodeinfo/{version}", discovery.nodeinfo_document),
    # federation
    web.post("/inbox", inbox_route.shared_inbox),
    web.get("/instance", federation.instance_actor),
    web.get("/instance/outbox", federation.instance_outbox),
    web.post("/actor/{token}/inbox", inbox_route.actor_inbox),  # first, because routes are tried in their order
    web.get("/actor/{token}", federation.actor),
    web.get("/actor/{token}/outbox", federation.outbox),
    web.get("/actor/{token}/followers", federation.followers_count),
    web.get("/actor/{token}/following", federation.following_count),
    web.get("/actor/{token}/featured", federation.featured),
    web.get("/activity/{token}", federation.activity),
    web.get("/stamp/{token}", federation.quote_stamp),
    web.get("/object/{token}", federation.object_document),
    web.get("/object/{token}/replies", federation.members_of("replies", reply_ids)),
    web.get("/object/{token}/likes", federation.members_of("likes", like_ids)),
    web.get("/object/{token}/shares", federation.members_of("shares", share_ids)),
    web.get("/object/{token}/context", federation.members_of("context", context_ids)),
    web.post("/webmention", linkbacks.webmention),
    web.post("/pingback", linkbacks.pingback),
    # operation
    web.get("/healthz", health.healthz),
    web.get("/readyz", health.readyz),
    web.get("/metrics", metrics_page.metrics_page),
]


def application(site: Site) -> web.Application:
    """The aiohttp application. Bodies are read by the routes themselves, within their own caps."""
    app = web.Application(middlewares=[explain], client_max_size=64 * 1024)
    app[SITE] = site
    app.add_routes(_ROUTES)
    app.add_routes(author_pages.ROUTES)
    return app
