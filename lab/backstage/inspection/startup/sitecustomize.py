"""Prepares a process so that it can be inspected.

Python imports a module of this name when it starts, if it finds one. `lab
inspect` puts the folder of this file into PYTHONPATH. So the lesson needs no
change, and this also runs in the processes that the lesson starts.

Each process writes the stacks of its threads when SIGUSR1 arrives. The lesson
also writes which lines use its memory, when SIGUSR2 arrives. Where there are
no such signals (Windows), both happen once, after some seconds.
"""

import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

FOLDER = "LAB_INSPECTION"  # environment variable: where the files go
DELAY = "LAB_INSPECTION_DELAY"  # seconds, if there are no signals
PR_SET_PTRACER = 0x59616D61  # from linux/prctl.h


def stacks_file(folder: Path) -> Path:
    """Return the file for the stacks of this process."""
    return folder / f"stacks-{os.getpid()}"


def prepare_stacks(folder: Path) -> None:
    """Write the stacks of this process into a file of its own, when asked.

    The file gets its name as soon as the process can be asked.
    """
    import faulthandler  # which only the first interpreter can import

    path = stacks_file(folder)
    if delay := os.environ.get(DELAY):
        file = path.open("w", encoding="utf-8")
        # Not dump_traceback_later: a lesson can have a timer of this kind.
        timer = threading.Timer(
            float(delay), faulthandler.dump_traceback, [file]
        )
        timer.daemon = True
        timer.start()
        return
    new_path = path.with_suffix(".new")
    file = new_path.open("w", encoding="utf-8")
    faulthandler.register(signal.SIGUSR1, file=file, all_threads=True)
    new_path.rename(path)


class TracingStarter:
    """A meta path finder that finds nothing: it only notices imports.

    A lesson imports its libraries first, and then `backstage`. From then on
    memory is traced. So the memory of the libraries is left out, and their
    import is not slowed down.
    """

    def find_spec(self, name: str, *_: object) -> None:
        """Start tracemalloc if this is the module that a lesson imports."""
        if name == "backstage":
            import tracemalloc

            tracemalloc.start()


def prepare_memory(folder: Path) -> None:
    """Record which lines allocate memory, and write them when asked."""
    import tracemalloc  # which only the first interpreter can import

    sys.meta_path.insert(0, TracingStarter())

    def write(*_: object) -> None:
        if not tracemalloc.is_tracing():
            return
        hidden = "<*", tracemalloc.__file__, __file__
        filters = [tracemalloc.Filter(False, name) for name in hidden]
        snapshot = tracemalloc.take_snapshot().filter_traces(filters)
        lines = map(str, snapshot.statistics("lineno"))
        file = folder / "memory.new"
        file.write_text("\n".join(lines), encoding="utf-8")
        file.replace(folder / "memory")

    if delay := os.environ.get(DELAY):
        timer = threading.Timer(float(delay), write)
        timer.daemon = True
        timer.start()
    else:
        signal.signal(signal.SIGUSR2, write)


def allow_observers() -> None:
    """Allow the tools of `lab inspect` to look into this process.

    Many Linux systems allow that only to the parent of a process, unless the
    process itself allows it to others: see prctl(2), PR_SET_PTRACER.
    """
    if sys.platform != "linux":
        return
    with suppress(ImportError, OSError):  # a Python without ctypes
        import ctypes

        any_process = ctypes.c_ulong(-1)
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, any_process, 0, 0, 0)


def prepare(folder: Path) -> None:
    """Prepare this process, and those that it will fork."""
    if stacks_file(folder).exists():
        return  # This is another interpreter of the same process.
    allow_observers()
    if hasattr(signal, "SIGUSR1"):
        # The signal would end a process whose faulthandler has just stopped,
        # because the process ends.
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    prepare_stacks(folder)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=allow_observers)
        os.register_at_fork(after_in_child=lambda: prepare_stacks(folder))
    try:
        (folder / "first").touch(exist_ok=False)
    except FileExistsError:
        return
    prepare_memory(folder)  # only of the lesson, which starts first


if FOLDER in os.environ:
    prepare(Path(os.environ[FOLDER]))
