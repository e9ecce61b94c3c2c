"""The practice site: what it answers, what it saw, and how it ends."""

import asyncio
import contextlib
import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

import psutil
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backstage import practice_site
from backstage.site.client import SERVER
from support.processes import is_site, wait_until


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with practice_site(["/"]) as (url,):
        yield url.rstrip("/")


def get(url: str, **options: object) -> requests.Response:
    return requests.get(url, timeout=5, **options)  # type: ignore[arg-type]


def raw(site: str, request: bytes) -> bytes:
    """Return the whole answer to one request, as bytes from the wire."""
    address = urlsplit(site)
    with socket.create_connection((address.hostname, address.port), 5) as peer:
        peer.sendall(request)
        with contextlib.suppress(ConnectionResetError):
            return b"".join(iter(lambda: peer.recv(65_536), b""))
    return b""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/plain"),
        ("/get?a=1", "application/json"),
        ("/headers", "application/json"),
        ("/json", "application/json"),
        ("/html", "text/html"),
        ("/uuid", "application/json"),
        ("/delay/0", "application/json"),
        ("/status/200", "text/html"),
        ("/bytes/0", "application/octet-stream"),
        ("/links/10/3", "text/html"),
        ("/redirect/3", "application/json"),
        ("/image/png", "image/png"),
        ("/page/1", "text/html"),
        ("/flaky/0", "text/html"),
    ],
)
def test_every_page_answers(site: str, path: str, kind: str) -> None:
    answer = get(site + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == kind


def test_the_index_names_every_path(site: str) -> None:
    paths = get(f"{site}/").text.splitlines()
    assert "/delay/{seconds}" in paths
    assert "/page/{n}" in paths


def test_get_echoes_the_request(site: str) -> None:
    said = get(f"{site}/get?a=1&b=two", headers={"X-Tra": "yes"}).json()
    assert said["args"] == {"a": "1", "b": "two"}
    assert said["headers"]["X-Tra"] == "yes"
    assert said["origin"] == "127.0.0.1"
    assert said["url"] == f"{site}/get?a=1&b=two"
    assert get(f"{site}/headers").json().keys() == {"headers"}


def test_json_html_uuid_and_png(site: str) -> None:
    show = get(f"{site}/json").json()["slideshow"]
    assert show.keys() == {"author", "date", "title", "slides"}
    assert "<h1>" in get(f"{site}/html").text
    uuids = {get(f"{site}/uuid").json()["uuid"] for _ in range(2)}
    assert len(uuids) == 2
    png = get(f"{site}/image/png").content
    assert png.startswith(b"\x89PNG\r\n")
    assert png[16:24] == bytes([0, 0, 0, 64, 0, 0, 0, 64])


def test_delay_waits(site: str) -> None:
    answer = get(f"{site}/delay/0.3")
    assert answer.elapsed.total_seconds() >= 0.3


@pytest.mark.parametrize("code", [200, 204, 301, 404, 418, 500, 503, 599])
def test_status_is_the_one_asked_for(site: str, code: int) -> None:
    answer = get(f"{site}/status/{code}", allow_redirects=False)
    assert answer.status_code == code
    assert ("location" in answer.headers) == (code == 301)


def test_bytes_links_and_redirects_count(site: str) -> None:
    assert len(get(f"{site}/bytes/1000").content) == 1000
    assert get(f"{site}/bytes/50").content == get(f"{site}/bytes/50").content
    assert get(f"{site}/links/10/3").text.count("<a ") == 9
    assert len(get(f"{site}/redirect/3").history) == 3


def test_a_page_is_html_of_its_size_and_always_the_same(site: str) -> None:
    text = get(f"{site}/page/7?size=50000").text
    assert 50_000 <= len(text) < 52_000
    for tag in "<title>", "<h1>", "<h2>", "<table>", "<a href=", "<p>":
        assert tag in text
    assert get(f"{site}/page/7?size=50000").text == text
    assert get(f"{site}/page/8?size=50000").text != text
    late = get(f"{site}/page/7?size=1&delay=0.2")
    assert late.elapsed.total_seconds() >= 0.2


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/delay/abc",
        "/delay/-1",
        "/delay/1e9",
        "/delay/nan",
        "/delay/inf",
        "/delay/10.1",
        "/delay/" + "9" * 5000,
        "/status/99",
        "/status/600",
        "/status/2x0",
        "/bytes/99999999999",
        "/bytes/-1",
        "/bytes/" + "9" * 5000,
        "/links/201/0",
        "/redirect/201",
        "/page/x",
        "/page/1?size=1e6",
        "/page/1?size=10000001",
        "/page/1?delay=11",
        "/page/1?delay=%0Ax",
        "/flaky/x",
        "/flaky/201",
        "/flaky/1?status=200",
        "/flaky/1?after=1.5",
        "/flaky/1?delay=11",
    ],
)
def test_bad_input_gets_one_line(site: str, path: str) -> None:
    answer = get(site + path)
    assert 400 <= answer.status_code < 500
    assert len(answer.text.splitlines()) == 1
    assert len(answer.text) < 80
    assert get(f"{site}/uuid").status_code == 200


def test_flaky_fails_and_recovers_the_same_again(site: str) -> None:
    address = f"{site}/flaky/2?delay=0&after=3"
    for _ in range(2):
        answers = [get(address) for _ in range(3)]
        assert [x.status_code for x in answers] == [503, 503, 200]
        assert [x.headers.get("retry-after") for x in answers] == [
            "3",
            "3",
            None,
        ]
    assert "<h1>" in answers[-1].text


def test_flaky_counts_full_addresses_apart(site: str) -> None:
    for query in "delay=0&page=1", "delay=0&page=2&status=429":
        first, second = (get(f"{site}/flaky/1?{query}") for _ in range(2))
        assert first.status_code == (429 if "429" in query else 503)
        assert first.headers["retry-after"] == "1"
        assert second.status_code == 200


def test_cut_breaks_off_in_its_middle(site: str) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(f"{site}/cut")
    head, _, body = raw(
        site, b"GET /cut HTTP/1.1\r\nHost: x\r\n\r\n"
    ).partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split()[0])
    assert len(body) == length // 2
    assert get(f"{site}/uuid").status_code == 200


def test_drop_says_nothing(site: str) -> None:
    assert raw(site, b"GET /drop HTTP/1.1\r\nHost: x\r\n\r\n") == b""
    with pytest.raises(requests.ConnectionError):
        get(f"{site}/drop")
    assert get(f"{site}/uuid").status_code == 200


def test_silent_never_answers(site: str) -> None:
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{site}/silent", timeout=0.3)
    assert get(f"{site}/uuid").status_code == 200


def test_trouble_is_told_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "site.jsonl"
    monkeypatch.setenv("PRACTICE_SITE_LOG", str(log))
    with practice_site(["/drop", "/cut", "/flaky/1?delay=0"]) as urls:
        for url in urls[:2]:
            with pytest.raises(requests.RequestException):
                get(url)
        assert get(urls[2]).status_code == 503
    seen = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert [visit["status"] for visit in seen] == [None, 200, 503]
    assert all(visit["ended"] for visit in seen)


def test_a_site_that_runs_already_is_used(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRACTICE_SITE", site)
    before = psutil.Process().children()
    with practice_site(["/get", "http://example.org/b"]) as urls:
        assert urls == [f"{site}/get", "http://example.org/b"]
        assert psutil.Process().children() == before
        assert "127.0.0.1" in os.environ["NO_PROXY"]
        assert get(urls[0]).status_code == 200


@pytest.mark.parametrize(
    "address", ["nonsense", "localhost:8000", "ftp://x", "http://"]
)
def test_an_address_that_is_none_is_one_error(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRACTICE_SITE", address)
    with pytest.raises(ValueError, match=address), practice_site(["/get"]):
        pass


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /get HTTP/9.9\r\n\r\n",
        b"GET /get HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /get HTTP/1.1\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n",
        b"POST /get HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"BREW /get HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /get HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
)
def test_malformed_requests_do_not_hurt_the_next(
    site: str, request_bytes: bytes
) -> None:
    request = request_bytes.replace(b"X: ", b"Connection: close\r\nX: ")
    answer = raw(site, request)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1].startswith(b"4")
    assert len(body.splitlines()) <= 1
    assert get(f"{site}/uuid").status_code == 200


KINDS = "get headers json html uuid delay status bytes links redirect image"
WORDS = st.sampled_from([*KINDS.split(), "page", "png"]) | st.text(max_size=9)
NUMBERS = st.integers() | st.floats(min_value=0.2) | st.floats(max_value=0)


@settings(
    deadline=None,
    max_examples=150,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    words=st.lists(WORDS | NUMBERS.map(str), max_size=4),
    query=st.dictionaries(
        st.sampled_from(["size", "n"]), NUMBERS.map(str) | st.text(max_size=9)
    ),
)
def test_no_path_breaks_the_site(
    site: str, words: list[str], query: dict[str, str]
) -> None:
    path = "/".join(quote(word, safe="") for word in words)
    answer = requests.get(
        f"{site}/{path}",
        params=query,
        timeout=12,
        allow_redirects=False,
    )
    asked_for = path.startswith("status/")
    assert answer.status_code < 500 or asked_for
    if answer.status_code in (400, 404):
        assert len(answer.text.splitlines()) <= 1


@settings(deadline=None, max_examples=100, derandomize=True, database=None)
@given(line=st.binary(max_size=60), rest=st.binary(max_size=60))
def test_no_bytes_break_the_site(site: str, line: bytes, rest: bytes) -> None:
    address = urlsplit(site)
    with socket.create_connection((address.hostname, address.port), 5) as peer:
        peer.sendall(b"GET /" + line + b" HTTP/1.1\r\n" + rest + b"\r\n\r\n")
    assert get(f"{site}/uuid").status_code == 200


def is_free(address: SplitResult) -> bool:
    with socket.socket() as peer:
        return peer.connect_ex((address.hostname, address.port)) != 0


async def ask(host: str, port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    status = await reader.readline()
    writer.close()
    return status


def allow_files(count: int) -> None:
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


@pytest.mark.timing
def test_a_thousand_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "site.jsonl"
    monkeypatch.setenv("PRACTICE_SITE_LOG", str(log))
    allow_files(2_000)
    with practice_site(["/delay/1"] * 1_000) as urls:
        address = urlsplit(urls[0])

        async def ask_all() -> list[bytes]:
            host, port = address.hostname or "", address.port or 0
            return await asyncio.gather(
                *(ask(host, port, urlsplit(url).path) for url in urls)
            )

        answers = asyncio.run(ask_all())
    assert answers == [b"HTTP/1.1 200 OK\r\n"] * 1_000
    seen = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert len(seen) == 1_000
    assert {visit["status"] for visit in seen} == {200}
    assert max(visit["in_flight"] for visit in seen) >= 950


def test_it_tells_what_it_saw(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    log = tmp_path / "site.jsonl"
    monkeypatch.setenv("PRACTICE_SITE_LOG", str(log))
    with practice_site(["/", "/delay/9?x=1", "/status/404"]) as urls:
        get(urls[0])
        with pytest.raises(requests.ReadTimeout):
            requests.get(urls[1], timeout=0.2)
        get(urls[2])
    out, err = capfd.readouterr()
    assert (out, err) == (
        "",
        "practice site: 2 requests, at most 1 at a time\n",
    )
    left, missing = map(json.loads, log.read_text("utf-8").splitlines())
    assert left["path"] == "/delay/9?x=1"
    assert left["status"] == 499
    assert missing["status"] == 404
    assert left["arrived"] <= left["ended"] <= missing["arrived"]
    assert left["ended"] - left["arrived"] < 5


def test_what_is_under_way_at_the_end_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "site.jsonl"
    monkeypatch.setenv("PRACTICE_SITE_LOG", str(log))
    with practice_site(["/delay/9"]) as (url,):
        address = urlsplit(url)
        peer = socket.create_connection((address.hostname, address.port), 5)
        peer.sendall(b"GET /delay/9 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert get(url.replace("/delay/9", "/get")).status_code == 200
    peer.close()
    first = json.loads(log.read_text("utf-8").splitlines()[0])
    assert (first["path"], first["ended"]) == ("/delay/9", None)


def test_whole_addresses_pass_and_start_no_site(
    capfd: pytest.CaptureFixture[str],
) -> None:
    far = ["https://example.org/a", "http://example.org/b"]
    before = psutil.Process().children()
    with practice_site(far) as urls:
        assert urls == far
        assert psutil.Process().children() == before
    assert capfd.readouterr().err == ""
    with practice_site(["/get", *far]) as urls:
        assert urls[1:] == far
        assert urls[0].startswith("http://127.0.0.1:")


def test_a_proxy_in_the_environment_is_passed_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY":
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.setenv("no_proxy", "example.org")
    with practice_site(["/uuid"]) as (url,):
        assert get(url).status_code == 200
        assert os.environ["no_proxy"] == "example.org,127.0.0.1"
    assert os.environ["no_proxy"] == "example.org"


def test_the_environment_is_afterwards_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in "NO_PROXY", "no_proxy":
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    with practice_site(["/uuid"]):
        assert os.environ["NO_PROXY"] == "127.0.0.1"
    assert dict(os.environ) == before


def test_the_port_is_free_afterwards(traced: None) -> None:
    with practice_site(["/get"]) as one, practice_site(["/get"]) as other:
        assert one != other
        address = urlsplit(one[0])
    assert is_free(address)


def test_a_missing_library_is_one_line(tmp_path: Path) -> None:
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


def test_no_start_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, traced: None
) -> None:
    log = tmp_path / "no" / "such" / "folder"
    monkeypatch.setenv("PRACTICE_SITE_LOG", str(log))
    with (
        pytest.raises(OSError, match="the practice site cannot start: "),
        practice_site(["/get"]),
    ):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_too_few_open_files(traced: None) -> None:
    """To start a process with three pipes takes nine."""
    code = (
        "import resource\n"
        "from backstage import practice_site, run\n"
        "def main():\n"
        "    with practice_site(['/get']): print('ready')\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))\n"
        "run(main)\n"
    )
    lesson = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert (lesson.returncode, lesson.stdout) == (1, "")
    assert len(lesson.stderr.splitlines()) == 1
    assert "Too many open files" in lesson.stderr


def test_a_site_that_is_slow_to_end_is_killed(
    traced: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    slow, ended = tmp_path / "slow.py", tmp_path / "ended"
    slow.write_text(
        "import pathlib, sys, time\n"
        "print('http://127.0.0.1:9', flush=True)\n"
        "sys.stdin.read()\n"
        "time.sleep(5)\n"
        f"pathlib.Path({str(ended)!r}).touch()\n"
    )
    module = sys.modules["backstage.site.client"]
    monkeypatch.setattr(module, "SERVER", slow)
    monkeypatch.setattr(module, "END_TIMEOUT", 0.2)
    with practice_site(["/get"]):
        pass
    assert not ended.exists()
    assert capfd.readouterr().err == (
        "practice site: did not end in 5 s, and was killed\n"
    )


def ended(process: psutil.Process) -> bool:
    """Tell whether a process has ended, be it collected by now or not."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_killed_parent_takes_the_site_along(
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
        address = urlsplit(parent.stdout.readline())
        family = psutil.Process(parent.pid).children(recursive=True)
        server = next(filter(is_site, family))
        # The resource tracker stays, to clear up after the workers.
        workers = [
            process
            for process in family
            if process != server
            and "resource_tracker" not in str(process.cmdline())
        ]
        assert len(workers) >= 2
        parent.kill()
    wait_until(lambda: ended(server) and is_free(address))
    # The standard library leaves its workers alive, and its folder there.
    for worker in workers:
        with contextlib.suppress(psutil.NoSuchProcess):
            worker.kill()
    for folder in Path(os.environ["TMPDIR"]).glob("pymp-*"):
        shutil.rmtree(folder)
