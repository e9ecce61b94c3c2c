"""The environment summary, and the share of the machine."""

import multiprocessing
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from backstage import system


def test_the_environment_summary_is_one_line() -> None:
    line = system.environment_summary()
    assert len(line) < 80
    assert platform.python_version() in line
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    assert f"GIL {'on' if gil else 'off'}" in line
    assert f" of {os.cpu_count()} CPUs" in line


def test_any_interpreter_can_describe_itself() -> None:
    """It needs nothing except its standard library."""
    described = subprocess.check_output(
        [sys.executable, "-I", "-S", system.__file__], text=True
    )
    name = f"{platform.python_implementation()} {platform.python_version()}"
    assert described.startswith(name)
    assert described.endswith(f", {multiprocessing.get_start_method()}\n")
    assert described.count("\n") == 1


@pytest.mark.skipif(
    not hasattr(psutil.Process, "cpu_affinity"), reason="no affinity here"
)
def test_affinity_counts() -> None:
    code = (
        "import psutil; from backstage import system\n"
        "psutil.Process().cpu_affinity(psutil.Process().cpu_affinity()[:1])\n"
        "print(system.cpus())"
    )
    output = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert float(output) <= 1


TEAM = {"team/cpu.max": "50000 100000\n", "team/memory.max": "2097152\n"}
NO_LIMITS = {"team/me/cpu.max": "max 100000\n", "team/me/memory.max": "max\n"}
HIGH_LIMITS = {
    "cpu.max": "1000000000 100000\n",  # 10,000 CPUs
    "memory.max": f"{2**60}\n",
}
OLD_TEAM = {
    "cpu,cpuacct/team/cpu.cfs_quota_us": "50000\n",
    "cpu,cpuacct/team/cpu.cfs_period_us": "100000\n",
    "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
    "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    "memory/memory.limit_in_bytes": "2097152\n",
}

InGroups = Callable[[str, dict[str, str]], None]


@pytest.fixture
def in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InGroups:
    """Put this process into control groups that have these files."""

    def place(groups: str, files: dict[str, str]) -> None:
        for name, text in files.items():
            file = tmp_path / "groups" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        own = tmp_path / "cgroup"
        own.write_text(groups + "\n")
        monkeypatch.setattr(system, "CGROUP_LIST", own)
        monkeypatch.setattr(system, "CGROUP_ROOT", tmp_path / "groups")

    return place


@pytest.mark.parametrize(
    ("groups", "files"),
    [
        ("0::/team", TEAM),
        ("0::/team/me", TEAM),
        ("0::/team/me", TEAM | NO_LIMITS),
        ("0::/team", TEAM | HIGH_LIMITS),
        ("0::/team", {"cpu.max": "50000 100000", "memory.max": "2097152"}),
        ("4:memory:/team\n1:cpu,cpuacct:/team\n0::/", OLD_TEAM),
    ],
    ids=["v2", "parent", "max", "high", "top", "v1"],
)
def test_the_lowest_limit_of_the_groups_around_counts(
    groups: str, files: dict[str, str], in_groups: InGroups
) -> None:
    in_groups(groups, files)
    assert (system.cpus(), system.memory()) == (0.5, 2 * 2**20)


@pytest.mark.parametrize(
    ("groups", "files"),
    [
        ("0::/team", HIGH_LIMITS),
        ("4:memory:/docker/0a\n1:cpuset,cpu,cpuacct:/x\n0::/x", {}),
    ],
    ids=["high", "none"],
)
def test_a_group_gives_no_more_than_the_machine_has(
    groups: str,
    files: dict[str, str],
    in_groups: InGroups,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(system, "CGROUP_LIST", Path("no", "such", "file"))
    without_groups = system.cpus(), system.memory()
    in_groups(groups, files)
    assert (system.cpus(), system.memory()) == without_groups
