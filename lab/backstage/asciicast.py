"""A take as an asciinema recording."""

import codecs
import json
import logging
import os
import select
import shlex
import sys
import time
from contextlib import suppress

from backstage.course.catalogue import ROOT
from backstage.files import write_atomically

log = logging.getLogger(__name__)

FOLDER = ROOT / "lab" / "recordings"
COLUMNS, ROWS = 80, 24
KEY = 0.05  # seconds from one key to the next
HOLD = 3.0  # seconds that the closing line stays
PATIENCE = 4  # seconds that the run may take to end after Ctrl-C


def record(words: list[str], name: str) -> int:
    """Run `uv run lab` with these words in a terminal of its own; keep it.

    All is shown here too. The file is an asciicast, version 2
    (docs.asciinema.org/manual/asciicast/v2), in FOLDER: after a header a line
    for each output, [seconds since the start, "o", text]. The command is
    typed by nobody, at a steady pace, before the clock of the run begins.

    Arguments: `words`, a lesson's number and its changes; `name`, of the file
    without its suffix. An earlier file of that name is replaced.

    Returns the exit status of the run.

    Raises OSError where the system has no pseudo-terminals, or the file
    cannot be written, and KeyboardInterrupt after Ctrl-C: nothing is kept.
    """
    typed = shlex.join(["uv", "run", "lab", *words])
    header = {
        "version": 2,
        "width": COLUMNS,
        "height": ROWS,
        "timestamp": int(time.time()),
        "title": typed,
    }
    events = [(0.0, "$ ")]
    events += [(n * KEY, key) for n, key in enumerate([*typed, "\r\n"], 1)]
    print(f"$ {typed}", flush=True)
    child, screen = _fork(words)
    start = time.monotonic() - events[-1][0]
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    try:
        while data := _read(screen):
            text = decoder.decode(data)
            events.append((time.monotonic() - start, text))
            print(text, end="", flush=True)
    except KeyboardInterrupt:
        with suppress(OSError):
            os.write(screen, b"\x03")  # as the run's own terminal would
        while select.select([screen], [], [], PATIENCE)[0] and _read(screen):
            pass
        raise
    finally:
        os.close(screen)  # hangs up, if anything is still there
        _, code = os.waitpid(child, 0)
    end = time.monotonic() - start
    events += [(end, "$ "), (end + HOLD, "")]
    lines = [header, *([round(when, 6), "o", text] for when, text in events)]
    cast = FOLDER / f"{name}.cast"
    write_atomically(cast, "".join(json.dumps(line) + "\n" for line in lines))
    log.info("recorded in %s", os.path.relpath(cast))
    status = os.waitstatus_to_exitcode(code)
    return status if status >= 0 else 128 - status


def _fork(words: list[str]) -> tuple[int, int]:
    """Start the director in a terminal of its own; return pid and screen."""
    try:
        import pty
        import termios
    except ImportError:
        raise OSError("recording needs a pseudo-terminal: none here") from None
    child, screen = pty.fork()
    if child:
        return child, screen
    try:
        termios.tcsetwinsize(0, (ROWS, COLUMNS))
        away = {"COLUMNS", "LINES"}
        kept = {k: v for k, v in os.environ.items() if k not in away}
        kept["TERM"] = "xterm-256color"
        command = [sys.executable, str(ROOT / "lab"), *words]
        os.execve(sys.executable, command, kept)
    finally:
        os._exit(127)


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 65_536)
    except OSError:  # Linux's way to say that the terminal is gone
        return b""
