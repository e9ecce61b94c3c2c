"""Listens for lessons that start, in whatever terminal."""

import contextlib
import json
import os
import re
import shutil
import threading
import time
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
        return max(files, key=_last_change, default=None)


@contextlib.contextmanager
def listen() -> Iterator[Listener]:
    """Let lessons report their runs, until the block ends."""
    _remove_old_folders()
    folder = feed.live_folder() / f"{os.getpid()}-{time.time_ns()}"
    _touch(folder)
    ended = threading.Event()

    def touch() -> None:
        while not ended.wait(TOUCH_INTERVAL):
            with contextlib.suppress(OSError):  # the disk is full
                _touch(folder)

    heartbeat = threading.Thread(target=touch, daemon=True)
    heartbeat.start()
    try:
        yield Listener(folder)
    finally:
        ended.set()
        heartbeat.join()
        _remove(folder)


def _touch(folder: Path) -> None:
    """Show that a live view listens in a folder.

    The folder is made again if somebody has removed it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / feed.ALIVE).touch()


def _last_change(file: Path) -> float:
    """Return when a file was changed, or 0 if it is gone."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _remove_old_folders() -> None:
    """Remove what live views left behind that were killed."""
    oldest = time.time() - feed.MAX_AGE
    with contextlib.suppress(OSError):
        listening = feed.find_listeners()
        for folder in feed.live_folder().iterdir():
            # Other folders than those of live views have other names. One that
            # has just been made is about to listen.
            is_own = re.fullmatch(r"\d+-\d+", folder.name)
            is_old = folder not in listening and _last_change(folder) < oldest
            if is_own and is_old:
                _remove(folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # others listen too
        feed.live_folder().rmdir()
