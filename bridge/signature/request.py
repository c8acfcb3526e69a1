"""The request as it stood on the wire, and the one fault that a signature check may raise.

`inbox.authenticate` and the web layer make a `SignedRequest`; everything in this folder reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from bridge.errors import BridgeError

#: Which check a request failed; `rundbrief why` and the metrics tell it.
Check = Literal["missing", "malformed", "algorithm", "covered", "date", "host", "digest", "key", "mismatch"]


class SignatureFault(BridgeError):
    """A signature that proves nothing.

    `check` names the test that failed, in one word that programs may rely on; `reason` is a sentence for the author.
    Text that came from the sender is not repeated in it, except the Host header, which the operator must see to mend
    a proxy.
    """

    def __init__(self, check: Check, reason: str) -> None:
        super().__init__(reason)
        self.check: Check = check
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class SignedRequest:
    """What a signature can speak of: method, raw target, header lines and body, nothing decoded or reordered."""

    method: str
    #: Path and query exactly as on the request line, percent-escapes untouched.
    target: str
    #: (name, value) for every header line, in order, duplicates kept.
    headers: tuple[tuple[str, str], ...]
    #: The bytes that came, or None for a request without content. `b""` is content, and must be signed.
    body: bytes | None

    @cached_property
    def fields(self) -> Mapping[str, tuple[str, ...]]:
        """All values of each header by lower-case name, in order, without the white space around them."""
        fields: dict[str, tuple[str, ...]] = {}
        for name, value in self.headers:
            key = name.lower()
            before = fields.get(key)
            fields[key] = (value.strip(" \t"),) if before is None else (*before, value.strip(" \t"))
        return fields

    def single(self, name: str, *, check: Check) -> str | None:
        """The value of a header that may appear once at most; None if it is not there."""
        lines = self.fields.get(name)
        if lines is None:
            return None
        if len(lines) > 1:
            raise SignatureFault(check, f"there are {len(lines)} {name} headers")
        return lines[0]

    @property
    def has_content(self) -> bool:
        """Whether a digest is due. A POST always has content, even where it is empty."""
        return self.body is not None or self.method.upper() in {"POST", "PUT", "PATCH"}
