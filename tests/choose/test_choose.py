"""`uv run lab choose`: what it measures, what it says, and how it fails."""

import json
import math
import os
import re
import subprocess
import sys
import time
from contextlib import nullcontext
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.choose import measurement, probe, rules
from backstage.choose.measurement import (
    Advice,
    Child,
    Measurement,
    MeasurementError,
    Model,
    SilenceError,
    UsageError,
)
from backstage.choose.probe import InputError, Probe
from backstage.cli import app
from backstage.system import gil_is_on
from support.commands import LAB, interrupt_lab, run_lab
from support.terminals import terminal

FUNCTIONS = """
import asyncio, ctypes, functools, multiprocessing, os, subprocess, sys
import threading, time

def tiny(n): return n + 1
def wait(n): time.sleep(0.05); return n
async def wait_async(n): await asyncio.sleep(0.05); return n

libc = ctypes.PyDLL("kernel32" if os.name == "nt" else None)
def hold(seconds):  # a call of PyDLL's keeps the GIL
    libc.Sleep(int(seconds * 1e3)) if os.name == "nt" else libc.usleep(
        int(seconds * 1e6)
    )
def hold_half(seconds):
    time.sleep(seconds / 2)
    hold(seconds / 2)

def in_a_process(n):
    done = "sum(range(3_000_000))"
    return subprocess.run([sys.executable, "-Sc", done]).returncode
def leaves_a_process(n):
    sleeper = "import time; time.sleep(60)"
    subprocess.Popen([sys.executable, "-Sc", sleeper], start_new_session=True)

@functools.cache
def keeps(n): time.sleep(0.05); return n

alone = threading.Lock()
def fails_beside_another(n):
    if not alone.acquire(blocking=False): return -1
    time.sleep(0.05)
    alone.release()
    return n

def fails(n): raise ValueError(f"never {n}")
def fails_at_2(n):
    if n == 2: raise ValueError("not two")
    return n
def dies(n): os._exit(n)
def dies_at_2(n):
    if n == 2: os._exit(7)
    return n
def dies_in_a_thread(n):
    if threading.current_thread() is not threading.main_thread(): os._exit(5)
    return n
def never_ends(n):
    while True: time.sleep(1)
def never_ends_in_a_process(n):
    if multiprocessing.parent_process(): never_ends(n)
    return n

class Array:  # as NumPy's: no single answer of ==, and a shortened repr
    def __init__(self, *items): self.items = items
    def __eq__(self, other):
        return Array(*map(int.__eq__, self.items, other.items))
    def __bool__(self): raise ValueError("ambiguous")
    def __repr__(self): return "Array(...)"
def array(n): return Array(1, n, 3)

class Aging:  # it comes back from a process as another one
    def __init__(self): self.age = 0
    def __setstate__(self, state): self.age = state["age"] + 1
def aging(n): return Aging()

a_lambda = lambda n: n
def makes_a_lambda(n): return lambda: n
def generator(n): return (k for k in range(n))
def talks(n):
    print("much")
    try: return input()
    except EOFError: return n
def several(a, b): return a * b
def changes(numbers): numbers.append(1); return len(numbers)
def no_argument(): return 1
number = 7
"""


@pytest.fixture
def functions(
    traced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Make a module of functions in the current folder.

    What measures them takes few and short samples.
    """
    (tmp_path / "work.py").write_text(FUNCTIONS, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "work", raising=False)
    monkeypatch.setattr(measurement, "ROUNDS", 2)
    monkeypatch.setattr(measurement, "SAMPLE", 0.05)
    monkeypatch.setattr(measurement, "PEEK", 0.05)
    monkeypatch.setattr(measurement, "MOST_WORKERS", 10)
    monkeypatch.setattr(measurement, "MOST_PROCESSES", 1)


def measured(name: str, *words: str, tasks: int = 100) -> Advice:
    return measurement.advise(f"work:{name}", words, tasks, 20)


def model(advice: Advice, name: str) -> Model:
    return next(one for one in advice.models if one.name == name)


# All of it, with real workers.


def test_work_that_waits(functions: None) -> None:
    advice = measured("wait", "1", "2")
    assert advice.best == "threads"
    assert advice.ranges[0] == (1, "sequential")
    lines = rules.told(advice).splitlines()
    assert max(map(len, lines)) < 80
    assert "it mostly waits" in lines[0]
    models = ["sequential", "threads", "processes"]
    assert [line.split()[0] for line in lines[5:8]] == models
    assert json.loads(advice.json())["best"] == "threads"


def test_work_that_waits_asynchronously(functions: None) -> None:
    advice = measured("wait_async", "*range(3)")
    assert advice.is_async
    assert advice.best == "asyncio"
    assert "threads" not in {one.name for one in advice.models}


@pytest.mark.timing
def test_a_model_that_dies_is_told_and_left_out(functions: None) -> None:
    advice = measured("dies_in_a_thread", "9")
    assert model(advice, "threads").why == "it ended its process (5)"
    assert advice.best == "sequential"


@pytest.mark.slow
def test_a_model_that_never_ends_is_told_and_left_out(
    functions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurement, "TRIAL", 0.05)
    advice = measured("never_ends_in_a_process", "1")
    assert model(advice, "processes").why == "it did not end in 1.0 s"
    assert advice.best == "sequential"


@pytest.mark.slow
@pytest.mark.timing
@pytest.mark.parametrize(
    ("name", "work"),
    [
        ("wait", rules.Work("waits", 100, 0.05)),
        ("wait_async", rules.Work("waits", 100, 0.05, libraries="async")),
        ("tiny", rules.Work("computes", 100, 1e-6)),
    ],
)
def test_both_ways_agree(name: str, work: rules.Work, functions: None) -> None:
    assert measured(name, "1").best == rules.by_rule(work).best


@pytest.mark.slow
@pytest.mark.timing
@pytest.mark.parametrize(
    ("name", "workload"), [("hold", "computes"), ("hold_half", "mixed")]
)
def test_both_ways_agree_where_the_gil_is_held(
    name: str,
    workload: str,
    functions: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sleeping decides here, or a busy machine would."""
    monkeypatch.setattr(measurement, "MOST_PROCESSES", 4)
    advice = measured(name, "0.02", tasks=1_000)
    rule = rules.by_rule(rules.Work(workload, 1_000, advice.seconds))
    parallel = {"processes", "interpreters"} if gil_is_on() else {"threads"}
    assert {advice.best, rule.best} <= parallel
    if name == "hold":
        assert advice.gain
        assert (advice.gain < rules.HELP) == gil_is_on()


# The probe: one function, called as it is told to.


def test_an_idle_probe_ends_by_itself(
    functions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurement, "GRACE", 20)
    child = Child("work:tiny", ["1"])
    child.ask(20, **child.first)
    child.ask(20, do="once", number=0)
    child.ask(20, do="open", model="processes", workers=2)
    child.end()
    assert child.process.returncode == 0


def test_a_busy_probe_is_killed(functions: None) -> None:
    child = Child("work:never_ends_in_a_process", ["1"])
    child.ask(20, **child.first)
    child.ask(20, do="once", number=0)
    child.ask(20, do="open", model="processes", workers=2)
    with pytest.raises(SilenceError, match=r"^did not end in 0\.2 s$"):
        child.ask(0.2, do="run", model="processes", tasks=2, chunk=1)
    child.end()
    assert child.process.returncode not in (None, 0)


def test_a_probe_that_dies_between_two_questions(functions: None) -> None:
    child = Child("work:tiny", ["1"])
    child.ask(20, **child.first)
    child.process.kill()
    child.process.wait(20)
    with pytest.raises(SilenceError, match=r"^ended its process"):
        child.ask(20, do="once", number=0)
    child.end()


def test_what_a_function_leaves_is_killed(functions: None) -> None:
    child = Child("work:leaves_a_process", ["1"])
    child.ask(20, **child.first)
    child.ask(20, do="once", number=0)
    child.end()  # `traced` looks for them


def test_what_it_prints_and_reads_is_no_trouble(functions: None) -> None:
    child = Child("work:talks", ["1"])
    child.ask(20, **child.first)
    assert child.ask(20, do="once", number=0)["comparable"]
    child.end()


@pytest.mark.parametrize(
    ("name", "words", "remark"),
    [
        ("fails_at_2", "1 2 3", "input 2: ValueError: not two"),
        ("dies_at_2", "1 2 3", r"input 2: it ended its process \(7\)"),
        (
            "keeps",
            "1",
            r"input 1: the first call took \d+\.?\d* ms, a later .*",
        ),
        ("generator", "5", "input 1: it returns a generator, which .*"),
        ("makes_a_lambda", "5", "input 1: results .* cannot be compared: .*"),
        ("aging", "5", "input 1: results .* cannot be compared: .*"),
        ("changes", "[]", "input 1: results .* cannot be compared: .*"),
    ],
)
def test_what_is_odd_about_an_input(
    name: str, words: str, remark: str, functions: None
) -> None:
    measurement = Measurement(f"work:{name}", words.split(), 100, 20)
    measurement.try_inputs(measurement.load())
    measurement.child.end()
    remarks = measurement.advice.remarks
    assert any(re.fullmatch(remark, line) for line in remarks)
    assert measurement.known


def test_what_computes_in_a_process_of_its_own(functions: None) -> None:
    if os.name == "nt":
        pytest.skip("Windows does not tell")
    found = Probe("work:in_a_process", ["1"]).once(0)
    assert found["cpu"] > 0.01  # without it some 2 ms, to start one


@pytest.mark.parametrize(
    ("name", "words", "result"),
    [
        ("several", ["(2, 3)"], 6),
        ("several", ["*[(2, 3), (3, 4)]"], 6),
        ("tiny", ["number"], 8),
        ("no_argument", [], 1),
    ],
)
def test_what_an_input_may_be(
    name: str, words: list[str], result: int, functions: None
) -> None:
    function, calls = probe.load(f"work:{name}", words)
    assert function(*calls[0]) == result


def test_pickling_is_measured_both_ways(functions: None) -> None:
    tested = Probe("work:tiny", ["5"])
    tested.once(0)
    found = tested.weigh(0)
    assert found.keys() == {"there", "back"}


@pytest.mark.parametrize(
    ("name", "what"),
    [("a_lambda", "function or input"), ("makes_a_lambda", "result")],
)
def test_what_cannot_be_pickled(name: str, what: str, functions: None) -> None:
    tested = Probe(f"work:{name}", ["5"])
    tested.once(0)
    assert tested.weigh(0)["why"].startswith(f"no pickle of its {what}: ")


def test_results_that_differ_under_threads(functions: None) -> None:
    tested = Probe("work:fails_beside_another", ["1"])
    tested.once(0)
    tested.open("threads", 2)
    assert tested.run("sequential", 4, chunk=1)["wrong"] == 0
    assert tested.run("threads", 4, chunk=1)["wrong"] > 0
    tested.close()


def test_arrays_are_compared_in_full(functions: None) -> None:
    tested = Probe("work:array", ["2", "4"])
    assert tested.once(0)["comparable"]
    assert tested.once(1)["comparable"]
    assert tested.run("sequential", 4, chunk=1)["wrong"] == 0
    tested.expected[1] = tested.expected[0]
    assert tested.run("sequential", 4, chunk=1)["wrong"] == 2


def test_what_cannot_be_compared_is_not_equal() -> None:
    assert probe.same(float("nan"), float("nan"))  # pickled alike
    assert probe.same({1: 2}, {1: 2})
    assert probe.same({"b", "a"}, {"a", "b"})
    assert not probe.same([1], [2])
    assert not probe.same(lambda: 1, lambda: 1)


# How it measures, on a machine that is made up.


class Machine:
    """Stands in for a probe and for the clock.

    Arguments: `durations`, the seconds of each input; `lanes`, how many calls
    go on at once, by models (one where none is named).
    """

    idle = True
    start = 0.1  # seconds to start workers

    def __init__(self, durations: list[float], **lanes: int) -> None:
        self.first = {"do": "load"}
        self.durations = durations
        self.lanes = lanes
        self.pickling = ""  # why calls cannot be pickled
        self.wrong = ""  # the model whose results are wrong
        self.endless = ""  # the model that never ends
        self.now = 0.0
        self.inputs = list[int]()
        self.workers = {"sequential": 1}

    def ask(self, patience: float, do: str, **question: Any) -> dict[str, Any]:
        """Return the answer to a question, at the time when it is there."""
        answer: dict[str, Any]
        answer, seconds = getattr(self, f"_{do}")(**question)
        self.now += min(patience, seconds)
        if seconds > patience:
            raise SilenceError(f"did not end in {patience:.1f} s")
        return answer

    def end(self) -> None:
        """Do nothing, as there is nothing to end."""

    def _load(self) -> tuple[dict[str, Any], float]:
        return {"inputs": len(self.durations), "async": False}, 0.2

    def _once(self, number: int) -> tuple[dict[str, Any], float]:
        seconds = self.durations[number]
        self.inputs.append(number)
        times = {"first": seconds, "seconds": seconds, "cpu": 0.0}
        return {**times, "lazy": False, "comparable": True}, 2 * seconds

    def _weigh(self, number: int) -> tuple[dict[str, Any], float]:
        return {"why": self.pickling}, 0.01

    def _open(self, model: str, workers: int) -> tuple[dict[str, Any], float]:
        self.workers[model] = workers
        return {"seconds": self.start, "memory": 0}, self.start

    def _run(
        self, model: str, tasks: int, first: int, **_: Any
    ) -> tuple[dict[str, Any], float]:
        lanes = min(self.lanes.get(model, 1), self.workers[model])
        numbers = islice(cycle(self.inputs), first, first + tasks)
        seconds = sum(self.durations[number] for number in numbers) / lanes
        if model == self.endless:
            seconds = math.inf
        wrong = tasks if model == self.wrong else 0
        return {"seconds": seconds, "wrong": wrong}, seconds


def measured_on(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, budget: float = 60
) -> Advice:
    monkeypatch.setattr(measurement, "Child", lambda target, words: machine)
    monkeypatch.setattr(measurement, "perf_counter", lambda: machine.now)
    monkeypatch.setattr(measurement, "cpus", lambda: 2)
    return measurement.advise("made:up", [], 100, budget)


@pytest.mark.parametrize(("lanes", "workers"), [(1, 2), (4, 8), (99, 100)])
def test_no_more_workers_than_are_of_use(
    lanes: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine([0.1], threads=lanes)
    threads = model(measured_on(machine, monkeypatch), "threads")
    assert threads.workers == workers
    assert threads.rounds == pytest.approx([0.1 / min(lanes, workers)] * 5)


def test_inputs_that_take_longer_than_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Machine([0.01, 0.19, 0.01, 0.02, 0.02], processes=2)
    advice = measured_on(machine, monkeypatch)
    assert advice.seconds == pytest.approx(0.05)
    assert advice.best == "processes"
    for one in advice.models:
        each = 0.025 if one.name == "processes" else 0.05
        assert one.rounds == pytest.approx([each] * 5)


@pytest.mark.parametrize("budget", [4, 10, 60])
@pytest.mark.parametrize("duration", [1e-6, 0.01, 0.1, 0.4])
def test_the_budget_is_kept(
    budget: float, duration: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine([duration], threads=4, processes=2)
    assert measured_on(machine, monkeypatch, budget).best
    assert machine.now < budget


@pytest.mark.parametrize(
    ("duration", "budget", "told"),
    [
        (3, 10, r"input 1: it did not end in 2\.5 s"),
        (1e-6, 0.6, r"made:up: 0\.6 s are too few to measure it in"),
    ],
)
def test_what_cannot_be_measured_in_the_time(
    duration: float, budget: float, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MeasurementError, match=f"^{told}$"):
        measured_on(Machine([duration]), monkeypatch, budget)


def test_a_model_whose_results_are_wrong_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Machine([0.1], threads=10, processes=4)
    machine.wrong = "threads"
    advice = measured_on(machine, monkeypatch)
    assert "2 of 2 results were wrong" in model(advice, "threads").why
    assert advice.best == "processes"


def test_a_model_that_does_not_end_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Machine([0.1], threads=10, processes=4)
    machine.endless = "processes"
    advice = measured_on(machine, monkeypatch)
    assert model(advice, "processes").why == "it did not end in 15.0 s"
    assert advice.best == "threads"


def test_what_cannot_be_pickled_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Machine([0.1], threads=4)
    machine.pickling = "no pickle of its result"
    advice = measured_on(machine, monkeypatch)
    assert model(advice, "processes").why == "no pickle of its result"
    assert advice.best == "threads"


# What it says to the user.


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["work:fails", "--input", "1"], 1, "input 1: ValueError: never 1"),
        (["work:dies", "--input", "3"], 1, "it ended its process (3)"),
        (["nowhere:f"], 2, "ModuleNotFoundError: No module named 'nowhere'"),
        (["work:tiny", "--input", "1 +"], 2, "no input in '1 +': SyntaxError"),
        (["work:tiny", "--tasks", "x"], 2, "tasks: a number over 0"),
        (["work:tiny", "--shared", "no"], 2, "--shared is for choosing with"),
        (["--workload", "rests"], 2, "waits, computes, c, mixed, and not"),
        (["--json"], 2, "are for a function"),
        ([], 2, "no function, and no terminal"),
    ],
)
def test_a_failure_is_one_line(
    words: list[str], status: int, told: str, functions: None
) -> None:
    run = run_lab("choose", *words)
    assert (run.returncode, run.stdout) == (status, "")
    assert run.stderr.startswith("lab: ")
    assert run.stderr.count("\n") == 1
    assert told in run.stderr


def test_a_bug_of_its_own_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> Advice:
        raise KeyError("a bug")

    monkeypatch.setattr(measurement, "advise", fail)
    with pytest.raises(KeyError, match="a bug"):
        app.run(["choose", "work:tiny"])


@pytest.mark.parametrize(
    ("name", "words", "told"),
    [
        ("nothing", [], "has no attribute 'nothing'"),
        ("number", [], "a int is no function"),
        ("tiny", [], "it needs an --input"),
        ("tiny", ["1 +"], "no input in '1 \\+': SyntaxError"),
        ("tiny", ["*[]"], "no input in '\\*\\[\\]'"),
        ("several", ["1"], "the input 1 does not fit"),
    ],
)
def test_no_such_function_or_input(
    name: str, words: list[str], told: str, functions: None
) -> None:
    with pytest.raises(InputError, match=told):
        probe.load(f"work:{name}", words)


def test_a_function_that_works_with_no_input(functions: None) -> None:
    line = "^input 1: ValueError: never 1; and 2 more$"
    with pytest.raises(MeasurementError, match=line):
        measured("fails", "1", "2", "3")


def test_inputs_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "inputs.txt"
    file.write_text("1\n\n(2, 'b')\nhttps://example.org\n", "utf-8")
    found = rules.sources([str(file), "*range(3)"])
    assert found == ["1", "(2, 'b')", "'https://example.org'", "*range(3)"]


def test_a_file_without_inputs(tmp_path: Path) -> None:
    empty, odd = tmp_path / "empty.txt", tmp_path / "bytes.dat"
    empty.touch()
    odd.write_bytes(b"\xff\n")
    with pytest.raises(UsageError, match="no input in"):
        rules.sources([str(empty)])
    with pytest.raises(UsageError, match=r"bytes\.dat: .* can't decode byte"):
        rules.sources([str(odd)])


def test_an_input_that_is_too_long_for_a_file_name() -> None:
    words = [f"[{'1, ' * 2_000}]"]
    assert rules.sources(words) == words


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"workload": "rests"}, "workload: waits, .* and not 'rests'"),
        ({"tasks": "1.5"}, r"tasks: a number over 0, and not '1\.5'"),
        ({"duration": "-1"}, "duration: a number over 0, and not '-1'"),
        ({"workload": "waits", "tasks": "3"}, "--duration is missing"),
    ],
)
def test_answers_that_make_no_sense(
    answers: dict[str, str], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        rules.work(answers)


@pytest.mark.slow
@pytest.mark.timing
def test_the_whole_command(functions: None) -> None:
    words = ["work:wait", "--input", "1", "--tasks", "9", "--seconds", "6"]
    start = time.monotonic()
    run = run_lab("choose", *words)
    assert time.monotonic() - start < 6 + 5  # Python's own start, too
    assert (run.returncode, run.stderr) == (0, "")
    assert max(map(len, run.stdout.splitlines())) < 80
    assert "\ntake " in run.stdout
    run = run_lab("choose", *words, "--json")
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout)["best"]


@pytest.mark.timing
def test_ctrl_c(functions: None) -> None:
    """Pressed while worker processes run what never ends."""

    def sign(command: psutil.Process) -> bool:
        return len(command.children(recursive=True)) >= 3

    words = ["choose", "work:never_ends_in_a_process", "--input", "1"]
    assert interrupt_lab(sign, *words) == ["lab: stopped by Ctrl-C"]


def test_the_questions_lead_to_the_same(traced: None) -> None:
    with terminal() as (outer, read, press):
        command = subprocess.Popen(
            [*LAB, "choose"], stdin=outer, stdout=outer, stderr=outer
        )
        for answer in ("waits", "many", "100", "0.5", "no", "async"):
            press(f"{answer}\n")
        assert command.wait(20) == 0
        shown = read().replace("\r", "")
    assert max(map(len, shown.splitlines())) < 80
    assert "tasks: a number over 0, and not 'many'" in shown
    work = rules.Work("waits", 100, 0.5, "no", "async")
    assert shown.endswith(rules.told_by_rule(work) + "\n")


# The rules.


@pytest.mark.parametrize(
    ("work", "best"),
    [
        # S3.34 to S3.41 of the seeds. S3.35 is corrected: files are read by
        # blocking calls, however many they are.
        pytest.param(rules.Work("waits", 5, 0.1), "threads", id="5 files"),
        pytest.param(
            rules.Work("waits", 1_000, 0.1), "threads", id="1,000 files"
        ),
        pytest.param(
            rules.Work("computes", 100, 0.2), "processes", id="100 images"
        ),
        pytest.param(
            rules.Work("waits", 500, 0.5, libraries="async"),
            "asyncio",
            id="web scraping",
        ),
        pytest.param(
            rules.Work("computes", 64, 2), "processes", id="number crunching"
        ),
        pytest.param(
            rules.Work("waits", 10, 0.1, shared="yes"),
            "threads",
            id="few database queries",
        ),
        pytest.param(
            rules.Work("waits", 2_000, 0.1, libraries="async"),
            "asyncio",
            id="many database queries",
        ),
        pytest.param(
            rules.Work("waits", 5_000, 60, libraries="async"),
            "asyncio",
            id="WebSocket server",
        ),
        # What the lessons show besides.
        pytest.param(
            rules.Work("c", 100, 0.1), "threads", id="C without the GIL"
        ),
        pytest.param(
            rules.Work("mixed", 100, 0.1), "processes", id="mixed work"
        ),
        pytest.param(
            rules.Work("computes", 100, 0.1, shared="yes"),
            "sequential",
            id="computing on what is shared",
        ),
        pytest.param(
            rules.Work("computes", 1, 60), "sequential", id="one task"
        ),
        pytest.param(
            rules.Work("waits", 1_000, 1e-5, libraries="async"),
            "sequential",
            id="10 ms in all",
        ),
        pytest.param(
            rules.Work("computes", 4, 0.05), "sequential", id="200 ms in all"
        ),
    ],
)
def test_the_decision_matrix(
    work: rules.Work, best: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "gil_is_on", lambda: True)
    assert rules.by_rule(work).best == best


@pytest.mark.parametrize("workload", ["computes", "mixed"])
def test_threads_compute_where_there_is_no_gil(
    workload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "gil_is_on", lambda: False)
    work = rules.Work(workload, 100, 0.2, shared="yes")
    assert rules.by_rule(work).best == "threads"


# From figures to advice.


def made(name: str, each: float, start: float, workers: int) -> Model:
    rounds = [each * 0.99, each, each * 1.01]
    return Model(name, workers, start=start, rounds=rounds)


def test_break_even_is_where_the_times_cross() -> None:
    models = [
        made("sequential", 0.010, 0, 1),
        made("processes", 0.005, 0.100, 2),
    ]
    (_, first), (tasks, second) = measurement.ranges(models)
    assert (first, second) == ("sequential", "processes")
    assert tasks > 21
    # 0.205 against 0.21
    assert measurement.break_even(models[1], models[0]) == 21
    assert measurement.break_even(models[0], models[0]) is None


def test_threads_start_as_they_are_needed() -> None:
    threads = made("threads", 0.01, 1, 10)
    assert threads.seconds(1) == pytest.approx(0.1 + 0.01)
    assert threads.seconds(20) == pytest.approx(1 + 0.2)
    assert made("processes", 0.01, 1, 10).seconds(1) == pytest.approx(1.01)


def test_nothing_is_faster_than_the_longest_share() -> None:
    threads = made("threads", 0.01, 0, 10)
    threads.alone = 0.1
    tasks = (1, 10, 11, 100)
    seconds = [threads.seconds(many) for many in tasks]
    assert seconds == pytest.approx([0.1, 0.1, 0.2, 1])
    threads.alone = 0.05
    assert threads.seconds(5) == pytest.approx(0.05)
    assert threads.seconds(11) == pytest.approx(0.11)


def test_it_tells_what_changes_where_workers_are_up() -> None:
    advice = Advice("work:f", 10, seconds=0.02, cpu=0.02)
    advice.models = [
        made("sequential", 0.010, 0, 1),
        made("processes", 0.005, 0.100, 2),
    ]
    measurement.decide(advice)
    assert advice.seconds == advice.cpu == pytest.approx(0.01)
    assert (advice.best, advice.second) == ("sequential", "processes")
    assert advice.warm == [(1, "sequential"), (2, "processes")]
    *_, ranges, warm = rules.told(advice).splitlines()
    assert re.fullmatch(
        r"by .*: from 1 sequential, from 2\d processes", ranges
    )
    assert re.fullmatch(r"if .*: from 1 sequential, from 2 processes", warm)


def test_what_asks_least_is_taken_where_it_is_as_good() -> None:
    models = [
        made("processes", 0.0100, 0, 2),
        made("threads", 0.0102, 0, 2),
        made("sequential", 0.0200, 0, 1),
    ]
    names = [one.name for one in measurement.order(models, 100)]
    assert names == ["threads", "processes", "sequential"]


@pytest.mark.parametrize(
    ("threads", "said"),
    [
        (
            [0.006, 0.005, 0.0055],
            (
                "in 3 rounds side by side, sequential took 1.67 to 2.00 times "
                "as long as threads"
            ),
        ),
        (
            [0.008, 0.012, 0.009],
            (
                "in 3 rounds side by side, sequential took 0.83 to 1.25 times "
                "as long as threads: this measurement cannot tell the two "
                "apart"
            ),
        ),
        (
            [0.0096, 0.0095, 0.0097],
            (
                "in 3 rounds side by side, threads took 0.95 to 0.97 times as "
                "long as sequential: close, so the simpler of the two is taken"
            ),
        ),
        (
            [0.005],
            (
                "in the only round, sequential took 2.00 times as long as "
                "threads; one round shows no spread"
            ),
        ),
    ],
)
def test_the_second_beside_the_best(threads: list[float], said: str) -> None:
    advice = Advice("work:f", 100, seconds=0.01, cpu=0.01)
    advice.models = [
        Model("sequential", rounds=[0.01] * len(threads)),
        Model("threads", 2, rounds=threads),
    ]
    measurement.decide(advice)
    assert rules.verdict(advice)[1] == f"second: {advice.second}; {said}"


def test_one_model_alone_is_compared_with_nothing() -> None:
    advice = Advice("work:f", 9, seconds=1, cpu=1)
    advice.models = [Model("sequential", rounds=[1])]
    measurement.decide(advice)
    assert (advice.second, advice.ratios) == ("", [])
    assert "second" not in rules.told(advice)


@pytest.mark.parametrize(
    ("advice", "said"),
    [
        (Advice("f", 9, seconds=0.1, gain=2), "it does let others go on"),
        (Advice("f", 9, seconds=0.1, gain=1), "a lock, or the GIL? Processes"),
        (
            Advice("f", 9, seconds=0.1, cpu=0.1, gain=1),
            "it does not let others go on",
        ),
        (
            Advice("f", 9, is_async=True, seconds=0.1, gain=1),
            "it does not let others go on",
        ),
        (Advice("f", 9, seconds=1e-6, gain=1), "it is too short to tell"),
    ],
)
def test_what_several_at_once_tell_of_it(advice: Advice, said: str) -> None:
    assert said in rules.about(advice)[1]


def test_not_all_remarks_are_shown() -> None:
    assert measurement.few(list("abc")) == list("abc")
    assert measurement.few(list("abcde")) == [*"abc", "and 2 more"]


@given(st.lists(st.floats(1e-7, 10), min_size=1), st.integers(1, 10**6))
def test_more_tasks_never_take_less(each: list[float], tasks: int) -> None:
    one = Model("threads", 7, min(each), start=0.1, rounds=each)
    assert one.seconds(tasks) <= one.seconds(tasks + 1)


def test_spans_have_units() -> None:
    spans: Any = map(measurement.span, (0, 2e-6, 0.0123, 0.5, 1, 1234.5))
    assert list(spans) == [
        "0.00 us",
        "2.00 us",
        "12.30 ms",
        "500 ms",
        "1.00 s",
        "1,234 s",
    ]


@pytest.mark.parametrize("fails", [False, True])
def test_a_race_ends_with_the_usual_switches(
    fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def results(*_: Any) -> list[int]:
        assert sys.getswitchinterval() < before
        return [1 // (not fails)]

    before = sys.getswitchinterval()
    child = probe.Probe("operator:neg", ["-1"])
    child.once(0)
    monkeypatch.setattr(child, "results", results)
    with pytest.raises(ZeroDivisionError) if fails else nullcontext():
        child.run("threads", tasks=1, chunk=1, race=True)
    assert sys.getswitchinterval() == before
