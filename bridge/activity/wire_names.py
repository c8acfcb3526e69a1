"""The many spellings of JSON-LD -> the one short name we read.

The parsers of this folder call it on each object first. We read JSON with known names and never process JSON-LD
(protocol sheet section 5): a server that writes prefixes or whole IRIs is served by a small list.
"""

from __future__ import annotations

from bridge.errors import Malformed
from bridge.terms import Document

ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{ACTIVITYSTREAMS}#Public"
#: Ghost and old Fedify write `as:Public`; some write the bare name. A server without JSON-LD sees three addresses.
PUBLIC_SPELLINGS = frozenset({PUBLIC, "as:Public", "Public"})

_PREFIXES = (
    "as:",
    f"{ACTIVITYSTREAMS}#",
    "http://www.w3.org/ns/activitystreams#",
    "ldp:",
    "http://www.w3.org/ns/ldp#",
    "sec:",
    "https://w3id.org/security#",
    "toot:",
    "http://joinmastodon.org/ns#",
    "schema:",
    "http://schema.org#",
    "misskey:",
    "https://misskey-hub.net/ns#",
    "litepub:",
    "http://litepub.social/ns#",
    "https://w3id.org/fep/044f#",
    "https://gotosocial.org/ns#",
)
_KEYWORDS = {"@id": "id", "@type": "type"}
#: Restructuring keywords of JSON-LD: with them a document says one thing as JSON and another as a graph (S26).
_RESTRUCTURING = ("@graph", "@included", "@reverse")


def plain_keys(document: Document) -> Document:
    """The document with short keys; itself if nothing is to do, as nearly always.

    Raises Malformed where two spellings of one key disagree, or where the document restructures itself.
    """
    for keyword in _RESTRUCTURING:
        if keyword in document:
            raise Malformed(f"{keyword} is not accepted")
    if ":" not in "".join(document) and "@id" not in document and "@type" not in document:
        return document
    plain: Document = {}
    for key, value in document.items():
        name = _KEYWORDS.get(key) or short_name(key)
        if name in plain and plain[name] != value:
            raise Malformed(f"{name!r} stands there in two spellings")
        plain[name] = value
    return plain


def short_name(name: str) -> str:
    """The name without a prefix we know: `as:Note` and the whole IRI are `Note`."""
    if ":" in name:
        for prefix in _PREFIXES:
            if name.startswith(prefix):
                return name[len(prefix) :]
    return name
