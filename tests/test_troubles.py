"""Lessons x troubles: one line that names it, the right status, nothing left
behind (the fixture `take` looks)."""

import socket
from collections.abc import Callable

import psutil
import pytest
from conftest import Take, computing

Taker = Callable[..., Take]

FETCHING = ["2", "3", "01", "02"]
COMPUTING = ["0", "1", "03", "04"]


def ends_in_one_line(result: Take, status: int, names: str) -> None:
    assert result.status == status
    *site, line = result.errors
    assert all(told.startswith("practice site: ") for told in site)
    assert len(site) <= 1
    assert names in line
    assert "Traceback" not in "".join(result.lines)


@pytest.mark.parametrize("number", FETCHING)
def test_a_page_answers_500(take: Taker, number: str) -> None:
    result = take(number, PAGES=["/delay/0.1", "/status/500"])
    ends_in_one_line(result, 1, "/status/500")
    assert "500" in result.errors[-1]
    assert [visit["status"] for visit in result.seen].count(500) == 1


@pytest.mark.parametrize("number", FETCHING)
def test_the_server_is_dead(take: Taker, number: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    result = take(number, PAGES=[f"http://127.0.0.1:{port}/"] * 2)
    ends_in_one_line(result, 1, f"http://127.0.0.1:{port}/")
    assert len(result.errors) == 1
    assert result.seen == []


@pytest.mark.parametrize("number", FETCHING)
def test_a_name_does_not_resolve(take: Taker, number: str) -> None:
    result = take(number, PAGES=["http://nowhere.invalid/"])
    ends_in_one_line(result, 1, "http://nowhere.invalid/")


@pytest.mark.parametrize("number", FETCHING)
@pytest.mark.parametrize(
    ("pages", "names"),
    [
        ([], "PAGES = []"),
        ("/delay/1", "a list of addresses"),
        ([7], "a list of addresses"),
    ],
)
def test_pages_make_no_sense(
    take: Taker, number: str, pages: object, names: str
) -> None:
    result = take(number, PAGES=pages)
    ends_in_one_line(result, 1, names)
    assert len(result.errors) == 1


@pytest.mark.parametrize("number", COMPUTING)
@pytest.mark.parametrize("constant", ["WORK", "JOBS"])
@pytest.mark.parametrize(
    ("value", "names"), [(0, " = 0: "), (-2, " = -2: "), (2.5, "float")]
)
def test_a_constant_makes_no_sense(
    take: Taker, number: str, constant: str, value: float, names: str
) -> None:
    result = take(number, **{"WORK": 100, constant: value})
    ends_in_one_line(result, 1, names)
    assert result.lines == []


@pytest.mark.parametrize("number", ["1", "04"])
def test_a_worker_is_killed(take: Taker, number: str) -> None:
    result = take(
        number,
        when=lambda lesson: len(computing(lesson)) >= 2,
        then=lambda lesson: computing(lesson)[0].kill(),
        WORK=3_000_000,
    )
    ends_in_one_line(result, 1, "terminated abruptly")


def has_a_site(lesson: psutil.Process) -> bool:
    return bool(lesson.children())


def has_a_request(lesson: psutil.Process) -> bool:
    established = psutil.CONN_ESTABLISHED
    return any(c.status == established for c in lesson.net_connections())


def computes(lesson: psutil.Process) -> bool:
    return lesson.cpu_times().user > 0.6


def has_workers(lesson: psutil.Process) -> bool:
    return len(computing(lesson)) >= 2


@pytest.mark.parametrize("number", FETCHING)
@pytest.mark.parametrize("moment", [has_a_site, has_a_request])
def test_ctrl_c_while_waiting(
    take: Taker, number: str, moment: Callable[[psutil.Process], bool]
) -> None:
    result = take(number, when=moment, PAGES=["/delay/9"] * 3)
    ends_in_one_line(result, 130, "stopped by Ctrl-C")


@pytest.mark.parametrize(
    ("number", "moment", "work"),
    [
        ("0", computes, 100_000_000),
        ("1", has_workers, 100_000_000),
        ("03", computes, 100_000_000),
        ("04", computes, 100_000_000),
        ("03", lambda lesson: lesson.num_threads() > 2, 5_000_000),
        ("04", has_workers, 3_000_000),
    ],
)
def test_ctrl_c_while_computing(
    take: Taker,
    number: str,
    moment: Callable[[psutil.Process], bool],
    work: int,
) -> None:
    result = take(number, when=moment, WORK=work)
    ends_in_one_line(result, 130, "stopped by Ctrl-C")
    assert len(result.errors) == 1


def test_a_killed_lesson_leaves_no_site(take: Taker) -> None:
    result = take(
        "3",
        when=has_a_request,
        then=psutil.Process.kill,
        PAGES=["/delay/9"] * 3,
    )
    assert result.status not in (0, 1, 130)
