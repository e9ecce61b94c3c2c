"""`uv run lab`, as a child process, and the catalogue and README behind it."""

import io
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from backstage.cli import director
from backstage.course import catalogue, sequence
from backstage.course.catalogue import README, ROOT, lessons
from backstage.course.selection import find
from backstage.watch import pictures, svg
from support.commands import LAB, Invoke, run_lab, start_lab
from support.lessons import write_lessons
from support.processes import wait_until
from support.recordings import make_recording
from support.terminals import terminal


@contextmanager
def site_by_hand(
    **options: Any,
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `uv run lab site`; yield it and its address."""
    with start_lab("site", stdout=subprocess.PIPE, **options) as site:
        assert site.stdout
        line = site.stdout.readline().strip()
        assert line.startswith("PRACTICE_SITE=http://127.0.0.1:")
        yield site, line.partition("=")[2]


def test_it_lists_every_lesson_in_learning_order() -> None:
    catalogue_text = catalogue.CATALOGUE.read_text("utf-8")
    numbers = re.findall(r'(?m)^number = "(\d+)"$', catalogue_text)
    listed = run_lab()
    assert (listed.returncode, listed.stderr) == (0, "")
    lines = listed.stdout.splitlines()
    assert [line.split()[0] for line in lines] == numbers
    for line, lesson in zip(lines, lessons(), strict=True):
        seconds = f"{lesson.notes.seconds:g} s"
        assert re.fullmatch(rf" *\d+ +{seconds}  .*", line)
        assert len(line) <= 80


def test_it_runs_several_and_hands_on_the_first_failure(traced: None) -> None:
    run = run_lab("06", "07", "UPDATES=10", "--quiet")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.count("lost: ") == 2
    run = run_lab("--quiet", "04", "JOBS=0", "03")
    assert run.returncode == 1
    assert run.stderr.splitlines() == [
        "04_gil_demo_multiprocessing.py: JOBS = 0: it must be more than 0",
        "03_gil_demo_threads.py: JOBS = 0: it must be more than 0",
    ]


@pytest.mark.skipif(os.name == "nt", reason="no such shell there")
@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        ("<&-", 0, ""),
        ("2>&-", 0, ""),
        ("06 UPDATES=10 2>&-", 0, ""),
        ("on no-such-python 03 2>&-", 1, ""),
        (">/dev/full", 1, "lab: [Errno 28] No space left on device\n"),
    ],
)
def test_a_closed_stream_is_no_trouble(
    words: str, status: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    if "full" in words and not Path("/dev/full").exists():
        pytest.skip("no such device here")
    run = subprocess.run(
        f"{shlex.join(LAB)} {words}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (status, told)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["99"], ["no lesson '99'; see uv run lab --help"]),
        (["reccord"], ["no lesson 'reccord'"]),
        (["xyz"], ["'xyz'; see uv run lab --help"]),
        (["03", "all"], ["'all' is a verb: it goes first, and alone"]),
        (["record", "03", "on"], ["'on' is a verb"]),
        (["03", "04", "5"], ["no lesson '5'; the nearest is '05'"]),
        (["03", "WORK=1\n2"], ["no value in WORK=1 2: invalid syntax"]),
        (["03", "WORK=1 is 1000"], ["WORK=1 is 1000", "is"]),
        (["03", "WORK="], ["no value in WORK=: invalid syntax"]),
        (["03", "WORK=[0] * 10**18"], ["MemoryError"]),
        (
            ["03", "work=1"],
            ["'work'", "nearest is 'WORK'", "has WORK=5_000_000, JOBS=2"],
        ),
        (["03", "WORK"], ["WORK"]),
        (["WORK=1"], ["no lesson to change WORK=1 in"]),
        (["--verbose"], ["--verbose"]),
        (["on", "3.13"], ["LESSON", "on --help"]),
        (["on", "03", "3.13"], ["no lesson '3.13'"]),
        (["matrix", ",", "03"], ["no Python in ','"]),
        (["matrix", "3.13", "03", "04"], ["one lesson"]),
        (["record", "03", "WROK=1"], ["'WROK'"]),
        (["calibrate", "03"], ["calibrate"]),
        (["quick", "--no-pause"], ["--no-pause"]),
        (["03", "WORK=os.cpu_count()"], ["WORK=os.cpu_count()"]),
        (["03", "WORK=1 +"], ["WORK=1 +"]),
        (["03", "=1"], ["''"]),
        (["03", "WORK=[].x"], ["no attribute"]),
        (["readme", "03"], ["03", "readme --help"]),
        (["all", "03"], ["03", "all --help"]),
        (["site", "03"], ["03", "site --help"]),
    ],
)
def test_bad_usage_is_one_line(
    words: list[str], names: list[str], invoke: Invoke
) -> None:
    answer = invoke(*words)
    assert (answer.status, answer.out) == (2, "")
    assert len(answer.err.splitlines()) == 1
    for name in names:
        assert name in answer.err


def test_the_process_hands_on_a_usage_error() -> None:
    run = run_lab("99")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("lab: no lesson '99'")


@pytest.mark.parametrize("verb", ["", *director.VERBS])
def test_help_fits_a_screen(
    verb: str, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = invoke(*verb.split(), "--help")
    assert (shown.status, shown.err) == (0, "")
    lines = shown.out.splitlines()
    assert lines[0].startswith(f"usage: uv run lab {verb}".strip())
    assert len(lines) < (30 if not verb else 24)
    assert max(map(len, lines)) < 80
    if verb == "":
        for name in director.VERBS:
            assert f"\n  {name} " in shown.out


@pytest.mark.skipif(os.name == "nt", reason="no terminals of our own here")
def test_the_menu_runs_what_is_chosen(traced: None) -> None:
    with (
        terminal() as (screen, read, press),
        start_lab(stdin=screen, stdout=screen, stderr=screen) as menu,
    ):

        def answer(keys: str) -> list[str]:
            """Type it; return the lines up to the next prompt."""
            press(keys)
            shown = ""

            def look() -> bool:
                nonlocal shown
                shown += read()
                return shown.endswith("q to quit: ")

            wait_until(look)
            return shown.splitlines()[bool(keys) : -1]

        listed = answer("")
        assert [line.split()[0] for line in listed] == [
            lesson.number for lesson in lessons()
        ]
        assert "\n".join(answer("06 07 UPDATES=10\n")).count("lost: ") == 2
        (line,) = answer("reccord\n")
        assert line.startswith("lab: no lesson 'reccord'")
        assert answer("03 'WORK\n") == ["lab: No closing quotation"]
        (line,) = answer("record 03 WORK=0 JOBS\n")
        assert line == "lab: no lesson 'JOBS'; see uv run lab --help"
        assert answer("site --help\n")[0].startswith("usage: uv run lab site")
        assert answer("\n") == listed
        press("q\n")
        assert menu.wait(timeout=10) == 0


def commands() -> list[str]:
    blocks = re.findall(
        r"```bash\n(.*?)```", README.read_text("utf-8"), re.DOTALL
    )
    inline = re.findall(r"`((?:uv|diff) [^`]*)`", README.read_text("utf-8"))
    lines = [line.partition("#")[0] for b in blocks for line in b.splitlines()]
    return [" ".join(text.split()) for text in [*lines, *inline]]


@pytest.mark.parametrize("command", sorted(set(filter(None, commands()))))
def test_the_readme_names_what_exists(command: str) -> None:
    for name in re.findall(r"(?:basics|lab|tests)/\w+\.py", command):
        assert (ROOT / name).is_file()
    match shlex.split(command):
        case ["uv", "run", "lab", *words] if words:
            verb = words[0] if words[0] in director.VERBS else ""
            does = director.VERBS.get(verb, director._play)
            parser = director._parser(does)
            arguments = parser.parse_args(words[bool(verb) :])
            if getattr(arguments, "words", []):
                assert director._choose(arguments.words)


ENTRY = """
[[part]]
title = "Part"
summary = "About it."

[[part.lesson]]
number = "2"
seconds = 3
quick = {SIZE = "20"}
film = {SIZE = "200"}
long = {SIZE = "2000"}

[[part.lesson]]
number = "1"
twin = {number = "2", lines = 5, differ = ["OTHER"]}
"""
SIZES = {
    "_1_one": "SIZE = 1  # items\nOTHER = 1  # items\nprint('one', SIZE)",
    "_2_two": "SIZE = 2  # items\nOTHER = 2  # items\nprint('two', SIZE)",
    "_3_new": "print('not in the catalogue')",
}


def test_film_takes_the_constants_for_filming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    write_lessons(tmp_path, monkeypatch, ENTRY, **SIZES)
    run = invoke("2", "--film")
    assert run.out == "two 200\n"
    _, constants, *notes = run.log
    assert constants == "basics/2_two.py SIZE=200 OTHER=2"
    assert notes == []
    assert invoke("2", "--film", "SIZE=7").out == "two 7\n"
    assert invoke("--film").status == 2


def test_one_lesson_is_drawn_with_those_of_its_axis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    empty = make_recording(1.0)

    def record(lesson: catalogue.Lesson, *_: object, **__: object) -> Any:
        drawn.append(lesson.number)
        return empty

    monkeypatch.setattr(pictures, "watch", record)
    monkeypatch.setattr(pictures, "FOLDER", tmp_path)
    lesson = next(one for one in lessons() if one.notes.axis)
    pictures.draw_lessons([lesson])
    assert drawn == [
        one.number for one in lessons() if one.notes.axis == lesson.notes.axis
    ]
    assert len(drawn) > 1
    drawn.clear()
    alone = next(one for one in lessons() if not one.notes.axis)
    pictures.draw_lessons([alone])
    assert drawn == [alone.number]
    assert (tmp_path / f"{alone.path.stem}.svg").exists()
    drawn.clear()
    pictures.draw_lessons()
    assert drawn == [one.number for one in lessons()]


def test_a_lesson_that_is_compared_fits_on_the_axis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took ten seconds; here they begin three seconds after the start."""
    runs = {
        "01": make_recording(10.5, lines=[(10.5, "10 pages in 10.00 s")]),
        "02": make_recording(4, lines=[(4, "10 pages in 1.00 s")]),
    }

    def get(lesson: catalogue.Lesson, *_: object, **__: object) -> Any:
        return runs[lesson.number]

    monkeypatch.setattr(pictures, "watch", get)
    monkeypatch.setattr(pictures, "FOLDER", tmp_path)
    chosen = [find("01"), find("02")]
    monkeypatch.setattr(pictures, "lessons", lambda: chosen)
    pictures.draw_lessons()
    (file,) = tmp_path.glob("02_*.svg")
    root = ElementTree.fromstring(file.read_text("utf-8"))
    (baseline,) = (x for x in root.iter() if x.get("class") == "baseline")
    second = (svg.RIGHT - svg.LEFT) / 13
    width = float(baseline.get("width", 0))
    assert width == pytest.approx(10 * second, abs=0.1)


@pytest.mark.parametrize(
    ("words", "terminal", "pauses"),
    [([], True, True), (["--no-pause"], True, False), ([], False, False)],
)
def test_only_a_terminal_pauses_and_not_where_it_need_not(
    words: list[str],
    terminal: bool,
    pauses: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def run_course(pauses: bool, quick: bool) -> int:
        asked.append((pauses, quick))
        return 0

    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.stdin.isatty", lambda: terminal)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    monkeypatch.setattr(sequence, "run_course", run_course)
    assert director.main(["all", *words]) == 0
    assert asked == [(pauses, False)]


@pytest.mark.skipif(os.name == "nt", reason="no terminals of our own here")
def test_a_site_by_hand_shows_what_is_in_flight(traced: None) -> None:
    with (
        terminal() as (screen, read, _),
        site_by_hand(stderr=screen) as (site, address),
    ):
        for count, sign in (1, "1 seen,    1 in"), (10, "11 seen,   10 in"):
            with ThreadPoolExecutor(count) as pool:
                urls = [f"{address}/delay/2"] * count
                answers = pool.map(requests.get, urls)
                wait_until(lambda: f"\r{sign} flight |████" in read())  # noqa: B023
                assert {answer.status_code for answer in answers} == {200}
        os.killpg(site.pid, signal.SIGINT)
        out, _ = site.communicate(timeout=10)
    assert site.returncode == 130
    assert out == "practice site: 11 requests, at most 10 at a time\n"
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=1)


def test_two_sites_by_hand_and_a_lesson_that_uses_one(traced: None) -> None:
    with site_by_hand() as (_, one), site_by_hand() as (_, other):
        assert one != other
        run = subprocess.run(
            [*LAB, "02", 'PAGES=["/uuid"] * 3'],
            env=os.environ | {"PRACTICE_SITE": other},
            capture_output=True,
            text=True,
            check=True,
        )
    assert "3 pages in " in run.stdout
    assert "practice site" not in run.stderr
