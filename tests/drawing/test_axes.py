"""Axes: where their numbers, ticks and labels are."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.drawing.axes import MAX_TICKS, Axis, spread, tick_label, ticks


@given(st.floats(0.001, 100_000))
def test_ticks_are_few_round_numbers_from_zero(last: float) -> None:
    numbers = ticks(last)
    assert numbers[0] == 0
    assert numbers[-1] <= last * 1.000001
    assert 2 <= len(numbers) <= MAX_TICKS + 1
    steps = {f"{after - before:.6g}" for before, after in pairwise(numbers)}
    assert len(steps) == 1
    assert steps.pop().strip("0.")[0] in "125"


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=9))
def test_an_axis_has_a_place_for_its_numbers(numbers: list[float]) -> None:
    axis = Axis(numbers)
    assert axis.logarithmic == (max(numbers) > 20 * min(numbers))
    assert len(axis.ticks) >= 2
    for number in [*numbers, *axis.ticks]:
        assert -1e-9 <= axis.place(number) <= 1 + 1e-9
    if axis.logarithmic:
        for tick in axis.ticks:
            assert tick_label(tick).strip(",.0")[:1] in {"1", "2", "5"}


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(0.1, 10)),
        min_size=1,
        max_size=9,
    )
)
def test_labels_do_not_cover_each_other(
    labels: list[tuple[float, float]],
) -> None:
    labels.sort()
    levels, heights = map(list, zip(*labels, strict=True))
    places = spread(levels, heights, 110)
    ends = [y + height for y, height in zip(places, heights, strict=True)]
    for end, below in zip(ends, [*places[1:], 110], strict=True):
        assert end <= below + 1e-9
    if all(
        level + height <= below
        for (level, height), below in zip(
            labels, [*levels[1:], 110], strict=True
        )
    ):
        assert places == pytest.approx(levels)
