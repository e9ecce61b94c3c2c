"""`uv run lab choose`: what it measures, what it says, and how it fails."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import terminal
from hypothesis import given
from hypothesis import strategies as st
from test_director import interrupted, lab

from backstage import advise, choose, probe
from backstage.advise import Advice, Model

FUNCTIONS = """
import asyncio, ctypes, functools, os, subprocess, sys, threading, time

def tiny(n): return n + 1
def wait(n): time.sleep(0.1); return n
def compute(n): return sum(k * k for k in range(n))

libc = ctypes.PyDLL("kernel32" if os.name == "nt" else None)
def hold(seconds):  # a call of PyDLL's keeps the GIL
    libc.Sleep(int(seconds * 1e3)) if os.name == "nt" else libc.usleep(
        int(seconds * 1e6)
    )
def hold_half(seconds):
    time.sleep(seconds / 2)
    hold(seconds / 2)

async def wait_async(n): await asyncio.sleep(0.1); return n

def in_a_process(n):
    done = "sum(range(3_000_000))"
    return subprocess.run([sys.executable, "-Sc", done]).returncode

slots, lock = threading.Semaphore(4), threading.Lock()
def shares(n):
    with slots: time.sleep(0.05)
def locks(n):
    with lock: time.sleep(0.05)
async def blocks(n): time.sleep(0.05)
def leaves(n):
    sleeper = "import time; time.sleep(60)"
    subprocess.Popen([sys.executable, "-Sc", sleeper])
    time.sleep(0.1)

@functools.cache
def keeps(n): time.sleep(0.05); return n

def fails(n): raise ValueError(f"never {n}")
def fails_at_2(n):
    if n == 2: raise ValueError("not two")
    return compute(n)
def dies(n): os._exit(n)
def dies_at_2(n):
    if n == 2: os._exit(7)
    return compute(3_000)
def never_ends(n):
    while n: time.sleep(1)
def dies_in_a_thread(n):
    if threading.current_thread() is not threading.main_thread(): os._exit(5)
    return compute(n)

buffer = []
def racy(n):
    buffer[:] = []
    for k in range(n):
        buffer.append(k)
        time.sleep(0)
    return sum(buffer)

nameless = lambda n: n + 1
def generator(n): return (k for k in range(n))
def talks(n):
    print("much")
    try: return input()
    except EOFError: return n
def several(a, b): return a * b
def changes(numbers): numbers.append(1); return len(numbers)
def alone(): return 1
number = 7
"""


@pytest.fixture
def functions(
    traced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Make a module of functions in the current folder."""
    (tmp_path / "work.py").write_text(FUNCTIONS, "utf-8")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "bytes.dat").write_bytes(b"\xff\n")
    monkeypatch.setattr(advise, "ROUNDS", advise.ENOUGH)
    monkeypatch.setattr(advise, "SAMPLE", advise.PEEK)
    monkeypatch.chdir(tmp_path)


def measured(name: str, *words: str, tasks: int = 100) -> Advice:
    return advise.advise(f"work:{name}", words, tasks, 10)


def model(advice: Advice, name: str) -> Model:
    return next(one for one in advice.models if one.name == name)


def test_work_that_waits(functions: None) -> None:
    advice = measured("wait", "1", "2")
    assert (advice.best, advice.busy < 0.2) == ("threads", True)
    assert advice.seconds >= 0.1
    assert advice.gain
    assert advice.gain > 1.3
    threads = model(advice, "threads")
    assert threads.workers == 100
    assert 0.1 <= threads.seconds(100) < 2
    assert advice.ranges[0] == (1, "sequential")
    assert advice.ranges[1][1] == "threads"
    assert advice.ranges[1][0] <= 3


def test_work_that_waits_asynchronously(functions: None) -> None:
    advice = measured("wait_async", "*range(3)")
    assert advice.is_async
    assert advice.best == "asyncio"
    assert "threads" not in {one.name for one in advice.models}


def test_tiny_work_stays_sequential(functions: None) -> None:
    advice = measured("tiny", "1", tasks=1_000)
    assert advice.best == "sequential"
    assert advice.seconds < 0.001
    rule = choose.by_rule(choose.Work("computes", 1_000, advice.seconds))
    assert rule.best == advice.best


@pytest.mark.parametrize(
    ("name", "words", "tasks", "work"),
    [
        ("wait", "1", 100, choose.Work("waits", 100, 0.1)),
        (
            "wait_async",
            "1",
            100,
            choose.Work("waits", 100, 0.1, libraries="async"),
        ),
        ("tiny", "1", 100, choose.Work("computes", 100, 1e-6)),
    ],
)
def test_both_ways_agree(
    name: str, words: str, tasks: int, work: choose.Work, functions: None
) -> None:
    assert measured(name, words, tasks=tasks).best == choose.by_rule(work).best


@pytest.mark.parametrize(
    ("name", "workload"), [("hold", "computes"), ("hold_half", "mixed")]
)
def test_both_ways_agree_where_the_gil_is_held(
    name: str, workload: str, functions: None
) -> None:
    """Sleeping decides here, or a busy machine would."""
    advice = measured(name, "0.02", tasks=200)
    rule = choose.by_rule(choose.Work(workload, 200, advice.seconds))
    parallel = {"processes", "interpreters"} if choose.gil() else {"threads"}
    assert {advice.best, rule.best} <= parallel
    if choose.gil() and name == "hold":
        assert advice.gain
        assert advice.gain < 1.3


def test_inputs_that_take_longer_than_others(functions: None) -> None:
    advice = measured("hold", "0.002", "0.1", "0.003", "0.002", tasks=40)
    assert 0.025 < advice.seconds < 0.05
    parallel = {"processes", "interpreters"} if choose.gil() else {"threads"}
    assert advice.best in parallel
    assert model(advice, "sequential").seconds(40) > 1
    assert advice.gain
    assert (advice.gain < 1.3) == choose.gil()


def test_no_more_workers_than_are_of_use(functions: None) -> None:
    advice = measured("shares", "1")
    assert model(advice, "threads").workers == 8  # 2 are too few for 4 slots
    assert advice.gain
    assert advice.gain > 1.3


def test_what_waits_for_others_is_told(functions: None) -> None:
    advice = measured("locks", "1")
    assert model(advice, "threads").workers == 2
    assert "a lock, or the GIL?" in choose.told(advice)
    advice = measured("blocks", "1")
    assert model(advice, "asyncio").workers == 2
    assert "it does not let others go on" in choose.told(advice)


@pytest.mark.skipif(os.name == "nt", reason="no group of processes to kill")
def test_nothing_is_left_behind(functions: None) -> None:
    assert measured("leaves", "1", tasks=8).best  # `traced` looks for them


def test_what_fails_is_told_and_left_out(functions: None) -> None:
    advice = measured("fails_at_2", "1", "2", "3")
    assert advice.remarks == ["input 2: ValueError: not two"]
    assert advice.best


def test_what_dies_is_told_and_left_out(functions: None) -> None:
    advice = measured("dies_at_2", "1", "2", "3")
    assert advice.remarks == ["input 2: it ended its process (7)"]
    assert advice.best


def test_what_is_kept_is_told(functions: None) -> None:
    (told,) = measured("keeps", "1").remarks
    assert re.match(r"input 1: the first call took \d+\.?\d* ms, ", told)


def test_not_all_remarks_are_shown() -> None:
    assert advise.few(list("abc")) == list("abc")
    assert advise.few(list("abcde")) == [*"abc", "and 2 more"]


@pytest.mark.skipif(os.name == "nt", reason="Windows does not tell")
def test_what_computes_in_a_process_of_its_own(functions: None) -> None:
    advice = measured("in_a_process", "1", tasks=9)
    assert advice.busy > 0.3


def test_a_model_that_dies_is_told_and_left_out(functions: None) -> None:
    advice = measured("dies_in_a_thread", "9")
    assert model(advice, "threads").why == "it ended its process (5)"
    assert advice.best == "sequential"


def test_results_that_differ_under_threads(functions: None) -> None:
    advice = measured("racy", "20", "30")
    assert "results were wrong" in model(advice, "threads").why
    assert advice.best in {"sequential", "processes", "interpreters"}


@pytest.mark.parametrize(
    ("name", "why"),
    [("nameless", "its function or input"), ("generator", "its result")],
)
def test_what_cannot_be_pickled(name: str, why: str, functions: None) -> None:
    advice = measured(name, "5")
    assert model(advice, "processes").why.startswith(f"no pickle of {why}: ")
    lazy = "input 1: it returns a generator, which nothing has run"
    assert advice.remarks == [lazy] * (name == "generator")
    assert advice.best == "sequential"


@pytest.mark.parametrize("name", ["changes", "talks"])
def test_what_is_odd_but_works(name: str, functions: None) -> None:
    assert measured(name, "[1]", tasks=10).best == "sequential"


def test_several_arguments_are_a_tuple(functions: None) -> None:
    assert measured("several", "(2, 3)", tasks=10).best == "sequential"
    assert measured("alone", tasks=10).best == "sequential"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["work:fails", "--input", "1"], "input 1: ValueError: never 1"),
        (
            ["work:tiny", "--input", "1", "--seconds", "0.4"],
            "work:tiny: 0.4 s are too few to measure it in",
        ),
        (
            ["work:fails", "--input", "*range(7)"],
            "input 1: ValueError: never 0; and 6 more",
        ),
        (["work:dies", "--input", "3"], "input 1: it ended its process (3)"),
        (
            ["work:never_ends", "--input", "1", "--seconds", "4"],
            "input 1: it did not end in 1.0 s",
        ),
    ],
)
def test_a_function_that_never_works(
    words: list[str], told: str, functions: None
) -> None:
    run = lab("choose", *words)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == f"lab: {told}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere:f"], "ModuleNotFoundError: No module named 'nowhere'"),
        (["work:nothing"], "has no attribute 'nothing'"),
        (["work:number"], "a int is no function"),
        (["work:tiny"], "it needs an --input"),
        (["work:tiny", "--input", "1 +"], "no input in '1 +': SyntaxError"),
        (["work:tiny", "--input", "*[]"], "no input in '*[]'"),
        (["work:tiny", "--input", "empty.txt"], "no input in 'empty.txt'"),
        (["work:tiny", "--input", "bytes.dat"], "codec can't decode byte"),
        (["work:tiny", "--input", "(1, 2, 3)", "--tasks", "x"], "tasks: a "),
        (["work:several", "--input", "1"], "does not fit"),
        (["work:tiny", "--seconds", "-1"], "seconds: a number over 0"),
        (["work:tiny", "--shared", "no"], "--shared is for choosing without"),
        (["--json"], "are for a function"),
        (["--workload", "waits", "--tasks", "3"], "--duration is missing"),
        (["--workload", "rests"], "waits, computes, c, mixed, and not 'rests"),
        ([], "no function, and no terminal"),
    ],
)
def test_bad_usage(words: list[str], told: str, functions: None) -> None:
    run = lab("choose", *words)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.count("\n") == 1
    assert told in run.stderr


def test_it_tells_all_that_it_measured(functions: None) -> None:
    Path("inputs.txt").write_text("1\n\n2\n", "utf-8")
    words = ["--input", "inputs.txt", "--tasks", "9", "--seconds", "6"]
    run = lab("choose", "work:wait", *words)
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert max(map(len, lines)) < 80
    call = r"work:wait: \d+ ms a call, \d+% of it on a CPU: it mostly waits"
    assert re.fullmatch(call, lines[0])
    assert "it does let others go on" in lines[1]
    assert [line.split()[0] for line in lines[5:8]] == advise_models()[:3]
    assert "\ntake threads, 9 workers: 9 tasks in " in run.stdout
    assert "\nby the number of tasks: from 1 sequential, " in run.stdout


def advise_models() -> list[str]:
    return [name for name in advise.MODELS if name != "asyncio"]


def test_json_holds_the_same(functions: None) -> None:
    words = ["--input", "1", "--seconds", "4", "--json"]
    run = lab("choose", "work:tiny", *words)
    assert run.returncode == 0
    found = json.loads(run.stdout)
    assert found["best"] == "sequential"
    assert found["models"][0]["rounds"]


@pytest.mark.parametrize(
    ("name", "seconds"), [("wait", 2), ("wait", 5), ("tiny", 2)]
)
def test_the_budget_is_kept(name: str, seconds: int, functions: None) -> None:
    start = time.monotonic()
    words = [f"work:{name}", "--input", "1", "--seconds", str(seconds)]
    run = lab("choose", *words)
    assert run.returncode == 0
    assert time.monotonic() - start < seconds + 3  # Python's own start, too


def test_ctrl_c(functions: None) -> None:
    words = ["choose", "work:never_ends", "--input", "1"]
    told = interrupted(lambda director: bool(director.children()), *words)
    assert told == ["lab: stopped by Ctrl-C"]


def test_the_questions_lead_to_the_same(traced: None) -> None:
    with terminal() as (outer, read, press):
        director = subprocess.Popen(
            [sys.executable, "lab", "choose"],
            stdin=outer,
            stdout=outer,
            stderr=outer,
            cwd=choose.__file__.partition("lab")[0],
        )
        for answer in ("waits", "many", "100", "0.5", "no", "async"):
            press(f"{answer}\n")
        assert director.wait(20) == 0
        shown = read().replace("\r", "")
    assert max(map(len, shown.splitlines())) < 80
    assert "tasks: a number over 0, and not 'many'" in shown
    work = choose.Work("waits", 100, 0.5, "no", "async")
    assert shown.endswith(choose.told_by_rule(work) + "\n")


# The rows S3.34 to S3.41 of the seeds, in corrected form: files are read by
# blocking calls, however many they are.
MATRIX = [
    (["waits", "5", "0.1", "no", "blocking"], "threads"),  # five files
    (["waits", "1000", "0.1", "no", "blocking"], "threads"),  # 1,000 files
    (["computes", "100", "0.2", "no", "blocking"], "processes"),  # images
    (["waits", "500", "0.5", "no", "async"], "asyncio"),  # scraping
    (["computes", "64", "2", "no", "blocking"], "processes"),  # numbers
    (["waits", "10", "0.1", "yes", "blocking"], "threads"),  # few queries
    (["waits", "2000", "0.1", "no", "async"], "asyncio"),  # many of them
    (["waits", "5000", "60", "no", "async"], "asyncio"),  # websockets
    (["c", "100", "0.1", "no", "blocking"], "threads"),  # compression
    (["mixed", "100", "0.1", "no", "blocking"], "processes"),
    (["computes", "1000", "0.00001", "no", "blocking"], "sequential"),
    (["computes", "100", "0.1", "yes", "blocking"], "sequential"),
    (["computes", "1", "60", "no", "blocking"], "sequential"),
    (["computes", "4", "0.05", "no", "blocking"], "sequential"),
]


@pytest.mark.parametrize(("answers", "best"), MATRIX)
def test_the_matrix(
    answers: list[str], best: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "gil", lambda: True)
    found = dict(zip(choose.QUESTIONS, answers, strict=True))
    work = choose.work(found)
    assert choose.by_rule(work).best == best
    told = choose.told_by_rule(work)
    assert f"take {best}; second: " in told
    assert max(map(len, told.splitlines())) < 80
    monkeypatch.setattr(choose, "gil", lambda: False)
    if best == "processes":
        assert choose.by_rule(work).best == "threads"


def test_each_rule_decides_something() -> None:
    found = {
        choose.by_rule(
            choose.work(dict(zip(choose.QUESTIONS, answers, strict=True)))
        )
        for answers, _ in MATRIX
    }
    without = [rule for rule in choose.RULES if "no GIL" in rule.why]
    if choose.gil():
        assert len(found) == len(choose.RULES) - len(without)


def made(name: str, each: float, start: float, workers: int) -> Model:
    rounds = [each * 0.99, each, each * 1.01]
    return Model(name, workers, start=start, rounds=rounds)


def test_break_even_is_where_the_times_cross() -> None:
    models = [
        made("sequential", 0.010, 0, 1),
        made("processes", 0.005, 0.100, 2),
    ]
    (_, first), (tasks, second) = advise.ranges(models)
    assert (first, second) == ("sequential", "processes")
    assert tasks > 21
    assert advise.break_even(models[1], models[0]) == 21  # 0.205 against 0.21
    assert advise.break_even(models[0], models[0]) is None


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
    advise.decide(advice)
    assert advice.seconds == advice.cpu == pytest.approx(0.01)
    assert (advice.best, advice.second) == ("sequential", "processes")
    assert advice.warm == [(1, "sequential"), (2, "processes")]
    *_, ranges, warm = choose.told(advice).splitlines()
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
    names = [one.name for one in advise.order(models, 100)]
    assert names == ["threads", "processes", "sequential"]


def test_it_is_not_sure_without_a_spread() -> None:
    once = Advice("work:f", 9, models=[Model("sequential", rounds=[1, 1])])
    once.seconds = once.cpu = 1
    advise.decide(once)
    assert "\nnot sure: 2 rounds, too few" in choose.told(once)
    once.models[0].rounds.append(1)
    advise.decide(once)
    assert "\nsure: in 100% of the resamples of 3 rounds" in choose.told(once)


def test_it_is_sure_where_the_rounds_are_far_apart() -> None:
    near, far = made("threads", 0.0100, 0, 2), made("sequential", 0.02, 0, 1)
    assert advise.surety(near, [near, far], 100) == 1
    wild = Model("threads", 2, rounds=[0.01, 0.03, 0.05])
    assert 0.1 < advise.surety(wild, [wild, far], 100) < 0.9


@given(st.lists(st.floats(1e-7, 10), min_size=1), st.integers(1, 10**6))
def test_more_tasks_never_take_less(each: list[float], tasks: int) -> None:
    one = Model("threads", 7, min(each), start=0.1, rounds=each)
    assert one.seconds(tasks) <= one.seconds(tasks + 1)


def test_results_are_compared_as_far_as_they_can_be() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise ValueError("ambiguous")

        __hash__ = None  # type: ignore[assignment]

        def __repr__(self) -> str:
            return "odd"

    assert probe.same(float("nan"), float("nan"))  # pickled alike
    assert probe.same({1: 2}, {1: 2})
    assert not probe.same([1], [2])
    assert probe.same(Odd(), Odd())
    assert not probe.same(Odd(), 1)


def test_spans_have_units() -> None:
    spans: Any = map(advise.span, (0, 2e-6, 0.0123, 0.5, 1, 1234.5))
    assert list(spans) == [
        "0.00 us",
        "2.00 us",
        "12.30 ms",
        "500 ms",
        "1.00 s",
        "1,234 s",
    ]
