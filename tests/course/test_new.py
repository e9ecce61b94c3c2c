"""`uv run lab new`: a lesson to begin with."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backstage.course import new
from backstage.course.catalogue import ROOT, lessons, parts
from backstage.errors import UsageError

RunPython = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project_copy(tmp_path: Path) -> Path:
    """Copy the files that a new lesson changes, or that its test needs."""
    copy = tmp_path / "project"
    for name in "basics", "lab", "tests", "README.md", "pyproject.toml":
        source = ROOT / name
        if source.is_dir():
            skip = shutil.ignore_patterns("__pycache__", "downloads")
            shutil.copytree(source, copy / name, ignore=skip)
        else:
            shutil.copy(source, copy / name)
    return copy


@pytest.fixture
def run_python(
    project_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> RunPython:
    """Run this Python in the copy, whose backstage comes first."""
    for name in [name for name in os.environ if "XDIST" in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(project_copy / "lab"))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=project_copy,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.slow
def test_a_new_lesson_runs(run_python: RunPython, project_copy: Path) -> None:
    created = run_python("lab", "new", "98_name")
    assert (created.returncode, created.stderr) == (0, "")
    for name in (
        "lab/toolbox/98_name.py",
        "lab/course.toml",
        "tests/lessons/test_98.py",
        "README.md",
        "lab/README.md",
        "lab/toolbox/README.md",
        "lab/services/README.md",
    ):
        assert f"wrote {name}\n" in created.stdout
    result = run_python("lab", "98")
    assert result.returncode == 0
    assert re.fullmatch(r"3 jobs in \d\.\d\d s\n", result.stdout)
    last_part = parts()[-1]  # to which its entry belongs until it is moved
    text = (project_copy / last_part.page).read_text("utf-8")
    assert "`uv run lab/toolbox/98_name.py`" in text


@pytest.mark.slow
def test_a_new_lesson_passes_its_tests(
    run_python: RunPython, project_copy: Path
) -> None:
    run_python("lab", "new", "98_name")
    tests = "tests/lessons/test_98.py", "tests/lessons/test_contracts.py"
    passed = run_python("-m", "pytest", "-n0", "-q", *tests, "-k", "98")
    assert passed.returncode == 0, passed.stdout
    assert " passed" in passed.stdout
    check = run_python("lab", "check", "98")
    assert check.stdout.endswith("of 1 runs: held in 1\n")


@pytest.mark.parametrize("name", ["", "15", "name", "15_Name", "015_x", "1_"])
def test_a_new_lesson_needs_a_name(name: str) -> None:
    with pytest.raises(UsageError, match="not the name of a lesson"):
        new.create_lesson(name)


def test_a_number_is_given_once() -> None:
    lesson = lessons()[-1]
    message = f"^{re.escape(lesson.name)} has that number already$"
    with pytest.raises(UsageError, match=message):
        new.create_lesson(f"{lesson.number}_other")


@pytest.mark.parametrize(
    ("number", "folder"),
    [
        ("4", "basics"),
        ("09", "lab"),
        ("14", "lab"),
        ("15", "lab/toolbox"),
    ],
)
def test_the_number_decides_on_the_folder(number: str, folder: str) -> None:
    assert new.choose_folder(number).as_posix() == folder
