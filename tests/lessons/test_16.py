"""Lesson 16: which entries of a book other threads and processes see."""

import re

from support.lessons import RunLesson


def test_main_sees_what_threads_and_a_manager_keep(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("16", CLERKS=2, ORDERS=4, DELAY=0)
    assert (result.status, result.errors) == (0, [])
    *lines, last = result.lines
    row = r"(\w+: main|clerk \d), process (\d+)\W+sees (\d) entries.*"
    matches = [match for line in lines if (match := re.fullmatch(row, line))]
    assert [(match[1], int(match[3])) for match in matches] == [
        ("clerk 1", 4),
        ("clerk 2", 8),
        ("threads: main", 8),
        ("clerk 1", 4),
        ("clerk 2", 4),
        ("processes: main", 0),
        ("clerk 1", 4),
        ("clerk 2", 8),
        ("manager: main", 8),
    ]
    main, *clerks = dict.fromkeys(match[2] for match in matches)
    assert [match[2] for match in matches[:3]] == [main] * 3
    assert len(clerks) == 4
    assert last == (
        "entries that main sees: threads 8, processes 0, manager 8 of 8"
    )
