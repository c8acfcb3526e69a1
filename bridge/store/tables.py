"""All tables of all modules: what migrations are made from, and compared with."""

from __future__ import annotations

from bridge.store import linkback_tables, login_tables, picture_tables, quote_tables, repair_tables, schema

metadata = schema.metadata

__all__ = ["linkback_tables", "login_tables", "metadata", "picture_tables", "quote_tables", "repair_tables", "schema"]
