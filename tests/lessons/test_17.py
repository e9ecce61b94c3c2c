"""Lesson 17: what can travel to a process."""

import re

from support.lessons import RunLesson

ERRORS = r"(PicklingError|AttributeError|TypeError): .+"
ARRIVED = r"process (\d+) got this: (\w+)"


def test_every_second_object_arrives_in_the_process(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("17", DELAY=0)
    assert (result.status, result.errors) == (0, [])
    lines = [line.partition(": ") for line in result.lines]
    names = [name for name, _, _ in lines[:8]]
    assert [name.startswith("->") for name in names] == [False, True] * 4
    assert [name for name, _, _ in lines[9:17]] == names
    answers = [answer for _, _, answer in lines]

    in_thread = [re.fullmatch(ARRIVED, answer) for answer in answers[:8]]
    ids = {match[1] for match in in_thread if match}
    assert None not in in_thread
    in_process = [re.fullmatch(ARRIVED, answer) for answer in answers[9:17]]
    other_ids = {match[1] for match in in_process if match}
    assert list(map(bool, in_process)) == [False, True] * 4
    assert len(ids) == len(other_ids) == 1
    assert ids != other_ids
    for answer in answers[9:17:2]:
        assert re.fullmatch(ERRORS, answer)
    assert result.lines[-1] == (
        "arrived: in the thread 8 of 8 objects, in the process 4 of 8"
    )
