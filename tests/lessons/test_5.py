"""Lesson 5: what submit, map and as_completed give us, and when."""

import re

from support.lessons import RunLesson


def test_results_come_in_the_order_of_inputs_or_of_completion(
    run_lesson: RunLesson,
) -> None:
    # One cashier serves customer 1 while the other serves all the rest.
    result = run_lesson(
        "5", CASHIERS=2, EQUAL=[0.3] * 5, UNEQUAL=[0.6, *[0.05] * 4]
    )
    assert (result.status, result.errors) == (0, [])
    # Without the times, and without the empty lines.
    lines = [re.sub(r"\d\.\d\d s", "T", line) for line in result.lines if line]
    assert lines == [
        "submit: in the with block, 0 tasks done",
        "submit: after the with block, 5 tasks done",
        *(f"submit: customer {n} waited T" for n in (1, 2, 3, 4, 5)),
        "submit: 5 customers in T",
        *(f"map: customer {n} after T" for n in (1, 2, 3, 4, 5)),
        "map: 5 customers in T",
        *(f"as_completed: customer {n} after T" for n in (2, 3, 4, 5, 1)),
        "as_completed: 5 customers in T",
        "first result after T with as_completed, T with map",
    ]
    waits = re.findall(r"waited (.*?) s", "\n".join(result.lines))
    # Customers 3 to 5 wait until a cashier has served another customer.
    assert min(map(float, waits[2:])) >= 0.29
    # With map, no result comes before that of customer 1.
    row = r"(?m)^{}: customer .* after (.*?) s$"
    output = "\n".join(result.lines)
    with_map = re.findall(row.format("map"), output)
    assert min(map(float, with_map)) >= 0.59
    with_as_completed = re.findall(row.format("as_completed"), output)
    assert result.lines[-1] == (
        f"first result after {with_as_completed[0]} s with as_completed, "
        f"{with_map[0]} s with map"
    )
