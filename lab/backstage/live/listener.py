"""Listens for lessons that start, in whatever terminal."""

import contextlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backstage import feed

TOUCH_INTERVAL = 1.0  # seconds


class FeedFile:
    """A file of a feed, read while others append to it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset = 0

    def read_new(self) -> list[dict[str, Any]]:
        """Return the items that were added since the last call."""
        try:
            with self._file.open("rb") as lines:
                lines.seek(self._offset)
                new = lines.read()
        except OSError:  # there is none yet
            return []
        complete, _, rest = new.rpartition(b"\n")
        self._offset += len(new) - len(rest)
        items = []
        for line in complete.splitlines():
            # The writer may have been killed while it wrote a line.
            with contextlib.suppress(ValueError):
                items.append(json.loads(line))
        return items


class Listener:
    """A folder in which lessons report their runs.

    Attributes:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen = set[Path]()

    def find_new_feed(self) -> Path | None:
        """Return the file of the lesson that started last, if it is new."""
        files = set(self.folder.glob("*.jsonl")) - self._seen
        self._seen |= files
        return max(files, key=lambda file: file.stat().st_mtime, default=None)


@contextlib.contextmanager
def listen() -> Iterator[Listener]:
    """Let lessons report their runs, until the block ends."""
    _remove_old_folders()
    folder = feed.FOLDER / str(os.getpid())
    folder.mkdir(parents=True)
    alive = folder / feed.ALIVE
    alive.touch()
    ended = threading.Event()

    def touch() -> None:
        while not ended.wait(TOUCH_INTERVAL):
            alive.touch()

    toucher = threading.Thread(target=touch, daemon=True)
    toucher.start()
    try:
        yield Listener(folder)
    finally:
        ended.set()
        toucher.join()
        _remove(folder)


def _remove_old_folders() -> None:
    """Remove what live views left behind that were killed."""
    with contextlib.suppress(OSError):
        listening = feed.find_listeners()
        for folder in feed.FOLDER.iterdir():
            if folder not in listening:
                _remove(folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # others listen too
        feed.FOLDER.rmdir()
