"""Another server's host-meta -> where its WebFinger is; called by `remote.webfinger` for a domain that has none itself.

RFC 6415 section 3 (the LRDD template of an XRD), protocol sheet section 4. Ours is written by `activity.webfinger`.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

_LINK = "{http://docs.oasis-open.org/ns/xri/xrd-1.0}Link"
_PLACE = "{uri}"


def webfinger_template(body: bytes) -> str | None:
    """The address of WebFinger with its `{uri}`, JSON before XML; None where the document names none.

    A document with a DOCTYPE or an entity counts as one that names none (security S108). Whether to go there is the
    caller's decision.
    """
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (DefusedXmlException, ParseError, ValueError, LookupError):
        return None
    links = [link for link in root.findall(_LINK) if link.get("rel") == "lrdd" and _PLACE in link.get("template", "")]
    links.sort(key=lambda link: "xml" in link.get("type", ""))
    return links[0].get("template") if links else None


def filled(template: str, resource: str) -> str:
    """The address to ask for a resource, which is percent-encoded already where it has to be."""
    return template.replace(_PLACE, resource)
