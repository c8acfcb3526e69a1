"""POST of a Webmention or a Pingback -> queued, and said so at once; what can never be one is refused.

W3C Webmention 3.2, Pingback 1.0 section 3. Both are advertised on every issue's page (`headers_of`).
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from multidict import MultiDictProxy

from bridge.errors import NoSuchThing, WrongType
from bridge.linkback import xml_rpc
from bridge.linkback.receive import NotTaken
from bridge.web import forms
from bridge.web.body import read_body
from bridge.web.client import address_of
from bridge.web.site import SITE, Site

_XML = ("text/xml", "application/xml")


def headers_of(site: Site) -> tuple[str, Mapping[str, str]]:
    """What an issue's page says in its Link header and in others."""
    if not site.config.linkbacks.receive:
        return "", {}
    origin = site.blog.addresses.origin
    return f'<{origin}/webmention>; rel="webmention"', {"X-Pingback": f"{origin}/pingback"}


async def webmention(request: web.Request) -> web.StreamResponse:
    """202 for what is queued; 400 with the reason for what cannot be a Webmention."""
    site = _receiving(request)
    site.linkback_pace.pass_client(address_of(request, site.config), site.config)
    fields = await forms.read_form(request, cap_bytes=xml_rpc.MOST_BYTES)
    source, target = _only(fields, "source"), _only(fields, "target")
    site.receiver.check(source, target)
    site.linkback_pace.pass_source(source, site.config)
    await site.receiver.take(source=source, target=target, way="webmention")
    return web.Response(status=202, text="Thank you. The page is looked at soon.\n")


async def pingback(request: web.Request) -> web.StreamResponse:
    """An XML-RPC answer, always 200, but where somebody asks too often or sends too much."""
    site = _receiving(request)
    site.linkback_pace.pass_client(address_of(request, site.config), site.config)
    if request.content_type not in _XML:
        raise WrongType(f"the type {request.content_type}")
    body = await read_body(request, cap_bytes=xml_rpc.MOST_BYTES, time_allowed=forms.TIME)
    try:
        call = xml_rpc.read_call(body)
        site.receiver.check(call.source, call.target)
        site.linkback_pace.pass_source(call.source, site.config)
        taken = await site.receiver.take(source=call.source, target=call.target, way="pingback")
        if taken == "known":
            raise xml_rpc.Fault(xml_rpc.ALREADY_THERE, "this page is registered already, and is looked at anew")
        answer = xml_rpc.written_answer("queued")
    except NotTaken as refusal:
        answer = xml_rpc.written_fault(xml_rpc.Fault(refusal.fault, refusal.public))
    except xml_rpc.Fault as fault:
        answer = xml_rpc.written_fault(fault)
    return web.Response(body=answer, content_type="text/xml", charset="utf-8")


def _receiving(request: web.Request) -> Site:
    site = request.app[SITE]
    if not site.config.linkbacks.receive:
        raise NoSuchThing("linkbacks are switched off")
    return site


def _only(fields: MultiDictProxy[str], name: str) -> str:
    """The one value of a field; none and two are both refused, because programs differ in which of two they take."""
    values = [value.strip() for value in fields.getall(name, [])]
    if len(values) != 1 or not values[0]:
        raise NotTaken(f"exactly one {name} is needed")
    return values[0]
