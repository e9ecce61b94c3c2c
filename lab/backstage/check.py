"""Whether a lesson's prediction holds, over one run or many."""

import re
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import psutil
from tqdm import tqdm

from .catalogue import Lesson, LessonError, exit_status, started
from .machine import cpus, gil_is_on

BUSY = 0.25  # cores of other programs, from which on they may disturb a run
LOOK = 0.3  # seconds of a look at what other programs do
HELD, FAILED, UNCLEAR = "held", "failed", "unclear"
NUMBER = r"(-?\d[\d,]*(?:\.\d+)?)(%?)"


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
    told = [f"{kind} in {kinds[kind]}" for kind in kinds]
    print(f"of {runs} runs: {', '.join(told)}")
    return 1 if kinds[FAILED] else 0


def check_once(lesson: Lesson, changes: Mapping[str, str]) -> Verdict:
    """Run a lesson once, and decide whether its prediction held."""
    others = other_programs()
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
    others = max(others, other_programs())
    if others > BUSY:
        return Verdict(
            UNCLEAR, line, f"other programs kept {others:.1f} cores busy"
        )
    return Verdict(FAILED, line)


def holds(condition: str, line: str, names: Mapping[str, object]) -> bool:
    """Tell whether a condition is true of a line of output.

    Arguments: `condition`, a Python expression; `line`, in which its names
    are looked for (see `value_of`); `names`, further names that it may use.

    Raises LookupError, in one line, where the line lacks a name.
    """

    class Values(dict[str, object]):
        def __missing__(self, name: str) -> float:
            return value_of(name, line)

    # No builtins but min: eval would look for labels among them.
    known = Values({"min": min, **names})
    return bool(eval(condition, {"__builtins__": {}}, known))


def value_of(label: str, line: str) -> float:
    """Return the number beside a label in a line of output.

    A label's "_" stands for a blank or any other sign. The number comes right
    after it ("threads 1.01", "lost: 12") or else right before it ("9.9 pages
    per second"); "49%" is 0.49.

    Raises LookupError, in one line, where there is none.
    """
    words = r"\W+".join(map(re.escape, label.split("_")))
    for pattern in (
        rf"(?i)\b{words}:? {NUMBER}",
        rf"(?i){NUMBER} (?:s )?{words}\b",
    ):
        if found := re.search(pattern, line):
            number = float(found[1].replace(",", ""))
            return number / 100 if found[2] else number
    raise LookupError(f"the last line has no number beside {label!r}")


def other_programs() -> float:
    """Return how many cores other programs keep busy at the moment."""
    share = psutil.cpu_percent(interval=LOOK) / 100
    return share * (psutil.cpu_count() or 1)
