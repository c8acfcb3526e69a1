"""Where another server's host-meta says that its WebFinger is."""

from __future__ import annotations

import pytest

from bridge.activity.host_meta import filled, webfinger_template

HEAD = '<?xml version="1.0" encoding="UTF-8"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
FINGER = "https://ap.example/.well-known/webfinger?resource={uri}"
JSON = f'<Link rel="lrdd" type="application/jrd+json" template="{FINGER}"/>'


@pytest.mark.parametrize(
    "links",
    [
        f'<Link rel="lrdd" template="{FINGER}"/>',
        f'<Link rel="lrdd" type="application/xrd+xml" template="{FINGER}"/>',
        f'<Link rel="self" href="https://ap.example"/><Link rel="lrdd" type="application/json" template="{FINGER}"/>',
        f'<Link rel="lrdd" type="application/xrd+xml" template="https://ap.example/xrd/{{uri}}"/>{JSON}',
    ],
)
def test_the_template_is_found_and_json_goes_before_xml(links: str) -> None:
    assert webfinger_template(f"{HEAD}{links}</XRD>".encode()) == FINGER


@pytest.mark.parametrize(
    "document",
    [
        "", "<", "<XRD/>", f"{HEAD}</XRD>", f'{HEAD}<Link rel="lrdd" template="https://ap.example/"/></XRD>',
        f'{HEAD}<Link rel="lrdd"/></XRD>', f'{HEAD}<Link template="{FINGER}"/></XRD>', "<html><head></head></html>",
        f'<!DOCTYPE x [<!ENTITY a "b">]><XRD>&a;<Link rel="lrdd" template="{FINGER}"/></XRD>',
        '<?xml version="1.0" encoding="none-such"?><XRD/>', "\0",
    ],
)  # fmt: skip
def test_what_names_no_template_is_none(document: str) -> None:
    """S108: an entity is no reason to read on."""
    assert webfinger_template(document.encode()) is None


def test_a_template_is_filled_with_the_resource() -> None:
    assert filled(FINGER, "acct:jo@example.org").endswith("?resource=acct:jo@example.org")
