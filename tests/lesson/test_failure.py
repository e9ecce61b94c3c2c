"""How a failure is described: in one line, or with the way to a mistake."""

import re
import sys
from pathlib import Path

import pytest

from backstage.lesson.failure import describe_failure
from support.scripts import run_script, write_script

FRAME = r'  File "(.+)", line \d+, in (.+)'
DIVIDE = """
def divide(n):
    return 1 / n
"""
PROCESSES = ["ProcessPoolExecutor"]
if sys.version_info >= (3, 14):
    PROCESSES.append("InterpreterPoolExecutor")


def fail(folder: Path, body: str, head: str = "") -> list[str]:
    """Return the lines that describe the failure of a script."""
    script = write_script(folder, body, head)
    names: dict[str, object] = {"__name__": "script"}
    exec(compile(script.read_text(), script, "exec"), names)  # noqa: S102
    main = names["main"]
    assert callable(main)
    with pytest.raises(Exception) as failure:  # noqa: PT011  each test's own
        main()
    assert isinstance(failure.value, Exception)
    return describe_failure(failure.value, main).splitlines()


def find_line(code: str, folder: Path) -> int:
    """Return the number of the script's first line that has this code."""
    lines = Path(folder, "script.py").read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if code in line)


def parse_frames(errors: list[str]) -> list[str]:
    """Return the file name and the function of each frame."""
    frames = [re.fullmatch(FRAME, line) for line in errors]
    return [f"{Path(frame[1]).name} {frame[2]}" for frame in frames if frame]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("open('/no/such/file')", "[Errno 2] No such file or directory: "),
        ("raise OSError('two\\nlines')", "two lines"),
        ("raise BrokenExecutor", "BrokenExecutor"),
        ("raise ExceptionGroup('g', [OSError('a'), OSError('b')])", "a"),
        ("import httpx\nhttpx.get('http://[::1')", "Invalid port: ':1'"),
        ("import httpx\nraise httpx.ReadTimeout('')", "ReadTimeout"),
        (
            "import httpx\nhttpx.get('http://127.0.0.1:1')",
            "http://127.0.0.1:1: ",
        ),
        (
            "import requests\nrequests.get('http://127.0.0.1:1')",
            "http://127.0.0.1:1/: ",
        ),
        (
            "with practice_site('/get'):\n    pass",
            "pages must be a list of addresses, not '/get'",
        ),
    ],
)
def test_a_failure_outside_the_lesson_is_one_line(
    tmp_path: Path, body: str, line: str
) -> None:
    (error,) = fail(tmp_path, body)
    assert error.startswith(f"script.py: {line}")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("len(7)", "TypeError: object of type 'int' has no len()"),
        ("prin()", "NameError: name 'prin' is not defined. Did you mean: "),
        ("raise ExceptionGroup('', [OSError(), KeyError(1)])", "KeyError: 1"),
    ],
)
def test_a_mistake_is_described_with_its_line(
    tmp_path: Path, code: str, message: str
) -> None:
    errors = fail(tmp_path, code)
    line = find_line(code, tmp_path)
    assert errors[0].startswith(f"script.py, line {line}: {message}")
    assert errors[1].endswith(f'script.py", line {line}, in main')
    assert errors[2].strip() == code


def test_a_mistake_in_a_thread_is_described_with_its_frames(
    tmp_path: Path,
) -> None:
    body = (
        "with ThreadPoolExecutor(1) as pool:\n    list(pool.map(divide, [0]))"
    )
    errors = fail(tmp_path, body, DIVIDE)
    line = find_line("1 / n", tmp_path)
    assert errors[0] == (
        f"script.py, line {line}: ZeroDivisionError: division by zero"
    )
    assert parse_frames(errors) == ["script.py main", "script.py divide"]


@pytest.mark.parametrize("executor", PROCESSES)
def test_a_mistake_in_a_process_is_described_with_its_frames(
    tmp_path: Path, executor: str
) -> None:
    """The path by which the script was started does not matter."""
    body = f"with {executor}(1) as pool:\n    list(pool.map(divide, [0]))"
    status, errors = run_script(
        tmp_path, body, head=DIVIDE, path="./script.py"
    )
    line = find_line("1 / n", tmp_path)
    assert status == 1
    assert errors[0] == (
        f"script.py, line {line}: ZeroDivisionError: division by zero"
    )
    assert parse_frames(errors) == ["script.py main", "script.py divide"]


def test_a_mistake_in_a_task_is_described_with_its_frames(
    tmp_path: Path,
) -> None:
    body = (
        "async def work():\n"
        "    divide(0)\n"
        "async def work_in_a_group():\n"
        "    async with asyncio.TaskGroup() as group:\n"
        "        group.create_task(work())\n"
        "asyncio.run(work_in_a_group())"
    )
    errors = fail(tmp_path, body, f"import asyncio\n{DIVIDE}")
    line = find_line("1 / n", tmp_path)
    assert errors[0].startswith(f"script.py, line {line}: ZeroDivisionError: ")
    assert parse_frames(errors) == [
        "script.py main",
        "script.py work_in_a_group",
        "script.py work",
        "script.py divide",
    ]


def test_the_last_frame_is_that_of_the_library_that_raised(
    tmp_path: Path,
) -> None:
    errors = fail(tmp_path, "json.loads('{')", "import json")
    line = find_line("json.loads", tmp_path)
    assert errors[0].startswith(f"script.py, line {line}: json.decoder.")
    first, last = parse_frames(errors)
    assert first == "script.py main"
    assert last.startswith("decoder.py ")


@pytest.mark.parametrize(
    ("constant", "code", "is_one_line"),
    [
        ("JOBS = 2.5", "range(JOBS)", True),
        ("JOBS = 2.5", "len(7)", False),
        ("JOBS = 2", "range(2.5)", False),
    ],
)
def test_a_float_for_an_integer_is_one_line(
    tmp_path: Path, constant: str, code: str, is_one_line: bool
) -> None:
    errors = fail(tmp_path, code, constant)
    line = find_line(code, tmp_path)
    assert errors[0].startswith(f"script.py, line {line}: TypeError: ")
    assert (len(errors) == 1) == is_one_line
