"""What watching costs: a lesson with and without it, in pairs.

    uv run tests/benchmarks/watching.py

runs each of LESSONS in PAIRS pairs, and prints medians: by how much a run
that is watched is longer, and the share of a core that the watcher takes.
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


def seconds(lesson: Lesson, changes: dict[str, str], watched: bool) -> float:
    """Return how long a run takes."""
    start = perf_counter()
    null: Any = subprocess.DEVNULL
    if watched:
        assert watch(lesson, changes, stderr=null).status == 0
    else:
        with start_lesson(lesson, changes, stdout=null, stderr=null) as child:
            assert child.wait() == 0
    return perf_counter() - start


def main() -> None:
    """Measure each lesson, every other pair with the watched run first."""
    for number, words in LESSONS.items():
        lesson = find(number)
        changes = parse_changes(lesson, [words])
        longer, shares = [], []
        for n in tqdm(range(PAIRS), number, ncols=72, leave=False):
            if n % 2:
                alone = seconds(lesson, changes, watched=False)
            used = process_time()
            watched = seconds(lesson, changes, watched=True)
            shares.append((process_time() - used) / watched)
            if n % 2 == 0:
                alone = seconds(lesson, changes, watched=False)
            longer.append(watched / alone - 1)
        print(
            f"{number} {words}: {median(longer):+.1%} longer, "
            f"{median(shares):.1%} of a core ({PAIRS} pairs)"
        )


if __name__ == "__main__":
    main()
