"""Feeds: how a lesson reports what it does to the live views that listen.

A live view has a folder of its own (see `live_folder`), and touches the file
ALIVE in it every second. Where there is such a folder, a lesson that starts
adds two files to it: one with what the lesson reports, and one with what its
practice site reports. Each line of them is a JSON object with the key "time",
in seconds since the epoch, and one of these sets of keys:

- "script", "process", "constants", "environment", "gil", "cpus": a run began
- "text": a part of what the lesson printed
- "site", "request", "path": a practice site received a request
- "site", "request", "status": the request ended
- "end": the exit status of the lesson
"""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

FOLDER = "LAB_LIVE"  # environment variable: another folder for all of them
ALIVE = "alive"  # the name of a file
MAX_AGE = 3.0  # seconds since it was touched: the live view has ended
SITE_FEEDS = "LAB_SITE_FEEDS"  # environment variable: files for the site


def live_folder() -> Path:
    """Return the folder in which live views have their folders."""
    name = os.environ.get(FOLDER)
    return Path(name) if name else Path(__file__).parents[1] / ".live"


def find_listeners() -> list[Path]:
    """Return the folders of the live views that listen now."""
    oldest = time.time() - MAX_AGE
    try:
        folders = list(live_folder().iterdir())
    except OSError:  # nobody has ever listened
        return []
    listeners = []
    for folder in folders:
        try:
            if (folder / ALIVE).stat().st_mtime >= oldest:
                listeners.append(folder)
        except OSError:  # it is about to end
            continue
    return listeners


class Feed:
    """Appends lines to the files of live views.

    Nothing that goes wrong here may disturb a lesson: what cannot be written
    is left out.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        """Make the files, or continue them."""
        self._descriptors = []
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        for file in files:
            try:
                self._descriptors.append(os.open(file, flags, 0o600))
            except OSError:  # the live view has just ended
                continue

    def add(self, **item: object) -> None:
        """Append an item, with the time."""
        import json  # which a lesson without a live view does not need

        line = json.dumps({"time": time.time(), **item}) + "\n"
        for descriptor in self._descriptors:
            with suppress(OSError):  # the disk is full
                os.write(descriptor, line.encode())


def open_site_feed() -> Feed | None:
    """Return the feed of a practice site, if a live view listens."""
    names = os.environ.get(SITE_FEEDS)
    if not names:
        return None
    return Feed(map(Path, names.split(os.pathsep)))
