"""The probe process, as seen from its parent."""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import perf_counter, sleep
from typing import Any

import psutil

from backstage.errors import LabError, UsageError
from backstage.processes import find_descendants, kill

POLL_INTERVAL = 0.1  # seconds between two looks at whether the probe lives
END_TIMEOUT = 1.0  # seconds that a probe may take to end, or to be killed


class FunctionError(LabError):
    """The user's function raised an error; the text is one line."""


class ProbeLostError(Exception):
    """The probe died or did not answer; the text follows the word "it"."""


class ProbeProcess:
    """A probe in a process of its own, until `end` is called.

    Attributes:
        is_idle: Whether the probe has answered all requests.
    """

    def __init__(
        self,
        target: str,
        expressions: Sequence[str],
        on_wait: Callable[[], object],
        scheduler: str = "",
    ) -> None:
        """Start the process.

        Args:
            target: "module:function".
            expressions: The inputs; see `inputs.load_calls`.
            on_wait: Called every POLL_INTERVAL while an answer is awaited.
            scheduler: Address of the scheduler of a cluster.
        """
        self.target = target
        self.expressions = list(expressions)
        self.scheduler = scheduler
        self.on_wait = on_wait
        # A process that is killed does not remove its temporary files.
        self.folder = tempfile.TemporaryDirectory(
            prefix="lab-", ignore_cleanup_errors=True
        )
        temporary = dict.fromkeys(["TMPDIR", "TEMP", "TMP"], self.folder.name)
        # Not -m: interpreters would not find the functions of __main__.
        program = "from backstage.choose.probe import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ | temporary,
            start_new_session=True,  # Ctrl-C in the terminal is not for it
        )
        self.is_idle = True
        self.answers = queue.Queue[str]()
        threading.Thread(target=self._read_answers, daemon=True).start()

    def load(self, timeout: float) -> dict[str, Any]:
        """Load the function, before any other request.

        Returns:
            See `Probe.describe`.

        Raises:
            UsageError: If the function or an input cannot be loaded.
            ProbeLostError: See `ask`.
        """
        answer = self.ask(
            timeout,
            target=self.target,
            expressions=self.expressions,
            scheduler=self.scheduler,
        )
        if "usage_error" in answer:
            raise UsageError(answer["usage_error"])
        return answer

    def ask(self, timeout: float, **request: Any) -> dict[str, Any]:
        """Send a request, and return the answer.

        Args:
            timeout: In seconds.
            **request: See `probe.main`.

        Raises:
            FunctionError: If the function raised an error.
            ProbeLostError: If the probe died, or did not answer in time.
        """
        self.is_idle = False
        with suppress(OSError):  # the probe has died
            print(json.dumps(request), file=self.process.stdin, flush=True)
        answer = json.loads(self._wait_for_line(timeout))
        self.is_idle = True
        if "error" in answer:
            raise FunctionError(answer["error"])
        return dict(answer)

    def _wait_for_line(self, timeout: float) -> str:
        deadline = perf_counter() + timeout
        while True:
            is_alive = self.process.poll() is None
            with suppress(queue.Empty):
                return self.answers.get(timeout=POLL_INTERVAL)
            if not is_alive:  # its workers may keep the pipe open
                status = self.process.returncode
                raise ProbeLostError(f"ended its process (status {status})")
            if perf_counter() > deadline:
                raise ProbeLostError(f"did not end within {timeout:.1f} s")
            self.on_wait()

    def _read_answers(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self.answers.put(line)

    def end(self) -> None:
        """Let the probe shut down its workers, then kill what remains.

        A probe that is busy might never end, and is killed at once.
        """
        descendants = find_descendants(self.process.pid)
        try:
            with suppress(OSError):  # the probe has died
                if self.process.stdin:
                    self.process.stdin.close()
            if self.is_idle:
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(END_TIMEOUT)
        finally:
            self._kill(descendants)
            self.folder.cleanup()

    def _kill(self, descendants: Sequence[psutil.Process]) -> None:
        """Kill the probe, these processes, and the group of the probe."""
        self.process.kill()
        deadline = perf_counter() + END_TIMEOUT
        while perf_counter() < deadline:
            processes = [*descendants, *self._find_group()]
            running = [process for process in processes if kill(process)]
            if not running:
                break
            sleep(0.01)
        self.process.wait()

    def _find_group(self) -> list[psutil.Process]:
        """Return the processes of the probe's group.

        They can be orphans, which are not its descendants any more.
        """
        if not hasattr(os, "getpgid"):  # Windows has no groups
            return []
        group = []
        for pid in psutil.pids():
            with suppress(OSError, psutil.NoSuchProcess):  # it has just ended
                if os.getpgid(pid) == self.process.pid:
                    group.append(psutil.Process(pid))
        return group
