"""Follows the lessons that start, one after the other."""

from contextlib import suppress
from pathlib import Path

from backstage.errors import LabError
from backstage.live.listener import FeedFile, Listener
from backstage.live.run import LiveRun

LOOK_INTERVAL = 0.05  # seconds between two looks at a run
DRAW_INTERVAL = 0.1  # seconds between two updates of a view, at least


class Follower:
    """Follows the lesson that started last.

    Attributes:
        run: That run; None until the first lesson has started.
    """

    def __init__(self, listener: Listener) -> None:
        self.run: LiveRun | None = None
        self._listener = listener
        self._file: Path | None = None  # of a run whose header is not read

    def look(self) -> None:
        """Look at the run, and whether another one has started."""
        self._file = self._listener.find_new_feed() or self._file
        if self._file:
            items = FeedFile(self._file).read_new()
            if items:  # the header is complete
                # A script that is no lesson, or a header that the disk had
                # no room for, is left out.
                with suppress(LabError, KeyError):
                    self.run = LiveRun(self._file, items[0])
                self._file = None
        if self.run:
            self.run.look()
