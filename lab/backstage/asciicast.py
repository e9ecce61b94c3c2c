"""Records a lesson in a terminal, as an asciicast.

The format is version 2 (docs.asciinema.org/manual/asciicast/v2): a JSON
header, then a line for each output: [seconds since the start, "o", text].
"""

import codecs
import json
import logging
import os
import select
import shlex
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from backstage.course.catalogue import ROOT
from backstage.errors import LabError
from backstage.files import write_atomically

log = logging.getLogger(__name__)

FOLDER = ROOT / "lab" / "recordings"
COLUMNS, ROWS = 80, 24
KEY_DELAY = 0.05  # seconds from one key to the next
FINAL_PAUSE = 3.0  # seconds that the last line stays
STOP_TIMEOUT = 4  # seconds that the run may take to end after Ctrl-C


def record(arguments: Sequence[str], name: str) -> int:
    """Run `uv run lab` in a terminal of its own, and record that.

    The output is shown here too. The recording begins with the command, as
    if somebody typed it.

    Args:
        arguments: A lesson's number, and its changes.
        name: The name of the file in FOLDER, without its suffix. An earlier
            file of that name is replaced.

    Returns:
        The exit status of the run.

    Raises:
        LabError: If this system has no pseudo-terminals.
        OSError: If the file cannot be written.
        KeyboardInterrupt: After Ctrl-C. There is no file then.
    """
    command = shlex.join(["uv", "run", "lab", *arguments])
    keys = [*command, "\r\n"]
    outputs = [(0.0, "$ ")]
    outputs += [(n * KEY_DELAY, key) for n, key in enumerate(keys, start=1)]
    print(f"$ {command}", flush=True)
    child, screen = _start_in_terminal(arguments)
    start = time.monotonic() - outputs[-1][0]
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    try:
        while data := _read(screen):
            text = decoder.decode(data)
            outputs.append((time.monotonic() - start, text))
            print(text, end="", flush=True)
    except KeyboardInterrupt:
        _press_ctrl_c(screen)
        raise
    finally:
        os.close(screen)  # whatever is still running gets SIGHUP
        _, code = os.waitpid(child, 0)
    end = time.monotonic() - start
    outputs += [(end, "$ "), (end + FINAL_PAUSE, "")]
    file = FOLDER / f"{name}.cast"
    write_atomically(file, _format_cast(command, outputs))
    log.info("recorded in %s", os.path.relpath(file))
    status = os.waitstatus_to_exitcode(code)
    return status if status >= 0 else 128 - status


def _format_cast(command: str, outputs: Sequence[tuple[float, str]]) -> str:
    header = {
        "version": 2,
        "width": COLUMNS,
        "height": ROWS,
        "timestamp": int(time.time()),
        "title": command,
    }
    events = [[round(seconds, 6), "o", text] for seconds, text in outputs]
    return "".join(json.dumps(line) + "\n" for line in [header, *events])


def _start_in_terminal(arguments: Sequence[str]) -> tuple[int, int]:
    """Start `lab` in a new terminal.

    Returns:
        The process id, and a file descriptor to read the screen from.
    """
    try:
        import pty
        import termios
    except ImportError:
        raise LabError("recording needs pseudo-terminals") from None
    child, screen = pty.fork()
    if child:
        return child, screen
    try:
        termios.tcsetwinsize(0, (ROWS, COLUMNS))
        environment = dict(os.environ)
        for name in "COLUMNS", "LINES":
            environment.pop(name, None)
        environment["TERM"] = "xterm-256color"
        command = [sys.executable, str(ROOT / "lab"), *arguments]
        os.execve(sys.executable, command, environment)
    finally:
        os._exit(127)


def _press_ctrl_c(screen: int) -> None:
    """Press Ctrl-C in the run's own terminal, and wait for its end."""
    with suppress(OSError):
        os.write(screen, b"\x03")
    while select.select([screen], [], [], STOP_TIMEOUT)[0] and _read(screen):
        pass


def _read(screen: int) -> bytes:
    """Return some output, or nothing after the end of the run."""
    try:
        return os.read(screen, 65_536)
    except OSError:  # how Linux reports that the terminal is closed
        return b""
