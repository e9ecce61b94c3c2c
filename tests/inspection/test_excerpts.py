"""Excerpts of what the tools print about a process."""

import pytest

from backstage.inspection.excerpts import (
    MAX_LINES,
    choose_memory,
    choose_py_spy,
    choose_samples,
    choose_stacks,
    choose_tasks,
    cut_lines,
    has_started,
)

DUMP = """\
Thread 0x00007f4ebe5fd6c0 [ThreadPoolExecu] (most recent call first):
  File "/lib/python3.15/threading.py", line 363 in wait
  File "/lib/python3.15/queue.py", line 171 in get

Thread 0x00007f4ebe5fd6c1 [Thread-1] (most recent call first):
  File "/tmp/my lab/7_cook.py", line 46 in cut
  File "/tmp/my lab/7_cook.py", line 40 in cook

Current thread 0x00007f4ec06eb780 (most recent call first):
  File "/lib/python3.15/threading.py", line 363 in wait
  File "C:\\Users\\me\\7_cook.py", line 61 in main
  File "C:\\Users\\me\\7_cook.py", line 90 in <module>
"""
IMPORTING = """\
Current thread 0x00007f4ec06eb780 (most recent call first):
  File "<frozen importlib._bootstrap>", line 549 in _call
  File "/tmp/7_cook.py", line 12 in <module>
"""
TREE = """\
└── (T) Task-1
    └──  cook_all /tmp/my lab/7_cook.py:54
        └──  TaskGroup.__aexit__ /lib/asyncio/taskgroups.py:75
            ├── (T) soup
            │   └──  cook C:\\my lab\\7_cook.py:33
            └── (T) rice
                └──  sleep /lib/asyncio/tasks.py:700
"""
PROFILE = """\
Captured 1000 samples in 1.00 seconds
Profile Stats:
       nsamples   sample%  tottime (ms)    cumul%   cumtime (s)  filename
        866/866      86.6       866.000      86.6         0.866  7.py:28(cut)
          4/900       0.4         4.000      90.0         0.900  <a>:3(f.<g>)
         0/1000       0.0         0.000     100.0         1.000  7.py:80(main)

Legend:
  nsamples: Direct/Cumulative samples (direct executing / on call stack)
"""


def test_stacks_show_where_a_thread_is_and_its_newest_call() -> None:
    assert choose_stacks(DUMP, "7_cook.py") == [
        "Thread 0x00007f4ebe5fd6c1 [Thread-1] (most recent call first):",
        '  File "7_cook.py", line 46 in cut',
        "Current thread 0x00007f4ec06eb780 (most recent call first):",
        '  File "threading.py", line 363 in wait',
        '  File "7_cook.py", line 61 in main',
    ]
    assert choose_stacks("", "7_cook.py") == []


def test_a_lesson_that_imports_has_not_started() -> None:
    assert has_started(DUMP, "7_cook.py")
    assert not has_started(DUMP, "8_cook.py")
    assert not has_started(IMPORTING, "7_cook.py")


def test_a_dump_of_py_spy_is_shown_in_the_same_way() -> None:
    dump = """\
Process 12: python 7_cook.py
Python v3.15.0 (/bin/python3.15)

Thread 12 (idle): "MainThread"
    Condition.wait (threading.py:363)
    main (7_cook.py:61)
    <module> (7_cook.py:90)
Thread 14 (idle): "ThreadPoolExecutor-0_1"
    Condition.wait (threading.py:363)
"""
    assert choose_py_spy(dump, "7_cook.py") == [
        'Thread 12 (idle): "MainThread"',
        "    Condition.wait (threading.py:363)",
        "    main (7_cook.py:61)",
    ]
    assert choose_py_spy("Permission denied", "7_cook.py") == []


def test_tasks_keep_their_places_in_the_tree() -> None:
    assert choose_tasks(TREE, "7_cook.py") == [
        "└── (T) Task-1",
        "    └──  cook_all 7_cook.py:54",
        "            ├── (T) soup",
        "            │   └──  cook 7_cook.py:33",
        "            └── (T) rice",
    ]


def test_samples_show_only_lines_that_were_running() -> None:
    assert choose_samples(PROFILE) == [
        " 86.6 % of the samples: 7.py:28(cut)",
        "  0.4 % of the samples: <a>:3(f.<g>)",
    ]


def test_memory_shows_short_paths() -> None:
    statistics = """\
/tmp/lab-1/7_cook.py:45: size=58.2 MiB, count=4, average=14.6 MiB
C:\\lib\\json\\decoder.py:7: size=7 B, count=1, average=7 B"""
    assert choose_memory(statistics, "7_cook.py") == [
        "7_cook.py:45: size=58.2 MiB, count=4, average=14.6 MiB",
        "json/decoder.py:7: size=7 B, count=1, average=7 B",
    ]


@pytest.mark.parametrize(
    ("count", "left_out", "last"),
    [
        (MAX_LINES, 0, "line 15"),
        (MAX_LINES, 1, "(1 more line)"),
        (MAX_LINES + 2, 3, "(5 more lines)"),
    ],
)
def test_an_excerpt_says_how_many_lines_are_missing(
    count: int, left_out: int, last: str
) -> None:
    lines = cut_lines([f"line {n + 1}" for n in range(count)], left_out)
    assert lines[: MAX_LINES - 1] == [f"line {n}" for n in range(1, 15)]
    assert lines[-1] == last


def test_a_long_line_is_cut() -> None:
    (line,) = cut_lines(["x" * 200])
    assert len(line) <= 80
    assert line.endswith("x...")
