"""The page of cases is true: each case has its row, and each test that a row names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security-cases.md"
#: The cases whose rows must be there; those beyond have rows as they get tests.
COMPLETE_TO = 87

_ROW = re.compile(r"^\| S(\d+) \| ([^|]+) \| (.*) \|$", re.MULTILINE)


def rows() -> dict[int, list[str]]:
    """The tests of each case."""
    return {int(number): re.findall(r"`([^`]+)`", tests) for number, _, tests in _ROW.findall(PAGE.read_text())}


def test_every_case_has_one_row_in_order_with_a_test_in_it() -> None:
    numbers = [int(number) for number, _, _ in _ROW.findall(PAGE.read_text())]

    assert numbers == sorted(set(numbers))
    assert set(range(1, COMPLETE_TO + 1)) <= set(numbers)
    assert [number for number, tests in rows().items() if not tests] == []


@pytest.mark.parametrize("path", sorted({test.partition("::")[0] for tests in rows().values() for test in tests}))
def test_every_test_that_a_row_names_is_there(path: str) -> None:
    named = {test.partition("::")[2] for tests in rows().values() for test in tests if test.startswith(f"{path}::")}
    tree = ast.parse((ROOT / path).read_text())
    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}

    assert named - there == set()
