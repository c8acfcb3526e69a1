"""All tables of all modules: what migrations are made from, and compared with."""

from __future__ import annotations

from bridge.store import picture_tables, repair_tables, schema

metadata = schema.metadata

__all__ = ["metadata", "picture_tables", "repair_tables", "schema"]
