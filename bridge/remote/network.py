"""Certificates and names that the door trusts beside the system's; only tests with names of their own pass one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aiohttp.abc import AbstractResolver


@dataclass(frozen=True, kw_only=True)
class Network:
    """An authority trusted beside the system's, and who answers host names instead of the system."""

    ca_file: Path | None = None
    resolver: AbstractResolver | None = None
