"""Recording a lesson in a terminal."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from support.processes import computing, wait_until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")


def record_command(
    folder: Path, *arguments: str, before: str = "pass"
) -> list[str]:
    """Return a command that records into x.cast in a folder."""
    code = (
        "import sys, pathlib; from backstage import asciicast; "
        f"asciicast.FOLDER = pathlib.Path({str(folder)!r}); {before}; "
        f"sys.exit(asciicast.record({list(arguments)!r}, 'x'))"
    )
    return [sys.executable, "-c", code]


def read_cast(folder: Path) -> tuple[dict[str, Any], list[tuple[float, str]]]:
    (file,) = folder.iterdir()
    assert file.name == "x.cast"
    header, *events = map(json.loads, file.read_text("utf-8").splitlines())
    assert {kind for _, kind, _ in events} == {"o"}
    return header, [(seconds, text) for seconds, _, text in events]


def test_a_take_contains_what_was_on_screen(
    traced: None, tmp_path: Path
) -> None:
    Path(tmp_path, "x.cast").write_text("an earlier take, to be replaced")
    result = subprocess.run(
        record_command(tmp_path, "05", 'PAGES=["/page/1?delay=0.5"] * 2'),
        env=os.environ | {"COLUMNS": "200", "LINES": "2"},
        capture_output=True,
        check=True,
    )
    header, events = read_cast(tmp_path)
    assert header["version"] == 2
    assert (header["width"], header["height"]) == (80, 24)
    times = [seconds for seconds, _ in events]
    assert times == sorted(times)
    output = "".join(text for _, text in events)
    typed, _, rest = output.partition("\r\n")
    assert typed == "$ uv run lab 05 'PAGES=[\"/page/1?delay=0.5\"] * 2'"
    assert typed == f"$ {header['title']}"
    assert f"{typed}\n{rest}".removesuffix("$ ").encode() == result.stdout
    *lines, last, prompt = rest.split("\r\n")
    assert last.startswith("2 pages in ")
    assert prompt == "$ "
    frames = [frame for line in [*lines, last] for frame in line.split("\r")]
    assert any("2/2" in frame for frame in frames)  # tqdm saw a terminal
    assert max(map(len, frames)) <= 80
    assert times[-2] - times[len(typed)] > 0.5
    assert times[-1] - times[-2] == pytest.approx(3)


def test_the_status_is_that_of_the_lesson(
    traced: None, tmp_path: Path
) -> None:
    folder = tmp_path / "casts"
    result = subprocess.run(
        record_command(folder, "03", "WORK=0"),
        capture_output=True,
        check=False,
    )
    assert result.returncode == 1
    _, events = read_cast(folder)
    assert "must be more than 0" in "".join(text for _, text in events)


def test_ctrl_c_leaves_no_take(traced: None, tmp_path: Path) -> None:
    with subprocess.Popen(
        record_command(tmp_path, "1", "WORK=2_000_000", "JOBS=400"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            parent = psutil.Process(process.pid)
            wait_until(lambda: len(computing(parent)) >= 2)
            os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=10)
        finally:
            process.kill()
    assert err.splitlines()[-1] == b"KeyboardInterrupt"
    assert not list(tmp_path.iterdir())


def test_a_system_without_pseudo_terminals(tmp_path: Path) -> None:
    result = subprocess.run(
        record_command(tmp_path, "03", before="sys.modules['pty'] = None"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    *_, last = result.stderr.splitlines()
    assert last.endswith("LabError: recording needs pseudo-terminals")
    assert not list(tmp_path.iterdir())
