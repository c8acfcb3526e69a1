"""What the server loads that most blogs never use."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli import operator
from bridge.config import Config
from tests.support.loading import loaded_with


@pytest.mark.parametrize("module", ["bridge.cli.serving", "bridge.app"])
def test_a_blog_on_sqlite_loads_nothing_of_postgresql_and_no_migrations(module: str) -> None:
    """docs/decisions/0005."""
    loaded = loaded_with(module)

    assert "sqlalchemy" in loaded
    assert {"sqlalchemy.dialects.postgresql", "asyncpg", "pgqueuer", "alembic"} & loaded == set()


@pytest.mark.parametrize(
    ("token", "mode", "warns"), [("geheim", 0o644, True), ("geheim", 0o640, False), ("", 0o644, False)]
)
def test_s124_a_config_that_holds_a_secret_and_that_all_may_read_is_warned_of_with_the_cure(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    token: str,
    mode: int,
    warns: bool,
) -> None:
    operator.init(tmp_path / "blog", "http://127.0.0.1:8931", "links")
    config = tmp_path / "blog" / "config.toml"
    config.write_text(config.read_text().replace('metrics_token = ""', f'metrics_token = "{token}"'))
    config.chmod(mode)

    async def nothing(_: Config) -> None:
        return None

    monkeypatch.setattr(operator, "log_to_stderr", lambda _level: None)
    operator._run(config, nothing)

    said = caplog.text
    assert (f"is open to all users (mode 0644); close it: chmod 600 {config}" in said) is warns
    assert "geheim" not in said
