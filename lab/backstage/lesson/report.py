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
    """What a live view gets to know of a run, from the lesson itself."""

    def __init__(self) -> None:
        self._feed: Feed | None = None
        self._process = os.getpid()
        self._output: Any = None  # the real standard output

    def begin(self, main: Callable[[], None]) -> None:
        """Report the script, and from now on all that it prints.

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
        )
        files = [str(folder / f"{name}.site") for folder in listeners]
        os.environ[SITE_FEEDS] = os.pathsep.join(files)
        output = sys.stdout
        if isinstance(output, io.TextIOWrapper):  # open, and no test's own
            output.flush()
            self._output = output
            sys.stdout = _ReportedText(output, self._feed)

    def end(self, status: int) -> None:
        """Report the exit status, and nothing after it."""
        if self._output and isinstance(sys.stdout, _ReportedText):
            with suppress(OSError, ValueError):  # the interpreter reports it
                sys.stdout.flush()  # a last line without a line break
            sys.stdout = self._output
        is_copy = os.getpid() != self._process  # a fork of the lesson
        if self._feed and not is_copy:
            self._feed.add(end=status)


class _ReportedBytes(io.BufferedIOBase):
    """The bytes of standard output, which are reported too.

    They are below the text: so print() still writes a line in one step, and
    threads do not mix their lines more than without a live view.
    """

    def __init__(
        self,
        output: io.BufferedIOBase,
        encoding: str,
        feed: Feed,
        flush_lines: bool,
    ) -> None:
        """Report an output.

        Args:
            output: The real output.
            encoding: Its encoding.
            feed: Where to report it.
            flush_lines: Whether a flush right after a line is meant for the
                real output too, or only makes the text come here.
        """
        self._output = output
        self._encoding = encoding
        self._feed = feed
        self._flush_lines = flush_lines
        self._lines = 0  # written, and not flushed

    def write(self, data: Any) -> int:
        """Write and report some bytes."""
        data = bytes(data)
        count = self._output.write(data)
        self._feed.add(text=data.decode(self._encoding, "replace"))
        if b"\n" in data or b"\r" in data:
            self._lines += 1
        return count

    def flush(self) -> None:
        """Flush the real output, if that is meant."""
        if self._lines and not self._flush_lines:
            self._lines -= 1
        else:
            self._output.flush()

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
        return getattr(self._output, name)


class _ReportedText(io.TextIOWrapper):
    """Standard output, whose text is reported too."""

    def __init__(self, output: io.TextIOWrapper, feed: Feed) -> None:
        real: Any = output.buffer
        lines: Any = _ReportedBytes(
            real, output.encoding, feed, output.line_buffering
        )
        super().__init__(
            lines,
            encoding=output.encoding,
            errors=output.errors,
            newline="\n",
            line_buffering=True,  # each line is reported at once
            write_through=output.write_through,
        )
        vars(self)["mode"] = output.mode
        self._bytes: Any = _ReportedBytes(
            real, output.encoding, feed, flush_lines=True
        )

    def close(self) -> None:
        """Close it; the interpreter reports what cannot be written."""
        with suppress(OSError):
            super().close()

    @property
    def buffer(self) -> Any:
        """The output for those who write bytes."""
        return self._bytes
