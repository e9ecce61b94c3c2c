"""Whether a lesson's prediction holds, over one run or many."""

import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import psutil
from tqdm import tqdm

from backstage.course.catalogue import (
    Lesson,
    LessonError,
    exit_status,
    started,
)
from backstage.course.predictions import holds
from backstage.system import cpus, gil_is_on

BUSY = 0.25  # cores of other programs, from which on they may disturb a run
LOOK = 0.3  # seconds of a look at what other programs do
HELD, FAILED, UNCLEAR = "held", "failed", "unclear"


@dataclass(frozen=True)
class Verdict:
    """Whether a prediction held in a run: its last line, and why it did not.

    `kind` is HELD, FAILED, or UNCLEAR where this machine cannot show it.
    """

    kind: str
    line: str
    reason: str = ""


def check(lesson: Lesson, changes: Mapping[str, str], runs: int) -> int:
    """Run a lesson so many times, and print whether its prediction held.

    Returns 1 where the prediction failed in a run, else 0.

    Raises LessonError where the catalogue has no condition for the lesson.
    """
    condition = lesson.notes.holds
    if not condition:
        raise LessonError(f"{lesson.name}: no condition in the catalogue")
    print(f"{lesson.name}: {lesson.prediction}")
    print(f"it holds if {condition}")
    kinds = Counter[str]()
    for number in tqdm(range(runs), "runs", leave=False, disable=None):
        verdict = check_once(lesson, changes)
        kinds[verdict.kind] += 1
        tqdm.write(f"{number + 1:>3} {verdict.kind:<8}{verdict.line}")
        if verdict.reason:
            tqdm.write(f"    {verdict.reason}")
    counts = [f"{kind} in {kinds[kind]}" for kind in kinds]
    print(f"of {runs} runs: {', '.join(counts)}")
    return 1 if kinds[FAILED] else 0


def check_once(lesson: Lesson, changes: Mapping[str, str]) -> Verdict:
    """Run a lesson once, and decide whether its prediction held."""
    busy = other_programs()
    with started(
        lesson, changes, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        out, errors = child.communicate()
    if exit_status(child):
        last = (errors.strip() or out.strip() or "no output").splitlines()[-1]
        return Verdict(FAILED, last, "it ended with an error")
    line = (out.strip() or "no output").splitlines()[-1]
    names = {"gil": gil_is_on(), "cores": cpus()}
    try:
        if holds(lesson.notes.holds, line, names):
            return Verdict(HELD, line)
    except LookupError as error:
        return Verdict(FAILED, line, error.args[0])
    if lesson.notes.cores > cpus():
        return Verdict(
            UNCLEAR,
            line,
            f"it needs {lesson.notes.cores} cores, and {cpus():g} can be used",
        )
    busy = max(busy, other_programs())
    if busy > BUSY:
        return Verdict(
            UNCLEAR, line, f"other programs kept {busy:.1f} cores busy"
        )
    return Verdict(FAILED, line)


def other_programs() -> float:
    """Return how many cores other programs keep busy at the moment."""
    share = psutil.cpu_percent(interval=LOOK) / 100
    return share * (psutil.cpu_count() or 1)
