"""The `rundbrief` command -> the main job done once on this machine, each step told with what was seen.

`rundbrief demo` calls `run`. It goes the way a person would: the command line, a real `git push`, a second server that
trusts nothing it cannot verify (`peer`), and the page as a browser gets it.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from bridge.demo.letter import ISSUE, REPLY, SLUG, SURVIVES, TITLE
from bridge.demo.stage import Child, NotSeen, Page, Peer, free_port, request, wait_until

_PATIENCE = 20.0  #: seconds until something that takes a moment counts as not seen
_GIT_AUTHOR = ("-c", "user.name=Ada Autorin", "-c", "user.email=ada@links.example", "-c", "commit.gpgsign=false")


def run(
    once: bool,
    *,
    rundbrief: Sequence[str] = (sys.executable, "-m", "bridge"),
    folder: Path | None = None,
    out: TextIO | None = None,
) -> int:
    """Do all steps; then serve until Ctrl-C unless `once`. Returns 0 when every step was seen to work, else 1.

    `folder` is kept; without one a temporary folder is used, and removed unless something went wrong.
    """
    teller = _Teller(sys.stdout if out is None else out)
    own = folder is None
    place = Path(tempfile.mkdtemp(prefix="rundbrief-demo-")) if folder is None else folder.absolute()
    place.mkdir(parents=True, exist_ok=True)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    good = False
    try:
        with ExitStack() as stack:
            good = _play(_Demo(tuple(rundbrief), place, teller, stack), teller, once=once)
    except KeyboardInterrupt:
        good = not once
        teller.say("\nStopped.")
    finally:
        signal.signal(signal.SIGTERM, before)
        if own and good:
            shutil.rmtree(place, ignore_errors=True)
        elif not good:
            teller.say(f"Everything that was made is in {place}.")
    return 0 if good else 1


def _play(demo: _Demo, teller: _Teller, *, once: bool) -> bool:
    """The steps in order, up to the first that was not seen to work."""
    for number, (title, step) in enumerate(demo.steps(), start=1):
        teller.begin(number, len(demo.steps()), title)
        try:
            teller.seen(step())
        except NotSeen as error:
            teller.failed(str(error), demo.log_tails())
            return False
    teller.say(f"\nThe page with its comment:  {demo.page}\nThe blog:                   {demo.origin}/")
    if once:
        return True
    teller.say("Serving until Ctrl-C.")
    status = demo.server.wait()
    teller.failed(f"the server ended by itself with status {status}", demo.log_tails())
    return False


class _Teller:
    """Says what happens: with a coloured tick on a terminal, in plain words elsewhere."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        terminal = out.isatty()
        self._good, self._bad = ("\x1b[32m✓\x1b[0m", "\x1b[31m✗\x1b[0m") if terminal else ("ok:", "FAILED:")
        self._started = 0.0

    def say(self, text: str) -> None:
        print(text, file=self._out, flush=True)

    def begin(self, number: int, of: int, title: str) -> None:
        self._started = time.monotonic()
        self.say(f"\n[{number}/{of}] {title}")

    def seen(self, lines: Sequence[str]) -> None:
        took = time.monotonic() - self._started
        for number, line in enumerate(lines):
            self.say(f"  {self._good} {line}" + (f"  ({took:.1f} s)" if number == len(lines) - 1 else ""))

    def failed(self, text: str, logs: dict[str, str]) -> None:
        first, *rest = text.splitlines()
        self.say("\n".join([f"  {self._bad} {first}", *("    " + line for line in rest)]))
        for name, tail in logs.items():
            self.say(f"\n  the last lines of the {name}'s log:")
            self.say("\n".join("    | " + line for line in tail.splitlines()) or "    | (empty)")


class _Demo:
    """One run: the blog, its server, the peer, and what each step needs of those before it."""

    def __init__(self, rundbrief: tuple[str, ...], place: Path, teller: _Teller, stack: ExitStack) -> None:
        self._rundbrief = rundbrief
        self._place = place
        self._teller = teller
        self._stack = stack
        self._port = free_port()
        self.origin = f"http://127.0.0.1:{self._port}"
        self.page = f"{self.origin}/issues/{SLUG}"
        self.server: Child
        self._peer: Peer
        self._actor: dict[str, Any] = {}
        self._note: dict[str, Any] = {}
        self._logs: dict[str, Callable[[], str]] = {}

    def steps(self) -> Sequence[tuple[str, Callable[[], Sequence[str]]]]:
        """Title and deed of each step."""
        return (
            ("Make a blog", self._make_blog),
            ("Serve it", self._serve),
            ("Start a second server, in a process of its own", self._start_peer),
            (f"Anna, over there, follows @links@127.0.0.1:{self._port}", self._follow),
            ("Write an issue and push it", self._push),
            ("The issue reaches Anna's server", self._arrive),
            ("Anna replies, likes and boosts", self._react),
            ("Her reply is a comment on the page", self._read_page),
            ("Programs can read the conversation, too", self._read_json),
        )

    def log_tails(self) -> dict[str, str]:
        """The ends of the logs of what was started."""
        return {name: tail() for name, tail in self._logs.items()}

    def _make_blog(self) -> Sequence[str]:
        blog = self._place / "blog"
        command = ["init", str(blog), "--url", self.origin, "--handle", "links"]
        self._run([*self._rundbrief, *command, "--title", "Krumme Wege", "--language", "de"])
        made = [name for name in ("config.toml", "keys", "issues") if (blog / name).exists()]
        if len(made) < 3:
            raise NotSeen("config.toml, keys/ and issues/ in the new folder", ", ".join(made) or "none of them")
        config = blog / "config.toml"
        text, found = re.subn(r"(?m)^listen = .*$", f'listen = "127.0.0.1:{self._port}"', config.read_text())
        if found != 1:
            raise NotSeen("one line `listen = ...` in config.toml", f"{found} of them")
        config.write_text(text)
        return [f"{blog} with config.toml, keys/ and issues/"]

    def _serve(self) -> Sequence[str]:
        config = self._place / "blog" / "config.toml"
        command = [*self._rundbrief, "serve", "--config", str(config)]
        self.server = Child(command, log=self._place / "server.log")
        self._logs["server"] = self.server.tail
        self._stack.callback(self.server.stop)
        wait_until(f"{self.origin}/readyz says 200", self._is_ready, seconds=_PATIENCE)
        return [f"{self.origin}/readyz says 200 (process {self.server.pid})"]

    def _is_ready(self) -> bool:
        if self.server.exit_status() is not None:
            raise NotSeen("the server keeps running", f"it ended with status {self.server.exit_status()}")
        return request(f"{self.origin}/readyz").status == 200

    def _start_peer(self) -> Sequence[str]:
        self._peer = self._stack.enter_context(Peer("--max-seconds", "86400", log=self._place / "peer.log"))
        self._logs["second server"] = self._peer.child.tail
        return [f"{self._peer.origin} (process {self._peer.child.pid}), with signature code of its own"]

    def _follow(self) -> Sequence[str]:
        followed = self._peer.do("follow", handle=f"@links@127.0.0.1:{self._port}")
        self._actor = followed["actor"]
        (answer,) = followed["answers"]
        if answer["status"] != 202:
            raise NotSeen("the blog's inbox takes the Follow with 202", f"{answer['status']} {answer['text']}")
        accept = self._wait_for("an Accept of the Follow", "Accept", lambda item: _names(item, followed["activity"]))
        return [
            f"WebFinger led to {self._actor['id']}",
            f"the Accept came, signed with {accept['key_id']}, and the signature is right",
        ]

    def _push(self) -> Sequence[str]:
        work = self._place / "work"
        self._run(["git", "clone", "--quiet", str(self._place / "blog" / "issues"), str(work)])
        (work / f"{SLUG}.md").write_text(ISSUE, encoding="utf-8")
        self._run(["git", "add", f"{SLUG}.md"], folder=work)
        self._run(["git", *_GIT_AUTHOR, "commit", "--quiet", "--message", TITLE], folder=work)
        said = self._run(["git", "push", "origin", "HEAD:main"], folder=work)
        self._teller.say(
            "\n".join(f"    $ {line}" if not number else f"    {line}" for number, line in enumerate(said))
        )
        return ["git push went through; the lines after `remote:` are the blog's own"]

    def _arrive(self) -> Sequence[str]:
        create = self._wait_for("a Create of the issue", "Create", lambda item: _is_by(item, self._actor["id"]))
        self._note = create["activity"]["object"]
        content = self._note.get("content", "")
        _expect("the object is a Note", self._note.get("type"), self._note.get("type") == "Note")
        first = re.search(r'href="([^"]+)"', content)
        _expect(f"its first link leads to {self.page}", first and first[1], first is not None and first[1] == self.page)
        _expect("it begins with the title and keeps the author's characters", content, TITLE in content)
        _expect(
            "contentMap repeats the content", self._note.get("contentMap"), {"de": content} == self._note["contentMap"]
        )
        return [
            f"a Note, signed with {create['key_id']}, and the signature is right",
            f"its first link, so its card, is the issue's page: {self.page}",
        ]

    def _react(self) -> Sequence[str]:
        note = self._note["id"]
        deeds = {
            "reply": self._peer.do("reply", object=note, text=REPLY),
            "like": self._peer.do("like", object=note),
            "boost": self._peer.do("boost", object=note),
        }
        for deed, outcome in deeds.items():
            for answer in outcome["answers"]:
                expected = f"the blog's inbox takes the {deed} with 202"
                _expect(expected, f"{answer['status']} {answer['text']}", answer["status"] == 202)
        return ["all three were taken with 202", f"the reply is {deeds['reply']['url']}"]

    def _read_page(self) -> Sequence[str]:
        page = self._look_until("the reply on the page", self.page, lambda page: REPLY in page.text)
        for kept in SURVIVES:
            _expect(f"the page keeps {kept!r}", "a page without it", kept in page.text)
        return [f"{self.page} shows „{REPLY}“", "quotation, list and section break of the issue survived"]

    def _read_json(self) -> Sequence[str]:
        url = f"{self.page}/comments.json"

        def complete(page: Page) -> bool:
            found = page.json() or {}
            return (found.get("count"), found.get("likes"), found.get("boosts")) == (1, 1, 1)

        comment = self._look_until("1 comment, 1 like, 1 boost", url, complete).json()["comments"][0]
        handle = f"@anna@{self._peer.host}"
        _expect(f"the comment is {handle}'s", comment["author"], comment["author"]["handle"] == handle)
        return [f"{url}: 1 comment by {handle}, 1 like, 1 boost"]

    def _wait_for(self, expected: str, kind: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """What came to the peer's inbox and was believed there; NotSeen tells what came instead."""

        def look() -> dict[str, Any] | None:
            return next((item for item in self._peer.received(kind, verified=True) if wanted(item)), None)

        try:
            return wait_until(expected, look, seconds=_PATIENCE)
        except NotSeen as error:
            came = [f"{(item['activity'] or {}).get('type')}: {item['reason']}" for item in self._peer.received()]
            raise NotSeen(f"{expected}, with a signature that is right", "; ".join(came) or "nothing came") from error

    def _look_until(self, expected: str, url: str, good: Callable[[Page], bool]) -> Page:
        """The page, once it is as it should be; NotSeen shows it as it was."""
        last = Page(status=0, text="")

        def look() -> Page | None:
            nonlocal last
            last = request(url)
            return last if last.status == 200 and good(last) else None

        try:
            return wait_until(expected, look, seconds=_PATIENCE)
        except NotSeen as error:
            raise NotSeen(f"{expected} ({url})", f"status {last.status}\n{last.text[:3000]}") from error

    def _run(self, command: Sequence[str], *, folder: Path | None = None) -> list[str]:
        """Run to the end; the lines it printed, with the command itself as the first."""
        ended = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        said = " ".join(command)
        if ended.returncode:
            raise NotSeen(f"`{said}` succeeds", f"status {ended.returncode}\n{ended.stdout}")
        return [said, *ended.stdout.splitlines()]


def _expect(expected: str, seen: object, good: bool) -> None:
    if not good:
        raise NotSeen(expected, seen)


def _names(item: dict[str, Any], activity: str) -> bool:
    """Whether what came is about that activity, given by id or whole."""
    inner = item["activity"].get("object")
    return activity == (inner.get("id") if isinstance(inner, dict) else inner)


def _is_by(item: dict[str, Any], actor: str) -> bool:
    return item["activity"].get("actor") == actor and isinstance(item["activity"].get("object"), dict)
