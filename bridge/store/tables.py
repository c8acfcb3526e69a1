"""All tables of all modules: what migrations are made from, and compared with."""

from __future__ import annotations

from bridge.store import further_tables, linkback_tables, login_tables, repair_tables, schema

metadata = schema.metadata

__all__ = ["further_tables", "linkback_tables", "login_tables", "metadata", "repair_tables", "schema"]
