"""Scripts like lessons that a test writes, runs and interrupts."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from support.processes import Condition, press_ctrl_c, wait_until

SCRIPT_TIMEOUT = 20  # seconds
IMPORTS = """
import time
from concurrent.futures import *
from multiprocessing import get_context
from backstage import practice_site
from backstage import run

def burn(_):
    while True:
        sum(range(1000))
"""


class ScriptResult(NamedTuple):
    """How a script ended: its exit status and its lines of errors."""

    status: int
    errors: list[str]


STOPPED = ScriptResult(130, ["script.py: stopped by Ctrl-C"])


def write_script(folder: Path, body: str, head: str) -> Path:
    """Write `script.py`, whose function `main` has this body.

    Its first lines are `head`.
    """
    script = folder / "script.py"
    script.write_text(
        f"{head}\n{IMPORTS}\n"
        "def main():\n"
        f"{textwrap.indent(body, '    ')}\n"
        "if __name__ == '__main__':\n"
        "    run(main)\n"
    )
    return script


def run_script(
    folder: Path,
    body: str,
    when: Condition | None = None,
    head: str = "",
    path: str = "script.py",
) -> ScriptResult:
    """Run a script from the folder that it is in, by this path.

    Press Ctrl-C as soon as `when` is true of its process.
    """
    write_script(folder, body, head)
    with subprocess.Popen(
        [sys.executable, path],
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        start_new_session=True,
    ) as child:
        if when:
            process = psutil.Process(child.pid)
            wait_until(lambda: when(process))
            press_ctrl_c(process)
        try:
            _, errors = child.communicate(timeout=SCRIPT_TIMEOUT)
        finally:
            child.kill()
    return ScriptResult(child.returncode, errors.splitlines())


def hide_module(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let child processes find no module of this name."""
    (folder / f"{name}.py").write_text(
        f"raise ModuleNotFoundError('no {name}', name='{name}')"
    )
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
