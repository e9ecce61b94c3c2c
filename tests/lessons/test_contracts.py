"""What every lesson must do, and what every lesson of a kind must do."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from backstage.course.catalogue import Lesson, lessons
from backstage.course.running import start_lesson
from backstage.lesson.runner import MAY_BE_ZERO
from support.lessons import SITE_LINE, RunLesson, is_tool
from support.processes import computing, has_a_connection, is_two_seconds_old

MAX_FAST_RUN = 3  # seconds; the whole run of a longer lesson is a slow test
LESSONS = lessons()


def slow_if(is_slow: bool) -> list[pytest.MarkDecorator]:
    return [pytest.mark.slow] if is_slow else []


def mark_long_runs(lessons: Sequence[Lesson]) -> list[object]:
    """Return the lessons as parameters, those with a long run as slow ones.

    Each of them has a shorter test in a file of its own.
    """
    return [
        pytest.param(
            lesson,
            id=lesson.number,
            marks=slow_if(
                is_tool(lesson) or (lesson.notes.seconds or 0) >= MAX_FAST_RUN
            ),
        )
        for lesson in lessons
    ]


def of_kind(*kinds: str) -> list[Lesson]:
    return [x for x in LESSONS if not set(kinds).isdisjoint(x.notes.kinds)]


def pair_each(
    lessons: Sequence[Lesson], cases: Mapping[str, object]
) -> list[object]:
    """Return all pairs of a lesson and a case as parameters.

    Most pairs are slow. Each lesson and each case is in a pair that is not.
    """
    longest = max(len(lessons), len(cases))
    fast = {(n % len(lessons), n % len(cases)) for n in range(longest)}
    return [
        pytest.param(
            lesson,
            case,
            id=f"{lesson.number}-{name}",
            marks=slow_if((i, j) not in fast),
        )
        for i, lesson in enumerate(lessons)
        for j, (name, case) in enumerate(cases.items())
    ]


def evaluate(sources: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of constants in the catalogue."""
    return {name: eval(source) for name, source in sources.items()}


def list_numbers(lesson: Lesson) -> list[str]:
    """Return the names of the constants that must be more than 0."""
    return [
        name
        for name, text in lesson.constants.items()
        if re.fullmatch(r"[\d._]+", text) and name not in MAY_BE_ZERO
    ]


@pytest.mark.parametrize("lesson", mark_long_runs(LESSONS))
def test_a_quick_run_ends_with_a_figure(
    run_lesson: RunLesson, lesson: Lesson
) -> None:
    result = run_lesson(lesson.number, **evaluate(lesson.notes.quick))
    assert result.status == 0
    assert len(result.errors) <= 1
    assert all(map(SITE_LINE.fullmatch, result.errors))
    assert re.search(r"\d", result.lines[-1])
    assert max(map(len, [*result.lines, *result.errors])) <= 80


@pytest.mark.parametrize(
    ("lesson", "constant"),
    [
        pytest.param(
            lesson,
            name,
            id=f"{lesson.number}-{name}",
            # Other tests show that `run` checks constants, and that every
            # lesson calls `run`.
            marks=slow_if(lesson is not LESSONS[0]),
        )
        for lesson in LESSONS
        for name in list_numbers(lesson)
    ],
)
def test_a_number_is_not_0(
    run_lesson: RunLesson, lesson: Lesson, constant: str
) -> None:
    if lesson.missing:  # it may end before it looks at its constants
        pytest.skip(lesson.missing)
    result = run_lesson(lesson.number, **{constant: 0})
    assert f"{constant} = 0: " in result.failure_line()
    assert result.lines == []


@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(lesson, id=lesson.number, marks=slow_if(is_tool(lesson)))
        for lesson in LESSONS
    ],
)
def test_ctrl_c_while_it_is_at_work(
    run_lesson: RunLesson, lesson: Lesson
) -> None:
    if lesson.missing:  # it would end at once
        pytest.skip(lesson.missing)

    def is_at_work(process: psutil.Process) -> bool:
        if "PAGES" in lesson.constants:
            return has_a_connection(process)
        for relative in process, *process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if relative.cpu_times().user >= 0.3:
                    return True
        return is_two_seconds_old(process)  # a lesson that only sleeps

    result = run_lesson(
        lesson.number, when=is_at_work, **evaluate(lesson.notes.long)
    )
    assert "stopped by Ctrl-C" in result.failure_line(130)


@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(lesson, id=lesson.number, marks=slow_if(place > 0))
        for place, lesson in enumerate(of_kind("fetches", "counts"))
    ],
)
def test_ctrl_c_while_the_site_starts(
    run_lesson: RunLesson, lesson: Lesson
) -> None:
    result = run_lesson(
        lesson.number,
        when=lambda process: bool(process.children()),
        **evaluate(lesson.notes.long),
    )
    assert "stopped by Ctrl-C" in result.failure_line(130)


@pytest.mark.parametrize(
    ("lesson", "case"),
    pair_each(
        of_kind("computes"),
        {
            "negative": ({"WORK": -2}, "WORK = -2: "),
            "half a step": ({"WORK": 2.5}, "float"),
            "half a job": ({"WORK": 100, "JOBS": 2.5}, "float"),
        },
    ),
)
def test_an_impossible_number_ends_it(
    run_lesson: RunLesson,
    lesson: Lesson,
    case: tuple[dict[str, float], str],
) -> None:
    changes, message = case
    result = run_lesson(lesson.number, **changes)
    assert message in result.failure_line()
    assert len(result.lines) <= 1  # one job alone may be reported before


class PageFailure(NamedTuple):
    """Pages that do not arrive: the message, and what the site saw."""

    pages: object
    message: str  # a regular expression
    requests: int
    retries: int = 0  # that the client may add


WRONG_PAGES = {
    "no pages": PageFailure([], r"PAGES = \[\]", 0),
    "no list": PageFailure("/delay/1", "a list of addresses", 0),
    "no text": PageFailure([7], "a list of addresses", 0),
}
PAGE_FAILURES = WRONG_PAGES | {
    "500": PageFailure(["/delay/0.1", "/status/500"], "/status/500", 2),
    "dead": PageFailure(
        ["http://127.0.0.1:1/"] * 2, "http://127.0.0.1:1/: ", 0
    ),
    "unknown": PageFailure(["http://x.invalid/"], "http://x.invalid/: ", 0),
    "silent": PageFailure(["/silent"], "(?i)timed? ?out", 1),
    "cut": PageFailure(
        ["/cut"], "IncompleteRead|peer closed|Not enough data", 1
    ),
    "drop": PageFailure(
        ["/drop"], "without (sending a )?response|disconnected", 1, 1
    ),
}


@pytest.mark.parametrize(
    ("lesson", "failure"),
    pair_each(of_kind("fetches"), PAGE_FAILURES)
    + pair_each(of_kind("counts"), WRONG_PAGES),
)
def test_pages_that_do_not_arrive_end_it(
    run_lesson: RunLesson, lesson: Lesson, failure: PageFailure
) -> None:
    result = run_lesson(lesson.number, PAGES=failure.pages, TIMEOUT=1)
    assert re.search(failure.message, result.failure_line())
    retries = len(result.requests) - failure.requests
    assert 0 <= retries <= failure.retries


@pytest.mark.parametrize(
    "lesson", of_kind("counts"), ids=lambda lesson: lesson.number
)
def test_a_page_that_fails_does_not_end_it(
    run_lesson: RunLesson, lesson: Lesson
) -> None:
    changes: dict[str, Any] = {"PAGES": ["/status/404", "/html"]}
    if "WORKERS" in lesson.constants:
        changes["WORKERS"] = 2  # fewer processes to start
    result = run_lesson(lesson.number, **changes)
    assert result.status == 0
    assert {request["status"] for request in result.requests} == {200, 404}


@pytest.mark.parametrize(
    ("lesson", "obstacle"),
    pair_each(
        of_kind("saves"),
        {x: x for x in ("no parent", "a file", "a folder in the way")},
    ),
)
def test_a_folder_that_cannot_be_written_ends_it(
    run_lesson: RunLesson, lesson: Lesson, obstacle: str, tmp_path: Path
) -> None:
    folder = tmp_path / "place" / "downloads"
    if obstacle == "a file":
        folder.parent.write_text("in the way")
    elif obstacle == "a folder in the way":
        folder.mkdir(parents=True)
        (folder / "01.html").mkdir()  # which root may not overwrite either
        (folder / "01.html" / "file").touch()
    result = run_lesson(lesson.number, PAGES=["/html"], FOLDER=str(folder))
    assert str(folder) in result.failure_line()
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(
    "lesson", of_kind("saves"), ids=lambda lesson: lesson.number
)
def test_a_copy_saves_beside_the_lesson(lesson: Lesson) -> None:
    with start_lesson(
        lesson, {"TIMEOUT": "0"}, stderr=subprocess.PIPE
    ) as child:
        script = Path(list(child.args)[-1])  # type: ignore[arg-type]
        text = script.read_text("utf-8")
        child.communicate()
    assert f"FOLDER = Path({str(lesson.path)!r}).with_name" in text


@pytest.mark.parametrize("lesson", mark_long_runs(of_kind("processes")))
def test_a_worker_that_is_killed_ends_it(
    run_lesson: RunLesson, lesson: Lesson
) -> None:
    workers = min(2, os.cpu_count() or 1)
    pages = [f"/page/{n}?size=300000" for n in range(60)]
    work = {"WORK": 2_000_000, "JOBS": 16, "PAGES": pages}
    result = run_lesson(
        lesson.number,
        when=lambda process: len(computing(process)) >= workers,
        # The last: a fork server comes before its workers.
        then=lambda process: computing(process)[-1].kill(),
        **{k: v for k, v in work.items() if k in lesson.constants},
    )
    assert "terminated abruptly" in result.failure_line()
