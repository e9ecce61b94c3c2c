"""`practice_site`: the addresses it yields, and its effects on the process."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from backstage import practice_site
from backstage.errors import LabError
from backstage.site import client
from support.site import get

ELSEWHERE = ["https://example.org/a", "http://example.org/b"]


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ("/get", "pages must be a list of addresses, not '/get'"),
        (5, "pages must be a list of addresses, not 5"),
        ([7], r"pages must be a list of addresses, not \[7\]"),
        ([], "there are no pages to put on the practice site"),
    ],
)
def test_pages_are_a_list_of_addresses(pages: object, message: str) -> None:
    with (
        pytest.raises(LabError, match=message),
        practice_site(pages),  # type: ignore[arg-type]
    ):
        pass


def test_whole_addresses_start_no_site(
    capfd: pytest.CaptureFixture[str],
) -> None:
    before = psutil.Process().children()
    with practice_site(ELSEWHERE) as urls:
        assert urls == ELSEWHERE
        assert psutil.Process().children() == before
    assert capfd.readouterr().err == ""


def test_a_running_site_is_used(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRACTICE_SITE", site)
    before = psutil.Process().children()
    with practice_site(["/get", *ELSEWHERE]) as urls:
        assert urls == [f"{site}/get", *ELSEWHERE]
        assert psutil.Process().children() == before
        assert "127.0.0.1" in os.environ["NO_PROXY"]
        assert get(urls[0]).status_code == 200


@pytest.mark.parametrize(
    "address", ["nonsense", "localhost:8000", "ftp://x", "http://"]
)
def test_a_running_site_has_an_address(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRACTICE_SITE", address)
    message = f"PRACTICE_SITE={address} is not the address of a site"
    with pytest.raises(LabError, match=message), practice_site(["/get"]):
        pass


def test_proxies_are_not_used_for_the_site(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY":
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.setenv("no_proxy", "example.org")
    monkeypatch.delenv("NO_PROXY", raising=False)
    before = dict(os.environ)
    with practice_site(["/uuid"]) as (url,):
        assert get(url).status_code == 200
        assert os.environ["no_proxy"] == "example.org,127.0.0.1"
        assert os.environ["NO_PROXY"] == "127.0.0.1"
    assert dict(os.environ) == before


def test_a_site_that_cannot_start_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, traced: None
) -> None:
    log = tmp_path / "no" / "such" / "folder"
    monkeypatch.setenv("PRACTICE_SITE_LOG", str(log))
    with (
        pytest.raises(LabError, match="the practice site cannot start: "),
        practice_site(["/get"]),
    ):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_a_low_limit_of_open_files_is_one_error(traced: None) -> None:
    """It takes nine open files to start a process with three pipes."""
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
    server = tmp_path / "server.py"
    ended = tmp_path / "ended"
    server.write_text(
        "import pathlib, sys, time\n"
        "print('http://127.0.0.1:9', flush=True)\n"
        "sys.stdin.read()\n"
        "time.sleep(5)\n"
        f"pathlib.Path({str(ended)!r}).touch()\n"
    )
    monkeypatch.setattr(client, "SERVER", server)
    monkeypatch.setattr(client, "END_TIMEOUT", 0.2)
    with practice_site(["/get"]):
        pass
    assert not ended.exists()
    assert capfd.readouterr().err == (
        "practice site: did not end in 5 s, and was killed\n"
    )
