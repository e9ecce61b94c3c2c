"""What a test can leave behind: processes and shared memory."""

import os
from contextlib import suppress
from pathlib import Path

import psutil

SEMAPHORES = Path("/dev/shm")  # Linux: named semaphores and shared memory


def list_shared_memory() -> set[str]:
    """Return the names of semaphores and shared memory, on Linux."""
    if not SEMAPHORES.is_dir():
        return set()
    return {path.name for path in SEMAPHORES.iterdir()}


def find_unused(names: set[str]) -> list[str]:
    """Return the names of shared memory that no process has mapped."""
    maps = ""
    for file in Path("/proc").glob("[0-9]*/maps") if names else ():
        with suppress(OSError):
            maps += file.read_text()
    return sorted(name for name in names if f"{SEMAPHORES}/{name}" not in maps)


def describe(process: psutil.Process) -> str:
    """Return the command line of a process and the ports it listens at."""
    with suppress(psutil.Error):
        command = " ".join(process.cmdline())
        ports = [
            str(connection.laddr.port)
            for connection in process.net_connections()
            if connection.status == psutil.CONN_LISTEN
        ]
        return f"{command}, ports {', '.join(ports) or 'none'}"
    return f"process {process.pid}"


def find_marked(mark: str) -> list[psutil.Process]:
    """Return the other processes that have this value in their environment."""
    processes = []
    for process in psutil.process_iter():
        try:
            if (
                process.pid != os.getpid()
                and mark in process.environ().values()
            ):
                processes.append(process)
        except (psutil.Error, OSError):
            continue
    return processes
