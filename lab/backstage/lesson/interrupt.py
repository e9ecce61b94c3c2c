"""Ctrl-C in a lesson: it ends soon, with one line and nothing left behind."""

import logging
import multiprocessing
import os
import shutil
import signal
import sys
import threading
import weakref
from collections.abc import Callable
from multiprocessing import util
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import SemLock
from types import FrameType

CLEANUP_TIMEOUT = 0.5  # seconds for the `with` blocks after Ctrl-C
SWITCH_INTERVAL = 0.0001  # seconds; Python's own is 0.005

# Ctrl-C reaches pool workers too, but only the lesson handles it. A worker
# that does not start as a fork imports its lesson as "__mp_main__". In other
# processes that is another name of "__main__".
if sys.modules["__mp_main__"] is not sys.modules["__main__"]:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class InterruptHandler:
    """Handles Ctrl-C while a lesson runs.

    Pool workers are stopped at once. The tasks of an event loop are cancelled,
    or else KeyboardInterrupt is raised. The `with` blocks of the lesson have
    CLEANUP_TIMEOUT seconds to clean up. Then the process ends, because there
    is no other way to stop threads that compute.

    Attributes:
        received: Whether Ctrl-C was pressed.
    """

    def __init__(
        self, script: str, report_status: Callable[[int], None]
    ) -> None:
        """Prepare for Ctrl-C.

        Args:
            script: The name of the script, for the line on standard error.
            report_status: Is called with the exit status before the process is
                ended.
        """
        self.received = False
        self._script = script
        self._report_status = report_status
        self._first_report = threading.Lock()
        self._delays = 0  # calls that Ctrl-C may not interrupt now
        self._delays_lock = threading.Lock()
        self._is_delayed = False

    def install(self) -> None:
        """Handle Ctrl-C from now on, and one that was blocked until now."""
        signal.signal(signal.SIGINT, self._handle)
        start = self._refuse_to_start(_with_shared_folder(BaseProcess.start))
        for owner, name, call in (
            (BaseProcess, "start", start),
            (SemLock, "__init__", SemLock.__init__),
        ):
            setattr(owner, name, self._with_ctrl_c_delayed(call))
        if sys.platform != "win32":  # `uv run lab` has blocked it
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def report(self) -> None:
        """Print that Ctrl-C stopped the lesson, once."""
        if self._first_report.acquire(blocking=False):
            # The lesson may have redirected sys.stderr.
            print(
                f"{self._script}: stopped by Ctrl-C",
                file=sys.__stderr__,
                flush=True,
            )

    def _refuse_to_start(
        self, start: Callable[[BaseProcess], None]
    ) -> Callable[[BaseProcess], None]:
        """Return `start`, which starts no process after Ctrl-C.

        Some libraries start another worker where one has ended.
        """

        def start_before_ctrl_c(process: BaseProcess) -> None:
            if self.received:
                raise ChildProcessError("no process starts after Ctrl-C")
            start(process)

        return start_before_ctrl_c

    def _with_ctrl_c_delayed[**P](
        self, call: Callable[P, None]
    ) -> Callable[P, None]:
        """Return the call with Ctrl-C delayed until it returns.

        Otherwise a child that is not yet registered could not be stopped, and
        a semaphore that the resource tracker does not know yet would be left
        behind. A child process inherits that Ctrl-C is blocked, and there it
        stays blocked: a child that is still importing would print a traceback.
        """

        def call_delayed(*args: P.args, **kwargs: P.kwargs) -> None:
            with self._delays_lock:
                self._delays += 1
            try:
                _call_with_ctrl_c_blocked(lambda: call(*args, **kwargs))
            finally:
                with self._delays_lock:
                    self._delays -= 1
                    is_due = self._is_delayed and not self._delays
                if is_due:
                    self._is_delayed = False
                    _send_ctrl_c()

        return call_delayed

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self._delays:  # another thread, where it is not blocked, got it
            self._is_delayed = True
            return
        self.received = True
        # Another Ctrl-C must not interrupt the clean-up, which ends soon. The
        # clean-up must not wait long for its turn if threads compute.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.setswitchinterval(SWITCH_INTERVAL)
        # Finalizers, threads and asyncio would complain about what is
        # interrupted.
        sys.unraisablehook = lambda _: None
        threading.excepthook = lambda _: None
        logging.getLogger("asyncio").disabled = True
        for worker in multiprocessing.active_children():
            worker.terminate()
        deadline = threading.Timer(CLEANUP_TIMEOUT, self._end_process)
        deadline.daemon = True
        deadline.start()
        # An exception in the middle of a task would be that task's result.
        if not _cancel_tasks():
            raise KeyboardInterrupt

    def _end_process(self) -> None:
        try:
            self.report()
            self._report_status(130)
            # Before the workers end, because the main thread may wait for them
            # and then begin to clean up, which it could not finish.
            _remove_semaphores()
            # Some ignore SIGTERM; one that a thread was starting is known now.
            for worker in multiprocessing.active_children():
                worker.kill()
            _remove_temporary_folders()
        finally:
            os._exit(130)


def ignore_ctrl_c() -> None:
    """Ignore Ctrl-C from now on, because the lesson ends anyway."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _call_with_ctrl_c_blocked(call: Callable[[], None]) -> None:
    """Call a function with Ctrl-C blocked in this thread."""
    if sys.platform == "win32":
        call()
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        call()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _send_ctrl_c() -> None:
    """Send Ctrl-C to the main thread, which may be waiting."""
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGINT)
    else:
        main_thread = threading.main_thread().ident
        assert main_thread is not None
        signal.pthread_kill(main_thread, signal.SIGINT)


def _with_shared_folder(
    start: Callable[[BaseProcess], None],
) -> Callable[[BaseProcess], None]:
    """Return `start`, which lets a manager use this process's folder.

    A manager has a socket in a temporary folder. If it made a folder of its
    own, that would stay behind after Ctrl-C, which stops the manager.
    """

    def start_with_folder(process: BaseProcess) -> None:
        if "multiprocessing.managers" in sys.modules:
            folder = util.get_temp_dir()
            process._config["tempdir"] = folder  # type: ignore[attr-defined]
        start(process)

    return start_with_folder


def _cancel_tasks() -> bool:
    """Cancel the tasks of the running event loop, and return if it had any."""
    try:
        tasks = sys.modules["asyncio"].all_tasks()
    except (KeyError, AttributeError):  # not imported, or only in part
        return False
    except RuntimeError:  # no event loop is running
        return False
    for task in tasks:
        task.get_loop().call_soon_threadsafe(task.cancel)
    return bool(tasks)


def _remove_semaphores() -> None:
    """Remove the named semaphores of this process.

    Otherwise the resource tracker would warn about them on standard error.
    Other finalizers of multiprocessing are not called, because they may wait
    for workers. There is no public way to do this.
    """
    finalizers = util._finalizer_registry  # type: ignore[attr-defined]
    for finalizer in finalizers.copy().values():
        if finalizer._callback == SemLock._cleanup:  # type: ignore[attr-defined]
            finalizer()


def _remove_temporary_folders() -> None:
    """Remove the folder of multiprocessing and those in `with` blocks.

    There is no public way to find them. Each `TemporaryDirectory` has a
    finalizer.
    """
    process = multiprocessing.current_process()
    folders = [process._config.get("tempdir")]  # type: ignore[attr-defined]
    if "tempfile" in sys.modules:
        clean_up = sys.modules["tempfile"].TemporaryDirectory._cleanup
        finalizers = weakref.finalize._registry  # type: ignore[attr-defined]
        folders += [
            info.args[0]
            for info in list(finalizers.values())
            if info.func == clean_up
        ]
    for folder in filter(None, folders):
        for _ in range(3):  # a thread may still make files in it
            shutil.rmtree(folder, ignore_errors=True)
