"""What it costs to watch a lesson with `uv run lab watch`.

    uv run tests/benchmarks/watching.py

runs each of LESSONS in PAIRS pairs, with and without the watcher. It prints
two medians: how much longer a watched run takes, and how much of a core the
watcher uses.
"""

import subprocess
from statistics import median
from time import perf_counter, process_time
from typing import Any

from tqdm import tqdm

from backstage.course.catalogue import Lesson
from backstage.course.running import start_lesson
from backstage.course.selection import find, parse_changes
from backstage.watch.watcher import watch

PAIRS = 21
LESSONS = {
    "03": "WORK=1_500_000",
    "04": "WORK=1_500_000",
    "08": 'PAGES=["/delay/1"] * 100',
    "10": 'PAGES=[f"/page/{n}?size=80000&delay=0.2" for n in range(40)]',
}


def measure_run(
    lesson: Lesson, changes: dict[str, str], *, watched: bool
) -> float:
    """Return the seconds that a run of a lesson takes."""
    start = perf_counter()
    null: Any = subprocess.DEVNULL
    if watched:
        assert watch(lesson, changes, stderr=null).status == 0
    else:
        with start_lesson(lesson, changes, stdout=null, stderr=null) as child:
            assert child.wait() == 0
    return perf_counter() - start


def main() -> None:
    """Measure each lesson; in every other pair the watched run is first."""
    for number, change in LESSONS.items():
        lesson = find(number)
        changes = parse_changes(lesson, [change])
        increases = []
        shares = []
        for pair in tqdm(range(PAIRS), number, ncols=72, leave=False):
            if pair % 2:
                alone = measure_run(lesson, changes, watched=False)
            cpu_before = process_time()
            watched = measure_run(lesson, changes, watched=True)
            shares.append((process_time() - cpu_before) / watched)
            if pair % 2 == 0:
                alone = measure_run(lesson, changes, watched=False)
            increases.append(watched / alone - 1)
        print(
            f"{number} {change}: {median(increases):+.1%} longer, "
            f"{median(shares):.1%} of a core ({PAIRS} pairs)"
        )


if __name__ == "__main__":
    main()
