"""The terms of a document -> its `@context`: ActivityStreams, and of the extensions exactly those that are used.

Every document of ours gets it last. Nobody we know of processes it as JSON-LD except Mastodon, for which an undefined
term is an unknown one; a term that is not used would only make each delivery longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge.activity.wire_names import ACTIVITYSTREAMS, PUBLIC
from bridge.terms import Document

__all__ = ["ACTIVITYSTREAMS", "PUBLIC", "TERMS", "with_context"]

_TOOT = {"toot": "http://joinmastodon.org/ns#"}
_GTS = {"gts": "https://gotosocial.org/ns#"}

#: Extension terms of issues and activities: term -> what it needs in the context.
TERMS: Mapping[str, Mapping[str, object]] = {
    "Hashtag": {"Hashtag": "as:Hashtag"},
    "sensitive": {"sensitive": "as:sensitive"},
    "blurhash": {**_TOOT, "blurhash": "toot:blurhash"},
    "focalPoint": {**_TOOT, "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"}},
    "interactionPolicy": {**_GTS, "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"}},
    "canQuote": {**_GTS, "canQuote": {"@id": "gts:canQuote", "@type": "@id"}},
    "canReply": {**_GTS, "canReply": {"@id": "gts:canReply", "@type": "@id"}},
    "automaticApproval": {**_GTS, "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"}},
    "QuoteAuthorization": {"QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization"},
    "QuoteRequest": {"QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest"},
    **{name: {**_GTS, name: f"gts:{name}"} for name in ("ReplyRequest", "LikeRequest", "AnnounceRequest")},
    "interactingObject": {**_GTS, "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"}},
    "interactionTarget": {**_GTS, "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"}},
}


def with_context(document: Document) -> Document:
    """The document with its `@context` in front, as one link where no extension is used."""
    used = set(_terms_in(document))
    extensions: dict[str, object] = {}
    for term, definitions in TERMS.items():
        if term in used:
            extensions.update(definitions)
    context: object = [ACTIVITYSTREAMS, extensions] if extensions else ACTIVITYSTREAMS
    return {"@context": context, **{key: value for key, value in document.items() if key != "@context"}}


def _terms_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key == "type" and isinstance(inner, str):
                yield inner
            # Language maps have languages for keys, and what they hold is text.
            elif key != "contentMap":
                yield from _terms_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _terms_in(inner)
