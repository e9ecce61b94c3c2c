"""The running lesson that is inspected, and its processes."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from backstage.inspection.excerpts import has_started
from backstage.inspection.startup import sitecustomize
from backstage.processes import find_descendants

HAS_SIGNALS = hasattr(signal, "SIGUSR1")  # not on Windows
START_TIMEOUT = 20  # seconds for the imports of a lesson
DELAY = 4.0  # seconds, without signals, until a process writes its stacks
WARM_UP = 1.0  # seconds after them, at least
MAX_WARM_UP = 3.0  # seconds, if the lesson goes on using the CPU
QUIET_TIME = 0.3  # seconds
QUIET_CPU = 0.03  # seconds of CPU time in a QUIET_TIME, at most
ANSWER_TIMEOUT = 3  # seconds that a process may take to write a file
POLL_INTERVAL = 0.05  # seconds between two looks at a file


@dataclass
class Target:
    """A running lesson.

    Attributes:
        child: The lesson's process.
        script: The file name of its script.
        folder: Where its processes write what they are asked for.
        stacks: What they have written about their threads, by process.
    """

    child: subprocess.Popen[str]
    script: str
    folder: Path
    stacks: dict[int, str] = field(default_factory=dict)
    _seen: dict[int, int] = field(default_factory=dict)

    @property
    def pid(self) -> int:
        """The process id of the lesson."""
        return self.child.pid

    def is_running(self) -> bool:
        """Return whether the lesson is still running."""
        return self.child.poll() is None

    def wait_until_ready(self) -> None:
        """Wait until it is clear what the lesson does.

        Its imports are over, and either nothing uses the CPU any more, or
        some seconds have passed.
        """
        if not HAS_SIGNALS:  # it writes its stacks without being asked
            self._wait(DELAY)
            return
        deadline = time.monotonic() + START_TIMEOUT
        while self.is_running() and time.monotonic() < deadline:
            prepared = self._stacks_file(self.pid).exists()
            if prepared and has_started(
                self.read_stacks(self.pid), self.script
            ):
                break
            self._wait(POLL_INTERVAL)
        self._wait(WARM_UP)
        deadline = time.monotonic() + MAX_WARM_UP - WARM_UP
        used = QUIET_CPU + 1
        while used > QUIET_CPU and time.monotonic() < deadline:
            before = self._cpu_of_tree()
            self._wait(QUIET_TIME)
            used = self._cpu_of_tree() - before

    def find_busiest(self) -> int:
        """Return the process that used the CPU most in the last moments.

        Only those count that run a function of the lesson. Of several equal
        ones it is the one that started last.
        """
        pids = list(self.stacks) or [self.pid]
        before = [_cpu_seconds(pid) for pid in pids]
        time.sleep(4 * POLL_INTERVAL)
        used = [
            (round(_cpu_seconds(pid) - start, 1), number)
            for number, (pid, start) in enumerate(
                zip(pids, before, strict=True)
            )
        ]
        return pids[max(used)[1]]

    def find_prepared(self) -> list[int]:
        """Return the processes that can write their stacks."""
        pids = [self.pid, *(x.pid for x in find_descendants(self.pid))]
        return [pid for pid in pids if self._stacks_file(pid).exists()]

    def read_stacks(self, pid: int) -> str:
        """Return the stacks of a process, or "" if it does not answer."""
        file = self._stacks_file(pid)
        seen = self._seen.get(pid, 0)
        if HAS_SIGNALS:
            try:
                os.kill(pid, signal.SIGUSR1)
            except ProcessLookupError:  # it has just ended
                return ""
        text, longer = "", ""
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while not text or text != longer:  # it may still be writing
            if time.monotonic() > deadline or not self.is_running():
                break
            time.sleep(POLL_INTERVAL)
            text, longer = longer, file.read_text("ascii")[seen:]
        if HAS_SIGNALS:
            self._seen[pid] = seen + len(longer)
        return longer

    def read_memory(self) -> str | None:
        """Return the lesson's use of memory, or None if it does not answer."""
        if HAS_SIGNALS:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGUSR2)
        file = self.folder / "memory"
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while not file.exists():
            if time.monotonic() > deadline or not self.is_running():
                return None
            time.sleep(POLL_INTERVAL)
        return file.read_text("utf-8")

    def _wait(self, seconds: float) -> None:
        """Wait, but not longer than the lesson runs."""
        with suppress(subprocess.TimeoutExpired):
            self.child.wait(seconds)

    def _cpu_of_tree(self) -> float:
        pids = [self.pid, *(x.pid for x in find_descendants(self.pid))]
        return sum(map(_cpu_seconds, pids))

    def _stacks_file(self, pid: int) -> Path:
        return self.folder / f"stacks-{pid}"


def make_environment(folder: Path) -> dict[str, str]:
    """Return the environment of a lesson that is inspected."""
    startup = str(Path(sitecustomize.__file__).parent)
    paths = [startup, os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONUNBUFFERED": "1",  # lines appear when they are printed
        "TQDM_DISABLE": "1",  # bars would be between our lines
        sitecustomize.FOLDER: str(folder),
    }
    if not HAS_SIGNALS:
        environment[sitecustomize.DELAY] = str(DELAY)
    return environment


def _cpu_seconds(pid: int) -> float:
    with suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return times.user + times.system
    return 0.0
