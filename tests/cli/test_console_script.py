"""The command `lab` inside somebody else's project."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backstage.course.catalogue import ROOT

PROJECT = """
[project]
name = "their-project"
version = "0.1.0"
requires-python = ">=3.12"
dependencies = ["greeting"]
[tool.uv.sources]
greeting = { path = "greeting" }
"""
DEPENDENCY = """
[project]
name = "greeting"
version = "0.1.0"
[build-system]
requires = ["uv_build>=0.11,<0.14"]
build-backend = "uv_build"
"""
LIBRARY = """
import time

def greet(seconds):
    time.sleep(seconds)
    return "hello"
"""
MODULE = """
import greeting

def fetch(seconds):
    return greeting.greet(float(seconds))
"""
NO_NETWORK = re.compile("network|dns error|failed to fetch|could not connect")


def write_files(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("uv"), reason="uv is not on the path")
def test_it_measures_a_function_of_another_project(
    traced: None, tmp_path: Path
) -> None:
    """The function needs a library that the lab does not have."""
    write_files(
        tmp_path,
        {
            "pyproject.toml": PROJECT,
            "mymodule.py": MODULE,
            "urls.txt": "0.01\n0.02\n",
            "greeting/pyproject.toml": DEPENDENCY,
            "greeting/src/greeting/__init__.py": LIBRARY,
        },
    )

    def lab(*arguments: str) -> subprocess.CompletedProcess[str]:
        lab_in_project = ["uv", "run", "--quiet", "--with", str(ROOT), "lab"]
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("UV_", "VIRTUAL_ENV", "PYTHONPATH"))
        }
        return subprocess.run(
            [*lab_in_project, *arguments],
            cwd=tmp_path,
            env=environment | {"UV_PYTHON": sys._base_executable},  # type: ignore[attr-defined]
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

    result = lab(
        *("choose", "mymodule:fetch", "--input", "urls.txt"),
        *("--tasks", "50", "--seconds", "4", "--json"),
    )
    if result.returncode and NO_NETWORK.search(result.stderr.lower()):
        pytest.skip("uv needs the network, once, to resolve for a new project")
    assert result.returncode == 0, result.stderr
    advice = json.loads(result.stdout)
    names = [model["name"] for model in advice["models"]]
    assert names[:2] == ["sequential", "threads"]
    assert advice["call_seconds"] == pytest.approx(0.015, abs=0.01)

    for arguments in [], ["03"], ["watch", "03"], ["quick"]:
        result = lab(*arguments)
        assert (result.returncode, result.stdout) == (1, "")
        assert re.fullmatch("lab: the lessons are not here.*\n", result.stderr)
