"""The collector: off while modules are loaded, rarer afterwards, and on again whatever happened."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator

import pytest

from bridge.garbage import nothing_to_find, spare_what_is_loaded


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.enable()
    gc.unfreeze()
    gc.set_threshold(*before)


def test_nothing_is_searched_while_modules_are_loaded() -> None:
    with nothing_to_find():
        assert not gc.isenabled()

    assert gc.isenabled()


def test_a_module_that_cannot_be_loaded_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), nothing_to_find():
        importlib.import_module("bridge.no_such_module")

    assert gc.isenabled()


def test_what_is_loaded_is_spared_and_what_comes_later_is_not() -> None:
    spare_what_is_loaded()

    assert gc.get_freeze_count() > 0
    assert gc.isenabled()
    assert gc.get_threshold()[0] > 700
