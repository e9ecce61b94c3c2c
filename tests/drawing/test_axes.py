"""Axes: where their ticks are."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backstage.drawing.axes import MAX_TICKS, ticks


@given(st.floats(0.001, 100_000))
def test_ticks_are_few_round_numbers_from_zero(last: float) -> None:
    numbers = ticks(last)
    assert numbers[0] == 0
    assert numbers[-1] <= last * 1.000001
    assert 2 <= len(numbers) <= MAX_TICKS + 1
    steps = {f"{after - before:.6g}" for before, after in pairwise(numbers)}
    assert len(steps) == 1
    assert steps.pop().strip("0.")[0] in "125"
