"""How a lesson ends when something goes wrong."""

import logging
import multiprocessing
import os
import re
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Sized
from concurrent.futures import BrokenExecutor
from multiprocessing import util
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import SemLock
from pathlib import Path
from types import FrameType
from typing import NoReturn

GRACE = 0.5  # seconds that clean-up may take after Ctrl-C

# What a dead server, a full disk or a killed worker raises. requests' own
# exceptions are OSErrors.
OUTSIDE = (OSError, BrokenExecutor)
HTTPX = ("HTTPError", "InvalidURL")  # of httpx, where a lesson imports it
BACKSTAGE = Path(__file__).parent
MAY_BE_ZERO = {"DELAY", "OFFSET", "RETRIES", "SEED"}  # constants

# A worker that a pool starts afresh imports its lesson as "__mp_main__", which
# elsewhere is but another name of "__main__". Ctrl-C reaches the worker too,
# and is for the lesson alone to answer.
if sys.modules["__mp_main__"] is not sys.modules["__main__"]:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run(main: Callable[[], None]) -> None:
    """Call `main`, and say shortly what went wrong where it fails.

    Arguments: `main`, a lesson's entry. The constants beside it (names in
    capitals) must be more than zero, or not empty, by their type. False is
    allowed, and so is any number for the names in MAY_BE_ZERO.

    A failure from outside (OUTSIDE) and one that backstage itself raises, of
    a constant that makes no sense, is one line on standard error. Any other
    exception is a mistake in the lesson: below a line with the file, the line
    number and Python's message, the lesson's frames show the way to it. The
    status is 1.

    Ctrl-C is 130: pool workers are stopped at once, the lesson's `with`
    blocks have GRACE seconds to clean up, and then the process ends, since
    threads that compute cannot be stopped otherwise.
    """
    script = Path(main.__code__.co_filename).name
    stopped = threading.Event()
    first_report = threading.Lock()

    def report_stop() -> None:
        if first_report.acquire(blocking=False):
            print(f"{script}: stopped by Ctrl-C", file=sys.stderr)

    def give_up() -> None:
        report_stop()
        sys.stderr.flush()
        try:
            _leave_nothing_behind()
        finally:
            os._exit(130)

    def interrupt(signum: int, frame: FrameType | None) -> None:
        stopped.set()
        # What it cuts short, finalizers and asyncio would complain about.
        sys.unraisablehook = lambda _: None
        logging.getLogger("asyncio").disabled = True
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
    for owner, name in (BaseProcess, "start"), (SemLock, "__init__"):
        setattr(owner, name, _with_ctrl_c_blocked(getattr(owner, name)))
    try:
        if sys.platform != "win32":  # the director has it wait for this
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        _check_constants(main.__globals__)
        main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # too late to stop it
        if stopped.is_set():  # a finalizer was all that noticed
            raise KeyboardInterrupt
    except BaseException as error:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if stopped.is_set():  # whatever else it brought about
            report_stop()
            _end(130)
        if not isinstance(error, Exception):
            raise
        print(_describe(error, main), file=sys.stderr)
        _end(1)


def _with_ctrl_c_blocked[**P](call: Callable[P, None]) -> Callable[P, None]:
    """Return `call` with Ctrl-C blocked meanwhile, and in its child for good.

    A child that is still importing would show a traceback, one that is not
    yet known could not be stopped, and a semaphore that the resource tracker
    does not know yet would be left behind.
    """
    if sys.platform == "win32":
        return call

    def call_blocked(*args: P.args, **kwargs: P.kwargs) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            call(*args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    return call_blocked


def _cancel_tasks() -> bool:
    """Cancel the tasks of the event loop that runs; tell if there is one."""
    try:
        tasks = sys.modules["asyncio"].all_tasks()
    except (KeyError, AttributeError, RuntimeError):  # not (yet) at work
        return False
    for task in tasks:
        task.get_loop().call_soon_threadsafe(task.cancel)
    return bool(tasks)


def _leave_nothing_behind() -> None:
    """Remove the named semaphores and the temporary folder of this process.

    The resource tracker would warn about the semaphores on standard error.
    Other finalizers of multiprocessing stay undone: they may wait for workers.
    """
    # Private names, all of them: there is no public way.
    quick = (SemLock._cleanup, util._remove_temp_dir)  # type: ignore[attr-defined]
    finalizers = util._finalizer_registry  # type: ignore[attr-defined]
    for finalizer in finalizers.copy().values():
        if finalizer._callback in quick:
            finalizer()


def _end(status: int) -> NoReturn:
    # Python would warn of each coroutine that a failure left behind.
    warnings.simplefilter("ignore", RuntimeWarning)
    sys.exit(status)


def _check_constants(names: dict[str, object]) -> None:
    for name, value in names.items():
        checked = name.isupper() and name not in MAY_BE_ZERO
        if not checked or isinstance(value, bool):
            continue
        if isinstance(value, int | float) and value <= 0:
            raise ValueError(f"{name} = {value}: it must be more than 0")
        if isinstance(value, Sized) and not value:
            raise ValueError(f"{name} = {value}: it must not be empty")


def _describe(error: Exception, main: Callable[[], None]) -> str:
    """Return one line on a failure from outside, or all that a mistake shows.

    Of a group of failures it is the first mistake, or else the first one.
    """
    lesson = Path(main.__code__.co_filename).resolve()
    httpx = sys.modules.get("httpx")
    outside = (*OUTSIDE, *(getattr(httpx, name) for name in HTTPX if httpx))
    frames = traceback.extract_tb(error.__traceback__)
    while isinstance(error, ExceptionGroup):
        _, mistakes = error.split(outside)
        error = (mistakes or error).exceptions[0]
        frames += traceback.extract_tb(error.__traceback__)
    # A worker in another process or interpreter sends its frames as text.
    sent = r'File "(.+)", line (\d+), in (.+)'
    for file, line, function in re.findall(sent, str(error.__cause__)):
        frames.append(traceback.FrameSummary(file, int(line), function))

    raised_in = Path(frames[-1].filename)
    if isinstance(error, outside) or BACKSTAGE in raised_in.parents:
        return f"{lesson.name}: {_one_line(error)}"
    own = [x for x in frames if Path(x.filename).resolve() == lesson]
    exception = traceback.TracebackException.from_exception(error)
    message = "".join(exception.format_exception_only()).rstrip()
    first = f"{lesson.name}, line {own[-1].lineno}: {message}"
    constants = main.__globals__.items()
    floats = [n for n, x in constants if n.isupper() and isinstance(x, float)]
    if isinstance(error, TypeError) and "float" in message and floats:
        return first  # JOBS = 2.5, most likely: the way there is no help
    if frames[-1] != own[-1]:
        own.append(frames[-1])
    way = traceback.StackSummary.from_list(own).format()
    return f"{first}\n{''.join(way).rstrip()}"


def _one_line(error: Exception) -> str:
    # requests' and httpx's name for it; httpx's property may raise.
    request = vars(error).get("request") or vars(error).get("_request")
    if request is not None and getattr(error, "response", None) is None:
        return f"{request.url}: {' '.join(_root(error).split())}"
    message = str(error).partition("\nFor more information")[0]  # of httpx
    return " ".join(message.split()) or type(error).__name__


def _root(error: BaseException) -> str:
    while isinstance(cause := error.__cause__ or error.__context__, Exception):
        error = cause  # not a CancelledError, by which asyncio keeps time
    reason = getattr(error, "strerror", None) or str(error)
    return reason or type(error).__name__
