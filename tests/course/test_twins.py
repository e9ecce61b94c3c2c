"""Differences between twins, which `lab` reports before a run."""

from pathlib import Path

import pytest

from backstage.course.selection import find
from backstage.course.twins import describe_differences


@pytest.mark.parametrize(("number", "twin"), [("1", "2"), ("2", "1")])
def test_a_twin_with_another_value_is_reported(
    number: str, twin: str, small_course: Path
) -> None:
    """OTHER has different values on purpose."""
    lines = describe_differences(find(number), {})
    assert lines == [f"note: its twin {twin} has SIZE={twin}"]


@pytest.mark.parametrize(
    ("number", "changes", "companions"),
    [
        ("1", {"SIZE": "2"}, []),
        ("1", {"SIZE": "5"}, ["1", "2"]),
        ("2", {"SIZE": "20"}, []),  # quick
        ("2", {"SIZE": "200"}, []),  # film
        ("3", {}, []),
    ],
)
def test_equal_quick_and_filming_values_are_not_reported(
    number: str,
    changes: dict[str, str],
    companions: list[str],
    small_course: Path,
) -> None:
    assert describe_differences(find(number), changes, companions) == []
