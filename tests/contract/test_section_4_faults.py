"""Contract section 4: whatever is wrong ends in one clear sentence on stderr with the right exit status."""

from __future__ import annotations

import json
import logging
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.main import main
from bridge.cli.table import COMMANDS
from bridge.demo.stage import free_port


class Told:
    """How one command ended."""

    def __init__(self, status: int, output: str, errors: str) -> None:
        self.status, self.output, self.errors = status, output, errors

    def one_line(self) -> str:
        """What it said, if that was one line on stderr and no fault of the program."""
        lines = self.errors.splitlines()
        assert len(lines) == 1, self.errors
        assert lines[0].startswith("rundbrief: "), self.errors
        assert "fault of Rundbrief" not in lines[0], self.errors
        return lines[0]


class Desk:
    """A blog's folder and its command line, in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys

    def run(self, *words: str) -> Told:
        return self.say(*words, "--config", str(self.folder))

    def say(self, *words: str) -> Told:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = self._capsys.readouterr()
        return Told(int(ended.value.code or 0), said.out, said.err)

    def change(self, old: str, new: str) -> None:
        """Change a line of config.toml."""
        path = self.folder / "config.toml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    @property
    def database(self) -> Path:
        return self.folder / "data" / "rundbrief.db"


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new blog, to be copied: its keys take time."""
    folder = tmp_path_factory.mktemp("stock") / "blog"
    init = [sys.executable, "-m", "bridge", "init", str(folder), "--url", "http://127.0.0.1:8000", "--handle", "links"]
    subprocess.run(init, check=True, capture_output=True)
    return folder


@pytest.fixture
def desk(stock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield Desk(shutil.copytree(stock, tmp_path / "blog"), capsys)
    root.handlers[:], root.level = before  # `serve` logs to the stderr of this test


@pytest.mark.parametrize("command", ["issues", "publish", "comments", "serve"])
def test_a_database_file_that_is_none_is_told_at_once(desk: Desk, command: str) -> None:
    """It once waited for ever for a thread that was dead."""
    desk.database.write_bytes(b"\x13 no database at all" * 500)

    told = desk.run(command)

    assert told.status == 1
    assert "is not an SQLite database" in told.one_line()


def test_a_damaged_database_is_told(desk: Desk) -> None:
    desk.database.write_bytes(b"SQLite format 3\0" + b"\x07" * 5000)

    told = desk.run("issues")

    assert told.status == 1
    assert "backup" in told.one_line()


def test_a_database_that_is_a_folder_is_told(desk: Desk) -> None:
    desk.database.unlink()
    desk.database.mkdir()

    told = desk.run("issues")

    assert told.status == 1
    assert "is a folder" in told.one_line()


@pytest.mark.parametrize("command", ["issues", "publish", "serve", "web", "work", "login"])
def test_a_database_that_is_gone_is_not_made_anew_unasked(desk: Desk, command: str) -> None:
    """An empty one would be another account at the same address, which nobody follows."""
    desk.database.unlink()

    told = desk.run(command)

    assert told.status == 1
    assert "put it back from a backup" in told.one_line()
    assert not desk.database.exists()


def test_init_makes_a_database_that_is_gone_and_says_so(desk: Desk) -> None:
    desk.database.unlink()

    told = desk.say("init", str(desk.folder))

    assert told.status == 0
    assert f"Made the database {desk.database}." in told.output
    assert desk.database.exists()


def test_a_database_without_tables_says_who_makes_them(desk: Desk) -> None:
    desk.database.write_bytes(b"")

    told = desk.run("issues")

    assert told.status == 1
    assert "rundbrief init" in told.one_line()


@pytest.mark.parametrize("command", ["issues", "serve", "web", "work"])
def test_a_postgresql_that_does_not_answer_is_told(desk: Desk, command: str) -> None:
    desk.change('sqlite:data/rundbrief.db"', f'postgresql://a:b@127.0.0.1:{free_port()}/none"')

    told = desk.run(command)

    assert told.status == 1
    assert "[database] url" in told.one_line()


@pytest.mark.parametrize("command", ["serve", "web"])
def test_a_port_in_use_is_told_in_one_line(desk: Desk, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        desk.change('listen = "127.0.0.1:8000"', f'listen = "127.0.0.1:{taken.getsockname()[1]}"')
        ended = subprocess.run(
            [sys.executable, "-m", "bridge", command, "--config", str(desk.folder)],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    assert "in use" in Told(ended.returncode, ended.stdout, ended.stderr).one_line()
    assert ended.returncode == 1


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["init", "/nowhere/blog", "--handle", "links"], 2),
        (["init"], 2),
        (["block"], 2),
        (["why"], 2),
        (["publish", "--nope"], 2),
        (["nonsense"], 2),
        (["comments", "approve"], 2),
        (["comments", "approve", "nope"], 1),
        (["issues", "nope"], 1),
        (["resend", "nope"], 1),
        (["lint", "nope.md"], 1),
        (["preview", "nope.md"], 1),
        (["publish", "nope.md"], 1),
        (["block", "--import", "/nowhere/list.csv"], 1),
        (["followers", "--export", "/nowhere/list.csv"], 1),
    ],
)
def test_wrong_use_is_2_and_what_does_not_work_is_1(desk: Desk, words: list[str], status: int) -> None:
    told = desk.say(*words) if words[0] in ("init", "nonsense") else desk.run(*words)

    assert told.status == status
    told.one_line()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_a_config_and_tells_of_itself(desk: Desk, name: str) -> None:
    told = [desk.say(*name.split(), option) for option in ("--help", "-h")]

    assert [one.status for one in told] == [0, 0]
    assert "--config" in told[0].output
    assert told[0].output == told[1].output


def test_init_takes_the_config_that_it_makes_and_no_other(desk: Desk) -> None:
    again, other = [desk.say("init", str(desk.folder), "--config", str(desk.folder / name)) for name in ("", "x.toml")]

    assert (again.status, other.status) == (0, 2)
    assert f"the config of this blog is {desk.folder}/config.toml" in other.one_line()


@pytest.mark.parametrize("words", [["doctor"], ["keys", "rotate"], ["import", "wordpress", "x.xml"], ["move", "out"]])
def test_a_command_that_is_still_to_come_says_so(desk: Desk, words: list[str]) -> None:
    told = desk.say(*words)

    assert told.status == 2
    assert "comes with a later version" in told.one_line()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Nobody has said anything yet.\n"),
        (("--held",), "Nothing waits for you.\n"),
        (("--private",), "Nobody has said anything in private.\n"),
    ],
)
def test_where_nobody_said_anything_that_is_said(desk: Desk, words: tuple[str, ...], said: str) -> None:
    told = desk.run("comments", *words)

    assert (told.status, told.output) == (0, said)


def test_a_preview_that_cannot_be_written_names_the_file(desk: Desk) -> None:
    issue = desk.folder / "issues" / "24.md"
    issue.write_text("---\ntitle: News\n---\nHello.\n")

    told = desk.run("preview", str(issue), "--html", "/nowhere/24.html")

    assert told.status == 1
    assert "/nowhere/24.html" in told.one_line()


def test_what_refuses_a_preview_is_an_error_in_one_line(desk: Desk) -> None:
    """All of it stands on stdout, as `lint` says it, where no program waits for JSON."""
    issue = desk.folder / "issues" / "24.md"
    issue.write_text("---\ntitle: News\nformat: novel\nattach: some\n---\nHello.\n")

    told, as_json = desk.run("preview", str(issue)), desk.run("preview", str(issue), "--json")

    assert (told.status, as_json.status) == (1, 1)
    for one in (told, as_json):
        assert one.one_line().endswith("(and 1 more)")
    assert [line[:9] for line in told.output.splitlines()] == ["24.md:3: ", "24.md:4: "]
    assert as_json.output == ""


def test_a_preview_in_a_file_keeps_each_warning_on_one_line(desk: Desk) -> None:
    issue = desk.folder / "issues" / "24.md"
    issue.write_text("---\ntitle: News\n---\n![a picture](https://elsewhere.example/a/very/long/path/to/it.png)\n")

    told = desk.run("preview", str(issue))

    (warning,) = [line for line in told.output.splitlines() if line.startswith("warning:")]
    assert warning.endswith("only a link or its description is shown")


def test_a_file_that_is_not_there_is_said_not_to_be_there(desk: Desk) -> None:
    assert "there is no file 25.md" in desk.run("lint", str(desk.folder / "issues" / "25.md")).one_line()


def test_a_readme_in_the_repository_is_left_alone(desk: Desk) -> None:
    (desk.folder / "issues" / "README.md").write_text("How we write our letters.\n")

    assert desk.run("lint").status == 0
    assert json.loads(desk.run("lint", "--json").output) == []


def test_a_link_to_no_place_on_the_page_is_a_warning(desk: Desk) -> None:
    (desk.folder / "issues" / "24.md").write_text(
        "---\ntitle: News\n---\n## About us\n\n[a](#about-us) [b](#comments) [c](#gone)\n"
    )

    told = desk.run("lint")

    assert told.status == 0
    assert [line for line in told.output.splitlines() if "no place" in line] == [
        'warning: 24.md:6: The link "#gone" leads to no place on the page'
    ]


def test_files_that_are_refused_are_an_error_and_the_others_go_out(desk: Desk) -> None:
    """The list is on stdout, the error with file, line and reason on stderr, and the command ends with 1."""
    folder = desk.folder / "issues"
    (folder / "good.md").write_text("---\ntitle: Good\n---\nHello.\n")
    (folder / "bad.md").write_text("---\ntitle: Bad\nformat: novel\n---\nHello.\n")

    linted = desk.run("lint")
    published = desk.run("publish", str(folder / "good.md"), str(folder / "bad.md"))

    assert (linted.status, published.status) == (1, 1)
    for told in (linted, published):
        assert told.one_line().startswith("rundbrief: refused: bad.md:3: format must be note")
        assert "bad.md:3: format must be note" in told.output
    assert "good (Good) is published" in published.output
    assert [one["state"] for one in json.loads(desk.run("issues", "--json").output)] == ["published"]
