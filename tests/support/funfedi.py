"""The parsing cases of funfedi.dev -> documents as other servers write them, for tests of what comes in.

The package asks for `bovine` and uses one function of it, a time stamp; bovine in turn holds back `cryptography`.
So the package is installed alone (`requirements-wire.lock`), and that one function stands here.
"""

from __future__ import annotations

import importlib
import sys
from datetime import UTC, datetime
from types import ModuleType

from bridge.clock import wire_time


def _now_isoformat() -> str:
    return wire_time(datetime.now(UTC))


def load() -> ModuleType:
    """The module `funfedi_parsing_test_cases`."""
    if "bovine" not in sys.modules:
        bovine, times = ModuleType("bovine"), ModuleType("bovine.utils")
        times.now_isoformat = _now_isoformat  # type: ignore[attr-defined]
        bovine.utils = times  # type: ignore[attr-defined]
        sys.modules |= {"bovine": bovine, "bovine.utils": times}
    return importlib.import_module("funfedi_parsing_test_cases")
