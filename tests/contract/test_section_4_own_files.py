"""Contract sections 2 to 4: what is made on the disk is for its owner, and nobody else's file is taken away."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.demo.stage import free_port
from bridge.store.sqlite import sqlite_path


def rundbrief(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bridge", *words], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new blog, to be copied: its keys take time."""
    folder = tmp_path_factory.mktemp("stock") / "blog"
    made = rundbrief("init", str(folder), "--url", "http://127.0.0.1:8000", "--handle", "links")
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def folder(stock: Path, tmp_path: Path) -> Path:
    return shutil.copytree(stock, tmp_path / "blog")


def listen_on(folder: Path, path: Path) -> None:
    config = folder / "config.toml"
    config.write_text(config.read_text().replace('listen = "127.0.0.1:8000"', f'listen = "unix:{path}"'))


def test_nobody_else_on_the_machine_may_read_the_database(folder: Path) -> None:
    """Private replies stand in it."""
    database = folder / "data" / "rundbrief.db"
    assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


def test_a_database_that_others_may_read_is_closed_to_them_and_not_to_its_group(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    sqlite3.connect(path).close()
    path.touch()
    path.chmod(0o664)

    sqlite_path("sqlite:x.db", folder=tmp_path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_a_file_where_a_socket_should_be_is_left_alone(folder: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    listen_on(folder, precious)

    told = rundbrief("web", "--config", str(folder))

    assert told.returncode == 1
    assert "something else by that name; change [server] listen" in told.stderr
    assert precious.read_text() == "mine"


def test_a_socket_in_use_is_not_taken_from_who_uses_it(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "rundbrief.sock"
    listen_on(folder, path)
    with socket.socket(socket.AF_UNIX) as used:
        used.bind(str(path))
        used.listen()
        told = rundbrief("web", "--config", str(folder))
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))

    assert told.returncode == 1
    assert "in use" in told.stderr


def test_init_again_says_what_it_does_not_take(folder: Path) -> None:
    told = rundbrief(
        "init",
        str(folder),
        "--url",
        "https://other.example",
        "--handle",
        "links",
        "--title",
        "Other",
        "--language",
        "de",
        "--database",
        "postgresql://u:secret@h/n",
    )

    assert told.returncode == 0
    assert "--url was ignored, because the file has another url, and a blog's url cannot be changed." in told.stdout
    assert "--database was ignored" in told.stdout
    assert "--title was ignored" in told.stdout
    assert "--language was ignored" in told.stdout
    assert "--handle" not in told.stdout
    assert "secret" not in told.stdout


def test_init_where_a_file_is_says_that_a_folder_is_needed(tmp_path: Path) -> None:
    (tmp_path / "blog").write_text("mine")

    told = rundbrief("init", str(tmp_path / "blog"), "--url", "https://x.example", "--handle", "x")

    assert told.returncode == 1
    assert told.stderr == f"rundbrief: {tmp_path}/blog is a file; name a folder, which may be a new one\n"


def test_a_database_that_cannot_be_reached_leaves_nothing_half_made(tmp_path: Path) -> None:
    database = f"postgresql://a:b@127.0.0.1:{free_port()}/none"

    told = rundbrief(
        "init", str(tmp_path / "blog"), "--url", "https://x.example", "--handle", "x", "--database", database
    )

    assert told.returncode == 1
    assert not (tmp_path / "blog").exists()
