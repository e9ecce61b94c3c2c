"""The constants of a lesson, read and changed in its source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.course.constants import (
    VALUE_WIDTH,
    change_constants,
    is_value,
    read_constants,
    shorten_value,
)
from backstage.errors import LabError

SOURCE = '''"""WORK = 1"""
WORK = 5_000_000  # steps
PAGES = [
    "/a",
] + ["/üüü"]  # paths
NAME = OTHER = "n"
work = WORK
'''


def test_constants_are_read_with_their_units() -> None:
    values, units = read_constants(SOURCE)
    assert values == {
        "WORK": "5_000_000",
        "PAGES": '[\n    "/a",\n] + ["/üüü"]',
        "NAME": '"n"',
        "OTHER": '"n"',
    }
    assert units == {"WORK": "steps", "PAGES": "", "NAME": "", "OTHER": ""}


def test_only_the_values_change() -> None:
    changed = change_constants(SOURCE, {"WORK": "3", "PAGES": "['/ü']"})
    assert changed == (
        '"""WORK = 1"""\n'
        "WORK = 3  # steps\n"
        "PAGES = ['/ü']  # paths\n"
        'NAME = OTHER = "n"\n'
        "work = WORK\n"
    )
    assert change_constants(SOURCE, {}) == SOURCE


def test_a_constant_that_is_missing_is_an_error() -> None:
    with pytest.raises(LabError, match="changes STEPS, which is missing"):
        change_constants(SOURCE, {"STEPS": "3"})


@given(value=st.text() | st.integers() | st.lists(st.text()) | st.floats())
def test_a_changed_script_has_the_value(value: object) -> None:
    changed = change_constants("A = 1  # a\nB = 2\n", {"A": repr(value)})
    names: dict[str, object] = {"nan": float("nan"), "inf": float("inf")}
    exec(changed, names)  # noqa: S102
    assert repr(names["A"]) == repr(value)
    assert names["B"] == 2


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1_000", True),
        ('["/delay/1"] * 3', True),
        ('[f"/page/{n}" for n in range(2)]', True),
        ("os.cpu_count()", False),
        ("print(1)", False),
        ("1 / 0", False),
    ],
)
def test_a_value_has_no_names_except_range(
    source: str, expected: bool
) -> None:
    assert is_value(source) is expected


def test_a_long_value_is_shortened() -> None:
    assert shorten_value("1_000") == "1_000"
    shortened = shorten_value("[1, 2, 3] + " * 20)
    assert len(shortened) <= VALUE_WIDTH
    assert shortened.endswith(" ...")
