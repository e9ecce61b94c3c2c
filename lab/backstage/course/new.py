"""Begins a new lesson: a script that runs, its entry, and its test."""

import re
from pathlib import Path

from backstage.course.catalogue import CATALOGUE, ROOT, lessons
from backstage.course.readme import PAGES, write_readmes
from backstage.errors import UsageError
from backstage.files import write_atomically

SCRIPT = '''"""Say in one sentence what the script does.

Prediction: say what its last line will show: 3 jobs in about 0.3 s.
"""

from time import perf_counter, sleep

from backstage import run

JOBS = 3  # jobs
DELAY = 0.1  # seconds that one job waits


def wait(seconds: float) -> float:
    sleep(seconds)
    return seconds


def main() -> None:
    start = perf_counter()
    results = [wait(DELAY) for _ in range(JOBS)]
    elapsed = perf_counter() - start
    print(f"{len(results)} jobs in {elapsed:.2f} s")


if __name__ == "__main__":
    run(main)
'''
ENTRY = """
[[part.lesson]]
number = "{number}"
seconds = 1
minutes = 5
new = "Say what this lesson adds to the one before."
watch = "Say what to look at while it runs."
before = "Say one sentence to the camera before the run."
during = "Say one sentence while it runs."
after = "Say what the last line has shown."
holds = "jobs == 3"
breaks = {{ JOBS = "2" }}
quick = {{ DELAY = "0.01" }}
long = {{ JOBS = "1_000" }}
picture = "Say what the picture shows."
tools = ["perf_counter"]
"""
TEST = '''"""Lesson {number} in practice."""

import re

from support.lessons import RunLesson


def test_it_counts_its_jobs(run_lesson: RunLesson) -> None:
    result = run_lesson("{number}", JOBS=2, DELAY=0.01)
    assert (result.status, result.errors) == (0, [])
    assert re.fullmatch(r"2 jobs in \\d+\\.\\d\\d s", result.lines[-1])
'''


def create_lesson(name: str) -> list[str]:
    """Write a script, its entry in the catalogue, and its test.

    Args:
        name: That of the script without ".py", such as "60_name".

    Returns:
        The paths of the files that were written, from the project's folder.

    Raises:
        UsageError: If this is not the name of a lesson, or if its number is
            in use.
    """
    match = re.fullmatch(r"(\d{1,2})_[a-z][a-z0-9_]*", name)
    if not match:
        raise UsageError(f"{name!r}: not the name of a lesson, as 60_name is")
    number = match[1]
    for lesson in lessons():
        if lesson.number == number:
            raise UsageError(f"{lesson.name} has that number already")
    script = ROOT / choose_folder(number) / f"{name}.py"
    test = ROOT / "tests" / "lessons" / f"test_{number}.py"
    catalogue = CATALOGUE.read_text("utf-8")
    write_atomically(script, SCRIPT)
    write_atomically(CATALOGUE, catalogue + ENTRY.format(number=number))
    write_atomically(test, TEST.format(number=number))
    write_readmes({})
    written = script, CATALOGUE, test
    names = [path.relative_to(ROOT).as_posix() for path in written]
    return [*names, *PAGES]


def choose_folder(number: str) -> Path:
    """Return the folder for a lesson with that number, from the project's."""
    if len(number) == 1:
        return Path("basics")
    return Path("lab") if int(number) < 15 else Path("lab", "toolbox")
