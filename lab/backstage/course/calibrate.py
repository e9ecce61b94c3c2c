"""How long one job of the computing lessons takes on this machine."""

import ast
import runpy
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

from tqdm import tqdm

from backstage.course.catalogue import lessons

JOB, SIZE = "count_digits", "WORK"  # the function, the constant that it takes
RUNS = 5
TARGET = 1.0  # seconds that a job shall take


def calibrate() -> None:
    """Print how long a job takes, and with which WORK it takes one second.

    The job is that of the first lesson which has the constant; the new value
    has two figures, and its time is measured as well.
    """
    lesson = next(one for one in lessons() if SIZE in one.constants)
    job = runpy.run_path(str(lesson.path))[JOB]
    size = ast.literal_eval(lesson.constants[SIZE])
    seconds = _measure(job, size)
    wanted = int(float(f"{size * TARGET / seconds:.1e}"))
    _measure(job, wanted)
    print(f"try it: uv run lab {lesson.number} {SIZE}={wanted:_}")


def _measure(job: Callable[[int], Any], size: int) -> float:
    """Print how long a job of that size takes; return its median seconds."""
    times = []
    what = f"{SIZE} = {size:_}"
    # 80 less the terminal's ^C, or it would break the line.
    for _ in tqdm(range(RUNS), what, ncols=72, leave=False, disable=None):
        start = perf_counter()
        job(size)
        times.append(perf_counter() - start)
    middle = median(times)
    print(
        f"{what}: {middle:.2f} s a job "
        f"({RUNS} runs, {min(times):.2f} to {max(times):.2f} s)"
    )
    return middle
