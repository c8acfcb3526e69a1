"""The hook scripts as a shell runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bridge.issues import hooks


def run(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, text=True, cwd=folder, env=environment, check=False, timeout=60
    )


@pytest.mark.parametrize("name", hooks.NAMES)
def test_a_hook_needs_nothing_of_its_session(tmp_path: Path, name: str) -> None:
    root = tmp_path / 'it\'s a "root" $HOME `x`'
    (root / "bridge").mkdir(parents=True)
    (root / "bridge" / "__main__.py").write_text("import os, sys\nprint(sys.argv[1:], os.environ.get('PYTHONHOME'))\n")
    config = tmp_path / "Mein Blog" / "config.toml"
    script = hooks.hook_text(name, python=sys.executable, config=config, root=root)
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "bridge").mkdir(parents=True)
    (elsewhere / "bridge" / "__main__.py").write_text("print('wrong')\n")
    for environment in ({}, {"PYTHONPATH": str(elsewhere), "PYTHONHOME": "/nonexistent", "PATH": "/nonexistent"}):
        ended = run(script, elsewhere, **environment)
        assert ended.stderr == ""
        assert ended.stdout == f"{['--config', str(config), 'hook', name]} None\n"


def test_an_installed_bridge_is_found_without_a_root(tmp_path: Path) -> None:
    script = hooks.hook_text("pre-receive", python="/usr/bin/env", config=tmp_path / "config.toml", root=None)
    assert "PYTHONPATH=" not in script
    assert "unset PYTHONHOME PYTHONSTARTUP PYTHONPATH\n" in script


def test_a_python_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    script = hooks.hook_text("pre-receive", python=f"{tmp_path}/my venv/python", config=tmp_path / "c", root=None)
    ended = run(script, tmp_path)
    assert ended.returncode == 1
    first, second = ended.stderr.splitlines()
    assert first == f"Rundbrief: {tmp_path}/my venv/python is gone, or you may not run it."
    assert second == "Run `rundbrief init` again on the server, or push as the user who runs the blog."
