"""`practice_site`: web pages on this machine while a `with` block runs."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    contextmanager,
    nullcontext,
    suppress,
)
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from backstage.errors import LabError

SERVER = Path(__file__).with_name("server.py")
END_TIMEOUT = 5  # seconds that the server may take to end
KILLED = f"practice site: did not end in {END_TIMEOUT} s, and was killed"
MACOS_MAX_FILES = 10_240  # open files that macOS accepts as a limit


@contextmanager
def practice_site(pages: Sequence[str]) -> Iterator[list[str]]:
    """Start a practice site and yield the addresses of its pages.

    The site is ready when the block begins, and it has ended when the block
    ends. Then a line on standard error says how many requests it saw.

    No site is started if all pages are whole addresses, or if the environment
    variable PRACTICE_SITE holds the address of a site that is running. If
    PRACTICE_SITE_LOG names a file, the site appends a line of JSON for each
    request to it: the attributes of `request_log.LoggedRequest`.

    Args:
        pages: Paths on the practice site ("/delay/1"), or whole addresses,
            which stay as they are.

    Yields:
        One address for each page, in the same order.

    Raises:
        LabError: If `pages` is not a list of strings or is empty, if
            PRACTICE_SITE is not an address, or if the site cannot start.
    """
    is_list = isinstance(pages, Sequence) and not isinstance(pages, str)
    if not is_list or not all(isinstance(page, str) for page in pages):
        raise LabError(f"pages must be a list of addresses, not {pages!r}")
    if not pages:
        raise LabError("there are no pages to put on the practice site")
    raise_open_file_limit()
    if all(urlsplit(page).scheme for page in pages):
        yield list(pages)
        return
    with _running_site() or _new_site() as site, _without_proxies(site):
        yield [urljoin(site, page) for page in pages]


def raise_open_file_limit() -> None:
    """Let this process and its children open as many files as possible."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # macOS does not accept its own hard limit if that is "unlimited".
    for limit in (hard, MACOS_MAX_FILES):
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            return


def _running_site() -> AbstractContextManager[str] | None:
    """Return the site that PRACTICE_SITE names, if it is set."""
    site = os.environ.get("PRACTICE_SITE")
    if not site:
        return None
    address = urlsplit(site)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise LabError(f"PRACTICE_SITE={site} is not the address of a site")
    return nullcontext(site)


@contextmanager
def _new_site() -> Iterator[str]:
    """Start a server process and yield the address of its site."""
    with subprocess.Popen(
        # -P: modules beside the script do not replace those of libraries.
        [sys.executable, "-P", "-W", "ignore", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C is for the lesson: the site ends when the lesson's block does.
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    ) as server:
        address = ""
        try:
            line = server.stdout.readline().strip() if server.stdout else ""
            if not line.startswith("http"):
                raise LabError(line or "the practice site did not start")
            address = line
            yield address
        finally:
            summary = _stop(server)
            if address:
                print(summary, end="", file=sys.stderr)


def _stop(server: subprocess.Popen[str]) -> str:
    """Stop the server and return its summary, or a line that it was killed."""
    try:
        return server.communicate("stop\n", timeout=END_TIMEOUT)[0]
    except subprocess.TimeoutExpired:
        return f"{KILLED}\n"
    finally:
        server.kill()


@contextmanager
def _without_proxies(site: str) -> Iterator[None]:
    """Have clients connect to the site itself, whatever proxies are set."""
    host = urlsplit(site).hostname
    before = {name: os.environ.get(name) for name in ("NO_PROXY", "no_proxy")}
    for name, value in before.items():
        os.environ[name] = f"{value},{host}" if value else f"{host}"
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
