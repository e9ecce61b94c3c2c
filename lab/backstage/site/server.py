"""The process of the practice site, which runs this file as a script.

The process prints the address of the site and serves it. It stops when it
reads a line or the end of its standard input, or when its parent process has
ended. Then it prints a summary of the requests.
"""

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

if __name__ == "__main__":
    # A script finds its package even where that is not installed.
    sys.path.append(str(Path(__file__).parents[2]))

try:
    import uvicorn
    from starlette.applications import Starlette

    from backstage.site.pages import ROUTES, HeaderLimit
    from backstage.site.request_log import RequestLog
except ImportError as error:
    print(f"the practice site needs {error.name}: uv sync installs it")
    sys.exit(1)

BACKLOG = 16_384  # connections that wait to be accepted
KEEP_ALIVE = 60  # seconds that a connection without requests stays open
POLL_INTERVAL = 0.5  # seconds between two looks at the parent process


def start_server(port: int) -> tuple[str, RequestLog]:
    """Start a thread that serves the site until the process ends.

    Args:
        port: The port to listen at, or 0 for any free port.

    Returns:
        The address of the site, and the log of its requests.

    Raises:
        OSError: If the server cannot start, or cannot write the file that
            PRACTICE_SITE_LOG names.
    """
    logging.disable()
    log_file = _log_file()
    if log_file:
        log_file.touch()
    listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    request_log = RequestLog(HeaderLimit(Starlette(routes=ROUTES)))
    server = uvicorn.Server(
        uvicorn.Config(
            request_log,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE,
        )
    )
    # Not in the main thread, where uvicorn would replace signal handlers.
    serving = ThreadPoolExecutor(1).submit(server.run, [listener])
    while not server.started:
        if serving.done():
            raise OSError(serving.exception() or "it ended at once")
        time.sleep(0.005)
    return f"http://127.0.0.1:{listener.getsockname()[1]}", request_log


def end_process(request_log: RequestLog, exit_status: int) -> NoReturn:
    """Print the summary, write the log, and end this process."""
    with contextlib.suppress(BrokenPipeError):  # the parent process has ended
        print(request_log.summary(), flush=True)
    log_file = _log_file()
    if log_file:
        request_log.append_to(log_file)
    # A graceful shutdown would wait for the requests in flight.
    os._exit(exit_status)


def _log_file() -> Path | None:
    name = os.environ.get("PRACTICE_SITE_LOG")
    return Path(name) if name else None


def _wait_for_stop() -> None:
    """Wait for standard input, or until the parent process has ended.

    Standard input alone is not enough: workers that the parent forked keep
    its end of the pipe open after its death.
    """
    parent = os.getppid()
    reader = threading.Thread(target=sys.stdin.readline, daemon=True)
    reader.start()
    while reader.is_alive() and os.getppid() == parent:
        reader.join(POLL_INTERVAL)


def main() -> NoReturn:
    """Print the address, serve until the lesson's block ends, and exit."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    address, request_log = start_server(port=0)
    print(address, flush=True)
    _wait_for_stop()
    end_process(request_log, exit_status=0)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        with contextlib.suppress(BrokenPipeError):
            print(f"the practice site cannot start: {error}", flush=True)
        os._exit(1)
