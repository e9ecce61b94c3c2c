"""Records commands in a terminal, with or without the live view below it."""

import re
import select
import shlex
import time
from collections.abc import Sequence

from backstage.errors import LabError
from backstage.takes.frames import Row, Run, VirtualTerminal, draw_changes
from backstage.takes.keys import type_keys
from backstage.takes.session import COLUMNS, Output, TerminalSession

ROWS = 24  # of a terminal without the live view
LESSON_ROWS, LIVE_ROWS = 14, 24  # of the two terminals, with the live view
READ_PAUSE = 3.0  # seconds that the last line stays before the next command
START_TIMEOUT = 15.0  # seconds that the live view may take to start
END_TIMEOUT = 5.0  # seconds that it may take to show the end of a lesson
QUIET_TIME = 0.5  # seconds without a change: the live view has shown the end
LINE = (Run(0, COLUMNS, "\u2500" * COLUMNS, "8b949e", bold=False),)


def format_command(arguments: Sequence[str]) -> str:
    """Return the command that runs a lesson, as it is typed."""
    return shlex.join(["uv", "run", "lab", *arguments])


class PlainTake:
    """A take of commands.

    Attributes:
        rows: The height of the terminal.
        lesson_rows: The height of the terminal in which the lessons run.
        outputs: What the terminal has shown so far.
    """

    rows = ROWS
    lesson_rows = ROWS

    def __init__(self) -> None:
        self.outputs: list[Output] = []
        self._now = 0.0  # seconds since the take began

    def run(self, arguments: Sequence[str]) -> int:
        """Type a command, run it, and wait for a viewer who reads.

        What it prints is printed here too.

        Args:
            arguments: A lesson's number, and its changes.

        Returns:
            The exit status of the command.

        Raises:
            LabError: If the live view has ended.
            KeyboardInterrupt: After Ctrl-C.
        """
        command = format_command(arguments)
        self._show(self._now, "$ ")
        for key in type_keys(command, self._now):
            self._show(key.time, key.text)
            self._now = key.time
        print(f"$ {command}", flush=True)
        begin = time.monotonic() - self._now
        session = TerminalSession(arguments, self.lesson_rows)
        try:
            self._read(session, begin)
        except BaseException:
            session.stop()
            raise
        finally:
            status = session.close()
        self._now = time.monotonic() - begin + READ_PAUSE
        return status

    def end(self) -> None:
        """Show a last prompt."""
        self._show(self._now, "$ ")

    def close(self) -> None:
        """End what still runs."""

    def _read(self, session: TerminalSession, begin: float) -> None:
        """Show what a session prints, until it ends."""
        while (text := session.read()) is not None:
            print(text, end="", flush=True)
            self._show(time.monotonic() - begin, text)

    def _show(self, now: float, text: str) -> None:
        """Show a text at a time, in seconds since the take began."""
        if text:
            self.outputs.append(Output(now, text))


class LiveTake(PlainTake):
    """A take with the live view below the terminal of the lessons."""

    rows = LESSON_ROWS + 1 + LIVE_ROWS
    lesson_rows = LESSON_ROWS

    def __init__(self) -> None:
        """Start the live view.

        Raises:
            LabError: If the live view does not start.
            KeyboardInterrupt: After Ctrl-C.
        """
        super().__init__()
        self._lesson = VirtualTerminal(LESSON_ROWS)
        self._live = VirtualTerminal(LIVE_ROWS)
        self._rows: tuple[Row, ...] = ((),) * self.rows
        self._view = TerminalSession(["live"], LIVE_ROWS)
        try:
            self._wait_for_view()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the live view."""
        self._view.stop()
        self._view.close()

    def _read(self, session: TerminalSession, begin: float) -> None:
        """Show what a session and the live view show, until both end."""
        screens = [session.screen, self._view.screen]
        while True:
            ready, _, _ = select.select(screens, [], [])
            if self._view.screen in ready:
                self._read_view()
                self._show(time.monotonic() - begin, "")
            if session.screen in ready:
                text = session.read()
                if text is None:
                    break
                print(text, end="", flush=True)
                self._show(time.monotonic() - begin, text)
        self._follow_view(begin)

    def _wait_for_view(self) -> None:
        """Wait until the live view has drawn its first screen."""
        deadline = time.monotonic() + START_TIMEOUT
        while not any(self._live.read_rows()):
            rest = deadline - time.monotonic()
            if not self._view.wait(rest):
                raise LabError("the live view did not start")
            self._read_view()

    def _follow_view(self, begin: float) -> None:
        """Show the live view until it has shown the end of a lesson."""
        deadline = time.monotonic() + END_TIMEOUT
        while time.monotonic() < deadline:
            if self._view.wait(QUIET_TIME):
                self._read_view()
                self._show(time.monotonic() - begin, "")
            elif not self._is_running():
                return

    def _is_running(self) -> bool:
        """Return whether the live view shows a lesson that runs."""
        # A long command takes more than one row.
        runs = [run for row in self._live.read_rows()[:4] for run in row]
        text = " ".join(run.text for run in runs)
        return bool(re.search(r": running, \d", text))

    def _read_view(self) -> None:
        """Read what the live view draws.

        Raises:
            LabError: If it has ended.
        """
        text = self._view.read()
        if text is None:
            raise LabError("the live view has ended")
        self._live.write(text)

    def _show(self, now: float, text: str) -> None:
        """Show a text in the lessons' terminal, and the live view as it is."""
        self._lesson.write(text)
        rows = (*self._lesson.read_rows(), LINE, *self._live.read_rows())
        changes = draw_changes(self._rows, rows, first=1)
        self._rows = rows
        if changes:
            self.outputs.append(Output(now, changes))
