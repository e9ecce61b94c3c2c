"""Measures how long one job of the computing lessons takes here."""

import ast
import runpy
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

from tqdm import tqdm

from backstage.course.catalogue import lessons

FUNCTION = "count_digits"  # one job
CONSTANT = "WORK"  # its argument
RUNS = 5
TARGET = 1.0  # seconds for one job


def calibrate() -> None:
    """Print how long a job takes, and the WORK with which it takes a second.

    The job is that of the first lesson that has the constant. The new value
    has two significant digits, and is measured as well.
    """
    lesson = next(x for x in lessons() if CONSTANT in x.constants)
    job = runpy.run_path(str(lesson.path))[FUNCTION]
    work = ast.literal_eval(lesson.constants[CONSTANT])
    seconds = _measure(job, work)
    target_work = int(float(f"{work * TARGET / seconds:.1e}"))
    _measure(job, target_work)
    print(f"try it: uv run lab {lesson.number} {CONSTANT}={target_work:_}")


def _measure(job: Callable[[int], Any], work: int) -> float:
    """Print how long a job takes; return the median in seconds."""
    times = []
    title = f"{CONSTANT} = {work:_}"
    # Narrower than a terminal: its ^C must not break the line.
    for _ in tqdm(range(RUNS), title, ncols=72, leave=False, disable=None):
        start = perf_counter()
        job(work)
        times.append(perf_counter() - start)
    middle = median(times)
    print(
        f"{title}: {middle:.2f} s a job "
        f"({RUNS} runs, {min(times):.2f} to {max(times):.2f} s)"
    )
    return middle
