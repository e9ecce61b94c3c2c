"""Predictions, as conditions on the last line of a lesson's output."""

import pytest

from backstage.course.predictions import holds, value_of
from backstage.errors import LabError


@pytest.mark.parametrize(
    ("label", "line", "value"),
    [
        ("threads", "GIL on, speed-up: threads 1.01, processes 1.80", 1.01),
        ("threads", "10 pages in 1.0 s: 9.9 pages per second, 10 threads", 10),
        ("pages_per_second", "in 1.0 s: 9.9 pages per second, 1 thread", 9.9),
        ("thread", "in 1.0 s: 9.9 pages per second, 1 thread", 1),
        ("cores_busy", "2.0 jobs per second, 1.9 cores busy", 1.9),
        ("lost", "lost: 1,234,567 of 2,000,000 cents", 1_234_567),
        ("cents", "lost: 1,234,567 of 2,000,000 cents", 2_000_000),
        ("waiting", "pure Python 49%, C code 98%, waiting 100%", 1),
        ("pure_python", "pure Python 49%, C code 98%, waiting 100%", 0.49),
        ("longer", "took at most 3% longer than the fastest", 0.03),
        ("task", "resident KB for one: task -0.1, thread 16.0", -0.1),
        ("failed", "3 ok, 6 recovered, 1 failed; at most 4 requests", 1),
    ],
)
def test_a_label_has_the_number_beside_it(
    label: str, line: str, value: float
) -> None:
    assert value_of(label, line) == value


@pytest.mark.parametrize("label", ["thread", "pages", "s"])
def test_a_label_is_a_whole_word(label: str) -> None:
    with pytest.raises(LookupError, match=f"no number beside '{label}'"):
        value_of(label, "speed-up: threads 1.01, webpages 3")


@pytest.mark.parametrize(
    ("gil", "threads", "expected"),
    [
        (True, 1.0, True),
        (True, 1.3, False),
        (False, 1.3, False),
        (False, 2.1, True),
    ],
)
def test_a_condition_has_labels_and_other_names(
    gil: bool, threads: float, expected: bool
) -> None:
    condition = "0.8 <= threads <= 1.2 if gil else threads >= cores"
    names = {"gil": gil, "cores": 2.0}
    assert holds(condition, f"speed-up: threads {threads}", names) is expected


def test_a_condition_may_use_min_and_no_other_builtin() -> None:
    assert holds("max == 7 and min(max, 3) == 3", "max 7", {})


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("arrived within > 0.3", "invalid syntax"),
        ("jobs(1)", "'float' object is not callable"),
    ],
)
def test_a_mistake_in_a_condition_is_one_line(
    condition: str, reason: str
) -> None:
    with pytest.raises(LabError) as error:
        holds(condition, "3 jobs in 0.30 s", {})
    assert str(error.value) == f"the condition {condition!r}: {reason}"
