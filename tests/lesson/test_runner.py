"""`run(main)`: how a script ends, with its status and its errors."""

from pathlib import Path

import pytest

from backstage.errors import LabError
from backstage.lesson.runner import check_constants
from support.scripts import run_script


def test_success_prints_nothing(tmp_path: Path) -> None:
    assert run_script(tmp_path, "return") == (0, [])


def test_a_failure_is_printed_and_is_status_1(tmp_path: Path) -> None:
    status, errors = run_script(tmp_path, "open('/no/such/file')")
    assert status == 1
    assert len(errors) == 1
    assert errors[0].startswith("script.py: [Errno 2] No such file or ")


def test_constants_are_checked_before_main_runs(tmp_path: Path) -> None:
    result = run_script(tmp_path, "print(1 / 0)", head="SLOTS = 0")
    assert result == (1, ["script.py: SLOTS = 0: it must be more than 0"])


def test_an_exit_status_is_kept(tmp_path: Path) -> None:
    assert run_script(tmp_path, "raise SystemExit(2)") == (2, [])


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("SLOTS", 0, "0: it must be more than 0"),
        ("JOBS", -2, "-2: it must be more than 0"),
        ("TIMEOUT", 0.0, "0.0: it must be more than 0"),
        ("TIMEOUT", -0.5, "-0.5: it must be more than 0"),
        ("PAGES", [], r"\[\]: it must not be empty"),
        ("NAMES", {}, "{}: it must not be empty"),
    ],
)
def test_a_constant_is_more_than_zero_or_not_empty(
    name: str, value: object, problem: str
) -> None:
    with pytest.raises(LabError, match=f"^{name} = {problem}$"):
        check_constants({name: value})


def test_some_constants_may_be_zero_or_false() -> None:
    check_constants(
        {
            "VERBOSE": False,
            "SEED": 0,
            "OFFSET": -1,
            "RETRIES": 0,
            "DELAY": 0.0,
            "not_a_constant": 0,
        }
    )
