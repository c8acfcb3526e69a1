"""What one cause may make us fetch, and no more (security S56)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.remote.budget import Budget, BudgetSpent, Cause
from tests.support.clocks import Watch


def test_s56_twenty_fetches_and_no_more() -> None:
    budget = Budget()
    for _ in range(20):
        budget.spend()
    with pytest.raises(BudgetSpent, match="all fetches"):
        budget.spend()


def test_s56_what_documents_lead_to_is_paid_from_the_same_purse() -> None:
    budget = Budget(fetches=3)
    inner = budget.deeper()
    inner.spend()
    inner.deeper().spend()
    budget.spend()
    for one in (budget, inner):
        with pytest.raises(BudgetSpent):
            one.spend()


def test_s56_three_documents_deep_and_no_deeper() -> None:
    budget = Budget().deeper().deeper().deeper()
    budget.spend()
    with pytest.raises(BudgetSpent, match="too many documents away"):
        budget.deeper()


def test_the_time_of_a_budget_ends_for_all_its_depths() -> None:
    watch = Watch()
    budget = Budget(time_allowed=timedelta(seconds=30), clock=watch)
    inner = budget.deeper()
    watch.now += 29
    assert inner.spend() == timedelta(seconds=1)
    watch.now += 1
    for one in (budget, inner):
        with pytest.raises(BudgetSpent, match="time"):
            one.spend()


def test_a_budget_goes_on_when_its_cause_is_known_better() -> None:
    budget = Budget(fetches=2, depth=1, cause=Cause(name="203.0.113.7"))
    proven = budget.caused_by(Cause(name="fern.example", is_proven=True))
    budget.spend()
    proven.deeper().spend()
    assert (budget.left, proven.left) == (0, 0)
    assert proven.deeper().cause == Cause(name="fern.example", is_proven=True)
