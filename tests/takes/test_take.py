"""Recording lessons in a terminal."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from backstage.takes import take
from backstage.takes.recorder import LESSON_ROWS, LIVE_ROWS
from support.commands import Invoke
from support.processes import TIMEOUT, computing, wait_until
from support.takes import read_cast, read_screen

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")

LONG = ["1", "WORK=2_000_000", "JOBS=400"]


def record_command(
    folder: Path, *arguments: str, before: str = "pass"
) -> list[str]:
    """Return `lab record` with other files than those of the project."""
    code = (
        "import sys, pathlib\n"
        "from backstage import feed\n"
        "from backstage.cli import main\n"
        "from backstage.takes import take\n"
        f"take.FOLDER = pathlib.Path({str(folder)!r})\n"
        f"{before}\n"
        f"sys.argv[1:] = ['record', *{list(arguments)!r}]\n"
        "main()"
    )
    return [sys.executable, "-c", code]


def record(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        record_command(folder, *arguments),
        env=os.environ | {"COLUMNS": "200", "LINES": "2"},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )


def test_a_take_contains_what_was_on_screen(
    traced: None, tmp_path: Path
) -> None:
    earlier = Path(tmp_path, "05-7.cast")
    earlier.write_text("an earlier take")
    picture = tmp_path / "take.svg"
    pages = 'PAGES=["/page/1?delay=0.5"] * 2'
    run = record(tmp_path, "05", pages, "--svg", str(picture))
    assert run.returncode == 0
    assert earlier.read_text() == "an earlier take"
    assert {file.name for file in tmp_path.iterdir()} == {
        "05-7.cast",
        "05-8.cast",
        "take.svg",
    }
    header, outputs = read_cast(tmp_path / "05-8.cast")
    assert (header["width"], header["height"]) == (80, 24)
    command = f"uv run lab 05 '{pages}'"
    assert header["title"] == command
    (lesson,) = header["lessons"]
    assert lesson["command"] == command
    assert lesson["constants"]["PAGES"] == '["/page/1?delay=0.5"] * 2'
    assert len(lesson["constants"]) > 1
    text = "".join(output.text for output in outputs)
    typed, _, rest = text.partition("\r\n")
    assert typed == f"$ {command}"
    *lines, last, prompt = rest.split("\r\n")
    assert last.startswith("2 pages in ")
    assert prompt == "$ "
    parts = [part for line in [*lines, last] for part in line.split("\r")]
    assert any("2/2" in part for part in parts)  # tqdm saw a terminal
    assert max(map(len, parts)) <= 80
    # 3 s to read the last line, after the command has ended
    assert 3 <= outputs[-1].time - outputs[-2].time < 20
    texts = [x.text for x in ElementTree.parse(picture).iter() if x.text]
    assert {last, f"$ {command}"} <= set(texts)
    log = run.stderr.splitlines()
    assert [line.partition(" in ")[0] for line in log] == ["recorded", "drawn"]


@pytest.mark.slow
def test_several_commands_are_one_take(traced: None, tmp_path: Path) -> None:
    """The first one fails, and the second one still runs."""
    run = record(tmp_path, "03", "WORK=0", "06", "UPDATES=10", "--quiet")
    assert run.returncode == 1
    header, outputs = read_cast(tmp_path / "03-1.cast")
    first, second = header["lessons"]
    assert first["constants"]["WORK"] == "0"
    assert second["constants"]["UPDATES"] == "10"
    assert "WORK" not in second["constants"]
    text = "".join(output.text for output in outputs)
    assert "must be more than 0" in text
    assert text.startswith("$ uv run lab 03 WORK=0 --quiet\r\n")
    assert "\r\n$ uv run lab 06 UPDATES=10 --quiet\r\n" in text
    assert text.endswith("\r\n$ ")


@pytest.mark.slow
def test_the_live_view_is_below_the_lessons(
    traced: None, live_folder: Path, tmp_path: Path
) -> None:
    arguments = ["05", 'PAGES=["/page/1?delay=3"] * 2']
    run = record(tmp_path, *arguments, *arguments, "--live")
    assert run.returncode == 0
    assert not live_folder.exists()
    header, outputs = read_cast(tmp_path / "05-1.cast")
    assert header["height"] == LESSON_ROWS + 1 + LIVE_ROWS
    screen = read_screen(outputs, header["height"])
    lesson, live = screen[:LESSON_ROWS], screen[LESSON_ROWS + 1 :]
    assert screen[LESSON_ROWS] == "\u2500" * 80
    assert sum("2 pages in " in line for line in lesson) == 2
    assert any(line.startswith("$ uv run lab 05") for line in lesson)
    assert live[0].startswith("lab/05_")
    assert "running," not in " ".join(live[:4])
    assert any(line.startswith("main thread ") for line in live)
    text = "".join(output.text for output in outputs)
    assert "Waiting for a lesson to start." in text
    assert "running," in text


@pytest.mark.parametrize(
    "options",
    [
        pytest.param([], marks=pytest.mark.slow),
        pytest.param(["--live"], marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_leaves_no_take(
    options: list[str], traced: None, live_folder: Path, tmp_path: Path
) -> None:
    with subprocess.Popen(
        record_command(tmp_path, *LONG, *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            parent = psutil.Process(process.pid)
            wait_until(lambda: len(computing(parent)) >= 3)
            os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=TIMEOUT)
        finally:
            process.kill()
    assert process.returncode == 130
    assert err == b"lab: stopped by Ctrl-C\n"
    assert not list(tmp_path.iterdir())
    assert not live_folder.exists()


@pytest.mark.slow
def test_ctrl_c_while_the_live_view_starts(
    traced: None, live_folder: Path, tmp_path: Path
) -> None:
    with subprocess.Popen(
        record_command(tmp_path, "03", "--live"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            parent = psutil.Process(process.pid)
            wait_until(lambda: bool(parent.children()))
            os.killpg(process.pid, signal.SIGINT)
            out, err = process.communicate(timeout=TIMEOUT)
        finally:
            process.kill()
    assert process.returncode == 130
    assert b"$ " not in out  # no command was typed
    assert err == b"lab: stopped by Ctrl-C\n"
    assert not list(tmp_path.iterdir())
    assert not live_folder.exists()


@pytest.mark.slow
def test_a_live_view_that_does_not_start(traced: None, tmp_path: Path) -> None:
    before = (
        "from backstage.takes import recorder\n"
        "start = recorder.TerminalSession\n"
        "recorder.TerminalSession = lambda arguments, rows: start(\n"
        "    ['--help'] if arguments == ['live'] else arguments, rows)"
    )
    run = subprocess.run(
        record_command(tmp_path, "03", "--live", before=before),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    assert run.returncode == 1
    assert run.stderr.splitlines() == ["lab: the live view has ended"]
    assert not list(tmp_path.iterdir())


def test_a_system_without_pseudo_terminals(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take, "FOLDER", tmp_path / "takes")
    monkeypatch.setitem(sys.modules, "termios", None)
    for options in [], ["--live"]:
        answer = invoke("record", "03", *options)
        assert (answer.status, answer.out) == (1, "")
        assert answer.err == "lab: recording needs pseudo-terminals\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["WORK=1", "03"], "no lesson to change WORK=1 in"),
        (["03", "04", "WROK=1"], "'WROK'"),
        (["03", "ROUNDS=1", "08", "WORK=1"], "'WORK'"),
        (["03", "99"], "no lesson '99'"),
        (["03,04"], "takes one lesson"),
        ([","], "no lesson"),
        (["03", "WORK="], "without blanks"),
        (["03", 'WORK="\udcff"'], "WORK"),
        (["03", "--svg", "no/such/x.svg"], "no/such/x.svg"),
        ([], "record --help"),
    ],
)
def test_bad_usage_is_found_before_anything_is_typed(
    arguments: list[str],
    text: str,
    invoke: Invoke,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(take, "FOLDER", tmp_path)
    answer = invoke("record", *arguments)
    assert (answer.status, answer.out) == (2, "")
    assert text in answer.err
    assert answer.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_takes_are_numbered(tmp_path: Path) -> None:
    for name in "11-5.cast", "1-x.cast", "1-2-9.cast":
        (tmp_path / name).touch()
    names = [take.write_new_take(tmp_path, "1", "x").name for _ in range(2)]
    assert names == ["1-1.cast", "1-2.cast"]
    (tmp_path / "1-1.cast").unlink()
    assert take.write_new_take(tmp_path, "1", "x").name == "1-3.cast"


def test_takes_at_the_same_moment_have_different_names(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        files = list(
            pool.map(
                lambda n: take.write_new_take(tmp_path, "03", str(n)),
                range(40),
            )
        )
    assert [file.read_text() for file in files] == list(map(str, range(40)))
    assert set(tmp_path.iterdir()) == set(files)


def test_a_take_that_cannot_be_written_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(file: Path, text: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(take, "write_atomically", fail)
    with pytest.raises(KeyboardInterrupt):
        take.write_new_take(tmp_path, "03", "x")
    assert not list(tmp_path.iterdir())
