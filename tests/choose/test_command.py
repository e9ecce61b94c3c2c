"""`uv run lab choose` as a command: its output, failures, and Ctrl-C."""

import json
import time

import psutil
import pytest

from backstage.choose import measurement, questions
from backstage.cli import app
from support.commands import interrupt_lab, run_lab

FUNCTIONS = "support.functions"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["fail", "--input", "1"], 1, "input 1: ValueError: never 1"),
        (
            ["exit_process", "--input", "3"],
            1,
            "it ended its process (status 3)",
        ),
        (["tiny", "--input", "1 +"], 2, "no input in '1 +': SyntaxError"),
        (["tiny", "--tasks", "x"], 2, "tasks: a positive number"),
        (["tiny", "--shared", "no"], 2, "--shared is for choosing with"),
    ],
)
def test_a_failure_with_a_function_is_one_line(
    arguments: list[str], status: int, message: str, functions: None
) -> None:
    name, *options = arguments
    run = run_lab("choose", f"{FUNCTIONS}:{name}", *options)
    assert (run.returncode, run.stdout) == (status, "")
    assert run.stderr.startswith("lab: ")
    assert run.stderr.count("\n") == 1
    assert message in run.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere:f"], "ModuleNotFoundError: No module named 'nowhere'"),
        (["--workload", "rests"], "waits, computes, c, mixed, not"),
        (["--json"], "are for a function"),
        ([], "no function, and no terminal"),
    ],
)
def test_a_failure_without_a_function_is_one_line(
    arguments: list[str], message: str, functions: None
) -> None:
    run = run_lab("choose", *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("lab: ")
    assert run.stderr.count("\n") == 1
    assert message in run.stderr


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(measurement, "measure", fail)
    with pytest.raises(KeyError, match="a bug"):
        app.run(["choose", "work:tiny"])


@pytest.mark.slow
@pytest.mark.timing
def test_the_whole_command(functions: None) -> None:
    arguments = [f"{FUNCTIONS}:wait", "--input", "1", "--tasks", "9"]
    start = time.monotonic()
    run = run_lab("choose", *arguments)
    # With the start of Python, and its imports.
    assert time.monotonic() - start < questions.DEFAULT_SECONDS + 5
    assert (run.returncode, run.stderr) == (0, "")
    assert max(map(len, run.stdout.splitlines())) < 80
    assert "\nuse threads" in run.stdout
    run = run_lab("choose", *arguments, "--json", "--seconds", "6")
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout)["best"] == "threads"


@pytest.mark.timing
def test_ctrl_c(functions: None) -> None:
    """It is pressed while worker processes run a function that hangs."""

    def sign(command: psutil.Process) -> bool:
        return len(command.children(recursive=True)) >= 3

    target = f"{FUNCTIONS}:hang_in_child_process"
    arguments = ["choose", target, "--input", "1", "--seconds", "40"]
    assert interrupt_lab(sign, *arguments) == ["lab: stopped by Ctrl-C"]
