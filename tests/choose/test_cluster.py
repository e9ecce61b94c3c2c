"""A Dask cluster as one more model: on made-up machines, and a real one."""

import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from backstage.choose import report
from backstage.choose.models import Advice
from backstage.cli import choosing
from backstage.errors import LabError
from support.commands import Invoke, interrupt_lab, run_lab
from support.machines import CLUSTER_THREADS, FakeMachine, MeasureOn
from support.processes import wait_until

ADDRESS = "tcp://127.0.0.1:8786"


def make_machine(parallel: float, call_seconds: float = 0.05) -> FakeMachine:
    """Return a machine whose calls compute, beside a cluster."""
    machine = FakeMachine([call_seconds], processes=2, cluster=parallel)
    machine.cpu_share = 1.0
    return machine


def measure(measure_on: MeasureOn, machine: FakeMachine) -> Advice:
    return measure_on(machine, tasks=1_000, scheduler=ADDRESS)


# On made-up machines.


def test_a_cluster_that_pays(measure_on: MeasureOn) -> None:
    advice = measure(measure_on, make_machine(CLUSTER_THREADS))
    assert advice.best == "cluster"
    cluster = advice.find("cluster")
    assert cluster.workers == CLUSTER_THREADS
    assert len(cluster.rounds) == len(advice.find(advice.second).rounds)
    lines = report.describe_advice(advice)
    assert re.match(r"use cluster, 8 workers.*: 1,000 tasks in ", lines[0])
    assert any(re.search(r"tasks: .*cluster from \d+", line) for line in lines)


def test_a_cluster_that_does_not_pay(measure_on: MeasureOn) -> None:
    advice = measure(measure_on, make_machine(0.1))
    assert advice.find("cluster").rounds
    line = "the cluster does not pay, up to 1,000,000 tasks"
    assert line in report.describe_advice(advice)


def test_no_cluster_without_a_scheduler(measure_on: MeasureOn) -> None:
    advice = measure_on(make_machine(CLUSTER_THREADS))
    assert "cluster" not in [model.name for model in advice.models]
    assert not [x for x in report.describe_advice(advice) if "cluster" in x]


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ("wrong", r"[\d,]+ of [\d,]+ results were wrong"),
        ("endless", r"it did not end within [\d.]+ s"),  # no worker is left
    ],
)
def test_a_cluster_that_fails_is_left_out(
    failure: str, reason: str, measure_on: MeasureOn
) -> None:
    machine = make_machine(CLUSTER_THREADS)
    setattr(machine, failure, "cluster")
    advice = measure(measure_on, machine)
    assert advice.best != "cluster"
    (line,) = (x for x in report.describe_gaps(advice) if "cluster" in x)
    assert re.fullmatch(f"cluster left out: {reason}", line)


def test_the_cluster_connects_after_processes_have_started(
    measure_on: MeasureOn,
) -> None:
    class WatchedMachine(FakeMachine):
        def _open(self, model: str, workers: int) -> Any:
            opened.append(model)
            return super()._open(model, workers)

    opened = list[str]()
    machine = WatchedMachine([0.05], threads=2, processes=4, cluster=8)
    measure(measure_on, machine)
    assert opened.index("cluster") > opened.index("processes")
    assert "processes" not in opened[opened.index("cluster") :]


def test_an_address_of_something_else_is_an_error(
    measure_on: MeasureOn,
) -> None:
    class MuteMachine(FakeMachine):
        def _connect(self) -> Any:
            return {}, math.inf

    message = rf"^connecting to {ADDRESS} did not end within [\d.]+ s$"
    with pytest.raises(LabError, match=message):
        measure(measure_on, MuteMachine([0.05]))


# The command.


@pytest.mark.parametrize(
    "address",
    ["", "127.0.0.1:8786", "http://a:1", "tcp://a", "tcp://:1", "tcp://a:b"],
)
def test_a_wrong_address_is_one_line(address: str, invoke: Invoke) -> None:
    answer = invoke("choose", "made:up", "--scheduler", address)
    assert (answer.status, answer.out) == (2, "")
    example = "an address such as tcp://127.0.0.1:8786"
    assert answer.err == f"lab: scheduler: {example}, not {address!r}\n"


def test_a_scheduler_without_a_function_is_one_line(invoke: Invoke) -> None:
    answer = invoke("choose", "--scheduler", ADDRESS)
    assert answer.status == 2
    assert answer.err.endswith("--scheduler and --json are for a function\n")


def test_without_its_group_a_line_names_the_command(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "find_spec", lambda name: None)
    answer = invoke("choose", "made:up", "--scheduler", ADDRESS)
    assert (answer.status, answer.out) == (1, "")
    command = "uv run --group cluster lab choose ..."
    assert answer.err == f"lab: --scheduler needs distributed: {command}\n"


# A real cluster, which cannot import the module.

MODULE = """
import os
import time
from pathlib import Path

FACTOR = 3

class Point:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return isinstance(other, Point) and self.x == other.x

def stretch(point):
    return Point(FACTOR * point.x)

def compute(point):
    if "ON_WORKER" not in os.environ:  # workers are much faster
        sum(range(2_000_000))
    return stretch(point)

def import_missing(n):
    if "ON_WORKER" in os.environ:
        import missing
    return n

def hang_on_worker(file):
    if "ON_WORKER" in os.environ:
        Path(file).touch()
        time.sleep(600)

def leave_worker(n):
    if "ON_WORKER" in os.environ:
        os._exit(1)
    return n
"""


@pytest.fixture
def folder(
    traced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Write the module into a folder, and change to it."""
    pytest.importorskip("distributed", reason="needs --group cluster")
    monkeypatch.setenv("DASK_CONFIG", str(tmp_path / "dask"))
    monkeypatch.setenv("DASK_TEMPORARY_DIRECTORY", str(tmp_path))
    folder = tmp_path / "user"
    folder.mkdir()
    (folder / "points.py").write_text(MODULE)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def scheduler(folder: Path, tmp_path: Path) -> Iterator[str]:
    """Yield the address of a cluster with one worker."""
    file = tmp_path / "scheduler.json"
    shared = [f"--scheduler-file={file}", "--host=127.0.0.1"]
    shared += ["--no-dashboard"]
    with ExitStack() as stack:

        def start(name: str, *options: str) -> None:
            module = f"distributed.cli.{name}"
            child = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", module, *shared, *options],
                    cwd=tmp_path,
                    env=os.environ | {"ON_WORKER": "1"},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
            stack.callback(child.kill)

        def find_address() -> re.Match[str] | None:
            text = file.read_text() if file.exists() else ""
            return re.search(r'"address": "(tcp://127\.0\.0\.1:\d+)"', text)

        start("dask_scheduler", "--port=0")
        wait_until(lambda: find_address() is not None)
        start("dask_worker", "--nthreads=1", "--no-nanny")
        address = find_address()
        assert address
        wait_until(lambda: has_worker(address[1]))
        yield address[1]


def has_worker(address: str) -> bool:
    """Return whether a cluster has a worker; no thread stays behind."""
    program = (
        "from backstage.choose.cluster import count_threads\n"
        f"assert count_threads({address!r}) == 1"
    )
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
    return run.returncode == 0


def choose(name: str, source: str, scheduler: str) -> list[str]:
    """Run `lab choose` on a function of the module; return what it prints."""
    options = ["--input", source, "--scheduler", scheduler, "--seconds", "40"]
    run = run_lab("choose", f"points:{name}", *options)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.timing
@pytest.mark.timeout(400)
def test_functions_on_a_real_cluster(scheduler: str) -> None:
    lines = choose("compute", "Point(4)", scheduler)
    assert any(line.startswith("cluster  ") for line in lines)
    assert any(line.startswith("use cluster: 100 tasks in") for line in lines)
    pays = r"faster than sequential from \d+ tasks? on"
    assert any(re.fullmatch(pays, line) for line in lines)
    lines = choose("import_missing", "1", scheduler)
    error = "ModuleNotFoundError: No module named 'missing'"
    assert f"cluster left out: {error}" in lines
    lines = choose("leave_worker", "1", scheduler)
    lost = r"cluster left out: it did not end within [\d.]+ s"
    assert any(re.fullmatch(lost, line) for line in lines)


@pytest.mark.slow
def test_ctrl_c_while_a_worker_is_busy(scheduler: str, folder: Path) -> None:
    file = folder / "busy"

    def is_busy(_: psutil.Process) -> bool:
        return file.exists()

    options = ["--input", repr(str(file)), "--scheduler", scheduler]
    command = ["choose", "points:hang_on_worker", "--seconds", "60", *options]
    assert interrupt_lab(is_busy, *command) == ["lab: stopped by Ctrl-C"]


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_one_line(folder: Path) -> None:
    address = "tcp://127.0.0.1:1"
    options = ["--input", "Point(4)", "--scheduler", address]
    run = run_lab("choose", "points:compute", *options, "--seconds", "30")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == f"lab: no Dask scheduler answers at {address}\n"
