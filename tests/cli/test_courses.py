"""The commands that run lessons."""

import io
from pathlib import Path

import pytest

from backstage.cli import app
from backstage.course import sequence
from support.commands import Invoke, run_lab


def test_several_lessons_run_and_the_first_failure_counts(
    traced: None,
) -> None:
    result = run_lab("06", "07", "UPDATES=10", "--quiet")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count("lost: ") == 2
    result = run_lab("--quiet", "04", "JOBS=0", "03")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "04_gil_demo_multiprocessing.py: JOBS = 0: it must be more than 0",
        "03_gil_demo_threads.py: JOBS = 0: it must be more than 0",
    ]


def test_film_uses_the_constants_for_filming(
    small_course: Path, invoke: Invoke
) -> None:
    answer = invoke("2", "--film")
    assert answer.out == "two 200\n"
    _, constants, *notes = answer.log
    assert constants == "basics/2_two.py SIZE=200 OTHER=2"
    assert notes == []
    assert invoke("2", "--film", "SIZE=7").out == "two 7\n"
    assert invoke("--film").status == 2


@pytest.mark.parametrize(
    ("arguments", "in_terminal", "pauses"),
    [([], True, True), (["--no-pause"], True, False), ([], False, False)],
)
def test_the_course_pauses_only_in_a_terminal(
    arguments: list[str],
    in_terminal: bool,
    pauses: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []

    def run_course(pauses: bool, quick: bool) -> int:
        calls.append((pauses, quick))
        return 0

    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.stdin.isatty", lambda: in_terminal)
    monkeypatch.setattr("sys.stdout.isatty", lambda: in_terminal)
    monkeypatch.setattr(sequence, "run_course", run_course)
    assert app.run(["all", *arguments]) == 0
    assert calls == [(pauses, False)]
