"""`lab inspect`: looks into a lesson that is stuck or slow."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from backstage.inspection import inspector, looks, target
from support.commands import Invoke, interrupt_lab, run_lab
from support.lessons import write_lessons

STACKS = [looks.look_at_stacks]
needs_signals = pytest.mark.skipif(
    os.name == "nt", reason="signals needed that this system does not have"
)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look into the lesson early."""
    monkeypatch.setattr(target, "WARM_UP", 0.3)
    monkeypatch.setattr(target, "MAX_WARM_UP", 0.3)


COOK = """
import asyncio, os, signal, tracemalloc

signal.signal(signal.SIGINT, lambda *_: os._exit(130))
tracemalloc.start()

async def cook(plates):
    await asyncio.Event().wait()

async def cook_all():
    async with asyncio.TaskGroup() as group:
        for name in "soup", "rice":
            group.create_task(cook(bytes(100_000)), name=name)

def main():
    asyncio.run(cook_all())

main()
"""


@needs_signals
def test_each_look_finds_where_a_lesson_waits(
    invoke: Invoke,
    traced: None,
    impatient: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_lessons(tmp_path, monkeypatch, _7_cook=COOK)
    chosen = [
        looks.look_at_stacks,
        looks.look_with_py_spy,
        looks.look_at_tasks,
        looks.look_at_memory,
    ]
    monkeypatch.setattr(inspector, "LOOKS", chosen)
    monkeypatch.setattr("shutil.which", lambda _: None)
    answer = invoke("inspect", "7")
    assert (answer.status, answer.err) == (0, "")
    stacks, py_spy, tasks, memory, end = answer.out.strip().split("\n\n")
    assert re.search(r"(?m)^\$ kill -USR1 \d+$", stacks)
    assert re.search(r'(?m)^  File "7_cook.py", line \d+ in main$', stacks)
    assert py_spy.endswith("\npy-spy is not installed (pip install py-spy)")
    if sys.version_info >= (3, 14):
        assert re.search(r"(?m)^\$ python -m asyncio pstree \d+$", tasks)
        assert re.search(r"(?m)^\W+\(T\) soup$", tasks)
        assert len(re.findall(r"(?m)^\W+cook 7_cook.py:\d+$", tasks)) == 2
    assert re.search(r"(?m)^7_cook.py:\d+: size=19\d KiB, count=", memory)
    assert re.search(r"(?m)^\$ kill -INT \d+$", end)
    assert max(map(len, answer.out.splitlines())) <= 80


@pytest.mark.slow
@needs_signals
def test_the_stacks_name_the_functions_that_wait(
    invoke: Invoke,
    traced: None,
    impatient: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inspector, "LOOKS", [*STACKS, looks.look_at_memory])
    answer = invoke("inspect", "22")
    assert answer.status == 0
    assert re.search(r"(?m)^\$ kill -USR1 \d+$", answer.out)
    for function in "put_loaf", "sell":
        assert re.search(
            rf'(?m)^  File "22_condition.py", line \d+ in {function}$',
            answer.out,
        )
    assert "site-packages" not in answer.out
    assert re.search(r"(?m)^\S+\.py:\d+: size=\d", answer.out)
    assert answer.err == "22_condition.py: stopped by Ctrl-C\n"
    assert max(map(len, answer.out.splitlines())) <= 80


@pytest.mark.slow
@needs_signals
@pytest.mark.skipif(sys.version_info < (3, 14), reason="no interpreters")
def test_other_interpreters_of_the_process_are_not_prepared(
    invoke: Invoke, traced: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspector, "LOOKS", [*STACKS, looks.look_at_memory])
    answer = invoke("inspect", "32")
    assert answer.status == 0
    # An import of faulthandler would fail there, with a message.
    assert answer.err == "32_interpreters.py: stopped by Ctrl-C\n"


@pytest.mark.slow
@needs_signals
@pytest.mark.skipif(sys.version_info < (3, 14), reason="no pstree")
def test_the_tasks_are_shown_as_a_tree(
    invoke: Invoke,
    traced: None,
    impatient: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inspector, "LOOKS", [looks.look_at_tasks])
    answer = invoke("inspect", "24")
    assert answer.status == 0
    assert re.search(r"(?m)^\$ python -m asyncio pstree \d+$", answer.out)
    assert len(re.findall(r"(?m)^\W+\(T\) \S", answer.out)) > 2
    assert re.search(r"(?m)^\W+\w+ 24_\w+\.py:\d+$", answer.out)


@pytest.mark.parametrize(
    ("look", "line"),
    [
        (looks.look_at_tasks, "python -m asyncio pstree needs Python 3.14"),
        (looks.look_at_cpu, "python -m profiling.sampling needs Python 3.15"),
        (looks.look_at_gil, "python -m profiling.sampling needs Python 3.15"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    look: looks.Look,
    line: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(looks, "sys", SimpleNamespace(version_info=(3, 12, 1)))
    child = SimpleNamespace(pid=os.getpid(), poll=lambda: None)
    look(target.Target(child, "7_cook.py", tmp_path))  # type: ignore[arg-type]
    empty, _, *said = capsys.readouterr().out.splitlines()
    assert (empty, said) == ("", [f"{line} or later; this is 3.12"])


def test_the_reason_of_a_tool_that_fails_is_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for program, reason in [
        ("raise SystemExit('one\\ntwo')", "two"),
        ("raise SystemExit('Operation not permitted\\nhelp')", looks.REFUSED),
    ]:
        command = [sys.executable, "-c", program]
        assert looks.run_tool(["tool", "1"], command) == [reason]
    assert capsys.readouterr().out == "$ tool 1\n" * 2
    (line,) = looks.run_tool(["tool"], ["./no-such-tool"])
    assert "no-such-tool" in line


@needs_signals
def test_a_process_that_ends_survives_a_late_signal(tmp_path: Path) -> None:
    program = (
        "import faulthandler, signal\n"
        "faulthandler.unregister(signal.SIGUSR1)  # as at the end\n"
        "signal.raise_signal(signal.SIGUSR1)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        env=target.make_environment(tmp_path),
    )
    assert run.returncode == 0


@needs_signals
def test_a_lesson_that_fails_ends_the_command(
    invoke: Invoke, traced: None
) -> None:
    answer = invoke("inspect", "22", "STEP_TIME=0")
    assert answer.status == 1
    assert (
        answer.err
        == "22_condition.py: STEP_TIME = 0: it must be more than 0\n"
    )


@pytest.mark.slow
@needs_signals
def test_a_lesson_that_ends_too_early_is_an_error(
    invoke: Invoke, traced: None
) -> None:
    answer = invoke("inspect", "22", "STEP_TIME=0.01")
    assert answer.status == 1
    assert answer.err.startswith("lab: the lesson ended after 0 of 6 steps")


@pytest.mark.slow
def test_without_signals_the_lesson_answers_after_some_time(
    invoke: Invoke,
    traced: None,
    impatient: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(target, "HAS_SIGNALS", False)
    monkeypatch.setattr(looks, "HAS_SIGNALS", False)
    monkeypatch.setattr(inspector, "LOOKS", [*STACKS, looks.look_at_memory])
    answer = invoke("inspect", "22")
    assert answer.status == 0
    assert "faulthandler.dump_traceback() after 4.0 s" in answer.out
    assert re.search(r"(?m)^  File .* in put_loaf$", answer.out)
    assert re.search(r"(?m)^\S+\.py:\d+: size=\d", answer.out)


@pytest.mark.slow
@needs_signals
def test_a_deadlock_in_a_child_process_is_found(traced: None) -> None:
    run = run_lab("inspect", "43")
    assert run.returncode == 0
    for function in "cut_bread", "cut_cheese", "cut_together":
        assert re.search(rf"(?m)^  File .* in {function}$", run.stdout)
    titles = re.findall(r"(?m)^\n(\w.*):$", run.stdout)
    assert len(titles) == len(looks.LOOKS) + 1
    assert max(map(len, run.stdout.splitlines())) <= 80


@pytest.mark.slow
@needs_signals
@pytest.mark.skipif(sys.version_info < (3, 15), reason="no sampling profiler")
def test_the_profile_shows_the_line_that_computes(traced: None) -> None:
    run = run_lab("inspect", "03")
    assert run.returncode == 0
    row = r"(?m)^ *[\d.]+ % of the samples: 03_\w+\.py:\d+\(count_digits\)$"
    assert len(re.findall(row, run.stdout)) >= 2  # by CPU, and by GIL


@pytest.mark.slow
@needs_signals
@pytest.mark.parametrize("number", ["22", "43"])
def test_ctrl_c_leaves_nothing(number: str, traced: None) -> None:
    errors = interrupt_lab(runs_a_tool, "inspect", number, "--quiet")
    assert errors[-1].endswith("stopped by Ctrl-C")
    assert "Traceback" not in "".join(errors)


def runs_a_tool(process: psutil.Process) -> bool:
    """Return whether a child is a profiler, or the lesson waits for one."""
    if sys.version_info < (3, 15):
        return bool(process.children())
    try:
        return any("attach" in x.cmdline() for x in process.children())
    except psutil.Error:
        return False
