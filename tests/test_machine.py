"""The line of truth above each run."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from backstage import machine


def test_the_truth_is_one_line_on_this_run() -> None:
    line = machine.truth()
    assert len(line) < 80
    assert platform.python_version() in line
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    assert f"GIL {'on' if gil else 'off'}" in line
    assert f" of {os.cpu_count()} CPUs" in line


def test_any_interpreter_says_what_it_is() -> None:
    """With nothing but its standard library."""
    told = subprocess.run(
        [sys.executable, "-I", "-S", machine.__file__],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == machine.describe_python() + "\n"


@pytest.mark.skipif(
    not hasattr(psutil.Process, "cpu_affinity"), reason="no affinity here"
)
def test_affinity_counts() -> None:
    code = (
        "import psutil; from backstage import machine\n"
        "psutil.Process().cpu_affinity(psutil.Process().cpu_affinity()[:1])\n"
        "print(machine.cpus())"
    )
    told = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert float(told) <= 1


TEAM = {"team/cpu.max": "50000 100000\n", "team/memory.max": "2097152\n"}
OLD_TEAM = {
    "cpu,cpuacct/team/cpu.cfs_quota_us": "50000\n",
    "cpu,cpuacct/team/cpu.cfs_period_us": "100000\n",
    "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
    "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    "memory/memory.limit_in_bytes": "2097152\n",
}


@pytest.mark.parametrize(
    ("groups", "files"),
    [
        ("0::/team", TEAM),
        ("0::/team/me", TEAM),
        (
            "0::/team/me",
            TEAM
            | {
                "team/me/cpu.max": "max 100000\n",
                "team/me/memory.max": "max\n",
            },
        ),
        ("0::/team", {"cpu.max": "50000 100000", "memory.max": "2097152"}),
        ("4:memory:/team\n1:cpu,cpuacct:/team\n0::/", OLD_TEAM),
        ("4:memory:/docker/0a\n1:cpuset,cpu,cpuacct:/x\n0::/x", {}),
    ],
    ids=["v2", "parent", "max", "top", "v1", "none"],
)
def test_the_limits_of_every_group_around_count(
    groups: str,
    files: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, text in files.items():
        file = tmp_path / "groups" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    own = tmp_path / "cgroup"
    own.write_text(groups + "\n")
    monkeypatch.setattr(machine, "PROC", tmp_path / "nowhere")
    unlimited = machine.cpus(), machine.memory()
    monkeypatch.setattr(machine, "PROC", own)
    monkeypatch.setattr(machine, "GROUPS", tmp_path / "groups")
    found = machine.cpus(), machine.memory()
    assert found == ((0.5, 2 * 2**20) if files else unlimited)
