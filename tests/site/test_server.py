"""The process of the practice site: how it serves, and how it ends."""

import asyncio
import contextlib
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstage import practice_site
from backstage.site.client import SERVER, raise_open_file_limit
from support.processes import is_site, wait_until
from support.site import ReadLog, connect, get, send_bytes

METHODS = [
    pytest.param(
        method,
        # Workers that were forked hold the pipe to the server open. Those
        # that were started in another way do not.
        marks=[] if place == 0 or method == "fork" else [pytest.mark.slow],
    )
    for place, method in enumerate(multiprocessing.get_all_start_methods())
]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /get HTTP/9.9\r\n\r\n",
        b"GET /get HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /get HTTP/1.1\r\nConnection: close\r\nX: "
        + b"x" * 1_000_000
        + b"\r\n\r\n",
        b"POST /get HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"BREW /get HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /get HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
)
def test_a_malformed_request_does_not_hurt_the_next(
    site: str, request_bytes: bytes
) -> None:
    head, _, body = send_bytes(site, request_bytes).partition(b"\r\n\r\n")
    assert head.split()[1].startswith(b"4")
    assert len(body.splitlines()) <= 1
    assert get(f"{site}/uuid").status_code == 200


@settings(deadline=None, max_examples=100, derandomize=True, database=None)
@given(line=st.binary(max_size=60), rest=st.binary(max_size=60))
def test_no_bytes_hurt_the_next_request(
    site: str, line: bytes, rest: bytes
) -> None:
    with connect(site) as connection:
        connection.sendall(b"GET /" + line + b" HTTP/1.1\r\n" + rest)
        connection.sendall(b"\r\n\r\n")
    assert get(f"{site}/uuid").status_code == 200


async def fetch_status(url: str) -> bytes:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(
        address.hostname, address.port
    )
    writer.write(f"GET {address.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    status = await reader.readline()
    writer.close()
    return status


async def fetch_statuses(urls: list[str]) -> list[bytes]:
    return await asyncio.gather(*map(fetch_status, urls))


@pytest.mark.timing
def test_1000_requests_are_in_flight_at_once(
    read_log: ReadLog,
) -> None:
    raise_open_file_limit()
    with practice_site(["/delay/3"] * 1_000) as urls:
        statuses = asyncio.run(fetch_statuses(urls))
    assert statuses == [b"HTTP/1.1 200 OK\r\n"] * 1_000
    log = read_log()
    assert len(log) == 1_000
    assert {request["status"] for request in log} == {200}
    assert max(request["in_flight"] for request in log) >= 950


def is_closed(url: str) -> bool:
    try:
        connect(url).close()
    except OSError:
        return True
    return False


def test_its_port_is_free_after_the_end(site: str, traced: None) -> None:
    with practice_site(["/get"]) as (url,):
        assert not url.startswith(f"{site}/")  # each site has its own port
    assert is_closed(url)


def test_a_missing_library_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("import a_library_that_is_not_here")
    server = subprocess.run(
        [sys.executable, SERVER],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert server.returncode == 1
    assert server.stderr == ""
    assert len(server.stdout.splitlines()) == 1
    assert "a_library_that_is_not_here" in server.stdout


def has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("method", METHODS)
def test_it_ends_when_its_parent_is_killed(
    method: str, tmp_path: Path, traced: None
) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import multiprocessing, time\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "from backstage import practice_site\n"
        "if __name__ == '__main__':\n"
        f"    context = multiprocessing.get_context({method!r})\n"
        "    with practice_site(['/get']) as (url,):\n"
        "        pool = ProcessPoolExecutor(2, mp_context=context)\n"
        "        list(pool.map(time.sleep, [0.01] * 2))\n"
        "        print(url, flush=True)\n"
        "        time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        url = parent.stdout.readline().strip()
        family = psutil.Process(parent.pid).children(recursive=True)
        server = next(filter(is_site, family))
        # The resource tracker stays, to clean up after the workers.
        workers = [
            process
            for process in family
            if process != server
            and "resource_tracker" not in str(process.cmdline())
        ]
        assert len(workers) >= 2
        parent.kill()
    wait_until(lambda: has_ended(server) and is_closed(url))
    # The standard library leaves its workers and its folder behind.
    for worker in workers:
        with contextlib.suppress(psutil.NoSuchProcess):
            worker.kill()
    for folder in Path(os.environ["TMPDIR"]).glob("pymp-*"):
        shutil.rmtree(folder)
