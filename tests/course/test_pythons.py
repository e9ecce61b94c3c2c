"""Lessons on other interpreters. Only the one of the tests is always there."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backstage.course import pythons
from backstage.course.pythons import (
    NoPythonError,
    make_environment,
    run_matrix,
)
from backstage.course.selection import find
from backstage.errors import LabError
from support.commands import run_lab, start_lab
from support.processes import wait_until

CURRENT = f"{sys.version_info[0]}.{sys.version_info[1]}"
CURRENT += getattr(sys, "abiflags", "").replace("d", "")
MISSING = "no-such-python"

needs_uv = pytest.mark.skipif(
    not (os.environ.get("UV") or shutil.which("uv")), reason="no uv here"
)


def list_files(folder: Path) -> dict[str, int]:
    return {
        str(path): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts
    }


@needs_uv
@pytest.mark.slow
def test_a_lesson_runs_on_another_python(traced: None) -> None:
    before = list_files(Path(sys.prefix))
    result = run_lab("on", CURRENT, "06", "UPDATES=10")
    summary, constants, *_ = result.stderr.splitlines()
    assert result.returncode == 0
    assert constants == "lab/06_race_condition_demo.py UPDATES=10 THREADS=4"
    assert f" {CURRENT.rstrip('t')}." in summary
    assert result.stdout.splitlines()[-1].startswith("lost: ")
    assert list_files(Path(sys.prefix)) == before


@needs_uv
@pytest.mark.slow
def test_its_environment_is_temporary() -> None:
    with make_environment(CURRENT) as interpreter:
        code = (
            "import sys, importlib.util, bs4, httpx, requests, tqdm, backstage"
            "; print(sys.prefix)"
        )
        prefix = subprocess.check_output([interpreter, "-c", code], text=True)
        assert not Path(prefix.strip()).samefile(sys.prefix)
    assert not Path(prefix.strip()).exists()


@needs_uv
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no Ctrl-C for one process there")
@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(0, marks=pytest.mark.slow),
        0.1,
        pytest.param(0.2, marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_while_uv_is_at_work(
    seconds: float, traced: None, tmp_path: Path
) -> None:
    with start_lab(
        "on",
        CURRENT,
        "03",
        "WORK=100_000_000",
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as command:
        wait_until(lambda: bool(list(tmp_path.glob("lab-*/lib"))))
        time.sleep(seconds)
        command.send_signal(signal.SIGINT)
        _, errors = command.communicate(timeout=10)
    assert command.returncode == 130
    assert errors.endswith(": stopped by Ctrl-C\n")
    assert errors.count("stopped") == 1
    assert not list(tmp_path.glob("lab-*"))


def test_a_matrix_has_a_row_for_each_python(
    small_course: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    @contextmanager
    def make(python: str) -> Iterator[str]:
        if python == MISSING:
            raise NoPythonError(python, "uv cannot find this Python")
        yield sys.executable

    monkeypatch.setattr(pythons, "make_environment", make)
    lesson = find("1")
    assert run_matrix([MISSING, CURRENT], lesson, {"SIZE": "7"}) == 1
    output, errors = capfd.readouterr()
    assert errors == f"lab: Python {MISSING}: uv cannot find this Python\n"
    *_, head, missing, current = output.splitlines()
    assert head.split() == ["Python", "status", "seconds", "last", "line"]
    assert missing.split(maxsplit=3) == [
        MISSING,
        "-",
        "-",
        "uv cannot find this Python",
    ]
    assert current.split()[:2] == [CURRENT, "0"]
    assert current.endswith("  one 7")
    assert run_matrix([CURRENT], lesson, {}) == 0
    assert run_matrix([CURRENT], lesson, {"SIZE": "1 / 0"}) == 1


@needs_uv
@pytest.mark.slow
def test_a_matrix_of_real_environments(traced: None) -> None:
    arguments = "matrix", f"{MISSING},{CURRENT}", "03", "WORK=1_000"
    result = run_lab("--quiet", *arguments)
    assert result.returncode == 1
    reason = "uv cannot find this Python"
    assert result.stderr == f"lab: Python {MISSING}: {reason}\n"
    *_, missing, current = result.stdout.splitlines()
    assert missing.split(maxsplit=3) == [MISSING, "-", "-", reason]
    assert current.split()[:2] == [CURRENT, "0"]
    assert current.split()[3] == "GIL"


@needs_uv
def test_no_such_python_is_one_line() -> None:
    result = run_lab("on", MISSING, "03")
    assert (result.returncode, result.stdout) == (1, "")
    reason = "uv cannot find this Python"
    assert result.stderr == f"lab: Python {MISSING}: {reason}\n"


def test_no_uv_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", "")
    with (
        pytest.raises(LabError, match="uv is needed"),
        make_environment(CURRENT),
    ):
        pass


DOWNLOAD = """\
error: Request failed after 3 retries in 5.1s
  cause: Failed to download `https://github.com/cpython-3.13.18.tar.gz`
  cause: error sending request for url (https://github.com/cpython.tar.gz)
  cause: failed to lookup address information: Name or service not known
"""
SEARCH = """\
error: No interpreter found for Python 3.99 in managed installations or \
search path

hint: uv embeds available Python downloads and may require an update
"""
REQUIREMENT = """\
error: The requested interpreter resolved to Python 3.10.13, which is \
incompatible with the project's Python requirement: `>=3.12` (from \
`project.requires-python`)
"""
PACKAGE = """\
error: Failed to download `httptools==0.9.0`
  cause: Request failed after 3 retries in 5.1s
"""
INSPECTION = """\
error: Failed to inspect Python interpreter from search path at `/root/x/3.12`
  cause: Querying Python at `/root/x/3.12` failed with exit status 127
"""


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (DOWNLOAD, "not installed here, and the download failed"),
        (SEARCH, "uv cannot find this Python"),
        (REQUIREMENT, "the lessons need Python >=3.12"),
        (PACKAGE, "Failed to download `httptools==0.9.0`"),
        (
            INSPECTION,
            "Failed to inspect Python interpreter from search path at ...",
        ),
        ("warning: a\nerror: Something else\n", "Something else"),
        ("", "uv failed"),
    ],
)
def test_the_reason_of_uv_is_one_short_line(
    messages: str, reason: str
) -> None:
    assert pythons._find_reason(messages) == reason
