"""`uv run lab`: the director; what it can do is in backstage."""

import sys


def main() -> int:
    """Do what the command line says and return the exit status."""
    import logging
    import signal
    import threading

    from tqdm import tqdm

    from backstage import director

    logging.basicConfig(format="%(message)s")
    for name in ("SIGHUP", "SIGTERM"):  # a lesson is not left behind
        if number := getattr(signal, name, None):
            signal.signal(number, lambda n, _: sys.exit(128 + n))
    # Not a lock for processes, which nobody would clear away after Ctrl-C.
    tqdm.set_lock(threading.RLock())
    return director.main(sys.argv[1:])


if __name__ == "__main__":
    try:
        sys.exit(main())  # its imports too may be what Ctrl-C meets
    except KeyboardInterrupt:
        print("lab: stopped by Ctrl-C", file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        sys.exit(f"lab: {error}")
