"""The command line: `lab`, or `uv run lab` in a clone."""

import os
import signal
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command that the command line names, and exit with its status.

    The status is 2 after a usage error, 1 after a failure, 130 after Ctrl-C,
    and 128 + the signal's number after SIGTERM or SIGHUP.
    """
    try:
        _open_closed_streams()
        _exit_on_signals()
        from backstage.cli import app  # Ctrl-C may arrive during the imports

        status = app.run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("lab: stopped by Ctrl-C", file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        print(f"lab: {error}", file=sys.stderr)
        # Python must not try again to write what is left in the buffer.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    sys.exit(status)


def _open_closed_streams() -> None:
    """Replace standard streams that the shell has closed; use UTF-8."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r+"))  # noqa: PTH123, SIM115
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(encoding="utf-8")  # the pictures use block characters


def _exit_on_signals() -> None:
    """Exit in an orderly way after SIGHUP and SIGTERM.

    Otherwise a lesson would be left running.
    """
    for name in ("SIGHUP", "SIGTERM"):
        number = getattr(signal, name, None)
        # Under nohup, SIGHUP is ignored, and it must stay so.
        if number and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _: sys.exit(128 + number))
