"""Lesson 54: a killed worker, in a process pool and on a cluster."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import Mock

import psutil
import pytest

from support.lessons import RunLesson, RunResult, import_lesson
from support.processes import wait_until
from support.scripts import hide_module

WORKERS = 3  # of the cluster that a test starts


def check_lines(result: RunResult, workers: int) -> None:
    """Check the lines of a run with CHANGES."""
    assert (result.status, result.errors) == (0, [])
    pool, costs, cluster, condition, faster, last = result.lines
    row = r": a worker was killed, (\d) of 6 results arrived in \d+\.\d\d s"
    match = re.fullmatch(f"pool{row}", pool)
    assert match
    arrived = int(match[1])
    assert 1 <= arrived < 6
    match = re.fullmatch(f"cluster{row}", cluster)
    assert match
    assert match[1] == "6"
    row = r"one task costs (\d+\.\d) ms, sending 1 MB (\d+) ms"
    match = re.fullmatch(rf"cluster with {workers} workers: {row}", costs)
    assert match
    task, sending = float(match[1]), float(match[2])
    assert last == f"lost: pool {6 - arrived}, cluster 0 of 6 results"
    assert condition.startswith("if each worker has a free core")
    row = r"for jobs above (\d+) ms, with 1 MB above (\d+) ms"
    match = re.fullmatch(row, faster)
    assert match
    factor = workers / (workers - 1)
    assert float(match[1]) == pytest.approx(task * factor, abs=1)
    assert float(match[2]) == pytest.approx((task + sending) * factor, abs=2)


CHANGES = {
    "WORK": 1_000_000,
    "JOBS": 6,
    "TASKS": 10,
    "MEGABYTES": 1,
    "TIMEOUT": 50,
}


@pytest.mark.slow
def test_a_pool_loses_results_and_a_cluster_does_not(
    run_lesson: RunLesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.delenv("SCHEDULER", raising=False)
    check_lines(run_lesson("54", **CHANGES), workers=2)


@pytest.fixture
def scheduler(traced: None, tmp_path: Path) -> Iterator[str]:
    """Yield the address of a cluster of WORKERS workers on this computer."""
    pytest.importorskip("distributed")
    file = tmp_path / "scheduler.json"
    options = [
        "--scheduler-file",
        str(file),
        "--host=127.0.0.1",
        "--no-dashboard",
    ]
    with ExitStack() as stack:

        def start(*arguments: str) -> None:
            child = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", *arguments, *options],
                    env=os.environ
                    | {"DASK_TEMPORARY_DIRECTORY": str(tmp_path)},
                    text=True,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
            stack.callback(child.kill)

        start("distributed.cli.dask_scheduler", "--port=0")
        wait_until(file.exists)
        for _ in range(WORKERS):
            start("distributed.cli.dask_worker", "--nthreads=1")
        yield find_address(file)


def find_address(file: Path) -> str:
    match = re.search(r'"address": "(tcp://127.0.0.1:\d+)"', file.read_text())
    assert match
    return match[1]


@pytest.mark.slow
@pytest.mark.timing
def test_it_uses_a_cluster_that_is_there(
    run_lesson: RunLesson, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has another number of workers than one that the lesson starts."""
    monkeypatch.setenv("SCHEDULER", scheduler)
    check_lines(run_lesson("54", **{"WORKERS": WORKERS, **CHANGES}), WORKERS)


@pytest.mark.slow
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "http://127.0.0.1"])
def test_a_scheduler_that_is_not_there_is_one_line(
    run_lesson: RunLesson, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setenv("SCHEDULER", address)
    result = run_lesson("54", **{**CHANGES, "TIMEOUT": 0.5})
    assert address in result.failure_line()


def test_a_worker_that_goes_on_was_not_killed() -> None:
    pytest.importorskip("distributed")
    client = Mock()
    client.nthreads.return_value = {"tcp://worker": 1}
    client.run.return_value = {"tcp://worker": ValueError("no such function")}
    with pytest.raises(RuntimeError, match="no worker was killed"):
        import_lesson("54").kill_cluster_worker(client)


@pytest.mark.slow
def test_ctrl_c_ends_the_cluster(
    run_lesson: RunLesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.delenv("SCHEDULER", raising=False)

    def has_workers(lesson: psutil.Process) -> bool:
        return sum(map(is_listening, lesson.children(recursive=True))) >= 2

    result = run_lesson("54", when=has_workers, **{**CHANGES, "JOBS": 1000})
    assert "stopped by Ctrl-C" in result.failure_line(130)


def is_listening(process: psutil.Process) -> bool:
    try:
        connections = process.net_connections("tcp")
    except psutil.Error:
        return False
    return any(x.status == psutil.CONN_LISTEN for x in connections)


@pytest.mark.slow
def test_a_pool_that_lost_a_worker_does_no_further_job(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    lesson = import_lesson("54")
    monkeypatch.setattr(lesson, "WORK", 1_000_000)
    with ProcessPoolExecutor(2) as pool:
        kill = lesson.kill_pool_worker
        lost = lesson.count_lost_results("pool", pool, kill)
    assert 0 < lost < lesson.JOBS
    arrived = f"{lesson.JOBS - lost} of {lesson.JOBS} results arrived in "
    assert arrived in capsys.readouterr().out


def test_without_its_group_a_line_names_the_command(
    run_lesson: RunLesson, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hide_module("distributed", tmp_path, monkeypatch)
    result = run_lesson("54")
    assert (result.status, result.errors) == (0, [])
    command = "uv run --group cluster lab 54"
    assert result.lines == [f"0 jobs, distributed is not installed: {command}"]
