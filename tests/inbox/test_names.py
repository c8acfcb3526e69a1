"""Nobody has to read the name of one of our classes."""

from __future__ import annotations

from bridge.activity import incoming_types
from bridge.activity.incoming_types import Incoming, Unknown
from bridge.inbox.names import NAMES, name_of


def test_every_activity_that_we_read_has_a_name_for_people() -> None:
    read = {
        kind.__name__
        for kind in vars(incoming_types).values()
        if isinstance(kind, type) and issubclass(kind, Incoming) and not kind.__subclasses__()
    } - {Unknown.__name__}
    assert len(read) > 20
    assert read - set(NAMES) == set()


def test_what_nobody_knows_is_called_by_its_type() -> None:
    assert name_of("Arrive") == "an activity of the type Arrive"
