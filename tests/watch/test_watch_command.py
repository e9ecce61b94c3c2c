"""What `lab watch` and `lab replay` print and write."""

import os
import re
import signal
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from support.commands import Invoke, run_lab, start_lab
from support.processes import computing, wait_until


def has_summary(picture: str) -> bool:
    """Return whether a picture ends with the summary of the run.

    It takes two lines if it ends with a note on hidden lanes.
    """
    return any(line.startswith("took ") for line in picture.splitlines()[-2:])


@pytest.mark.slow
def test_the_picture_is_below_what_the_lesson_prints(traced: None) -> None:
    run = run_lab("watch", "03", "WORK=300_000", "--quiet")
    assert (run.returncode, run.stderr) == (0, "")
    printed, _, picture = run.stdout.partition("\n\n")
    assert "speed-up" in printed.splitlines()[-1]
    assert re.search(r"(?m)^ +\|sequential: ", picture)
    assert re.search(r"(?m)^main thread ", picture)
    assert has_summary(picture)


def test_the_exit_status_is_that_of_the_lesson(traced: None) -> None:
    run = run_lab("watch", "03", "WORK=0", "--quiet")
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert "took " in run.stdout


@pytest.mark.slow
def test_a_saved_run_is_drawn_again(traced: None, tmp_path: Path) -> None:
    saved, first, second = (
        tmp_path / name for name in ("run.jsonl", "first.svg", "second.svg")
    )
    options = ["--save", str(saved), "--svg", str(first), "--quiet"]
    run = run_lab("watch", *options, "02", 'PAGES=["/delay/0.1"] * 3')
    assert run.returncode == 0
    assert run.stdout.count("3 x /delay/0.1 ") == 1
    texts = [x.text for x in ElementTree.parse(first).iter() if x.text]
    assert texts.count("3 x /delay/0.1") == 1
    (summary,) = [text for text in texts if text.startswith("took ")]
    assert summary in " ".join(run.stdout.split())

    again = run_lab("replay", str(saved), "--svg", str(second))
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == run.stdout
    assert second.read_bytes() == first.read_bytes()
    assert set(tmp_path.iterdir()) == {saved, first, second}


def test_only_a_recording_can_be_replayed(
    invoke: Invoke, tmp_path: Path
) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text("no recording")
    for path in file, tmp_path / "missing.jsonl":
        answer = invoke("replay", str(path))
        assert (answer.status, answer.out) == (2, "")
        assert answer.err.startswith("lab: ")
        assert answer.err.count("\n") == 1


@pytest.mark.parametrize("name", ["", "missing/picture.svg"])
def test_a_file_that_cannot_be_written_is_an_error_before_the_run(
    name: str, invoke: Invoke, tmp_path: Path
) -> None:
    answer = invoke("watch", "03", "--svg", str(tmp_path / name))
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == f"lab: cannot write a file at {tmp_path / name}\n"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no group of processes to signal")
@pytest.mark.parametrize(
    "arguments",
    [
        ["01", 'PAGES=["/html", "/html", "/delay/9"]'],
        pytest.param(["1", "WORK=20_000_000"], marks=pytest.mark.slow),
    ],
)
def test_after_ctrl_c_the_picture_shows_the_run_so_far(
    arguments: list[str], traced: None, tmp_path: Path
) -> None:
    with start_lab(
        "watch",
        *arguments,
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as lab:
        process = psutil.Process(lab.pid)
        if arguments[0] == "01":
            assert lab.stdout
            for line in lab.stdout:
                if line.startswith("page 3"):
                    break
        else:
            # The lesson itself, and then two of its workers.
            wait_until(lambda: len(computing(process)) >= 3)
        os.killpg(lab.pid, signal.SIGINT)
        out, err = lab.communicate(timeout=10)
    assert lab.returncode == 130
    assert err.splitlines()[-1].endswith(".py: stopped by Ctrl-C")
    assert re.search(r"(?m)^main thread ", out)
    if arguments[0] == "01":
        assert re.search(r"(?m)^[23] requests\b", out)
    else:
        assert re.search(r"(?m)^(process 2|4 processes) ", out)
    assert has_summary(out)
    assert not list(tmp_path.iterdir())
