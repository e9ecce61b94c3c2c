"""A program in a terminal of its own."""

import codecs
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import NamedTuple

import psutil

from backstage.course.catalogue import ROOT
from backstage.errors import LabError
from backstage.processes import find_descendants, kill

COLUMNS = 80
STOP_TIMEOUT = 4  # seconds that a program may take to end after Ctrl-C


def check_terminals() -> None:
    """Check that this system has pseudo-terminals.

    Raises:
        LabError: If it has none.
    """
    if not (find_spec("pty") and find_spec("termios")):
        raise LabError("recording needs pseudo-terminals")


class TerminalSession:
    """`lab` in a new terminal (a pseudo-terminal).

    Attributes:
        screen: The file descriptor to read what is on the screen.
    """

    def __init__(self, arguments: Sequence[str], rows: int) -> None:
        """Start `lab`.

        Args:
            arguments: The arguments after `lab`.
            rows: The height of the terminal, which has COLUMNS.
        """
        import pty  # not on Windows
        import termios

        self._child, self.screen = pty.fork()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        if self._child:
            return
        try:
            termios.tcsetwinsize(0, (rows, COLUMNS))
            environment = dict(os.environ)
            for name in "COLUMNS", "LINES":
                environment.pop(name, None)
            environment["TERM"] = "xterm-256color"
            environment["COLORTERM"] = "truecolor"
            for number in signal.SIGINT, signal.SIGHUP:
                # In the background or with nohup, we may ignore it.
                signal.signal(number, signal.SIG_DFL)
            command = [sys.executable, str(ROOT / "lab"), *arguments]
            os.execve(sys.executable, command, environment)
        finally:
            os._exit(127)

    def read(self) -> str | None:
        """Return some output, or None after the end of the program."""
        try:
            data = os.read(self.screen, 65_536)
        except OSError:  # how Linux reports that the terminal is closed
            return None
        return self._decoder.decode(data) if data else None

    def wait(self, timeout: float) -> bool:
        """Wait until there is something to read; return whether there is."""
        return bool(select.select([self.screen], [], [], max(timeout, 0))[0])

    def stop(self) -> None:
        """Press Ctrl-C in the terminal, and wait for the end."""
        with suppress(OSError):
            os.write(self.screen, b"\x03")
        deadline = time.monotonic() + STOP_TIMEOUT
        while (rest := deadline - time.monotonic()) > 0:
            if not self.wait(rest) or self.read() is None:
                return

    def close(self) -> int:
        """Close the terminal, and return the exit status as a shell does.

        A program that still runs is ended by that.
        """
        child = psutil.Process(self._child)
        descendants = find_descendants(self._child)
        os.close(self.screen)
        try:
            status = child.wait(STOP_TIMEOUT)
        except psutil.TimeoutExpired:
            for process in (child, *descendants):
                kill(process)
            status = child.wait()
        return status if status >= 0 else 128 - status


class Output(NamedTuple):
    """Something that was written to a terminal.

    Attributes:
        time: Seconds since the take began.
        text: The text, with the control sequences of a terminal.
    """

    time: float
    text: str
