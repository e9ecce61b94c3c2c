"""The practice site: a web server of this machine, in its own process."""

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

SERVER = Path(__file__).with_name("server.py")
END_TIMEOUT = 5  # seconds that the server may take to end
KILLED = f"practice site: did not end in {END_TIMEOUT} s, and was killed"


@contextmanager
def practice_site(pages: Sequence[str]) -> Iterator[list[str]]:
    """Put pages on a site of this machine and yield their addresses.

    Arguments: `pages`, paths on the practice site ("/delay/1") or whole
    addresses, which are passed through. A list of nothing but whole
    addresses starts no site, nor does the environment variable PRACTICE_SITE:
    it holds the address of one that runs already.

    Yields: one address for each page, in the same order.

    Raises: TypeError where `pages` is no list of strings, ValueError where it
    is empty or PRACTICE_SITE is no address, OSError where the site cannot
    start.

    The site is ready when the block begins and gone when it has ended; a
    line on standard error then says what it saw, or that it took longer than
    END_TIMEOUT to end and was killed. The environment variable
    PRACTICE_SITE_LOG names a file to which it adds one JSON object a
    request (see `server.Register`).
    """
    is_list = isinstance(pages, Sequence) and not isinstance(pages, str)
    if not is_list or not all(isinstance(page, str) for page in pages):
        raise TypeError(f"a list of addresses is wanted, not {pages!r}")
    if not pages:
        raise ValueError("no pages to put on the practice site")
    allow_many_files()
    if all(urlsplit(page).scheme for page in pages):
        yield list(pages)
        return
    with _running() or _server() as site, _past_proxies(site):
        yield [urljoin(site, page) for page in pages]


def allow_many_files() -> None:
    """Raise the limit of open files as far as it may, for children too."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # macOS refuses its own hard limit where that is "unlimited".
    for wanted in (hard, 10_240):
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return


def _running() -> AbstractContextManager[str] | None:
    site = os.environ.get("PRACTICE_SITE")
    if not site:
        return None
    address = urlsplit(site)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError(f"PRACTICE_SITE={site} is no address of a site")
    return nullcontext(site)


@contextmanager
def _server() -> Iterator[str]:
    with subprocess.Popen(
        # -P: a file in the current folder must not stand in for a library.
        [sys.executable, "-P", "-W", "ignore", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C is for the lesson: the site ends when the lesson's block does.
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    ) as server:
        said = ""
        try:
            said = server.stdout.readline().strip() if server.stdout else ""
            if not said.startswith("http"):
                raise OSError(said or "the practice site did not start")
            yield said
        finally:
            summary = _end(server)
            if said:
                print(summary, end="", file=sys.stderr)


def _end(server: subprocess.Popen[str]) -> str:
    """Make the server end; return its summary, or that it was killed."""
    try:
        return server.communicate("end\n", timeout=END_TIMEOUT)[0]
    except subprocess.TimeoutExpired:
        return f"{KILLED}\n"
    finally:
        server.kill()


@contextmanager
def _past_proxies(site: str) -> Iterator[None]:
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
