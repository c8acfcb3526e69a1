"""A tree of Python files -> what in it breaks the house's rules, as sentences. The rules of design section 1, as data.

`tests/test_architecture.py` runs them over `bridge/` and, so that they are known to bite, over small trees of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

#: Lowest first. A part imports its own folder and anything lower, never a neighbour on the same step.
STEPS: tuple[frozenset[str], ...] = (
    frozenset({"clock", "errors", "garbage", "logs", "metrics", "plurals", "terms"}),
    frozenset({"pace", "urls"}),
    frozenset({"accounts", "config_values"}),
    frozenset({"config"}),
    frozenset({"config_text"}),
    frozenset({"issues"}),
    frozenset({"activity", "conversation", "media", "signature"}),
    frozenset({"store"}),
    frozenset({"remote"}),
    frozenset({"jobs"}),
    frozenset({"delivery", "linkback", "outbox"}),
    frozenset({"inbox"}),
    frozenset({"repair"}),
    frozenset({"web"}),
    frozenset({"app"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
#: The peer checks us independently: it stands on the lowest step only, and only a command may start it.
DEMO_MAY_IMPORT = STEPS[0]
MAY_IMPORT_DEMO = frozenset({"cli"})

MOST_LINES = 400
MADE_BY_SCRIPT = ("bridge/store/migrations/versions/",)
#: Words that say nothing about what a thing is, wherever they stand in a name.
EMPTY_WORDS = frozenset({"util", "utils", "helper", "helpers", "common", "misc", "base", "manager"})
#: Names that say nothing when they are the whole name, and verbs that say nothing in front of one.
EMPTY_NAMES = frozenset({"data", "info", "obj", "process"})
EMPTY_VERBS = ("do_", "process_")


@dataclass(frozen=True, kw_only=True)
class Reserved:
    """Modules that only certain places may import. Places are paths below the tree, folders with a `/` at the end."""

    modules: tuple[str, ...]
    places: tuple[str, ...]
    why: str


RESERVED = (
    Reserved(
        modules=("sqlalchemy", "alembic", "sqlite3", "asyncpg", "aiosqlite", "pgqueuer"),
        places=("bridge/store/", "bridge/jobs/"),
        why="the only SQL is in store/",
    ),
    Reserved(
        modules=("aiohttp", "httpx", "socket", "ssl", "requests", "urllib.request", "http.client", "ftplib", "smtplib"),
        places=("bridge/remote/", "bridge/delivery/send.py", "bridge/demo/"),
        why="the only door out is remote/",
    ),
    Reserved(
        modules=("aiohttp.web", "aiohttp.web_response"),
        places=("bridge/web/", "bridge/app.py", "bridge/demo/"),
        why="HTTP comes in through web/",
    ),
)
#: The commands that cli/ loads, and the engine of PostgreSQL (docs/decisions/0005).
MAY_IMPORT_LATE = ("bridge/cli/", "bridge/jobs/engine.py", "bridge/store/engines.py", "bridge/store/upsert.py")
MAY_PRINT = ("bridge/cli/", "bridge/demo/")
#: Git gives its hooks their facts in the environment; nobody else looks there.
MAY_READ_ENVIRONMENT = ("bridge/issues/git.py", "bridge/cli/hook")
MAY_MAKE_VERIFIED = ("bridge/inbox/authenticate.py",)

_SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b", re.DOTALL)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class Module:
    """One Python file. `path` is relative to the tree: bridge/store/schema.py."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def name(self) -> str:
        """As it is imported: bridge.store.schema."""
        return ".".join(PurePosixPath(self.path.removesuffix("/__init__.py").removesuffix(".py")).parts)

    @property
    def part(self) -> str:
        """The folder or module directly below `bridge`; "" for the package itself."""
        return [*self.name.split("."), ""][1]

    def imports(self) -> Iterator[tuple[int, str]]:
        """(line, module or module.name) of every import, wherever it stands."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                start = node.module or ""
                if node.level:
                    package = self.name if self.path.endswith("/__init__.py") else self.name.rpartition(".")[0]
                    parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                    start = ".".join([*parents, *([node.module] if node.module else [])])
                yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)

    def is_in(self, places: tuple[str, ...]) -> bool:
        return self.path.startswith(places)

    def at(self, line: int, complaint: str) -> str:
        return f"{self.path}:{line}: {complaint}"


def read_tree(root: Path, *folders: str) -> list[Module]:
    """Every Python file in those folders below `root`, but for what npm brought."""
    every = (path for folder in folders for path in sorted((root / folder).rglob("*.py")))
    found = (path for path in every if "node_modules" not in path.parts)
    return [Module(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")) for path in found]


def wrong_direction(modules: list[Module]) -> Iterator[str]:
    """Imports of something that is not lower."""
    height = {part: number for number, step in enumerate(STEPS) for part in step}
    for module in modules:
        for line, imported in module.imports():
            target = imported.split(".")[1] if imported.startswith("bridge.") else ""
            if target in ("", "__version__", module.part):
                continue
            if module.part == "demo":
                allowed = target in DEMO_MAY_IMPORT
            elif target == "demo":
                allowed = module.part in MAY_IMPORT_DEMO
            elif module.part not in height or target not in height:
                yield module.at(line, f"{module.part or 'bridge'} and {target} have no known place in the direction")
                continue
            else:
                allowed = height[target] < height[module.part]
            if not allowed:
                yield module.at(line, f"{module.part} may not import {imported}")


def circles(modules: list[Module]) -> Iterator[str]:
    """Modules that import themselves by way of others; each circle once."""
    known = {module.name for module in modules}
    graph = {
        module.name: sorted({_module_of(imported, known) for _, imported in module.imports()} & known - {module.name})
        for module in modules
    }
    done: set[str] = set()

    def follow(name: str, trail: list[str]) -> Iterator[str]:
        if name in trail:
            yield "a circle: " + " -> ".join([*trail[trail.index(name) :], name])
        elif name not in done:
            for target in graph[name]:
                yield from follow(target, [*trail, name])
            done.add(name)

    for name in sorted(graph):
        yield from follow(name, [])


def too_long(modules: list[Module]) -> Iterator[str]:
    """Files that nobody reads to the end. A migration is made by a script from the tables, and is never edited."""
    for module in modules:
        if module.is_in(MADE_BY_SCRIPT):
            continue
        lines = module.text.count("\n")
        if lines > MOST_LINES:
            yield f"{module.path}: {lines} lines, more than {MOST_LINES}"


def empty_names(modules: list[Module]) -> Iterator[str]:
    """Modules, classes, functions and parameters whose names say nothing."""
    for module in modules:
        for part in PurePosixPath(module.path).with_suffix("").parts:
            if _says_nothing(part):
                yield f"{module.path}: the name {part} says nothing"
        for node in ast.walk(module.tree):
            match node:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    pass
                case ast.arg(arg=name):
                    pass
                case _:
                    continue
            if _says_nothing(name):
                yield module.at(node.lineno, f"the name {name} says nothing")
        for node in module.tree.body:
            # Methods may have to be named as a library wants them; functions are ours.
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(EMPTY_VERBS):
                yield module.at(node.lineno, f"the name {node.name} says nothing")


def reserved_imports(modules: list[Module]) -> Iterator[str]:
    """SQL and network where they have no business."""
    for module in modules:
        for line, imported in module.imports():
            for reserved in RESERVED:
                hit = _longest_match(imported)
                if hit in reserved.modules and not module.is_in(reserved.places):
                    yield module.at(line, f"{imported}: {reserved.why}")


def stray_sql(modules: list[Module]) -> Iterator[str]:
    """SQL in strings outside store/ and the job engines."""
    for module in modules:
        if module.is_in(RESERVED[0].places):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.search(node.value):
                yield module.at(node.lineno, "SQL outside store/")


def late_imports(modules: list[Module]) -> Iterator[str]:
    """Imports inside functions, but for the commands that cli/ loads."""
    for module in modules:
        if module.is_in(MAY_IMPORT_LATE):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Import | ast.ImportFrom):
                        yield module.at(inner.lineno, f"an import inside {node.name}")
            elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
                yield module.at(node.lineno, "an import that the reader cannot see")


def stray_prints(modules: list[Module]) -> Iterator[str]:
    """print() where nobody asked for words on the terminal."""
    yield from _calls_of("print", modules, MAY_PRINT, "print outside cli/ and demo/")


def forged_proof(modules: list[Module]) -> Iterator[str]:
    """A VerifiedActivity made elsewhere than where it is verified."""
    yield from _calls_of("VerifiedActivity", modules, MAY_MAKE_VERIFIED, "only inbox.authenticate makes one")


def environment_reads(modules: list[Module]) -> Iterator[str]:
    """Nothing comes from the environment."""
    for module in modules:
        if module.is_in(MAY_READ_ENVIRONMENT):
            continue
        for node in ast.walk(module.tree):
            named = node.attr if isinstance(node, ast.Attribute) else node.name if isinstance(node, ast.alias) else ""
            if named in ("environ", "environb", "getenv"):
                yield module.at(node.lineno, "reads the environment")


def waiting_transactions(modules: list[Module]) -> Iterator[str]:
    """Coroutines that hold a transaction: they could wait for the network with it open."""
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.AsyncFunctionDef):
                arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                if any(argument.arg == "tx" for argument in arguments):
                    yield module.at(node.lineno, f"{node.name} is async and takes a transaction")


def missing_heads(modules: list[Module]) -> Iterator[str]:
    """Modules without a docstring, or without postponed annotations."""
    for module in modules:
        if not module.text.strip():
            continue
        if not ast.get_docstring(module.tree):
            yield f"{module.path}: no docstring says what passes through"
        annotated = any(isinstance(node, ast.arg | ast.AnnAssign) for node in ast.walk(module.tree))
        if annotated and ("__future__.annotations" not in {imported for _, imported in module.imports()}):
            yield f"{module.path}: no `from __future__ import annotations`"


Rule = Callable[[list[Module]], Iterator[str]]
#: For `bridge/`; of the tests only `too_long` and `circles` are asked.
RULES: tuple[Rule, ...] = (
    wrong_direction,
    circles,
    too_long,
    empty_names,
    reserved_imports,
    stray_sql,
    late_imports,
    stray_prints,
    forged_proof,
    environment_reads,
    waiting_transactions,
    missing_heads,
)


def _calls_of(name: str, modules: list[Module], places: tuple[str, ...], complaint: str) -> Iterator[str]:
    for module in modules:
        if not module.is_in(places):
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call) and _called(node) == name:
                    yield module.at(node.lineno, complaint)


def _called(call: ast.Call) -> str:
    function = call.func
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _module_of(imported: str, known: set[str]) -> str:
    return imported if imported in known else imported.rpartition(".")[0]


def _longest_match(imported: str) -> str:
    """The reserved module that an import means: aiohttp.web for aiohttp.web.Request, else aiohttp."""
    names = [name for reserved in RESERVED for name in reserved.modules]
    return max((name for name in names if imported == name or imported.startswith(name + ".")), key=len, default="")


def _says_nothing(name: str) -> bool:
    words = {word.lower() for word in _WORDS.findall(name)}
    return bool(words & EMPTY_WORDS) or name in EMPTY_NAMES
