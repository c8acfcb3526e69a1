"""The addresses below /admin/: pages by GET, deeds by POST; `web/routes` joins them to the others."""

from __future__ import annotations

from aiohttp import web

from bridge.web.admin import deeds, pages
from bridge.web.admin.sessions import by_author, for_author, log_in, show_login


async def _to_the_front(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/admin/", headers={"Cache-Control": "no-store"})


ROUTES: list[web.RouteDef] = [
    web.get("/admin", _to_the_front),
    web.get("/admin/login", show_login),
    web.post("/admin/login", log_in),
    web.post("/admin/logout", by_author(deeds.log_out)),
    web.get("/admin/", for_author(pages.front)),
    web.get("/admin/issues/{slug}", for_author(pages.ledger)),
    web.post("/admin/issues/{slug}", by_author(deeds.judge_issue)),
    web.get("/admin/comments", for_author(pages.comments)),
    web.get("/admin/comments/{token}", for_author(pages.comment)),
    web.post("/admin/comments/{token}", by_author(deeds.judge_comment)),
    web.get("/admin/people", for_author(pages.people)),
    web.post("/admin/people", by_author(deeds.judge_person)),
    web.get("/admin/servers", for_author(pages.server_list)),
    web.get("/admin/blocks", for_author(pages.block_list)),
    web.get("/admin/record", for_author(pages.record)),
    web.get("/admin/queue", for_author(pages.queue)),
    web.post("/admin/queue", by_author(deeds.send_again)),
]
