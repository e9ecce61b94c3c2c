"""The exercises and the table of choices in lab/README.md."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from backstage.course.catalogue import ROOT
from support.lessons import GIL

README = (ROOT / "lab" / "README.md").read_text("utf-8")
EXERCISES = re.findall(r"(?ms)^## Exercises$(.*?)^## ", README)[0]
BLOCKS = [
    block.splitlines()
    for block in re.findall(r"(?s)```bash\n(.*?)```", EXERCISES)
]
CHOICES = re.findall(r"\| `(--workload .*)` \| (\w+) \|", README)


def python(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        check=False,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(
            line, marks=[] if block is BLOCKS[-1] else [pytest.mark.slow]
        )
        for block in BLOCKS
        for line in block
    ],
)
def test_an_exercise_is_a_command_that_works(
    command: str, traced: None, tmp_path: Path
) -> None:
    (tmp_path / "urls.txt").write_text("/get\n/html\n\n", "utf-8")
    uv, run, script, *words = shlex.split(command)
    assert (uv, run) == ("uv", "run")
    done = python(ROOT / script, *words, cwd=tmp_path)
    # The last one is a prediction that fails, if the computer can show it.
    good = (0, 1) if "check" in words else (0,)
    assert done.returncode in good, done.stderr
    assert done.stdout.count("\n") > 3


@pytest.mark.parametrize(("options", "model"), CHOICES)
def test_the_table_of_choices_is_true(options: str, model: str) -> None:
    done = python(ROOT / "lab", "choose", *options.split(), cwd=ROOT)
    assert done.returncode == 0
    assert f"use {model};" in done.stdout or GIL == "off"
