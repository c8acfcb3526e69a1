"""The field's terms as types, so that one kind of address cannot be passed where another is meant.

Every stage uses them; nothing here knows how an address is made (that is `activity.ids`).
"""

from __future__ import annotations

from typing import Any, NewType

ActorId = NewType("ActorId", str)
ObjectId = NewType("ObjectId", str)
ActivityId = NewType("ActivityId", str)
KeyId = NewType("KeyId", str)
InboxUrl = NewType("InboxUrl", str)
Slug = NewType("Slug", str)

#: A remote server as `host` or `host:port`, lower case, IDNA-encoded.
Server = NewType("Server", str)

#: One ActivityStreams document as it travels: parsed JSON, before or after our types.
Document = dict[str, Any]
