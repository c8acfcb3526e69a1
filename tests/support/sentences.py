"""A Python module -> the English sentences that its code can make, with a hole wherever a value goes in.

`tests/web/test_reasons.py` holds them against the catalogue. Found by reading the code, not by running it: every text
of a module counts, put together as the code puts it together (f-strings, `+`, either branch of a condition, names and
functions of the same module that are texts themselves). Docstrings and what is logged do not count.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

#: What looks like a sentence, and not like a header, a name or a pattern: two words, or a word after a hole.
_PROSE = re.compile(r"[a-z]{2},? [A-Za-z]|[A-Za-z]{2},? [a-z]|\x00 [a-z]")
_MOST = 200
_Texts = list[tuple["str | Hole", ...]]


@dataclass(frozen=True)
class Hole:
    """A place for a value. `code` is the expression that fills it, `form` how it is written (`!r`, `%Y-%m-%d`)."""

    code: str
    form: str = ""


@dataclass(frozen=True)
class Sentence:
    """One sentence that a module can make."""

    line: int
    parts: tuple[str | Hole, ...]
    is_reason: bool = False  #: written as `reason=...` or `"reason": ...`

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else f"{{{part.code}{part.form}}}" for part in self.parts)

    @property
    def is_prose(self) -> bool:
        """Whether people are meant to read it."""
        text = "".join(part if isinstance(part, str) else "\0" for part in self.parts)
        return _PROSE.search(text) is not None


@dataclass
class _Reader:
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            self.parents |= dict.fromkeys(ast.iter_child_nodes(node), node)
        self.functions = {node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef)}

    def sentences(self) -> Iterator[Sentence]:
        for node in ast.walk(self.tree):
            if not _is_text(node) or self._is_inside_another(node) or self._is_for_nobody(node):
                continue
            for parts in self._texts(node, ()):
                yield Sentence(getattr(node, "lineno", 0), parts, self._is_reason(node))

    def _is_reason(self, node: ast.AST) -> bool:
        parent = self.parents[node]
        if isinstance(parent, ast.Dict):
            keys = {
                ast.unparse(key) for key, value in zip(parent.keys, parent.values, strict=True) if key and value is node
            }
            return "'reason'" in keys
        return isinstance(parent, ast.keyword) and parent.arg == "reason"

    def _is_inside_another(self, node: ast.AST) -> bool:
        parent = self.parents[node]
        if isinstance(parent, ast.FormattedValue | ast.JoinedStr) or _is_text(parent):
            return True
        # `told = "; so" if follows else ""` is a part of the sentences in which `told` stands, and of nothing else.
        if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
            home, name = self._scope(parent), parent.targets[0].id
            uses = [one for one in ast.walk(home) if isinstance(one, ast.Name) and one.id == name]
            uses = [one for one in uses if isinstance(one.ctx, ast.Load) and self._home(one) is home]
            return bool(uses) and all(map(self._is_part, uses))
        return False

    def _is_part(self, name: ast.Name) -> bool:
        parent = self.parents[name]
        return isinstance(parent, ast.FormattedValue) or (isinstance(parent, ast.BinOp) and _is_text(parent))

    def _home(self, name: ast.Name) -> ast.AST:
        """The function in which the name was given its value, or the module."""
        scope = self._scope(name)
        while not isinstance(scope, ast.Module) and not self._given(name.id, scope):
            scope = self._scope(self.parents[scope])
        return scope

    def _given(self, name: str, scope: ast.AST) -> list[ast.Assign]:
        """Where this very function, or the module outside of all, gives the name a value."""
        return [
            one
            for one in ast.walk(scope)
            if isinstance(one, ast.Assign)
            and any(isinstance(to, ast.Name) and to.id == name for to in one.targets)
            and self._scope(one) is scope
        ]

    def _is_for_nobody(self, node: ast.AST) -> bool:
        """A docstring, what goes into the log, or the name of a keyword."""
        parent = self.parents[node]
        if isinstance(parent, ast.Expr):
            return True
        while not isinstance(parent, ast.stmt):
            if isinstance(parent, ast.Call) and ast.unparse(parent.func).startswith("log."):
                return True
            parent = self.parents[parent]
        return False

    def _scope(self, node: ast.AST) -> ast.AST:
        while not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            node = self.parents[node]
        return node

    def _texts(self, node: ast.AST, inside: tuple[ast.AST, ...]) -> _Texts:
        """Everything that an expression can be."""
        if node in inside:
            return [(Hole(ast.unparse(node)),)]
        inside = (*inside, node)
        match node:
            case ast.Constant(value=str(text)):
                return [(text,)] if text else [()]
            case ast.JoinedStr(values=values):
                return _joined([self._texts(value, inside) for value in values])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _joined([self._texts(left, inside), self._texts(right, inside)])
            case ast.IfExp(body=body, orelse=orelse):
                return [*self._texts(body, inside), *self._texts(orelse, inside)]
            case ast.FormattedValue(value=value, conversion=conversion, format_spec=spec):
                form = "!r" if conversion == ord("r") else ""
                form += (
                    ""
                    if spec is None
                    else ":" + "".join(str(part.value) for part in ast.walk(spec) if isinstance(part, ast.Constant))
                )
                return [(Hole(ast.unparse(value), form),)] if form else self._texts(value, inside)
            case ast.Name():
                found = self._assigned(node)
                return [text for value in found for text in self._texts(value, inside)] or [(Hole(node.id),)]
            case ast.Call(func=ast.Name(id=name)) if name in self.functions:
                returned = [one.value for one in ast.walk(self.functions[name]) if isinstance(one, ast.Return)]
                texts = [value for value in returned if value is not None and _is_text(value)]
                # One that mends what it is given (`_when`, `_ended`, `_counted`) is a hole like any other.
                if len(texts) == len(returned) and not self.functions[name].args.args[1:]:
                    found = [text for value in texts for text in self._texts(value, inside)]
                    if all(Sentence(0, text).is_prose for text in found):
                        return found
        return [(Hole(ast.unparse(node)),)]

    def _assigned(self, name: ast.Name) -> list[ast.AST]:
        """The texts that a name of this function or module stands for; none if it may be anything else."""
        values: list[ast.AST] = [one.value for one in self._given(name.id, self._home(name))]
        return values if all(map(_is_text, values)) else []


def _is_text(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_text(left) or _is_text(right)
        case ast.IfExp(body=body, orelse=orelse):
            return _is_text(body) or _is_text(orelse)
    return False


def _joined(pieces: list[_Texts]) -> _Texts:
    """Every way to take one of each, side by side."""
    ways = itertools.islice(itertools.product(*pieces), _MOST)
    return [tuple(part for piece in way for part in piece) for way in ways]


def sentences_of(source: str) -> list[Sentence]:
    """What reads like a sentence among all texts of a module."""
    found = {str(one): one for one in _Reader(ast.parse(source)).sentences() if one.is_prose}
    return list(found.values())
