"""The environment of a run: the interpreter, and its share of the machine.

This file also runs as a script, with the standard library alone. So any
interpreter can describe itself.
"""

import multiprocessing
import os
import platform
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

# Linux: the control groups of this process, and where all groups are.
CGROUP_LIST = Path("/proc/self/cgroup")
CGROUP_ROOT = Path("/sys/fs/cgroup")


def environment_summary(python: str = sys.executable) -> str:
    """Return one line about an interpreter and this machine.

    It names version and build ("t": built to run without a GIL, "d": for
    debugging), compiler, whether the GIL is on, how multiprocessing starts
    processes, and the CPUs and memory that this process may use.

    Args:
        python: The path of the interpreter.
    """
    if python == sys.executable:
        description = describe_python()
    else:
        description = subprocess.run(
            [python, __file__], capture_output=True, text=True, check=True
        ).stdout.strip()
    return (
        f"{description}, {round(cpus(), 2):g} of {os.cpu_count()} CPUs, "
        f"{memory() / 2**30:.1f} GiB"
    )


def describe_python() -> str:
    """Return this interpreter's part of the environment summary."""
    build = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    if hasattr(sys, "gettotalrefcount"):
        build += "d"
    compiler = " ".join(platform.python_compiler().split()[:2])
    gil = "on" if gil_is_on() else "off"
    # Without this argument, no other method could be set from now on.
    method = multiprocessing.get_start_method(allow_none=True)
    method = method or multiprocessing.get_all_start_methods()[0]
    return (
        f"{platform.python_implementation()} {platform.python_version()}"
        f"{build}, {compiler}, GIL {gil}, {method}"
    )


def cpus() -> float:
    """Return how many CPUs this process may use, by affinity and quota.

    The quota of a control group may be a fraction, such as 1.5 CPUs.
    """
    import psutil  # other interpreters may not have it

    count = float(os.cpu_count() or 1)
    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):  # macOS has none
        count = len(process.cpu_affinity())
    names = "cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us"
    for quota, period in _read_limits("cpu", *names):
        if quota.isdecimal():  # "max" or -1 is no limit
            count = min(count, int(quota) / int(period))
    return count


def memory() -> int:
    """Return how many bytes of memory this process may use."""
    import psutil

    size: int = psutil.virtual_memory().total
    names = "memory.max", "memory.limit_in_bytes"
    for (limit,) in _read_limits("memory", *names):
        if limit.isdecimal():
            size = min(size, int(limit))
    return size


def _read_limits(controller: str, *names: str) -> Iterator[list[str]]:
    """Read the limits of the control groups that this process belongs to.

    Groups are nested, and the limit of each of them applies. Linux's
    cgroups(7) explains the files of versions 1 and 2.

    Args:
        controller: "cpu" or "memory".
        names: Names of files. Those that do not exist are left out.

    Yields:
        The words in the files of one group.
    """
    try:
        lines = CGROUP_LIST.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = CGROUP_ROOT / controllers
        group = top / path.lstrip("/")
        for folder in (group, *group.parents):
            files = [folder / name for name in names]
            texts = [file.read_text() for file in files if file.is_file()]
            if texts:
                yield " ".join(texts).split()
            if folder == top:
                break


def gil_is_on() -> bool:
    """Return whether the GIL of this interpreter is on."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


if __name__ == "__main__":
    print(describe_python())
