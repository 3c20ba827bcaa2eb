"""The budget of query seconds, with a clock of the test's own."""

from __future__ import annotations

import pytest

from kgraph.web.budget import Budget, OverBudget


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_debts_are_paid_by_waiting() -> None:
    clock = Clock()
    budget = Budget(30, clock)
    budget.check("a")
    budget.spend("a", 40)
    with pytest.raises(OverBudget) as caught:
        budget.check("a")
    assert caught.value.retry_seconds == pytest.approx(20)
    budget.check("b")
    clock.now += 19
    with pytest.raises(OverBudget):
        budget.check("a")
    clock.now += 2
    budget.check("a")


def test_seconds_do_not_pile_up() -> None:
    clock = Clock()
    budget = Budget(30, clock)
    budget.spend("a", 1)
    clock.now += 3600
    budget.spend("a", 31)
    with pytest.raises(OverBudget):
        budget.check("a")


def test_zero_switches_it_off() -> None:
    budget = Budget(0)
    budget.spend("a", 1e9)
    budget.check("a")
