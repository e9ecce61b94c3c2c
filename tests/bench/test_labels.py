"""The words beside and below a picture."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.bench.groups import Group
from backstage.bench.labels import (
    describe_source,
    explain_client,
    explain_mark,
    label_row,
    list_explanations,
    list_notes,
)
from support.results import make_clients, make_group, make_rows


@given(st.floats(0.01, 1_000), st.floats(1, 1_000))
def test_a_label_agrees_with_the_times_that_are_shown(
    shortest: float, times: float
) -> None:
    medians = {"t, unsafe": shortest, "t, lock": shortest * times}
    group = make_group(medians, ideal_name="t, unsafe", ideal=shortest)
    reference, label = (label_row(group, row) for row in group.rows)
    (base,) = numbers_in(reference)
    time, ratio = numbers_in(label)
    assert time == pytest.approx(ratio * base, rel=0.051)


def numbers_in(text: str) -> list[float]:
    numbers: list[str] = re.findall(r"[\d,.]+", text)
    return [float(number.replace(",", "")) for number in numbers]


def test_a_label_names_what_the_row_is_compared_with() -> None:
    (row,) = make_rows({"a": 10.0}, ideal=1.0)
    assert label_row(make_group({"a": 10.0}), row) == (
        "10.0 s (10 times the ideal)"
    )
    medians = {"processes, value": 20.0, "threads, unsafe": 1.0}
    group = make_group(medians, ideal_name="threads, unsafe", ideal=1.0)
    assert label_row(group, group.rows[0]) == (
        "20.0 s (20 times unsafe threads)"
    )
    assert label_row(group, group.rows[1]) == "1.00 s"


@pytest.mark.parametrize(
    ("changes", "mark"),
    [
        ({"ideal": None}, ""),
        ({"ideal": 2.5}, "ideal: its ideal, 2.50 s"),
        (
            {"ideal": 2.5, "ideal_name": "work / 4 cores"},
            "ideal: sequential time divided by 4 cores, 2.50 s",
        ),
        (
            {"ideal": 0.2, "ideal_name": "a", "unit": "µs per update"},
            ("the time of a, with which the others are compared: 0.200 µs"),
        ),
    ],
)
def test_the_mark_of_the_ideal_is_explained(
    changes: dict[str, object], mark: str
) -> None:
    assert explain_mark(make_group({"a": 0.2, "b": 3}, **changes)) == mark


@pytest.mark.parametrize(
    ("rounds", "source"),
    [
        ({"a": 3, "b": 3}, "Each time is the median of 3 rounds"),
        ({"a": 1, "b": 1}, "Each time is from 1 round"),
        (
            {"a": 3, "b": 3, "slow": 1},
            "Each time is the median of 3 rounds (slow: 1)",
        ),
        (
            {"a": 3, "b": 3, "c": 2, "d": 1},
            "Each time is the median of 1 to 3 rounds",
        ),
    ],
)
def test_a_picture_says_how_many_rounds_there_were(
    rounds: dict[str, int], source: str
) -> None:
    rows = []
    for name, number in rounds.items():
        rows += make_rows({name: 1.0}, rounds=number)
    assert describe_source(Group(rows)) == source


def test_clients_that_were_not_measured_at_the_largest_number() -> None:
    group = make_clients(
        {
            ("a", 10): 1.0,
            ("a", 5_000): 9.0,
            ("a", 10_000): 20.0,
            ("b", 5_000): 2.0,
        }
    )
    a, b = group.rows[-2:]
    assert explain_client(group, a) == []
    assert explain_client(group, b) == ["not measured at 10,000 pages"]
    assert list_explanations(group) == ["b: not measured at 10,000 pages."]


def test_only_rows_of_the_group_are_explained() -> None:
    group = make_group({"sequential": 2, "mine": 1}, group="pipeline")
    (explanation,) = list_explanations(group)
    assert explanation.startswith("sequential: one process fetches a page")


def test_a_row_that_is_faster_than_its_ideal_is_explained() -> None:
    def is_explained(ideal: float) -> bool:
        notes = list_notes(make_group({"a": 1.0}, ideal=ideal))
        return any("can be faster" in note for note in notes)

    assert is_explained(1.1)
    assert not is_explained(0.9)
