"""Which results count as equal."""

import pytest

from backstage.choose.comparison import (
    are_equal,
    copy_if_possible,
    survives_pickling,
)
from support.functions import Aging, make_array


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({1: 2}, {1: 2}),
        ({"b", "a"}, {"a", "b"}),
        (float("nan"), float("nan")),  # their pickles are equal
        (make_array(2), make_array(2)),
    ],
)
def test_equal_values(left: object, right: object) -> None:
    assert are_equal(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([1], [2]),
        (make_array(2), make_array(4)),
        (lambda: 1, lambda: 1),  # neither equal nor picklable
    ],
)
def test_values_that_are_not_certainly_equal(
    left: object, right: object
) -> None:
    assert not are_equal(left, right)


def test_values_that_pickling_changes() -> None:
    assert survives_pickling([1, 2])
    assert survives_pickling(lambda: 1)  # it never comes from a process
    assert not survives_pickling(Aging())


def test_copies() -> None:
    numbers = [1]
    assert copy_if_possible(numbers) == numbers
    assert copy_if_possible(numbers) is not numbers
    generator = (n for n in numbers)
    assert copy_if_possible(generator) is generator
