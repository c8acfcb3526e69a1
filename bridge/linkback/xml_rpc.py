"""Pingback's XML-RPC: bytes -> a call or an answer, and back; pure.

`web.linkbacks` and `send` use it. Any DOCTYPE or entity is refused before it is read (security S108, S109).
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

#: The faults that Pingback 1.0 section 3 names and that need no fetch, and XML-RPC's own for an unknown method.
GENERIC = 0
NO_SUCH_TARGET = 32
NOT_PINGBACKABLE = 33
ALREADY_THERE = 48
NO_SUCH_METHOD = -32601

#: Largest body we take, in bytes.
MOST_BYTES = 16 * 1024


class Fault(Exception):
    """An XML-RPC fault: `code`, and one sentence that may be said to a stranger."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Call:
    """`pingback.ping(source, target)`."""

    source: str
    target: str


def read_call(body: bytes) -> Call:
    """The call in a request. Raises Fault for anything else."""
    if len(body) > MOST_BYTES:
        raise Fault(GENERIC, "the request is too large")
    root = _parsed(body)
    if root.tag != "methodCall":
        raise Fault(GENERIC, "this is no XML-RPC call")
    if (root.findtext("methodName") or "").strip() != "pingback.ping":
        raise Fault(NO_SUCH_METHOD, "the only method here is pingback.ping")
    values = [_text(value) for value in root.findall("params/param/value")]
    if len(values) != 2 or None in values:
        raise Fault(GENERIC, "pingback.ping takes two strings, source and target")
    source, target = (str(value).strip() for value in values)
    return Call(source=source, target=target)


def read_answer(body: bytes) -> str:
    """What an endpoint said to a call of ours. Raises Fault, also for what is not an answer."""
    root = _parsed(body)
    if root.tag != "methodResponse":
        raise Fault(GENERIC, "the answer is no XML-RPC")
    fault = root.find("fault")
    if fault is None:
        return (_text(root.find("params/param/value")) or "").strip()[:500]
    members = {
        (member.findtext("name") or "").strip(): "".join(_inner(member.find("value"))).strip()
        for member in fault.iter("member")
    }
    code = members.get("faultCode", "")
    is_number = code.lstrip("-").isdecimal() and len(code) < 9
    raise Fault(int(code) if is_number else GENERIC, members.get("faultString", "")[:300])


def written_call(call: Call) -> bytes:
    """The request."""
    return _written("methodCall", f"<methodName>pingback.ping</methodName>{_params(call.source, call.target)}")


def written_answer(sentence: str) -> bytes:
    """The answer that says: it worked."""
    return _written("methodResponse", _params(sentence))


def written_fault(fault: Fault) -> bytes:
    """The answer that says: it did not work, and why."""
    code, sentence = f"<int>{fault.code}</int>", f"<string>{escape(str(fault))}</string>"
    members = "".join(
        f"<member><name>{name}</name><value>{value}</value></member>"
        for name, value in (("faultCode", code), ("faultString", sentence))
    )
    return _written("methodResponse", f"<fault><value><struct>{members}</struct></value></fault>")


def _written(root: str, inside: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>\n<{root}>{inside}</{root}>\n'.encode()


def _params(*texts: str) -> str:
    inside = "".join(f"<param><value><string>{escape(text)}</string></value></param>" for text in texts)
    return f"<params>{inside}</params>"


def _parsed(body: bytes) -> Element:
    try:
        root = fromstring(body, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise Fault(GENERIC, "this is no XML that is read here") from error
    if not isinstance(root, Element):
        raise Fault(GENERIC, "this is no XML that is read here")
    return root


def _text(value: Element | None) -> str | None:
    """A string value; XML-RPC allows it bare. None for any other type."""
    if value is None:
        return None
    inner = list(value)
    if not inner:
        return value.text or ""
    return (inner[0].text or "") if len(inner) == 1 and inner[0].tag == "string" and not len(inner[0]) else None


def _inner(value: Element | None) -> list[str]:
    return [] if value is None else list(value.itertext())
