"""The house's rules hold, and each rule is seen to bite."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.architecture import RULES, Module, Rule, circles, read_tree, too_long

ROOT = Path(__file__).parent.parent
HEAD = '"""In -> out."""\n\nfrom __future__ import annotations\n\n'


@pytest.fixture(scope="module")
def house() -> list[Module]:
    """Every module of the package."""
    return read_tree(ROOT, "bridge")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule, house: list[Module]) -> None:
    complaints = list(rule(house))
    assert complaints == []


@pytest.mark.parametrize("rule", [too_long, circles], ids=lambda rule: rule.__name__)
def test_the_tests_keep(rule: Rule) -> None:
    complaints = list(rule(read_tree(ROOT, "tests", "bench")))
    assert complaints == []


@pytest.mark.parametrize(
    ("rule", "path", "code"),
    [
        ("wrong_direction", "bridge/issues/render.py", "from bridge.store import followers"),
        ("wrong_direction", "bridge/activity/note.py", "import bridge.signature.keys"),
        ("wrong_direction", "bridge/activity/note.py", "from bridge import signature"),
        ("wrong_direction", "bridge/activity/note.py", "from ..signature import keys"),
        ("wrong_direction", "bridge/demo/peer.py", "from bridge.signature.cavage import sign"),
        ("wrong_direction", "bridge/app.py", "from bridge.demo import steps"),
        ("wrong_direction", "bridge/surprise.py", "from bridge.store import schema"),
        ("too_long", "bridge/store/schema.py", "\n" * 401),
        ("empty_names", "bridge/store/url_utils.py", ""),
        ("empty_names", "bridge/common/urls.py", ""),
        ("empty_names", "bridge/store/schema.py", "class ConnectionManager: ..."),
        ("empty_names", "bridge/store/schema.py", "def process_activity() -> None: ..."),
        ("empty_names", "bridge/store/schema.py", "async def read(data: bytes) -> None: ..."),
        ("reserved_imports", "bridge/web/pages.py", "from sqlalchemy import select"),
        ("reserved_imports", "bridge/inbox/receive.py", "import sqlite3"),
        ("reserved_imports", "bridge/inbox/receive.py", "from aiohttp import ClientSession"),
        ("reserved_imports", "bridge/inbox/receive.py", "from aiohttp import web"),
        ("reserved_imports", "bridge/web/pages.py", "import aiohttp"),
        ("reserved_imports", "bridge/web/pages.py", "import urllib.request"),
        ("reserved_imports", "bridge/delivery/outcome.py", "import httpx"),
        ("stray_sql", "bridge/web/pages.py", 'FIND = """\n    SELECT name\n    FROM followers"""'),
        ("late_imports", "bridge/web/pages.py", "def show() -> None:\n    import json"),
        ("late_imports", "bridge/web/pages.py", "import importlib\nimportlib.import_module('json')"),
        ("stray_prints", "bridge/web/pages.py", "print('hello')"),
        ("forged_proof", "bridge/web/federation.py", "verified = authenticate.VerifiedActivity()"),
        ("environment_reads", "bridge/config.py", "import os\nhome = os.environ['HOME']"),
        ("environment_reads", "bridge/config.py", "from os import getenv"),
        ("waiting_transactions", "bridge/store/followers.py", "async def add(tx: Transaction) -> None: ..."),
        ("missing_heads", "bridge/web/pages.py", None),
    ],
)
def test_a_breach_is_found(rule: str, path: str, code: str | None) -> None:
    module = Module(path, "count: int = 0\n" if code is None else HEAD + code + "\n")

    assert list(RULES[[each.__name__ for each in RULES].index(rule)]([module]))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("bridge/store/database.py", "from sqlalchemy import select\n\nFIND = 'SELECT name FROM followers'"),
        (
            "bridge/web/routes.py",
            "from aiohttp import web\n\nfrom bridge.inbox import receive\nfrom bridge.web import pages",
        ),
        ("bridge/remote/client.py", "import httpx\nfrom aiohttp import ClientSession"),
        ("bridge/cli/main.py", "def load() -> None:\n    from bridge.demo import steps\n\n    print(steps)"),
        ("bridge/cli/hook.py", "import os\n\nfolder = os.environ.get('GIT_DIR')"),
        ("bridge/inbox/authenticate.py", "verified = VerifiedActivity()"),
        ("bridge/store/database.py", "import base64\n\ndatabase = base64.b64encode(b'')"),
        ("bridge/store/followers.py", "def add(tx: Transaction) -> None: ..."),
        ("bridge/issues/__init__.py", ""),
    ],
)
def test_what_is_allowed_is_let_be(path: str, code: str) -> None:
    module = Module(path, HEAD + code + "\n" if code else "")

    assert [complaint for rule in RULES for complaint in rule([module])] == []


def test_a_circle_is_found_by_whatever_way_it_is_imported() -> None:
    tree = [
        Module("bridge/store/a.py", "from bridge.store import b\n"),
        Module("bridge/store/b.py", "from bridge.store.c import thing\n"),
        Module("bridge/store/c.py", "def late():\n    from . import a\n"),
    ]

    assert list(circles(tree)) == ["a circle: bridge.store.a -> bridge.store.b -> bridge.store.c -> bridge.store.a"]
    assert list(circles(tree[:2])) == []


def test_what_is_imported_is_declared_and_what_is_declared_is_explained() -> None:
    """An import that only comes along with another package is gone when that package changes its mind."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[^\w-]", requirement)[0].lower() for requirement in project["dependencies"]}
    explained = (ROOT / "CONTRIBUTING.md").read_text().lower()
    packages = importlib.metadata.packages_distributions()
    imported = {name.split(".")[0] for module in read_tree(ROOT, "bridge") for _, name in module.imports()}
    foreign = imported - set(sys.stdlib_module_names) - {"bridge"}

    assert {
        name for name in foreign if not declared & {owner.lower().replace("_", "-") for owner in packages.get(name, [])}
    } == set()
    assert {name for name in declared if f"`{name}`" not in explained} == set()


# Written in pieces, so that this file does not name what no file may name.
INDEX_HOSTS = re.compile("|".join(["pyp" + r"i\.(org|python)", "python" + r"hosted\.", "npm" + r"js\.(org|com)"]))
MACHINE_PATHS = re.compile(r"(?<![\w.-])/(" + "|".join(["wo" + "rk", "fa" + "rm", "ro" + "ot"]) + r")/")


def test_no_committed_file_names_a_package_index_or_a_path_of_this_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: there are no committed files to look at")
    texts = {path: _text(ROOT / path) for path in listed.stdout.split("\0") if path}
    found = {path: match[0] for path, text in texts.items() if (match := INDEX_HOSTS.search(text))}
    found |= {path: match[0] for path, text in texts.items() if (match := MACHINE_PATHS.search(text))}

    assert texts
    assert found == {}


def test_index_hosts_and_machine_paths_would_be_seen() -> None:
    assert INDEX_HOSTS.search("see https://" + "pyp" + "i.org/simple")
    assert MACHINE_PATHS.search("cd /wo" + "rk/main")
    assert not MACHINE_PATHS.search("https://links.example/wo" + "rk/")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError):
        return ""  # a picture, or a file that is being removed
