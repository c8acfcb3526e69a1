"""Who is asked for at this server -> the discovery documents: JRD, host-meta and NodeInfo.

Pure; the web's discovery routes serve what is made here. RFC 7033 (WebFinger), RFC 6415 (host-meta), NodeInfo 2.0 and
2.1, FEP-2677 and FEP-d556 (the instance actor), protocol sheet section 4, security S83.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from bridge.activity.actor import instance_handle
from bridge.activity.ids import Addresses, Blog
from bridge.activity.wire_names import ACTIVITYSTREAMS
from bridge.errors import BadResource, NoSuchThing
from bridge.terms import ActorId, Document

#: `site` is the server as such: the blog, and beside it the instance actor.
ResourceKind = Literal["blog", "site", "instance"]
NodeInfoVersion = Literal["2.0", "2.1"]

ACTIVITY_JSON = "application/activity+json"
NODEINFO_VERSIONS: tuple[NodeInfoVersion, ...] = ("2.0", "2.1")

_LONGEST_RESOURCE = 2048
_NODEINFO_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SOFTWARE = "rundbrief"


def resource_kind(resource: str | None, *, blog: Blog) -> ResourceKind:
    """Whom the query's `resource` means: acct: in any case, the actor's id, the blog's page, the server's own address.

    It may be percent-encoded once more than HTTP asks, and may carry the @ that people type. Old handles count as
    the blog. Raises BadResource for what cannot be a resource, NoSuchThing for everybody else.
    """
    if not resource or len(resource) > _LONGEST_RESOURCE:
        raise BadResource("the resource is missing or too long")
    resource = unquote(resource) if "%" in resource else resource
    if not resource.isprintable() or " " in resource:
        raise BadResource("the resource holds characters that none may hold")
    if resource.lower().startswith(("https://", "http://")):
        return _kind_of_address(resource, blog)
    scheme = _SCHEME.match(resource)
    if scheme is not None and scheme[0].lower() != "acct:":
        raise NoSuchThing("only acct: and web addresses are known here")
    return _kind_of_account(resource[scheme.end() :] if scheme else resource, blog)


def jrd(kind: ResourceKind, *, blog: Blog) -> Document:
    """The JSON Resource Descriptor. The subject is always the handle of today."""
    if kind == "instance":
        return _instance_jrd(blog.addresses)
    links: list[Document] = [_self_link(blog.actor_id), _page_link(blog.page)]
    if blog.icon_url:
        links.append({"rel": "http://webfinger.net/rel/avatar", "type": blog.icon_type, "href": blog.icon_url})
    if kind == "site":
        # Whoever asks for the server finds its Application under both names in use (FEP-2677, FEP-d556).
        links += [_application_link(name, blog.addresses.instance_actor) for name in ("Application", "Service")]
    return {"subject": f"acct:{blog.acct}", "aliases": [blog.page, blog.actor_id], "links": links}


def host_meta(addresses: Addresses) -> str:
    """The XRD that old Friendica and Pleroma read to find WebFinger."""
    template = quoteattr(f"{addresses.origin}/.well-known/webfinger?resource={{uri}}")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" type="application/jrd+json" template={template}/>\n'
        "</XRD>\n"
    )


def nodeinfo_links(addresses: Addresses) -> Document:
    """`/.well-known/nodeinfo`: where the NodeInfo documents are, and who the instance actor is."""
    links: list[Document] = [
        {"rel": f"{_NODEINFO_SCHEMA}/{version}", "href": nodeinfo_url(addresses, version)}
        for version in NODEINFO_VERSIONS
    ]
    links.append({"rel": f"{ACTIVITYSTREAMS}#Application", "href": addresses.instance_actor})
    return {"links": links}


def nodeinfo_url(addresses: Addresses, version: NodeInfoVersion) -> str:
    """Where the document of this version is served."""
    return f"{addresses.origin}/nodeinfo/{version}"


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What NodeInfo tells of the server. Issues count as posts, shown comments as comments."""

    posts: int
    comments: int


def nodeinfo(version: NodeInfoVersion, *, blog: Blog, software_version: str, usage: Usage) -> Document:
    """One NodeInfo document. A blog has one user, its author."""
    software: Document = {"name": _SOFTWARE, "version": software_version}
    return {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": ["atom1.0", "rss2.0"]},
        "openRegistrations": False,
        "usage": {
            "users": {"total": 1, "activeMonth": 1, "activeHalfyear": 1},
            "localPosts": usage.posts,
            "localComments": usage.comments,
        },
        "metadata": {"nodeName": blog.title},
    }


def _kind_of_address(address: str, blog: Blog) -> ResourceKind:
    match blog.addresses.kind_of(address):
        case ("actor", blog.actor_token):
            return "blog"
        case ("blog", _):
            return "site"
        case ("instance", _):
            return "instance"
    raise NoSuchThing("no such account")


def _kind_of_account(account: str, blog: Blog) -> ResourceKind:
    user, at, host = account.removeprefix("@").partition("@")
    if not (user and at and host) or "@" in host or "/" in account:
        raise BadResource("the resource is no account")
    if not blog.accepts_host(host):
        raise NoSuchThing("no such account")
    name = user.casefold()
    if name in (handle.casefold() for handle in (blog.handle, *blog.old_handles)):
        return "blog"
    if name == instance_handle(blog.addresses).casefold():
        return "instance"
    raise NoSuchThing("no such account")


def _instance_jrd(addresses: Addresses) -> Document:
    actor_id = addresses.instance_actor
    return {
        "subject": f"acct:{instance_handle(addresses)}@{addresses.host}",
        "aliases": [actor_id],
        "links": [_self_link(actor_id), _page_link(addresses.blog)],
    }


def _self_link(actor_id: ActorId) -> Document:
    return {"rel": "self", "type": ACTIVITY_JSON, "href": actor_id}


def _page_link(page: str) -> Document:
    return {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page}


def _application_link(name: str, actor_id: ActorId) -> Document:
    return {"rel": f"{ACTIVITYSTREAMS}#{name}", "type": ACTIVITY_JSON, "href": actor_id}
