"""Where Alembic gets its connection: from `store/migrate`, which opened it."""

from __future__ import annotations

from alembic import context

from bridge.store import picture_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=picture_tables.pictures.metadata,  # that of `schema`, by this import with all tables in it
    user_module_prefix="",
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
