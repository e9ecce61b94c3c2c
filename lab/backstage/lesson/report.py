"""Reports a run to the live views that listen, if there are any."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from backstage.feed import SITE_FEEDS, Feed, find_listeners


class RunReport:
    """What a live view gets to know of a run, from the lesson itself."""

    def __init__(self) -> None:
        self._feed: Feed | None = None

    def begin(self, main: Callable[[], None]) -> None:
        """Report the script, and from now on each line that it prints.

        Args:
            main: The function that the lesson gave to `run`.
        """
        listeners = find_listeners()
        if not listeners:
            return
        from backstage.system import cpus, environment_summary, gil_is_on

        name = f"{os.getpid()}.jsonl"
        self._feed = Feed(folder / name for folder in listeners)
        self._feed.add(
            script=Path(main.__code__.co_filename).name,
            process=os.getpid(),
            constants={
                name: repr(value)
                for name, value in main.__globals__.items()
                if name.isupper()
            },
            environment=environment_summary(),
            gil=gil_is_on(),
            cpus=cpus(),
        )
        files = [str(folder / f"{name}.site") for folder in listeners]
        os.environ[SITE_FEEDS] = os.pathsep.join(files)
        tee: Any = _Tee(sys.stdout, self._feed)
        sys.stdout = tee

    def end(self, status: int) -> None:
        """Report the exit status."""
        if self._feed:
            self._feed.add(end=status)


class _Tee:
    """Standard output, whose text is reported too."""

    def __init__(self, output: TextIO, feed: Feed) -> None:
        self._output = output
        self._feed = feed

    def write(self, text: str) -> int:
        """Write and report a text."""
        count = self._output.write(text)
        self._feed.add(text=text)
        return count

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the real standard output."""
        return getattr(self._output, name)
