"""Lessons on other interpreters. The one that is at hand for sure is ours."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backstage.course import pythons
from support.commands import run_lab, start_lab
from support.processes import wait_until

OURS = f"{sys.version_info[0]}.{sys.version_info[1]}"
OURS += getattr(sys, "abiflags", "").replace("d", "")
NONE = "no-such-python"

needs_uv = pytest.mark.skipif(
    not (os.environ.get("UV") or shutil.which("uv")), reason="no uv here"
)


def content(folder: Path) -> dict[str, int]:
    return {
        str(path): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts
    }


@needs_uv
def test_a_lesson_runs_on_another_python(traced: None) -> None:
    before = content(Path(sys.prefix))
    run = run_lab("on", OURS, "06", "UPDATES=10")
    truth, constants, *_ = run.stderr.splitlines()
    assert run.returncode == 0
    assert constants == "lab/06_race_condition_demo.py UPDATES=10 THREADS=4"
    assert f" {OURS.rstrip('t')}." in truth
    assert run.stdout.splitlines()[-1].startswith("lost: ")
    assert content(Path(sys.prefix)) == before


@needs_uv
@pytest.mark.slow
def test_its_environment_is_another_one_and_goes() -> None:
    with pythons.environment(OURS) as interpreter:
        code = (
            "import sys, importlib.util, bs4, httpx, requests, tqdm, backstage"
            "; print(sys.prefix)"
        )
        prefix = subprocess.check_output([interpreter, "-c", code], text=True)
        assert not Path(prefix.strip()).samefile(sys.prefix)
    assert not Path(prefix.strip()).exists()


@needs_uv
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
        OURS,
        "03",
        "WORK=100_000_000",
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as director:
        wait_until(lambda: bool(list(tmp_path.glob("lab-*/lib"))))
        time.sleep(seconds)
        director.send_signal(signal.SIGINT)
        _, err = director.communicate(timeout=10)
    assert director.returncode == 130
    assert err.endswith(": stopped by Ctrl-C\n")
    assert err.count("stopped") == 1
    assert not list(tmp_path.glob("lab-*"))


@needs_uv
@pytest.mark.slow
def test_a_matrix_goes_on_without_a_python_that_is_not_there(
    traced: None,
) -> None:
    run = run_lab("--quiet", "matrix", f"{NONE},{OURS}", "03", "WORK=1_000")
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith(f"lab: Python {NONE}: ")
    *_, head, row = run.stdout.splitlines()
    assert head.split() == ["Python", "status", "seconds", "last", "line"]
    assert row.split()[:2] == [OURS, "0"]
    assert row.split()[3] == "GIL"


@needs_uv
@pytest.mark.slow
def test_a_matrix_shows_the_status_of_a_lesson_that_fails(
    traced: None,
) -> None:
    run = run_lab("matrix", OURS, "03", "WORK=0")
    assert run.returncode == 1
    assert run.stdout.splitlines()[-1].split()[:2] == [OURS, "1"]


@needs_uv
def test_no_such_python_is_one_line() -> None:
    run = run_lab("on", NONE, "03")
    assert (run.returncode, run.stdout) == (1, "")
    (line,) = run.stderr.splitlines()
    assert line.startswith(f"lab: Python {NONE}: ")


def test_no_uv_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", "")
    with (
        pytest.raises(ChildProcessError, match="uv is needed"),
        pythons.environment(OURS),
    ):
        pass


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        (
            "error: Failed after 3 tries\n  cause: No way\n  cause: dns error",
            "Failed after 3 tries: dns error",
        ),
        ("error: Oh\n  Caused by: it is so\n", "Oh: it is so"),
        (
            "Using CPython 3.11.7\nerror: Too old\n\nhint: take a new one\n",
            "Too old",
        ),
        ("", "uv failed"),
    ],
)
def test_a_reason_is_one_line(errors: str, reason: str) -> None:
    assert pythons._reason(errors) == reason
