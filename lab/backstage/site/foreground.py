"""`uv run lab site`: the practice site in the foreground of a terminal."""

import time
from typing import NoReturn

from tqdm import tqdm

from backstage.site.client import raise_open_file_limit
from backstage.site.request_log import RequestLog
from backstage.site.server import end_process, start_server

PORT = 8000  # if it is free
WIDTH = 72  # columns of the bar: the terminal's ^C fits beside it
MIN_SCALE = 10  # requests in flight that fill the bar, at least
REDRAW_INTERVAL = 0.05  # seconds


def serve_in_foreground() -> NoReturn:
    """Serve the site with a live bar of requests in flight until Ctrl-C.

    Raises:
        OSError: If the site cannot start.
    """
    raise_open_file_limit()
    try:
        address, request_log = start_server(PORT)
    except OSError:  # most often because another site uses the port
        address, request_log = start_server(port=0)
    print(f"PRACTICE_SITE={address}", flush=True)
    try:
        _show_requests(request_log)
    except KeyboardInterrupt:
        end_process(request_log, exit_status=130)


def _show_requests(request_log: RequestLog) -> NoReturn:
    """Show the requests in flight in a bar, which is cleared at the end."""
    with tqdm(
        bar_format="{desc} |{bar}|",
        ncols=WIDTH,
        total=1,
        leave=False,
        disable=None,
    ) as bar:
        while True:
            bar.total = max(MIN_SCALE, request_log.peak)
            bar.n = request_log.in_flight
            seen = len(request_log.requests)
            bar.set_description_str(f"{seen} seen, {bar.n:>4} in flight")
            time.sleep(REDRAW_INTERVAL)
