"""`uv run lab`: the director; what it can do is in backstage."""

import os
import sys


def main() -> int:
    """Do what the command line says and return the exit status."""
    import io
    import logging
    import signal
    import threading
    from pathlib import Path

    from tqdm import tqdm

    from backstage.cli import director

    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed
            nothing = Path(os.devnull).open("r+")  # noqa: SIM115  for good
            setattr(sys, name, nothing)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # a picture needs its blocks
    logging.basicConfig(format="%(message)s")
    for name in ("SIGHUP", "SIGTERM"):  # a lesson is not left behind
        if number := getattr(signal, name, None):
            signal.signal(number, lambda n, _: sys.exit(128 + n))
    # Not a lock for processes, which nobody would clear away after Ctrl-C.
    tqdm.set_lock(threading.RLock())
    status = director.main(sys.argv[1:])
    sys.stdout.flush()
    return status


if __name__ == "__main__":
    try:
        sys.exit(main())  # its imports too may be what Ctrl-C meets
    except KeyboardInterrupt:
        print("lab: stopped by Ctrl-C", file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        print(f"lab: {error}", file=sys.stderr)
        # What could not be written is not to be tried again at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
