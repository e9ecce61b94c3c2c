"""The practice site compared with httpbin: `uv run --group compat pytest`."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import requests

from backstage.course.catalogue import lessons
from support.lessons import RunLesson

if find_spec("httpbin") is None:
    pytest.skip(
        "uv run --group compat installs httpbin", allow_module_level=True
    )

SERVE = """
from httpbin import app
from werkzeug.serving import make_server
server = make_server("127.0.0.1", 0, app, threaded=True)
print(server.port, flush=True)
server.serve_forever()
"""

PATHS = [
    "/get?a=1&b=2",
    "/headers",
    "/json",
    "/html",
    "/uuid",
    "/delay/0",
    "/delay/0.2?a=1",
    *(f"/status/{code}" for code in (200, 204, 301, 302, 404, 429, 500, 503)),
    "/bytes/0",
    "/bytes/1000",
    "/links/10/3",
    "/redirect/1",
    "/redirect/3",
    "/image/png",
]


@pytest.fixture(scope="module")
def httpbin() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SERVE],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()


def describe_types(value: object) -> object:
    """Return the keys of a JSON value, with the types of their values."""
    if isinstance(value, dict):
        return {key: describe_types(item) for key, item in value.items()}
    return type(value)


@pytest.mark.parametrize("path", PATHS)
def test_both_answer_alike(site: str, httpbin: str, path: str) -> None:
    ours, theirs = (
        requests.get(address + path, timeout=5, headers={"X-Tra": "1"})
        for address in (site, httpbin)
    )
    assert ours.status_code == theirs.status_code
    assert len(ours.history) == len(theirs.history)
    our_type, their_type = (
        response.headers.get("content-type", "").partition(";")[0]
        for response in (ours, theirs)
    )
    assert our_type == their_type
    if our_type == "application/json":
        assert describe_types(ours.json()) == describe_types(theirs.json())
    if path.startswith("/bytes"):
        assert len(ours.content) == len(theirs.content)
    if path.startswith("/links"):
        assert ours.text.count("<a ") == theirs.text.count("<a ")


TEN_PAGES = [x for x in lessons() if x.notes.axis == "ten pages"]


@pytest.mark.parametrize(
    "number",
    [
        lesson.number
        for lesson in TEN_PAGES
        if "saves" not in lesson.notes.kinds
    ],
)
def test_a_lesson_runs_on_httpbin(
    run_lesson: RunLesson, httpbin: str, number: str
) -> None:
    result = run_lesson(number, PAGES=[f"{httpbin}/delay/0.5"] * 3)
    assert (result.status, result.errors) == (0, [])
    assert result.lines[-1].startswith("3 pages in ")


def test_05_runs_on_httpbin(
    run_lesson: RunLesson, httpbin: str, tmp_path: Path
) -> None:
    result = run_lesson(
        "05", PAGES=[f"{httpbin}/html", f"{httpbin}/links/5/1"]
    )
    assert (result.status, result.errors) == (0, [])
    assert result.lines[-1].startswith("2 pages in ")
    page = requests.get(f"{httpbin}/html", timeout=5).content
    assert (tmp_path / "downloads" / "01.html").read_bytes() == page


def test_09_runs_on_httpbin(run_lesson: RunLesson, httpbin: str) -> None:
    pages = [f"{httpbin}/{path}" for path in ("html", "status/503")]
    result = run_lesson("09", PAGES=pages)
    assert (result.status, result.errors) == (0, [])
    *_, total, last = result.lines
    assert total.startswith("2 pages, 5 attempts in ")
    assert last.startswith("1 ok, 0 recovered, 1 failed; ")
