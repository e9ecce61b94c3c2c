"""Reports a run to the live views that listen, if there are any."""

import io
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from backstage.feed import SITE_FEEDS, Feed, find_listeners

PLAIN_TYPES = (bool, int, float, str, bytes, tuple, list, set, dict)


class RunReport:
    """Reports a run to the live views that listen."""

    def __init__(self) -> None:
        self._feed: Feed | None = None
        self._process = os.getpid()

    def begin(self, main: Callable[[], None]) -> None:
        """Report the script, and from now on all text that it prints.

        Args:
            main: The function that the lesson gave to `run`.
        """
        listeners = find_listeners()
        if not listeners:
            return
        from backstage.system import cpus, environment_summary, gil_is_on

        name = f"{self._process}-{time.time_ns()}.jsonl"
        self._feed = Feed(folder / name for folder in listeners)
        self._feed.add(
            script=Path(main.__code__.co_filename).name,
            process=self._process,
            constants={
                name: repr(value)
                for name, value in main.__globals__.items()
                if name.isupper() and isinstance(value, PLAIN_TYPES)
            },
            environment=environment_summary(),
            gil=gil_is_on(),
            cpus=cpus(),
            cpu_time=time.process_time(),  # now, after the imports
        )
        files = [str(folder / f"{name}.site") for folder in listeners]
        os.environ[SITE_FEEDS] = os.pathsep.join(files)
        output = sys.stdout
        if isinstance(output, io.TextIOWrapper):  # open, and no test's own
            output.flush()
            sys.stdout = _ReportedOutput(output, self._feed)

    def end(self, status: int) -> None:
        """Report the exit status, and nothing after it."""
        output = sys.stdout
        if isinstance(output, _ReportedOutput):
            with suppress(OSError, ValueError):  # the interpreter reports it
                output.flush()  # a last line without a line break
            sys.stdout = output.real
        self.add_status(status)

    def add_status(self, status: int) -> None:
        """Report the exit status, without a wait for the output."""
        is_copy = os.getpid() != self._process  # a fork of the lesson
        if self._feed and not is_copy:
            self._feed.add(end=status)


class _ReportedLines(io.BufferedIOBase):
    """What is below the text: passes on the bytes, and reports them."""

    def __init__(self, output: io.TextIOWrapper, feed: Feed) -> None:
        self._output = output
        self._feed = feed

    def write(self, data: Any) -> int:
        """Write and report some bytes."""
        buffer: Any = self._output.buffer
        count: int = buffer.write(data)
        text = bytes(data).decode(self._output.encoding, "replace")
        self._feed.add(text=text)
        return count

    def flush(self) -> None:
        """Flush after a line, if the real output does that."""
        if self._output.line_buffering:
            self._output.buffer.flush()

    def close(self) -> None:
        """Leave the real output open: the interpreter closes it."""

    def fileno(self) -> int:
        """Return the file descriptor of the real output."""
        return self._output.fileno()

    def isatty(self) -> bool:
        """Return whether the real output is a terminal."""
        return self._output.isatty()

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def __getattr__(self, name: str) -> Any:
        """Return another attribute of the real output, such as its name."""
        return getattr(self._output.buffer, name)


class _ReportedOutput(io.TextIOWrapper):
    """Standard output, each line of which is reported at once.

    Lines are reported below the text, where a line and its line break are one
    piece. So threads mix their lines no more than without a live view.

    Attributes:
        real: The real standard output.
    """

    def __init__(self, output: io.TextIOWrapper, feed: Feed) -> None:
        lines: Any = _ReportedLines(output, feed)
        super().__init__(
            lines,
            encoding=output.encoding,
            errors=output.errors,
            line_buffering=True,
            write_through=output.write_through,
        )
        vars(self)["mode"] = output.mode
        self.real = output

    def flush(self) -> None:
        """Flush the real output too, as whoever calls this wants."""
        super().flush()
        self.real.flush()

    def close(self) -> None:
        """Close it; the interpreter reports what cannot be written."""
        with suppress(OSError):
            super().close()

    @property
    def buffer(self) -> Any:
        """The real output, for those who write bytes."""
        # These bytes are not reported.
        return self.real.buffer
