"""Where Alembic gets its connection: from `store/migrate`, which opened it."""

from __future__ import annotations

from alembic import context

from bridge.store import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    user_module_prefix="",
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
