"""For developers: write the migration from the newest migration's tables to those of `bridge/store/schema.py`.

Use: .venv/bin/python scripts/new_migration.py 0002 "Say what it makes"
"""

from __future__ import annotations

import sys
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

sys.path.insert(0, str(Path(__file__).parent.parent))


def main(revision: str, message: str) -> None:
    settings = Config()
    settings.set_main_option("script_location", "bridge/store/migrations")
    with sa.create_engine("sqlite://").connect() as connection:
        settings.attributes["connection"] = connection
        if list(Path("bridge/store/migrations/versions").glob("0*.py")):
            command.upgrade(settings, "head")
        command.revision(settings, message=message, autogenerate=True, rev_id=revision)


if __name__ == "__main__":
    main(*sys.argv[1:])
