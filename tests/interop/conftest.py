"""A blog behind TLS and a Fedify server, each in a process of its own, under names and an authority of the test's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from bridge.demo.stage import Child, NotSeen, Page, free_port, request, wait_until
from tests.support.local_servers import Authority
from tests.support.tls_front import tls_front

_FEDIFY = Path(__file__).parent / "fedify"
_PATIENCE = 30.0

_CONFIG = """\
[[blog]]
url = "{url}"
handle = "links"
title = "Krumme Wege"
language = "de"

[server]
listen = "127.0.0.1:{port}"

[federation]
allow_private_addresses = true
"""


class Knock(Enum):
    """What a server signs with when it does not know the other one yet, and what it refuses from others."""

    RFC9421_ONLY = ("rfc9421", "cavage")
    CAVAGE_FIRST = ("draft-cavage-http-signatures-12", None)

    def __init__(self, first: str, refused: str | None) -> None:
        self.first = first
        self.refused = refused

    @property
    def theirs(self) -> str:
        """The short name of the scheme that Fedify signs with."""
        return "cavage" if "cavage" in self.first else "rfc9421"

    @property
    def ours(self) -> str:
        """The scheme that we sign with once we know what is refused there."""
        return "rfc9421" if self.refused == "cavage" else "cavage"


class Blog:
    """Our side: a blog with its real server, a work copy to push from, and a TLS front before it."""

    def __init__(self, folder: Path, authority: Authority, stack: ExitStack) -> None:
        self._folder = folder
        self._plain = free_port()
        self.host = f"blog.test:{free_port()}"
        self.origin = f"https://{self.host}"
        home = folder / "blog"
        home.mkdir()
        (home / "config.toml").write_text(_CONFIG.format(url=self.origin, port=self._plain), encoding="utf-8")
        _run([sys.executable, "-m", "bridge", "init", str(home)], folder=Path.cwd())
        names = ["blog.test", "fedify.test"]
        served = [sys.executable, "-m", "tests.support.served_blog"]
        self.server = Child(
            [*served, str(home / "config.toml"), str(authority.ca_file), *names], log=folder / "blog.log"
        )
        stack.callback(self.server.stop)
        tls = authority.server_context("blog.test")
        stack.enter_context(tls_front(tls, port=int(self.host.partition(":")[2]), behind=self._plain))
        self._wait("the blog is ready", lambda: self.get("/readyz").status == 200)
        _run(["git", "clone", "--quiet", str(home / "issues"), str(folder / "work")], folder=folder)

    def get(self, path: str) -> Page:
        """A page as a browser gets it."""
        return request(f"http://127.0.0.1:{self._plain}{path}", accept="text/html")

    def push(self, name: str, text: str | None, *options: str) -> None:
        """Write an issue, or remove it, and push that as its author would."""
        work = self._folder / "work"
        if text is None:
            (work / name).unlink()
        else:
            (work / name).write_text(text, encoding="utf-8")
        _run(["git", "add", "--all"], folder=work)
        _run(["git", "commit", "--quiet", "--message", name], folder=work)
        _run(["git", "push", *options, "origin", "HEAD:main"], folder=work)

    def commit(self, files: dict[str, str | bytes]) -> None:
        """Commit in the blog's own folder: its server sees that within two seconds, and publishes."""
        issues = self._folder / "blog" / "issues"
        for name, content in files.items():
            (issues / name).parent.mkdir(exist_ok=True)
            (issues / name).write_bytes(content.encode() if isinstance(content, str) else content)
        _run(["git", "add", "--all"], folder=issues)
        _run(["git", "commit", "--quiet", "--message", "Issues"], folder=issues)

    def comments(self, slug: str, expected: str, good: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """comments.json once it is as expected."""
        last: dict[str, Any] = {}

        def look() -> bool:
            nonlocal last
            last = self.get(f"/issues/{slug}/comments.json").json() or {}
            return bool(last) and good(last)

        self._wait(f"{expected} in comments.json", look, lambda: last)
        return last

    def _wait(self, expected: str, look: Callable[[], bool], last: Callable[[], object] = str) -> None:
        try:
            wait_until(expected, look, seconds=_PATIENCE)
        except NotSeen as error:
            raise NotSeen(expected, f"{last()}\n{self.server.tail()}") from error


class Fedify:
    """The other side: `fedify/server.mjs` in Node."""

    def __init__(self, folder: Path, authority: Authority, stack: ExitStack, knock: Knock) -> None:
        self.host = f"fedify.test:{free_port()}"
        self.origin = f"https://{self.host}"
        tls = str(authority.server_file("fedify.test"))
        wanted = {"origin": self.origin, "tls": tls, "firstKnock": knock.first, "refused": knock.refused}
        node = ["env", f"NODE_EXTRA_CA_CERTS={authority.ca_file}", _node()]
        self.child = Child([*node, str(_FEDIFY / "server.mjs"), json.dumps(wanted)], log=folder / "fedify.log")
        stack.callback(self.child.stop)
        self._control: str

    def wait(self) -> None:
        """Until it takes wishes."""
        self._control = wait_until("Fedify says that it is ready", self._announced, seconds=_PATIENCE)

    def do(self, wish: str, **values: object) -> Any:
        """Have Anna do something; NotSeen when she could not, or when the blog refused it."""
        page = request(f"{self._control}/{wish}", body=json.dumps(values).encode())
        if page.status != 200:
            raise NotSeen(f"Anna's {wish} is taken", f"{page.status} {page.text}\n{self.child.tail(40)}")
        return page.json()

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """What was `received`, `asked` or `sent`, oldest first."""
        found: list[dict[str, Any]] = request(f"{self._control}/{kind}").json()
        return found

    def taken(self, kind: str, *, count: int = 1) -> list[dict[str, Any]]:
        """The activities of this type that Fedify believed and gave to its listener, once there are as many."""

        def look() -> list[dict[str, Any]] | None:
            rows = [row for row in self.rows("received") if row["type"] == kind and row["taken"]]
            return rows if len(rows) >= count else None

        try:
            return wait_until(f"Fedify takes our {kind}", look, seconds=_PATIENCE)
        except NotSeen as error:
            raise NotSeen(f"Fedify takes our {kind}", f"{self.rows('received')}\n{self.child.tail(60)}") from error

    def _announced(self) -> str | None:
        if self.child.exit_status() is not None:
            raise NotSeen("Fedify starts", self.child.tail())
        for line in self.child.log.read_text(errors="replace").splitlines():
            if line.startswith('{"ready"'):
                control: str = json.loads(line)["control"]
                return control
        return None


def _run(command: list[str], *, folder: Path) -> str:
    ended = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )
    if ended.returncode:
        raise NotSeen(f"`{' '.join(command)}` succeeds", f"status {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def _node() -> str:
    """The Node that runs Fedify: npm's, else the machine's."""
    if not (_FEDIFY / "node_modules" / "@fedify").is_dir():
        pytest.skip("no Fedify here: `npm ci` in tests/interop/fedify, as .ci/run does, brings it and its Node")
    for node in (_FEDIFY / "node_modules" / ".bin" / "node", shutil.which("node")):
        if node is not None and os.access(node, os.X_OK):
            said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
            if said.startswith("v") and int(said[1:].partition(".")[0]) >= 22:
                return str(node)
    return pytest.skip("no Node of version 22 or newer here, which Fedify needs")


@pytest.fixture(params=[knock.name for knock in Knock])
def knock(request: pytest.FixtureRequest) -> Knock:
    """How the Fedify server signs and what it refuses."""
    return Knock[request.param]


@pytest.fixture
def town(tmp_path: Path, knock: Knock) -> Iterator[tuple[Blog, Fedify]]:
    """Both servers, running."""
    _node()
    authority = Authority(tmp_path)
    with ExitStack() as stack:
        fedify = Fedify(tmp_path, authority, stack, knock)
        blog = Blog(tmp_path, authority, stack)
        fedify.wait()
        yield blog, fedify
