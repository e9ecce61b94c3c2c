"""Lessons x troubles: one line that names it, the right status, nothing left
behind (the fixture `take` looks)."""

import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import Take, computing

Taker = Callable[..., Take]

FETCHING = ["2", "3", "01", "02", "05", "08", "10"]
COMPUTING = ["0", "1", "03", "04"]
RACING = ["06", "07"]
COUNTING = "09"  # the one that goes on
CHECKING = "11"  # the one that does nothing else


def ends_in_one_line(result: Take, status: int, names: str) -> None:
    assert result.status == status
    *site, line = result.errors
    assert all(told.startswith("practice site: ") for told in site)
    assert len(site) <= 1
    assert names in line
    assert "Traceback" not in "".join(result.lines)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@pytest.mark.parametrize("number", FETCHING)
def test_a_page_answers_500(take: Taker, number: str) -> None:
    result = take(number, PAGES=["/delay/0.1", "/status/500"])
    ends_in_one_line(result, 1, "/status/500")
    assert "500" in result.errors[-1]
    assert [visit["status"] for visit in result.seen].count(500) == 1


@pytest.mark.parametrize("number", FETCHING)
def test_the_server_is_dead(take: Taker, number: str) -> None:
    address = f"http://127.0.0.1:{closed_port()}/"
    result = take(number, PAGES=[address] * 2)
    ends_in_one_line(result, 1, address)
    assert len(result.errors) == 1
    assert result.seen == []


@pytest.mark.parametrize("number", FETCHING)
def test_a_name_does_not_resolve(take: Taker, number: str) -> None:
    result = take(number, PAGES=["http://nowhere.invalid/"])
    ends_in_one_line(result, 1, "http://nowhere.invalid/")


@pytest.mark.parametrize("number", FETCHING)
@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("/silent", "imed out|TimeoutError"),
        ("/cut", "IncompleteRead|peer closed connection"),
        ("/drop", "without (sending a )?response"),
    ],
)
def test_a_page_does_not_arrive(
    take: Taker, number: str, page: str, names: str
) -> None:
    result = take(number, PAGES=[page], TIMEOUT=1)
    ends_in_one_line(result, 1, "")
    assert re.search(names, result.errors[-1])
    assert [visit["path"] for visit in result.seen] == [page]


@pytest.mark.parametrize("number", [*FETCHING, COUNTING])
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


@pytest.mark.parametrize(
    ("number", "work", "constant"),
    [
        *((n, "WORK", c) for n in COMPUTING for c in ("WORK", "JOBS")),
        *((n, "UPDATES", c) for n in RACING for c in ("UPDATES", "THREADS")),
    ],
)
@pytest.mark.parametrize(
    ("value", "names"), [(0, " = 0: "), (-2, " = -2: "), (2.5, "float")]
)
def test_a_constant_makes_no_sense(
    take: Taker,
    number: str,
    work: str,
    constant: str,
    value: float,
    names: str,
) -> None:
    result = take(number, **{work: 100, constant: value})
    ends_in_one_line(result, 1, names)
    assert result.lines == []


@pytest.mark.parametrize(
    ("number", "constant"),
    [
        ("05", "WORKERS"),
        ("09", "SLOTS"),
        ("09", "TRIES"),
        ("10", "CONNECTIONS"),
        ("10", "IN_MEMORY"),
        ("10", "PROCESSES"),
        ("05", "TIMEOUT"),
        ("08", "TIMEOUT"),
        ("11", "WORKERS"),
        ("11", "BATCH"),
        ("12", "ROUNDS"),
        ("12", "JOBS"),
    ],
)
def test_a_constant_of_a_download_makes_no_sense(
    take: Taker, number: str, constant: str
) -> None:
    result = take(number, **{constant: 0})
    ends_in_one_line(result, 1, f"{constant} = 0: ")
    assert result.lines == []


@pytest.mark.parametrize("number", ["05", "09"])
@pytest.mark.parametrize(
    "trouble", ["no parent", "a file", "a folder in the way"]
)
def test_the_folder_cannot_be_written(
    take: Taker, number: str, trouble: str, tmp_path: Path
) -> None:
    folder = tmp_path / "place" / "downloads"
    if trouble == "a file":
        folder.parent.write_text("in the way")
    elif trouble == "a folder in the way":
        folder.mkdir(parents=True)
        (folder / "01.html").mkdir()  # which root may not overwrite either
        (folder / "01.html" / "file").touch()
    result = take(number, PAGES=["/html"], FOLDER=str(folder))
    ends_in_one_line(result, 1, str(folder))
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        ("1", {"WORK": 3_000_000}),
        ("04", {"WORK": 3_000_000}),
        ("10", {"PAGES": [f"/page/{n}?size=300000" for n in range(60)]}),
    ],
)
def test_a_worker_is_killed(
    take: Taker, number: str, changes: dict[str, Any]
) -> None:
    result = take(
        number,
        when=lambda lesson: len(computing(lesson)) >= 2,
        # The last: a fork server comes before its workers.
        then=lambda lesson: computing(lesson)[-1].kill(),
        **changes,
    )
    ends_in_one_line(result, 1, "terminated abruptly")


@pytest.mark.parametrize(
    ("page", "tries", "why"),
    [
        ("/status/500", 2, "500 Internal Server Error"),
        ("/status/404", 1, "404 Not Found"),
        ("/silent", 2, "ReadTimeout"),
        ("/cut", 2, "peer closed connection"),
        ("/drop", 2, "Server disconnected"),
        ("http://127.0.0.1:{port}/", 2, "All connection attempts failed"),
        ("http://nowhere.invalid/", 2, "page 1: "),
    ],
)
def test_09_counts_a_trouble_and_goes_on(
    take: Taker, page: str, tries: int, why: str, tmp_path: Path
) -> None:
    pages = [page.format(port=closed_port()), "/html"]
    result = take("09", PAGES=pages, TIMEOUT=1, TRIES=2)
    assert result.status == 0
    told = f" s: 1 ok, 0 recovered, 1 failed, {1 + tries} tries"
    assert result.lines[-1].endswith(told)
    assert why in "".join(result.lines)
    names = [path.name for path in (tmp_path / "downloads").iterdir()]
    assert names == ["02.html"]


def has_a_site(lesson: psutil.Process) -> bool:
    return bool(lesson.children())


def has_a_request(lesson: psutil.Process) -> bool:
    established = psutil.CONN_ESTABLISHED
    return any(c.status == established for c in lesson.net_connections())


def computes(lesson: psutil.Process) -> bool:
    return lesson.cpu_times().user > 0.6


def has_threads(lesson: psutil.Process) -> bool:
    return lesson.num_threads() > 2


def has_workers(lesson: psutil.Process) -> bool:
    return len(computing(lesson)) >= 2


@pytest.mark.parametrize("number", [*FETCHING, COUNTING, CHECKING])
@pytest.mark.parametrize("moment", [has_a_site, has_a_request])
def test_ctrl_c_while_waiting(
    take: Taker, number: str, moment: Callable[[psutil.Process], bool]
) -> None:
    result = take(number, when=moment, PAGES=["/delay/9"] * 3)
    ends_in_one_line(result, 130, "stopped by Ctrl-C")


@pytest.mark.parametrize(
    ("number", "moment", "changes"),
    [
        ("0", computes, {"WORK": 100_000_000}),
        ("1", has_workers, {"WORK": 100_000_000}),
        ("03", computes, {"WORK": 100_000_000}),
        ("04", computes, {"WORK": 100_000_000}),
        ("03", has_threads, {"WORK": 5_000_000}),
        ("04", has_workers, {"WORK": 3_000_000}),
        ("06", has_threads, {"UPDATES": 100_000_000}),
        ("07", has_threads, {"UPDATES": 100_000_000}),
        ("12", computes, {"STEPS": 100_000_000}),
        ("12", has_workers, {"STEPS": 5_000_000}),
        ("13", has_threads, {"COUNTS": [20_000], "FEW": [1]}),
    ],
)
def test_ctrl_c_while_computing(
    take: Taker,
    number: str,
    moment: Callable[[psutil.Process], bool],
    changes: dict[str, Any],
) -> None:
    result = take(number, when=moment, **changes)
    ends_in_one_line(result, 130, "stopped by Ctrl-C")
    assert len(result.errors) == 1


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        ("05", {"PAGES": ["/html", *["/delay/9"] * 3]}),
        ("08", {"PAGES": ["/delay/9"] * 300}),
        ("09", {"PAGES": ["/status/500"] * 5, "TRIES": 9}),
        ("10", {"PAGES": [f"/page/{n}?size=300000" for n in range(60)]}),
        ("11", {"PAGES": ["/delay/0.9"] * 2 + ["/delay/9"]}),
    ],
)
def test_ctrl_c_late(
    take: Taker, number: str, changes: dict[str, Any]
) -> None:
    started = time.monotonic()
    result = take(
        number,
        when=lambda lesson: (
            bool(lesson.children())
            and time.monotonic() > started + 2
            and (number != "10" or has_workers(lesson))
        ),
        **changes,
    )
    ends_in_one_line(result, 130, "stopped by Ctrl-C")


def test_a_killed_lesson_leaves_no_site(take: Taker) -> None:
    result = take(
        "3",
        when=has_a_request,
        then=psutil.Process.kill,
        PAGES=["/delay/9"] * 3,
    )
    assert result.status not in (0, 1, 130)
