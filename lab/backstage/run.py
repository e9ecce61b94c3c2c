"""How a lesson ends when something outside it goes wrong."""

import multiprocessing
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Sized
from concurrent.futures import BrokenExecutor
from multiprocessing import process
from pathlib import Path
from types import FrameType
from typing import NoReturn

GRACE = 0.5  # seconds that clean-up may take after Ctrl-C

# What a dead server, a full disk, a killed worker or an odd constant raises.
# requests' own exceptions are OSErrors; all others are bugs: a traceback.
OUTSIDE = (OSError, BrokenExecutor, ValueError, TypeError, ArithmeticError)
HTTPX = ("HTTPError", "InvalidURL")  # of httpx, where a lesson imports it

# A worker that a pool starts afresh imports its lesson as "__mp_main__", which
# elsewhere is but another name of "__main__". Ctrl-C reaches the worker too,
# and is for the lesson alone to answer.
if sys.modules["__mp_main__"] is not sys.modules["__main__"]:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run(main: Callable[[], None]) -> None:
    """Call `main` and end the process in one line where it fails.

    Arguments: `main`, a lesson's entry. The constants beside it (names in
    capitals) must be more than zero, or not empty, by their type.

    A failure from outside prints one line that names it on standard error,
    and the status is 1. Ctrl-C is 130: pool workers are stopped at once, the
    lesson's `with` blocks have GRACE seconds to clean up, and then the
    process ends, since threads that compute cannot be stopped otherwise.
    """
    lesson = Path(main.__code__.co_filename)
    stopped = threading.Event()
    untold = threading.Semaphore(1)

    def tell() -> None:
        if untold.acquire(blocking=False):
            print(f"{lesson.name}: stopped by Ctrl-C", file=sys.stderr)

    def give_up() -> None:
        tell()
        sys.stderr.flush()
        os._exit(130)

    def interrupt(signum: int, frame: FrameType | None) -> None:
        stopped.set()
        for worker in multiprocessing.active_children():
            worker.terminate()
        deadline = threading.Timer(GRACE, give_up)
        deadline.daemon = True
        deadline.start()
        # Raised in the middle of a task, it would be that task's own affair.
        if not _cancel_tasks():
            raise KeyboardInterrupt

    if tqdm := sys.modules.get("tqdm"):
        # Not one for processes, which nobody would clear away after Ctrl-C.
        tqdm.tqdm.set_lock(threading.RLock())
    signal.signal(signal.SIGINT, interrupt)
    start = _deaf(process.BaseProcess.start)
    process.BaseProcess.start = start  # type: ignore[assignment, method-assign]
    try:
        if sys.platform != "win32":  # the director has it wait for this
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        _check_constants(main.__globals__)
        main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # too late to stop it
    except BaseException as error:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if stopped.is_set():  # whatever else it brought about
            tell()
            _end(130)
        outside = _first_from_outside(error)
        if not outside:
            raise
        print(f"{lesson.name}: {_one_line(outside, lesson)}", file=sys.stderr)
        _end(1)


def _deaf(
    start: Callable[[process.BaseProcess], None],
) -> Callable[[process.BaseProcess], None]:
    """Return `start`, during which Ctrl-C waits, and for the child forever.

    A child that is still importing would mourn over it, and one that is not
    yet known could not be stopped.
    """
    if sys.platform == "win32":
        return start

    def start_deaf(self: process.BaseProcess) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            start(self)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    return start_deaf


def _cancel_tasks() -> bool:
    """Cancel the tasks of the event loop that runs; tell if there is one."""
    try:
        tasks = sys.modules["asyncio"].all_tasks()
    except (KeyError, AttributeError, RuntimeError):  # not (yet) at work
        return False
    for task in tasks:
        task.get_loop().call_soon_threadsafe(task.cancel)
    return bool(tasks)


def _end(status: int) -> NoReturn:
    # Coroutines that a failure left behind would be mourned one by one.
    warnings.simplefilter("ignore", RuntimeWarning)
    sys.exit(status)


def _check_constants(names: dict[str, object]) -> None:
    for name, value in names.items():
        if not name.isupper():
            continue
        if isinstance(value, int | float) and value <= 0:
            raise ValueError(f"{name} = {value}: it must be more than 0")
        if isinstance(value, Sized) and not value:
            raise ValueError(f"{name} = {value}: it must not be empty")


def _first_from_outside(error: BaseException) -> BaseException | None:
    """Return the first failure of a group's, if none in it is a bug."""
    httpx = sys.modules.get("httpx")
    kinds = (*OUTSIDE, *(getattr(httpx, name) for name in HTTPX if httpx))
    if BaseExceptionGroup("", [error]).split(kinds)[1]:
        return None
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _one_line(error: BaseException, lesson: Path) -> str:
    # requests' and httpx's name for it; httpx's property may raise.
    request = vars(error).get("request") or vars(error).get("_request")
    if request is not None and getattr(error, "response", None) is None:
        return f"{request.url}: {_root(error)}"
    said = str(error).partition("\nFor more information")[0]  # httpx's advert
    text = " ".join(said.split()) or type(error).__name__
    here = [
        f"line {frame.lineno}: "
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(lesson)
    ]
    blamed = isinstance(error, ValueError | TypeError | ArithmeticError)
    return here[-1] + text if blamed and here else text


def _root(error: BaseException) -> str:
    while isinstance(cause := error.__cause__ or error.__context__, Exception):
        error = cause  # not a CancelledError, by which asyncio keeps time
    reason = getattr(error, "strerror", None) or str(error)
    return reason or type(error).__name__
