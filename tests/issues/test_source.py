"""Issue files from git's objects and from the folder as saved, with real git."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.errors import IssueFaults, UserFault
from bridge.issues.git import Repository
from bridge.issues.issue import slug_from_name
from bridge.issues.source import (
    IssueTree,
    branch,
    commit_exists,
    head_commit,
    is_behind,
    list_tree,
    read_blobs,
    same_slug_faults,
    with_sizes,
)
from bridge.issues.worktree import commit_files, dirty_files, path_in, read_saved, read_saved_tree, status
from tests.support.repositories import ISSUE, Checkout


@pytest.fixture
def author(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "issues")


@pytest.fixture
def repository(author: Checkout) -> Repository:
    return Repository(folder=author.folder)


def read_tree(repository: Repository, commit: str) -> IssueTree:
    """The files of a commit as a publication sees them."""
    return with_sizes(repository, list_tree(repository, commit))


def test_an_empty_repository_has_a_branch_and_no_commit(repository: Repository) -> None:
    assert head_commit(repository) is None
    assert branch(repository) == "main"


def test_the_last_commit_and_whether_it_is_behind(author: Checkout, repository: Repository) -> None:
    first = author.commit({"1.md": ISSUE})
    second = author.commit({"2.md": ISSUE})
    assert head_commit(repository) == second
    assert commit_exists(repository, first)
    assert not commit_exists(repository, "f" * 40)
    assert not commit_exists(repository, "--upload-pack=touch /tmp/x")
    assert not is_behind(repository, second, None)
    assert not is_behind(repository, second, first)
    assert not is_behind(repository, second, "f" * 40)
    assert not is_behind(repository, second, second)
    assert is_behind(repository, first, second)
    author.git("checkout", "--quiet", "--detach")
    assert branch(repository) is None


def test_a_commit_is_listed_without_reading_files(author: Checkout, repository: Repository) -> None:
    commit = author.commit(
        {
            "24.md": ISSUE,
            "2024-08-05-weird.md": b"---\ntitle: Schr\xc3\xa4g\n---\n![](bild.png)\n",
            "25/index.md": ISSUE,
            "25/a b.JPG": b"jpg",
            "25/tief/c.png": b"png",
            "25/anhang.pdf": b"pdf",
            "25/notizen.md": b"kein Heft",
            "bild.png": b"png2",
            "bilder/x.svg": b"svg",
            "_entwurf.md": b"nichts",
            "_alt/index.md": b"nichts",
            ".github/index.md": b"nichts",
            "LIESMICH": b"nichts",
            "a/b/index.md": b"nichts",
        }
    )
    tree = read_tree(repository, commit)
    assert (tree.commit, tree.faults) == (commit, ())
    assert [file.path for file in tree.files] == ["2024-08-05-weird.md", "24.md", "25/index.md"]
    weird, plain, folder = tree.files
    assert [(picture.name, picture.path, picture.size) for picture in folder.pictures] == [
        ("a b.JPG", "25/a b.JPG", 3),
        ("tief/c.png", "25/tief/c.png", 3),
    ]
    assert [picture.name for picture in plain.pictures] == ["bild.png", "bilder/x.svg"]
    contents = read_blobs(repository, [file.blob for file in tree.files])
    assert contents[plain.blob] == ISSUE
    assert plain.blob == folder.blob
    assert set(weird.pictures_in(contents[weird.blob])) == {"bild.png"}
    assert plain.pictures_in(contents[plain.blob]) == {}
    assert set(folder.pictures_in(b"![](a%20b.JPG) ![](tief/c.png)")) == {"a b.JPG", "tief/c.png"}


def test_the_fingerprint_changes_with_the_file_and_with_its_pictures(author: Checkout, repository: Repository) -> None:
    def fingerprint(commit: str) -> str:
        return read_tree(repository, commit).files[0].fingerprint

    first = fingerprint(author.commit({"24/index.md": ISSUE, "24/a.png": b"1"}))
    assert fingerprint(author.commit({"25.md": ISSUE})) == first
    second = fingerprint(author.commit({"24/a.png": b"2"}))
    assert second != first
    assert fingerprint(author.commit({"24/index.md": ISSUE + b"x"})) not in (first, second)


def test_links_and_submodules_are_refused(author: Checkout, repository: Repository) -> None:
    """S118, S121: a symlink of a pushed tree is never followed, a submodule never fetched."""
    other = Checkout(author.folder.parent / "other").commit()
    (author.folder / "24").mkdir()
    (author.folder / "23.md").symlink_to("/etc/passwd")
    (author.folder / "24" / "cover.png").symlink_to("/etc/passwd")
    author.git("update-index", "--add", "--cacheinfo", f"160000,{other},sub")
    author.git("add", "23.md", "24")
    author.git("commit", "--quiet", "--message", "Verweise")
    tree = read_tree(repository, author.git("rev-parse", "HEAD"))
    assert [str(fault) for fault in tree.faults] == [
        "23.md: This is a symbolic link. Put the file itself in its place",
        "24/cover.png: This is a symbolic link. Put the file itself in its place",
        "sub: This is a submodule. Put the file itself in its place",
    ]
    assert tree.files == ()


def test_odd_names_are_faults_that_can_be_printed(author: Checkout, repository: Repository) -> None:
    author.write(b"a\xff.md")
    author.write("zwei\nzeilen.md")
    author.write('"quoted" ü\t.txt')
    author.write("Über uns, 100%.md")
    author.write(b"bild\xff.png")
    tree = read_tree(repository, author.commit())
    assert [file.path for file in tree.files] == ["Über uns, 100%.md"]
    assert [str(fault) for fault in tree.faults] == [
        "a\\xff.md: The file's name is not UTF-8. Give it another name",
        "zwei\\nzeilen.md: The file's name holds an invisible character. Give it another name",
    ]


def test_a_file_over_a_mebibyte_is_refused_unread(author: Checkout, repository: Repository) -> None:
    """S119: 10 MB of front matter."""
    tree = read_tree(repository, author.commit({"24.md": b"x" * (1024 * 1024 + 1)}))
    assert "24.md: The file is over 1 MiB" in str(tree.faults[0])


def test_blobs_of_any_bytes_are_read_by_one_process(author: Checkout, repository: Repository) -> None:
    contents = {f"{n}.md": bytes(range(256)) * n + b"\n\n" for n in range(50)}
    tree = read_tree(repository, author.commit(contents))
    blobs = read_blobs(repository, (file.blob for file in tree.files))
    assert {file.path: blobs[file.blob] for file in tree.files} == contents
    assert read_blobs(repository, []) == {}
    with pytest.raises(UserFault, match="is damaged"):
        read_blobs(repository, ["f" * 40])


def test_git_of_a_foreign_environment_reads_the_right_repository(author: Checkout, tmp_path: Path) -> None:
    """S121: variables as a hook, or a stranger's shell, would set them."""
    commit = author.commit({"24.md": ISSUE})
    Checkout(tmp_path / "other").commit({"99.md": ISSUE})
    environment = os.environ | {
        "GIT_DIR": str(tmp_path / "other" / ".git"),
        "GIT_WORK_TREE": str(tmp_path / "other"),
        "GIT_INDEX_FILE": "/nonexistent",
        "GIT_OBJECT_DIRECTORY": "/nonexistent",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": f"touch {tmp_path}/ran",
    }
    repository = Repository(folder=author.folder, environment=environment)
    assert head_commit(repository) == commit
    assert dirty_files(repository) == []
    assert not (tmp_path / "ran").exists()


def test_nothing_in_the_repository_is_run(author: Checkout, repository: Repository, tmp_path: Path) -> None:
    """S121: hooks and file system monitor of the repository stay silent, also when we commit."""
    author.commit({"24.md": ISSUE})
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
    program.chmod(0o755)
    author.git("config", "core.fsmonitor", str(program))
    for name in ("pre-commit", "post-commit", "commit-msg", "post-index-change", "reference-transaction"):
        (author.folder / ".git" / "hooks" / name).symlink_to(program)
    author.write("25.md")
    assert dirty_files(repository) == ["25.md"]
    assert commit_files(repository, ["25.md"], "Neu")
    assert not (tmp_path / "ran").exists()


def test_what_is_not_committed_is_named(author: Checkout, repository: Repository) -> None:
    author.commit({"1.md": ISSUE, "2.md": ISSUE, "3.md": ISSUE})
    author.write("1.md", b"anders")
    (author.folder / "2.md").unlink()
    author.write("neu ä.md")
    author.write("_entwurf.md")
    author.write("24/index.md")
    assert dirty_files(repository) == ["1.md", "2.md", "24/index.md", "neu ä.md"]
    assert status(repository) == ([b"1.md", b"2.md"], [b"24/index.md", b"_entwurf.md", "neu ä.md".encode()])


def test_exactly_the_named_files_are_committed(author: Checkout, repository: Repository) -> None:
    author.commit({"1.md": ISSUE, "2.md": ISSUE, "weg.md": ISSUE})
    author.write("1.md", b"anders")
    author.write("2.md", b"anders")
    author.git("add", "2.md")
    author.write("24/index.md")
    author.write("24/bild.png", b"png")
    author.write("24/notizen.txt", b"privat")
    author.write("*.md")
    (author.folder / "weg.md").unlink()
    commit = commit_files(repository, ["1.md", "24/index.md", "weg.md"], "Neues\n\nvon mir")
    assert commit == author.git("rev-parse", "HEAD")
    assert author.git("show", "--format=%an %s", "--name-status", "--no-renames", "HEAD").split("\n") == [
        "Ada Autorin Neues", "", "M\t1.md", "A\t24/bild.png", "A\t24/index.md", "D\tweg.md",
    ]  # fmt: skip
    assert dirty_files(repository) == ["*.md", "2.md", "24/notizen.txt"]
    assert commit_files(repository, ["1.md"], "Noch einmal") is None
    assert commit_files(repository, ["*.md"], "Ein Stern")
    assert dirty_files(repository) == ["2.md", "24/notizen.txt"]


def test_a_first_commit_needs_no_identity(author: Checkout, tmp_path: Path) -> None:
    bare = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    author.write("24.md")
    assert commit_files(Repository(folder=author.folder, environment=bare), ["24.md"], "Erste")
    assert author.git("show", "--no-patch", "--format=%an <%ae>") == "Rundbrief <rundbrief@localhost>"


def test_a_missing_folder_repository_or_git_is_a_sentence(tmp_path: Path, author: Checkout) -> None:
    with pytest.raises(UserFault, match=r"does not exist. Run `rundbrief init`"):
        head_commit(Repository(folder=tmp_path / "nowhere"))
    with pytest.raises(UserFault, match=r"does not exist. Run `rundbrief init`"):
        read_saved_tree(Repository(folder=tmp_path / "nowhere"))
    (author.folder / "inner").mkdir()
    with pytest.raises(UserFault, match=r"is not a git repository. Run `rundbrief init`"):
        head_commit(Repository(folder=author.folder / "inner"))
    with pytest.raises(UserFault, match=r"git was not found. Install git"):
        head_commit(Repository(folder=author.folder, environment={"PATH": str(tmp_path)}))
    with pytest.raises(UserFault, match="is no commit's full name"):
        read_tree(Repository(folder=author.folder), "--help")


def test_a_git_that_hangs_is_given_up(tmp_path: Path, author: Checkout) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    program.chmod(0o755)
    with pytest.raises(UserFault, match="git gave no answer within 0 s"):
        Repository(folder=author.folder, environment={"PATH": str(program.parent)}).git("status", patience=0.2)


def test_files_as_saved_are_listed_like_a_commit(author: Checkout, repository: Repository) -> None:
    author.commit({"24.md": ISSUE, "25/index.md": ISSUE, "25/a.png": b"1"})
    author.write("26.md")
    (author.folder / "27.md").symlink_to("24.md")
    (author.folder / "28").symlink_to("25")
    tree = read_saved_tree(repository)
    assert tree.commit is None
    assert [file.path for file in tree.files] == ["24.md", "25/index.md", "26.md"]
    assert [fault.path for fault in tree.faults] == ["27.md", "28"]
    assert [picture.name for picture in tree.files[1].pictures] == ["a.png"]
    assert read_saved(repository, "26.md") == ISSUE


@pytest.mark.parametrize(
    "path", ["a\0.md", "../secret.md", "link.md", "folder/secret.md", "24/../../secret.md", "/etc/passwd",
                                  "pipe.md", "sub", "nowhere.md", "", "./24.md"],
)  # fmt: skip
def test_a_saved_file_outside_of_the_folder_is_not_read(author: Checkout, repository: Repository, path: str) -> None:
    """S118: traversal, links, and things that are no files."""
    secret = author.folder.parent / "secret.md"
    secret.write_bytes(ISSUE)
    author.write("24.md")
    (author.folder / "sub").mkdir()
    (author.folder / "link.md").symlink_to(secret)
    (author.folder / "folder").symlink_to(author.folder.parent)
    os.mkfifo(author.folder / "pipe.md")
    with pytest.raises(IssueFaults):
        read_saved(repository, path)


def test_a_file_is_named_from_anywhere(
    author: Checkout, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    author.write("24.md")
    author.write("25/index.md")
    monkeypatch.chdir(author.folder / "25")
    assert path_in(repository, Path("index.md")) == "25/index.md"
    assert path_in(repository, Path("../24.md")) == "24.md"
    assert path_in(repository, author.folder / "25") == "25/index.md"
    assert path_in(repository, Path("../gone.md")) == "gone.md"
    for outside in (Path("/etc/passwd"), author.folder):
        with pytest.raises(UserFault, match="is not in|there is no file"):
            path_in(repository, outside)
    with pytest.raises(UserFault, match=r"there is no file \.\./\.\./x\.md here; issue files are in"):
        path_in(repository, Path("../../x.md"))


def test_a_named_file_is_found_from_anywhere_unless_another_of_that_name_is_here(
    author: Checkout, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--config` lets a command run anywhere."""
    author.write("24.md")
    author.write("25/index.md")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert path_in(repository, Path("24.md")) == "24.md"
    assert path_in(repository, Path("issues/24.md")) == "24.md"
    assert path_in(repository, Path("25")) == "25/index.md"
    (elsewhere / "24.md").write_bytes(b"of a clone")
    for other in (Path("24.md"), Path("26.md"), Path(".")):
        with pytest.raises(UserFault, match="is not in|there is no file"):
            path_in(repository, other)
    monkeypatch.chdir(author.folder)
    assert path_in(repository, Path("issues/24.md")) == "24.md", "said in the issues folder as one would say it above"


def test_two_files_with_one_slug_are_told_apart() -> None:
    faults = same_slug_faults(
        [("24.md", "24", None), ("a.md", "a", None), ("24/index.md", "24", None), ("b.md", "a", 3)]
    )
    assert [str(fault) for fault in faults] == [
        '24/index.md: The slug "24" is that of 24.md already. Give this issue another, by a line "slug: ..."',
        'b.md:3: The slug "a" is that of a.md already. Give this issue another, by a line "slug: ..."',
    ]


def test_an_ending_in_capitals_is_an_issue_too(author: Checkout, repository: Repository) -> None:
    tree = read_tree(repository, author.commit({"24.MD": ISSUE, "25/Index.md": ISSUE, "README.MD": ISSUE}))
    assert [file.path for file in tree.files] == ["24.MD", "25/Index.md"]
    assert [slug_from_name(file.path) for file in tree.files] == ["24", "25"]
