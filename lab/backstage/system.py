"""What a run stands on: the interpreter, and what of the machine is its own.

Run as a script it needs the standard library alone: any interpreter can say
what it is.
"""

import multiprocessing
import os
import platform
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc/self/cgroup")  # Linux: the control groups of this process
GROUPS = Path("/sys/fs/cgroup")  # and where all of them are


def truth(python: str = sys.executable) -> str:
    """Return one line on the interpreter `python` and on this machine.

    Version and build ("t": built to run without a GIL, "d": for debugging),
    compiler, the GIL's state, how processes start, the CPUs and the memory
    that this process may use.
    """
    if python == sys.executable:
        known = describe_python()
    else:
        known = subprocess.run(
            [python, __file__], capture_output=True, text=True, check=True
        ).stdout.strip()
    return (
        f"{known}, {round(cpus(), 2):g} of {os.cpu_count()} CPUs, "
        f"{memory() / 2**30:.1f} GiB"
    )


def describe_python() -> str:
    """Return the interpreter's part of the line of truth."""
    kind = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    if hasattr(sys, "gettotalrefcount"):
        kind += "d"
    compiler = " ".join(platform.python_compiler().split()[:2])
    gil = "on" if gil_is_on() else "off"
    return (
        f"{platform.python_implementation()} {platform.python_version()}"
        f"{kind}, {compiler}, GIL {gil}, {multiprocessing.get_start_method()}"
    )


def cpus() -> float:
    """Return how many CPUs this process may use, by affinity and quota.

    A control group's quota may be a fraction: 1.5 is one and a half.
    """
    import psutil  # not in the environments of other interpreters

    found = float(os.cpu_count() or 1)
    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):  # macOS has none
        found = len(process.cpu_affinity())
    names = "cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us"
    for quota, period in _settings("cpu", *names):
        if quota.isdecimal():  # or it is "max" or -1
            found = min(found, int(quota) / int(period))
    return found


def memory() -> int:
    """Return how many bytes of memory this process may use."""
    import psutil

    found: int = psutil.virtual_memory().total
    names = "memory.max", "memory.limit_in_bytes"
    for (limit,) in _settings("memory", *names):
        if limit.isdecimal():
            found = min(found, int(limit))
    return found


def _settings(controller: str, *names: str) -> Iterator[list[str]]:
    """Yield the words of these files, for each group around this process.

    The groups are those of Linux's cgroups(7), version 1 or 2: a limit of any
    of them holds. A group without such a file is passed over.
    """
    try:
        lines = PROC.read_text().splitlines()
    except OSError:  # no Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = GROUPS / controllers
        group = top / path.lstrip("/")
        for folder in (group, *group.parents):
            files = [folder / name for name in names]
            words = [x.read_text() for x in files if x.is_file()]
            if words:
                yield " ".join(words).split()
            if folder == top:
                break


def gil_is_on() -> bool:
    """Tell whether this interpreter, and so its lessons, has its GIL on."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


if __name__ == "__main__":
    print(describe_python())
