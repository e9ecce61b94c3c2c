"""The CPU times of processes and threads, and the names of threads.

On Linux the kernel gives the times in nanoseconds, but psutil only in
hundredths of a second. So psutil is used on the other systems only.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil


class Usage(NamedTuple):
    """What a thread has used since its start, in seconds.

    Attributes:
        cpu: CPU time.
        ready: Time in which it was ready to run but had no CPU.
    """

    cpu: float
    ready: float


def _has_schedstat() -> bool:
    """Return whether the kernel counts the times of threads."""
    try:
        return Path("/proc/thread-self/schedstat").read_text() != "0 0 0\n"
    except OSError:
        return False


HAS_SCHEDSTAT = _has_schedstat()


def read_process_time(handle: psutil.Process) -> float:
    """Return the CPU seconds of a process, ended threads included.

    On Linux this is the clock of clock_getcpuclockid(3). Its number is made
    from the process id as in glibc (sysdeps/unix/sysv/linux).

    Raises:
        psutil.Error: The process has ended.
        OSError: The process has ended.
    """
    if HAS_SCHEDSTAT:
        return time.clock_gettime((~handle.pid << 3) | 2)
    times = handle.cpu_times()
    return float(times.user + times.system)


def read_thread_usages(handle: psutil.Process) -> dict[int, Usage]:
    """Return the usage of each thread of a process, by thread id.

    On Linux it is in the first two figures of the files `schedstat`
    (docs.kernel.org/scheduler/sched-stats.html). Other systems do not report
    the time in which a thread is ready.

    Returns:
        A dictionary that is empty where the system gives no times of threads
        (macOS).

    Raises:
        psutil.Error: The process has ended.
        OSError: The process has ended.
    """
    if not HAS_SCHEDSTAT:
        try:
            threads = handle.threads()
        except psutil.AccessDenied:
            return {}
        return {t.id: Usage(t.user_time + t.system_time, 0) for t in threads}
    usages = {}
    folder = f"/proc/{handle.pid}/task"
    # A Path would be slower, and this runs at every look.
    for name in os.listdir(folder):  # noqa: PTH208
        path = f"{folder}/{name}/schedstat"
        with suppress(OSError), open(path) as file:  # noqa: PTH123
            cpu, ready, _ = map(int, file.read().split())
            usages[int(name)] = Usage(cpu / 1e9, ready / 1e9)
    return dict(sorted(usages.items()))


def read_thread_name(process: int, thread: int) -> str:
    """Return the name of a thread, or "" if it is that of its process.

    Args:
        process: The process id.
        thread: The thread id that the system gave it.

    Returns:
        A name of at most 15 characters on Linux, and "" elsewhere.
    """
    folder = Path(f"/proc/{process}/task")
    try:
        process_name = _read_name(folder / f"{process}")
        name = _read_name(folder / f"{thread}")
    except OSError:  # not Linux, or it has ended
        return ""
    return "" if name == process_name else name


def _read_name(folder: Path) -> str:
    return (folder / "comm").read_text("utf-8", "replace").strip()
