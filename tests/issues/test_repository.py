"""The issues folder takes pushes as git runs them: over a path, and over ssh's bare environment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.errors import UserFault
from bridge.issues.git import Repository
from bridge.issues.push import Push, RefUpdate, judge_push, push_options, read_updates
from bridge.issues.repository import adopt_branch, prepare, why_unchecked
from bridge.issues.source import head_commit, list_tree, read_blobs, with_sizes
from bridge.issues.worktree import dirty_files
from tests.support.repositories import ISSUE, Checkout, over_ssh

ROOT = Path(__file__).parents[2]

#: What stands in for `bridge` in the hooks' Python: it does what the hidden commands do with git, and writes it down.
PROBE = """
import json, os, sys
from pathlib import Path
sys.path.append({root!r})
from bridge.issues import push, repository, source, worktree
from bridge.issues.git import Repository

name = sys.argv[-1]
folder = Path({folder!r})
quarantined = name == "pre-receive"
here = Repository(folder=folder, quarantined=quarantined)
updates = push.read_updates(sys.stdin)
judged = push.judge_push(updates, branch=source.branch(here), is_empty=source.head_commit(here) is None)
seen = dict(
    hook=name, arguments=sys.argv[1:], cwd=os.getcwd(), path0=sys.path[0],
    environment=sorted(key for key in os.environ if key.startswith("GIT_")), options=push.push_options(os.environ),
    dirty=[os.fsdecode(path) for path in worktree.status(here)[0]], branch=judged.branch, utf8=sys.flags.utf8_mode,
)
if judged.commit:
    tree = source.with_sizes(here, source.list_tree(here, judged.commit))
    blobs = source.read_blobs(here, [file.blob for file in tree.files])
    seen["files"] = {{file.path: len(blobs[file.blob]) for file in tree.files}}
    seen["saved"] = sorted(entry.name for entry in folder.iterdir() if entry.name != ".git")
with open({log!r}, "a") as log:
    log.write(json.dumps(seen) + "\\n")
for refusal in judged.refusals:
    print("Rundbrief „sagt“:", refusal, file=sys.stderr)
if judged.refusals:
    sys.exit(1)
if quarantined and judged.adopts:
    repository.adopt_branch(here, judged.branch)
"""


class Server:
    """A prepared folder whose hooks run the probe."""

    def __init__(self, tmp_path: Path, name: str = "issues") -> None:
        self.folder = tmp_path / "Mein Blog's" / name
        self.log = tmp_path / "log"
        self.probe = tmp_path / "probe's root" / "bridge"
        self.probe.mkdir(parents=True)
        source = PROBE.format(root=str(ROOT), folder=str(self.folder), log=str(self.log))
        # Not a package of that name: `import bridge` must then find the real one.
        (self.probe / "__main__.py").write_text(
            "import sys\nsys.modules.pop('bridge', None)\nsys.path.pop(0)\n" + source
        )
        self.said = self.prepare()
        self.repository = Repository(folder=self.folder)

    def prepare(self) -> list[str]:
        config = self.folder.parent / "config.toml"
        return prepare(self.folder, python=sys.executable, config=config, root=self.probe.parent)

    def seen(self) -> list[dict[str, object]]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture
def author(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "author")


def push(author: Checkout, server: Server, *what: str, **environment: str) -> subprocess.CompletedProcess[str]:
    place = f"ssh://server{server.folder}" if environment else str(server.folder)
    return author.attempt("push", *what[:-1], place, what[-1], **environment)


@pytest.mark.parametrize("way", ["path", "ssh"])
def test_a_push_runs_the_hooks_and_fills_the_folder(server: Server, author: Checkout, tmp_path: Path, way: str) -> None:
    environment = over_ssh(tmp_path) if way == "ssh" else {}
    first = author.commit({"24.md": ISSUE, "25/index.md": ISSUE + b"mehr"})
    pushed = push(author, server, "-o", "delete", "-o", "zwei Worte", "main", **environment)
    assert pushed.returncode == 0, pushed.stderr
    before, after = server.seen()
    assert (before["hook"], after["hook"]) == ("pre-receive", "post-receive")
    for seen in (before, after):
        assert seen["arguments"] == ["--config", f"{server.folder.parent}/config.toml", "hook", seen["hook"]]
        assert seen["cwd"] == str(server.folder / ".git")
        assert "GIT_DIR" in str(seen["environment"])
        assert seen["options"] == ["delete", "zwei Worte"]
        assert seen["files"] == {"24.md": len(ISSUE), "25/index.md": len(ISSUE) + 4}
        assert seen["dirty"] == []
        assert seen["utf8"] == 1
    # The first hook read what was still in quarantine, before the folder held it.
    assert "GIT_QUARANTINE_PATH" in str(before["environment"])
    assert "GIT_QUARANTINE_PATH" not in str(after["environment"])
    assert (before["saved"], after["saved"]) == ([], ["24.md", "25"])
    assert head_commit(server.repository) == first
    second = author.commit({"26.md": ISSUE})
    assert push(author, server, "main", **environment).returncode == 0
    assert head_commit(server.repository) == second
    assert (server.folder / "26.md").read_bytes() == ISSUE
    assert dirty_files(server.repository) == []


@pytest.mark.parametrize("way", ["path", "ssh"])
def test_the_first_pushed_branch_becomes_the_one_that_publishes(
    server: Server, author: Checkout, tmp_path: Path, way: str
) -> None:
    environment = over_ssh(tmp_path) if way == "ssh" else {}
    author.git("symbolic-ref", "HEAD", "refs/heads/ausgaben/neu")
    commit = author.commit({"24.md": ISSUE})
    assert push(author, server, "ausgaben/neu", **environment).returncode == 0
    assert head_commit(server.repository) == commit
    assert (server.folder / "24.md").exists()
    assert [seen["branch"] for seen in server.seen()] == ["ausgaben/neu", "ausgaben/neu"]
    author.git("branch", "main")
    refused = push(author, server, "main", **environment)
    assert refused.returncode != 0
    assert (
        'remote: Rundbrief „sagt“: The branch "main" is refused: only "ausgaben/neu" is published here. '
        "Push with: git push REMOTE main:ausgaben/neu" in refused.stderr
    )
    assert head_commit(server.repository) == commit
    assert prepare(server.folder, python=sys.executable, config=server.folder.parent / "c", root=None)[0] == (
        f'The branch "ausgaben/neu" of {server.folder} is the one that publishes.'
    )


def test_a_dirty_folder_is_seen_before_the_push_is_taken(server: Server, author: Checkout) -> None:
    author.commit({"24.md": ISSUE})
    push(author, server, "main")
    (server.folder / "24.md").write_bytes(b"von Hand")
    server.seen()
    author.commit({"25.md": ISSUE})
    refused = push(author, server, "main")
    assert refused.returncode != 0  # git's own word; our command says it first
    assert server.seen()[0]["dirty"] == ["24.md"]
    assert (server.folder / "24.md").read_bytes() == b"von Hand"


def test_a_forced_push_is_taken(server: Server, author: Checkout) -> None:
    author.commit({"24.md": ISSUE})
    push(author, server, "main")
    author.git("commit", "--quiet", "--amend", "--message", "Anders")
    assert push(author, server, "main").returncode != 0
    assert push(author, server, "--force", "main").returncode == 0
    assert head_commit(server.repository) == author.git("rev-parse", "HEAD")


def test_our_hooks_run_though_the_machine_has_hooks_of_its_own(
    server: Server, author: Checkout, tmp_path: Path
) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[core]\n\thooksPath = {tmp_path}/foreign\n")
    author.commit({"24.md": ISSUE})
    pushed = author.attempt("push", str(server.folder), "main", GIT_CONFIG_GLOBAL=str(settings))
    assert pushed.returncode == 0
    assert len(server.seen()) == 2


def test_init_says_what_it_did_and_repeating_it_changes_nothing(server: Server) -> None:
    hooks = server.folder / ".git" / "hooks"
    assert server.said == [
        f'Made the git repository {server.folder}; its branch "main" is the one that publishes.',
        f"{server.folder} accepts `git push` and then holds what was pushed.",
        f"Installed the hook {hooks / 'pre-receive'}.",
        f"Installed the hook {hooks / 'post-receive'}.",
    ]
    before = {path: path.read_bytes() for path in (server.folder / ".git").rglob("*") if path.is_file()}
    assert server.prepare() == []
    assert {path: path.read_bytes() for path in (server.folder / ".git").rglob("*") if path.is_file()} == before
    again = prepare(server.folder, python="/opt/neu/python", config=server.folder / "c.toml")
    assert again == [f"Renewed the hook {hooks / name}." for name in ("pre-receive", "post-receive")]


def test_an_authors_own_hook_and_files_are_left_alone(tmp_path: Path) -> None:
    author = Checkout(tmp_path / "issues", branch="schreiben")
    author.commit({"24.md": ISSUE})
    author.write("25.md")
    mine = author.folder / ".git" / "hooks" / "pre-receive"
    mine.write_text("#!/bin/sh\nexit 0\n")
    said = prepare(author.folder, python="/usr/bin/python3", config=tmp_path / "config.toml")
    assert mine.read_text() == "#!/bin/sh\nexit 0\n"
    call = f"/usr/bin/python3 -P -m bridge --config {tmp_path}/config.toml hook pre-receive"
    assert f"The hook {mine} is yours and was left as it is. A push publishes only if it calls: {call}" in said
    assert dirty_files(Repository(folder=author.folder)) == ["25.md"]
    assert author.git("symbolic-ref", "HEAD") == "refs/heads/schreiben"


def test_a_hooks_folder_that_the_author_chose_is_left_as_it_is(tmp_path: Path) -> None:
    author = Checkout(tmp_path / "issues")
    author.git("config", "core.hooksPath", ".husky")
    said = prepare(author.folder, python="/usr/bin/python3", config=tmp_path / "config.toml")
    assert any("core.hooksPath" in sentence and ".husky and was left as it is" in sentence for sentence in said)
    assert author.git("config", "core.hooksPath") == ".husky"


def test_a_moved_folder_whose_pushes_nothing_checks_is_told_until_init_ran_again(server: Server) -> None:
    assert why_unchecked(server.folder) is None
    whole = server.folder.parent
    server.folder = shutil.move(whole, whole.parent / "woanders") / server.folder.name
    assert str(why_unchecked(server.folder)).startswith("A push is not checked by this blog, because ")
    server.prepare()
    assert why_unchecked(server.folder) is None
    (server.folder / ".git" / "hooks" / "pre-receive").unlink()
    assert "there is no hook" in str(why_unchecked(server.folder))
    assert why_unchecked(whole / "nothing") is None, "what is wrong there is said elsewhere"


def test_a_folder_inside_of_another_repository_gets_its_own(tmp_path: Path) -> None:
    outer = Checkout(tmp_path)
    prepare(tmp_path / "blog" / "issues", python="/usr/bin/python3", config=tmp_path / "config.toml")
    assert (tmp_path / "blog" / "issues" / ".git").is_dir()
    assert head_commit(Repository(folder=tmp_path / "blog" / "issues")) is None
    assert outer.attempt("config", "--local", "receive.denyCurrentBranch").returncode == 1


def test_what_cannot_be_prepared_is_a_sentence(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    Checkout(tmp_path / "x").git("init", "--quiet", "--bare", str(tmp_path / "bare"))
    with pytest.raises(UserFault, match="is a bare repository"):
        prepare(tmp_path / "bare", python="/usr/bin/python3", config=config)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserFault, match="cannot be written"):
        prepare(tmp_path / "file" / "issues", python="/usr/bin/python3", config=config)
    with pytest.raises(UserFault, match="must be a full path"):
        prepare(tmp_path / "issues", python="python3", config=config)
    detached = Checkout(tmp_path / "detached")
    detached.commit({"24.md": ISSUE})
    detached.git("checkout", "--quiet", "--detach")
    with pytest.raises(UserFault, match="has no branch checked out"):
        prepare(detached.folder, python="/usr/bin/python3", config=config)


def test_a_branch_is_adopted_outside_of_the_quarantine(server: Server) -> None:
    adopt_branch(Repository(folder=server.folder, quarantined=True), "neu")
    assert (server.folder / ".git" / "HEAD").read_text() == "ref: refs/heads/neu\n"


def test_a_tree_of_many_issues_is_read_in_three_git_calls(tmp_path: Path) -> None:
    author = Checkout(tmp_path / "issues")
    commit = author.commit({f"{number}.md": ISSUE + str(number).encode() for number in range(300)})
    repository = Repository(folder=author.folder)
    tree = with_sizes(repository, list_tree(repository, commit))
    assert len(read_blobs(repository, [file.blob for file in tree.files])) == 300


_A, _B = "a" * 40, "b" * 40


def judged(*updates: RefUpdate, branch: str | None = "main", is_empty: bool = False) -> Push:
    return judge_push(updates, branch=branch, is_empty=is_empty)


def test_a_push_to_the_branch_and_tags_is_taken() -> None:
    updates = read_updates([f"{_A} {_B} refs/heads/main\n", f"{'0' * 40} {_A} refs/tags/v 1\n"])
    assert updates == [
        RefUpdate(old=_A, new=_B, ref="refs/heads/main"),
        RefUpdate(old=None, new=_A, ref="refs/tags/v 1"),
    ]
    assert judge_push(updates, branch="main", is_empty=False) == Push(commit=_B, branch="main", seen=_A)
    assert judged(updates[1]) == Push(commit=None, branch="main")


def test_a_push_elsewhere_is_refused_with_a_sentence() -> None:
    other = RefUpdate(old=None, new=_A, ref="refs/heads/entwurf")
    assert judged(other).refusals == (
        'The branch "entwurf" is refused: only "main" is published here. Push with: git push REMOTE entwurf:main',
    )
    assert judged(RefUpdate(old=_A, new=None, ref="refs/heads/main")).refusals == (
        'The branch "main" cannot be deleted, because it is the one that is published.',
    )
    assert judged(RefUpdate(old=None, new=_A, ref="refs/notes/x")).refusals == (
        "refs/notes/x is refused: only a branch and tags are taken here.",
    )
    assert "has no branch checked out" in judged(other, branch=None).refusals[0]


def test_only_an_empty_repository_adopts_a_branch_and_only_one() -> None:
    one = RefUpdate(old=None, new=_A, ref="refs/heads/eins")
    two = RefUpdate(old=None, new=_B, ref="refs/heads/zwei")
    main = RefUpdate(old=None, new=_B, ref="refs/heads/main")
    assert judged(one, is_empty=True) == Push(commit=_A, branch="eins", adopts=True)
    assert judged(main, is_empty=True) == Push(commit=_B, branch="main")
    assert len(judged(one, two, is_empty=True).refusals) == 2
    assert len(judged(one, main, is_empty=True).refusals) == 1


def test_push_options_come_from_the_environment() -> None:
    assert push_options({}) == ()
    assert push_options({"GIT_PUSH_OPTION_COUNT": "1", "GIT_PUSH_OPTION_0": "delete"}) == ("delete",)
    assert push_options({"GIT_PUSH_OPTION_COUNT": "x"}) == ()
