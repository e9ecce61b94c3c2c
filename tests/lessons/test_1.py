"""Lesson 1: the jobs of lesson 0 in a pool of processes."""

import re

from support.lessons import RunLesson

JOB = re.compile(r"job \d: (.+ digits), \d\.\d\d s of CPU time, process (\d+)")


def test_processes_count_the_same_digits(run_lesson: RunLesson) -> None:
    sequential = run_lesson("0", WORK=20_000, JOBS=3)
    pool = run_lesson("1", WORK=20_000, JOBS=3, WORKERS=2)
    assert (pool.status, pool.errors) == (0, [])
    first, *jobs, last = pool.lines
    assert re.fullmatch(r"one job alone: \d\.\d\d s of CPU time", first)
    expected = [
        match[1] for match in map(JOB.match, sequential.lines) if match
    ]
    matches = [match for match in map(JOB.fullmatch, jobs) if match]
    assert [match[1] for match in matches] == expected
    assert len(matches) == 3
    # One worker may do all jobs.
    assert 1 <= len({match[2] for match in matches}) <= 2
    assert last.startswith("3 jobs in ")
