"""Alembic's forward-only steps; `store/migrate` runs them."""
