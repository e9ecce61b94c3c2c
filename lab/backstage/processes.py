"""Ends child processes, and the processes that these have started."""

import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

STOP_TIMEOUT = 1  # seconds that a process may take to end

# Parts of the command lines of processes that end by themselves once the
# others have ended: the resource tracker of multiprocessing removes
# semaphores first, and the practice site writes its log.
SELF_ENDING = (
    "multiprocessing.resource_tracker",
    str(Path(__file__).parent / "site" / "server.py"),
)


def find_descendants(pid: int) -> list[psutil.Process]:
    """Return the children of a process, their children and so on.

    There are none if the process has ended.
    """
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def kill(process: psutil.Process) -> bool:
    """Kill a process, unless it ends by itself (SELF_ENDING).

    Returns:
        Whether the process was running until now.
    """
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        command = " ".join(process.cmdline())
        if not any(part in command for part in SELF_ENDING):
            process.kill()
    except psutil.Error:  # it has ended, or is not ours
        return False
    return True


def kill_tree(child: subprocess.Popen[str]) -> None:
    """Kill a child and its descendants."""
    descendants = find_descendants(child.pid)
    child.kill()
    _kill_all(descendants)


def stop_tree(child: subprocess.Popen[str]) -> None:
    """Stop a child as Ctrl-C does, then kill what remains of its tree."""
    descendants = find_descendants(child.pid)
    # After Ctrl-C in a terminal, the child is already about to end.
    if not _ends_in_time(child) and sys.platform != "win32":
        child.send_signal(signal.SIGINT)
        _ends_in_time(child)
    descendants += find_descendants(child.pid)
    child.kill()
    _, alive = psutil.wait_procs(descendants, STOP_TIMEOUT)
    _kill_all(alive)


def _ends_in_time(child: subprocess.Popen[str]) -> bool:
    try:
        child.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill_all(processes: Iterable[psutil.Process]) -> None:
    running = [process for process in processes if kill(process)]
    psutil.wait_procs(running, STOP_TIMEOUT)
