"""Lesson 1: the jobs of lesson 0 in a pool of processes."""

import re

from support.lessons import RunLesson

JOB = r"job \d: (.+ digits), \d\.\d\d s of CPU time, process (\d+)"


def test_processes_count_what_one_counts(run_lesson: RunLesson) -> None:
    alone = run_lesson("0", WORK=20_000, JOBS=3)
    pool = run_lesson("1", WORK=20_000, JOBS=3, WORKERS=2)
    assert (pool.status, pool.errors) == (0, [])
    first, *jobs, last = pool.lines
    assert re.fullmatch(r"one job alone: \d\.\d\d s of CPU time", first)
    here = [match for line in alone.lines if (match := re.match(JOB, line))]
    there = [match for line in jobs if (match := re.fullmatch(JOB, line))]
    assert [match[1] for match in there] == [match[1] for match in here]
    assert len(there) == 3
    # A worker may do all jobs, but never the process of the script.
    assert 1 <= len({match[2] for match in there}) <= 2
    assert last.startswith("3 jobs in ")
