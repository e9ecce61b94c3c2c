"""Lesson 36: errors in threads and tasks, unread and read."""

import re

from support.lessons import RunLesson

# The errors that the main program notices when it reads them, and the
# tracebacks of Python when it does not, if two of two deliveries fail.
WAYS = {
    "gather": (2, 0),
    "create_task": (2, 2),
    "Thread": (2, 2),
    "submit": (2, 0),
    "pool.map": (1, 0),
}


def test_unread_errors_are_not_noticed(run_lesson: RunLesson) -> None:
    result = run_lesson("36", PARCELS=3, WRONG=[1, 3], DELIVERY_TIME=0.02)
    assert (result.status, result.errors) == (0, [])
    header, *rows, last = result.lines
    columns = "way read? errors noticed lost tracebacks time"
    assert header.split() == columns.split()
    printed = [rows.pop(3), rows.pop(5)]
    for line in printed:
        error = r"ValueError: parcel [13]: wrong address"
        assert re.fullmatch(rf"    Python printed: \.\.\. {error}", line)
    expected = []
    for way, (noticed, tracebacks) in WAYS.items():
        expected.append(f"{way} unread 2 0 2 {tracebacks}")
        expected.append(f"{way} read 2 {noticed} {2 - noticed} 0")
    without_times = [re.sub(r" +\d\.\d\d s$", "", row) for row in rows]
    assert [" ".join(row.split()) for row in without_times] == expected
    assert last == "noticed: unread 0, read 9 of 10 errors; " + (
        "unread printed 4 tracebacks"
    )


def test_with_one_error_map_loses_none(run_lesson: RunLesson) -> None:
    result = run_lesson("36", PARCELS=2, WRONG=[2], DELIVERY_TIME=0.01)
    assert result.lines[-1].startswith("noticed: unread 0, read 5 of 5 errors")
