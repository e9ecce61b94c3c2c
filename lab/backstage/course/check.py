"""Decides whether the prediction of a lesson holds, over one run or many."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import psutil
from tqdm import tqdm

from backstage.course.catalogue import Lesson
from backstage.course.core_speed import (
    find_slowdown,
    measure_parallel_gain,
    sample_core_speed,
)
from backstage.course.predictions import holds
from backstage.course.running import capture_lesson
from backstage.errors import LabError
from backstage.system import cpus, gil_is_on

MAX_OTHER_LOAD = 0.25  # cores that other programs may keep busy
SAMPLE_TIME = 0.3  # seconds of a measurement of that load
MIN_PARALLEL_GAIN = 1.6  # of two jobs, where two cores are free
MAX_SLOWDOWN = 1.4  # times as slow as at other moments of the run


class Outcome(StrEnum):
    """How a prediction came out in a run."""

    HELD = "held"
    FAILED = "failed"
    UNCLEAR = "unclear"  # it did not hold, but this machine cannot show it


@dataclass(frozen=True)
class Verdict:
    """Whether a prediction held in a run.

    Attributes:
        outcome: Whether it did.
        last_line: The last line of the output.
        reason: What else explains the outcome, or "".
    """

    outcome: Outcome
    last_line: str
    reason: str = ""


def check_lesson(lesson: Lesson, changes: Mapping[str, str], runs: int) -> int:
    """Run a lesson several times, and print whether its prediction held.

    Args:
        lesson: What to run.
        changes: The sources of new values, by the names of its constants.
        runs: How many times to run it.

    Returns:
        1 if the prediction failed in a run, or else 0.

    Raises:
        LabError: If the catalogue has no condition for the lesson.
    """
    condition = lesson.notes.holds
    if not condition:
        raise LabError(f"{lesson.name}: no condition in the catalogue")
    print(f"{lesson.name}: {lesson.prediction}")
    print(f"it holds if {condition}")
    outcomes = Counter[Outcome]()
    for number in tqdm(range(runs), "runs", leave=False, disable=None):
        verdict = check_run(lesson, changes)
        outcomes[verdict.outcome] += 1
        tqdm.write(f"{number + 1:>3} {verdict.outcome:<8}{verdict.last_line}")
        if verdict.reason:
            tqdm.write(f"    {verdict.reason}")
    counts = [f"{outcome} in {count}" for outcome, count in outcomes.items()]
    print(f"of {runs} runs: {', '.join(counts)}")
    return 1 if outcomes[Outcome.FAILED] else 0


def check_run(lesson: Lesson, changes: Mapping[str, str]) -> Verdict:
    """Run a lesson once, and decide whether its prediction held."""
    load = measure_other_load()
    with sample_core_speed() as samples:
        run = capture_lesson(lesson, changes)
    output = run.stdout.strip()
    last_line = (output or "no output").splitlines()[-1]
    if run.returncode:
        if run.stderr.strip():
            last_line = run.stderr.strip().splitlines()[-1]
        return Verdict(Outcome.FAILED, last_line, "it ended with an error")
    if lesson.missing:
        return Verdict(Outcome.UNCLEAR, last_line, lesson.missing)
    names = {"gil": gil_is_on(), "cores": cpus()}
    try:
        if holds(lesson.notes.holds, last_line, names):
            return Verdict(Outcome.HELD, last_line)
    except LookupError as error:
        return Verdict(Outcome.FAILED, last_line, error.args[0])
    if lesson.notes.cores > cpus():
        reason = (
            f"it needs {lesson.notes.cores} cores, and {cpus():g} can be used"
        )
        return Verdict(Outcome.UNCLEAR, last_line, reason)
    load = max(load, measure_other_load())
    if load > MAX_OTHER_LOAD:
        reason = f"other programs kept {load:.1f} cores busy"
        return Verdict(Outcome.UNCLEAR, last_line, reason)
    slowdown = find_slowdown(samples)
    if slowdown > MAX_SLOWDOWN:
        reason = f"a core was at times {slowdown:.1f} times as slow"
        return Verdict(Outcome.UNCLEAR, last_line, reason)
    if lesson.notes.cores > 1 and measure_parallel_gain() < MIN_PARALLEL_GAIN:
        reason = "two CPUs of this computer seem to share a core"
        return Verdict(Outcome.UNCLEAR, last_line, reason)
    return Verdict(Outcome.FAILED, last_line)


def measure_other_load() -> float:
    """Return how many cores other programs keep busy at the moment."""
    share = psutil.cpu_percent(interval=SAMPLE_TIME) / 100
    return share * (psutil.cpu_count() or 1)
