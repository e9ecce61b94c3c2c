"""`run(main)`: run a lesson and describe its failure in plain words."""

import sys
import threading
import warnings
from collections.abc import Callable, Mapping, Sized
from pathlib import Path
from typing import NoReturn

from backstage.errors import LabError
from backstage.lesson.failure import describe_failure
from backstage.lesson.interrupt import InterruptHandler, ignore_ctrl_c
from backstage.lesson.report import RunReport

MAY_BE_ZERO = {"DELAY", "OFFSET", "RETRIES", "SEED"}  # constants


def run(main: Callable[[], None]) -> None:
    """Run a lesson; print a short description if it fails.

    A failure is described on standard error (see `describe_failure`), and the
    exit status is 1. After Ctrl-C it is 130 (see `InterruptHandler`).

    Args:
        main: The lesson's function to call, after `check_constants` has
            accepted the constants of its module.

    Raises:
        SystemExit: After a failure and after Ctrl-C.
    """
    report = RunReport()
    script = Path(main.__code__.co_filename).name
    interrupt = InterruptHandler(script, report.add_status)
    if tqdm := sys.modules.get("tqdm"):
        # Its usual lock is also for processes. Ctrl-C would leave it behind.
        tqdm.tqdm.set_lock(threading.RLock())
    try:
        interrupt.install()
        check_constants(main.__globals__)
        report.begin(main)
        main()
        ignore_ctrl_c()
        if interrupt.received:  # but a finalizer swallowed the exception
            raise KeyboardInterrupt
        report.end(0)
    except BaseException as error:
        ignore_ctrl_c()
        if interrupt.received:  # this error may only be its consequence
            interrupt.report()
            report.end(130)
            _exit(130)
        if not isinstance(error, Exception):
            report.end(_status_of(error))
            raise
        print(describe_failure(error, main), file=sys.stderr)
        report.end(1)
        _exit(1)


def check_constants(names: Mapping[str, object]) -> None:
    """Check that constants are more than zero, or not empty.

    Args:
        names: The names of a module and their values. Constants are those in
            capitals. False is allowed, and any number in MAY_BE_ZERO.

    Raises:
        LabError: If a constant is zero, negative, or empty.
    """
    for name, value in names.items():
        is_checked = name.isupper() and name not in MAY_BE_ZERO
        if not is_checked or isinstance(value, bool):
            continue
        if isinstance(value, int | float) and value <= 0:
            raise LabError(f"{name} = {value}: it must be more than 0")
        if isinstance(value, Sized) and not value:
            raise LabError(f"{name} = {value}: it must not be empty")


def _status_of(error: BaseException) -> int:
    """Return the exit status that an exception stands for."""
    code = error.code if isinstance(error, SystemExit) else 1
    if code is None:
        return 0
    return code if isinstance(code, int) else 1


def _exit(status: int) -> NoReturn:
    # Python would warn about each coroutine that never ran.
    warnings.simplefilter("ignore", RuntimeWarning)
    sys.exit(status)
