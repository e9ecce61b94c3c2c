"""`uv run lab`, as a child process, and the catalogue and README behind it."""

import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from backstage import system
from backstage.cli import director
from backstage.course import catalogue, new, readme, sequence
from backstage.course.catalogue import README, ROOT, find, lessons
from backstage.files import replace_block
from backstage.site.client import SERVER
from support.commands import LAB, Invoke, interrupt_lab, run_lab, start_lab
from support.lessons import write_lessons
from support.processes import computing, wait_until
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


def test_it_runs_a_lesson_untouched(traced: None) -> None:
    run = run_lab("03", "04", "WORK=1_000")
    assert run.returncode == 0
    constants = "WORK=1_000 JOBS=2 WORKERS=2 ROUNDS=3"
    assert run.stderr.splitlines() == [
        system.truth(),
        f"lab/03_gil_demo_threads.py {constants}",
        system.truth(),
        f"lab/04_gil_demo_multiprocessing.py {constants}",
    ]
    assert run.stdout.splitlines()[0].startswith("sequential: ")


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


def test_a_long_change_is_told_within_80_columns(traced: None) -> None:
    pages = '["/delay/10"] * 8 + ["/status/200?a", "/status/200?b"][:0]'
    run = run_lab("02", f"PAGES={pages}", "TIMEOUT=0.01")
    _, *told = run.stderr.partition("\npractice site")[0].splitlines()
    assert max(map(len, told)) < 80
    line = " ".join(part.strip() for part in told)
    assert shlex.split(line)[1] == f"PAGES={pages}"


def test_numbers_are_the_file_names() -> None:
    assert find("1").name == "basics/1_multiprocess.py"
    assert find("01").name == "lab/01_sequential_fetch.py"


def test_it_hands_on_the_status(traced: None) -> None:
    run = run_lab("03", "WORK=0")
    assert run.returncode == 1
    assert run.stderr.splitlines()[2:] == [
        "note: its twin 04 has WORK=5_000_000",
        "03_gil_demo_threads.py: WORK = 0: it must be more than 0",
    ]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["99"], ["no lesson or verb '99'; the nearest is '09'"]),
        (["reccord"], ["'reccord'; the nearest is 'record'"]),
        (["lab/03_gil_demo_threads.py"], ["the nearest is '03'"]),
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
    assert run.stderr.startswith("lab: no lesson or verb '99'")


def test_a_value_may_be_an_expression() -> None:
    words = ['PAGES=["/delay/1"] * 3', "TIMEOUT=2 * 3"]
    changes = catalogue.parse_changes(find("08"), words)
    assert changes == {"PAGES": '["/delay/1"] * 3', "TIMEOUT": "2 * 3"}
    pages = '[f"/page/{n}" for n in range(2)]'
    changes = catalogue.parse_changes(find("08"), [f"PAGES={pages} "])
    assert changes == {"PAGES": pages}


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
        assert line.endswith("the nearest is 'record'")
        assert answer("03 'WORK\n") == ["lab: No closing quotation"]
        (line,) = answer("record 03 WORK=0 JOBS\n")
        assert line == "lab: no lesson 'JOBS'; see uv run lab --help"
        assert answer("site --help\n")[0].startswith("usage: uv run lab site")
        assert answer("\n") == listed
        press("q\n")
        assert menu.wait(timeout=10) == 0


@pytest.mark.skipif(os.name == "nt", reason="no group of processes to signal")
@pytest.mark.parametrize(
    "send", ["killpg", pytest.param("kill", marks=pytest.mark.slow)]
)
def test_ctrl_c_ends_lesson_and_director(
    send: str, traced: None, tmp_path: Path
) -> None:
    with start_lab(
        "1",
        "WORK=2_000_000",
        "JOBS=400",
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
    ) as director:
        process = psutil.Process(director.pid)
        wait_until(lambda: len(computing(process)) >= 2)
        getattr(os, send)(director.pid, signal.SIGINT)
        _, err = director.communicate(timeout=10)
    assert director.returncode == 130
    *_, last = err.splitlines()
    assert last == "1_multiprocess.py: stopped by Ctrl-C"
    assert err.count("Ctrl-C") == 1
    assert not list(tmp_path.glob("lab-*"))


def test_a_change_touches_its_value_alone() -> None:
    source = (
        '"""WORK = 1"""\n'
        "WORK = 5_000_000  # steps\n"
        'PAGES = [\n    "/a",\n] + ["/üüü"]  # paths\n'
        "work = WORK\n"
    )
    edited = catalogue._edit(source, {"WORK": "3", "PAGES": "['/ü']"})
    assert edited == (
        '"""WORK = 1"""\n'
        "WORK = 3  # steps\n"
        "PAGES = ['/ü']  # paths\n"
        "work = WORK\n"
    )
    assert catalogue._edit(source, {}) == source


@given(value=st.text() | st.integers() | st.lists(st.text()) | st.floats())
def test_a_change_survives_its_literal(value: object) -> None:
    edited = catalogue._edit("A = 1  # a\nB = 2\n", {"A": repr(value)})
    names: dict[str, object] = {"nan": float("nan"), "inf": float("inf")}
    exec(edited, names)  # noqa: S102
    assert repr(names["A"]) == repr(value)
    assert names["B"] == 2


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


def test_the_readmes_have_what_the_catalogue_says() -> None:
    """If this fails: `uv run lab readme --tables`."""
    text = README.read_text("utf-8")
    parts = catalogue.parts()
    assert readme.with_blocks(text, lessons(), parts, {}) == text
    text = readme.LAB_README.read_text("utf-8")
    table = readme.tools(lessons())
    assert replace_block(text, "tools", table) == text


def test_every_lesson_has_a_row_and_a_sample() -> None:
    text = README.read_text("utf-8")
    for lesson in lessons():
        sample = readme._old_sample(text, lesson)
        assert re.search(r"\d", sample), lesson.name
    assert re.search(r"Measured on .+, CPython 3\.\d+\.\d+.*, on 20", text)


def test_a_lesson_in_the_catalogue_reaches_every_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = README.read_text("utf-8")
    twin = catalogue.Twin("03", 10)
    notes = catalogue.Notes(
        part="More",
        seconds=7,
        minutes=9,
        new="what is new",
        watch="what to watch",
        twin=twin,
        tools=["a_tool"],
    )
    path = ROOT / "lab" / "toolbox" / "99_made_up.py"
    made_up = catalogue.Lesson(path, "99", "Made up.", notes=notes)
    parts = [*catalogue.parts(), catalogue.Part("More", "Of it.", ["99"])]
    course = [*lessons(), made_up]
    text = readme.with_blocks(text, course, parts, {})
    row = "| `uv run lab/toolbox/99_made_up.py` | 7 s | 9 min | what is new |"
    assert row in text
    assert f" what to watch | `{readme.NOT_MEASURED}` |" in text
    place = len(parts)
    assert f"**{place}. More** (lesson 99). Of it." in text
    twins = "diff lab/03_gil_demo_threads.py lab/toolbox/99_made_up.py"
    assert twins in text.splitlines()
    assert "| `a_tool` | 99 |" in readme.tools(course).splitlines()
    measured = readme.with_blocks(text, course, parts, {"99": "1\n3 s\n"})
    assert " what to watch | `3 s` |" in measured
    today = readme.where_and_when()
    assert today in measured.splitlines()


def test_readme_writes_the_measured_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "README.md"
    copy.write_text(README.read_text("utf-8"), "utf-8")
    lab_copy = tmp_path / "lab.md"
    lab_copy.write_text(readme.LAB_README.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(readme, "README", copy)
    monkeypatch.setattr(readme, "LAB_README", lab_copy)

    def output(lesson: catalogue.Lesson) -> str:
        return f"first line\n{lesson.number * 3}\n"

    monkeypatch.setattr(readme, "output", output)
    readme.measure()
    text = copy.read_text("utf-8")
    for lesson in lessons():
        assert readme._old_sample(text, lesson) == lesson.number * 3
        if lesson.notes.block:
            whole = f"$ uv run {lesson.name}\n{output(lesson)}```\n"
            assert whole in text + lab_copy.read_text("utf-8")


def test_a_failing_lesson_leaves_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "7_bad.py"
    bad.write_text("import sys; print('1.0'); sys.exit('it is broken')")
    copy = tmp_path / "README.md"
    copy.write_text(README.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    monkeypatch.setattr(readme, "README", copy)
    monkeypatch.setattr(readme, "lessons", lambda: [catalogue.read(bad)])
    with pytest.raises(ChildProcessError, match="it is broken"):
        readme.measure()
    assert copy.read_text("utf-8") == README.read_text("utf-8")


def test_ctrl_c_ends_the_course(traced: None) -> None:
    _, _, *told = interrupt_lab(
        lambda director: bool(computing(director)), "all"
    )
    assert told == ["0_sequential.py: stopped by Ctrl-C"]


@pytest.mark.skipif(os.name == "nt", reason="no group of processes to signal")
@pytest.mark.parametrize("words", [["10"], ["all"], ["calibrate"]])
def test_ctrl_c_at_once_is_one_line(words: list[str], traced: None) -> None:
    """At the moment at which the lesson is not even imported."""
    with start_lab(
        *words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as director:
        assert director.stderr
        assert director.stderr.readline() == system.truth() + "\n"
        lesson = psutil.Process(director.pid).children
        wait_until(lambda: words == ["calibrate"] or bool(lesson()))
        os.killpg(director.pid, signal.SIGINT)
        _, err = director.communicate(timeout=10)
    assert director.returncode == 130
    *_, last = err.splitlines()
    assert last.endswith(": stopped by Ctrl-C")
    assert "Traceback" not in err


@pytest.mark.skipif(
    os.name == "nt", reason="it is killed there, and that is it"
)
def test_a_director_that_is_ended_ends_its_lesson(traced: None) -> None:
    with start_lab(
        "03", "WORK=100_000_000", stderr=subprocess.DEVNULL
    ) as director:
        process = psutil.Process(director.pid)
        wait_until(lambda: bool(computing(process)))
        director.terminate()
        assert director.wait(timeout=10) == 128 + signal.SIGTERM


def test_the_course_ends_with_a_table(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    long = "words " * 20
    write_lessons(
        tmp_path,
        monkeypatch,
        _1_good="print('first'); print('all is well')",
        _2_bad="print('on the way'); raise SystemExit(3)",
        _3_silent="",
        _4_long=f"print('{long}')",
    )
    assert sequence.take_all(pauses=False, quick=False) == 1
    out, _ = capfd.readouterr()
    said, _, table = out.partition("\n\n")
    assert said.splitlines()[:3] == ["first", "all is well", "on the way"]
    head, *rows = table.splitlines()
    assert head.split() == ["lesson", "status", "seconds", "last", "line"]
    cells = [re.split(r"\s+", row.strip(), maxsplit=3) for row in rows]
    assert [cell[:2] for cell in cells[:4]] == [
        ["1", "0"],
        ["2", "3"],
        ["3", "0"],
        ["4", "0"],
    ]
    assert [cell[3:] for cell in cells[:3]] == [
        ["all is well"],
        ["on the way"],
        ["-"],
    ]
    assert max(map(len, rows)) < 80
    assert sum(row.count("words") for row in rows) == 20


@pytest.mark.slow
def test_the_quick_course(traced: None) -> None:
    run = run_lab("quick")
    assert run.returncode == 0
    told = run.stderr.splitlines()
    assert told.count(system.truth()) == len(lessons())
    rows = run.stdout.partition("last line\n")[2].splitlines()
    starts = [row.split() for row in rows if not row.startswith(" ")]
    assert [start[0] for start in starts] == [one.number for one in lessons()]
    assert {start[1] for start in starts} == {"0"}
    assert not [line for line in told if line.startswith("note: ")]


ENTRY = """
[[part]]
title = "Part"
about = "About it."

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


def test_the_catalogue_gives_order_and_quick_constants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    write_lessons(tmp_path, monkeypatch, ENTRY, **SIZES)
    listed = invoke().out.splitlines()
    assert [line.split()[0] for line in listed] == ["2", "1", "3"]
    assert listed[0].split()[1:3] == ["3", "s"]
    run = invoke("quick")
    assert run.status == 0
    assert run.out.splitlines()[:3] == [
        "two 20",
        "one 1",
        "not in the catalogue",
    ]


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


def test_the_constants_in_force_and_a_twin_that_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    write_lessons(tmp_path, monkeypatch, ENTRY, **SIZES)
    for number, other in ("1", "2"), ("2", "1"):
        run = invoke(number)
        _, constants, *notes = run.log
        assert constants.endswith(f" SIZE={number} OTHER={number}")
        # OTHER differs on purpose.
        assert notes == [f"note: its twin {other} has SIZE={other}"]
    for words in ["1", "2", "SIZE=5"], ["1", "SIZE=2"]:
        log = invoke(*words).log
        assert log
        assert not [line for line in log if line.startswith("note: ")]
    assert invoke("--quiet", "1").log == []


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("part = [", "lab/course.toml: "),
        ('[[part]]\ntitle = "x"', "'lesson' is missing"),
        (ENTRY.replace("seconds", "secnds"), "lesson 2: got an unexpected"),
    ],
)
def test_a_mistake_in_the_catalogue_is_one_line(
    entry: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    invoke: Invoke,
) -> None:
    write_lessons(tmp_path, monkeypatch, entry, **SIZES)
    for words in [], ["1"]:
        run = invoke(*words)
        assert (run.status, run.out) == (1, "")
        assert run.err.count("\n") == 1
        assert told in run.err


def test_a_lesson_that_is_no_python_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    broken = {"_4_broken": "SIZE = 1\nprint('four'", "_5_bytes": ""}
    write_lessons(tmp_path, monkeypatch, ENTRY, **SIZES | broken)
    (tmp_path / "basics" / "5_bytes.py").write_bytes(b"\xff")
    *_, four, five = invoke().out.splitlines()
    assert "cannot be read: line 3: " in four
    assert "cannot be read: " in five
    assert invoke("1").out == "one 1\n"
    run = invoke("4")
    assert run.status == 1
    assert 'basics/4_broken.py", line 3' in run.err
    assert "SyntaxError: " in run.err
    assert "catalogue.py" not in run.err
    run = invoke("4", "SIZE=2")
    assert (run.status, run.out) == (1, "")
    assert run.err.startswith("lab: basics/4_broken.py, line 3: ")
    assert run.err.count("\n") == 1


def test_a_cue_sheet_has_all_that_an_instructor_needs(invoke: Invoke) -> None:
    for lesson in lessons():
        sheet = invoke("cue", lesson.number)
        assert (sheet.status, sheet.err) == (0, "")
        assert max(map(len, sheet.out.splitlines())) < 80
        told = " ".join(sheet.out.split())
        notes = lesson.notes
        wanted = [notes.before, notes.during, notes.after, notes.watch]
        wanted += [f"uv run lab {lesson.number}", f"{notes.minutes} minutes"]
        wanted += [f"{name} = " for name in lesson.constants]
        for text in wanted:
            assert " ".join(text.split()) in told
        film = shlex.join(f"{k}={v}" for k, v in notes.film.items())
        assert (f"--film ({film})" in told) == bool(notes.film)


@pytest.fixture
def copy_of_the_project(tmp_path: Path) -> Path:
    """Copy what a new lesson touches, and what its test needs."""
    copy = tmp_path / "project"
    names = "basics", "lab", "tests", "README.md", "pyproject.toml"
    for name in names:
        source = ROOT / name
        if source.is_dir():
            skip = shutil.ignore_patterns("__pycache__", "downloads")
            shutil.copytree(source, copy / name, ignore=skip)
        else:
            shutil.copy(source, copy / name)
    return copy


Python = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def python_there(
    copy_of_the_project: Path, monkeypatch: pytest.MonkeyPatch
) -> Python:
    """Run this Python in the copy, whose backstage comes first."""
    for name in [name for name in os.environ if "XDIST" in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(copy_of_the_project / "lab"))

    def python(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=copy_of_the_project,
            capture_output=True,
            text=True,
            check=False,
        )

    return python


def test_a_new_lesson_runs(
    python_there: Python, copy_of_the_project: Path
) -> None:
    made = python_there("lab", "new", "15_name")
    assert (made.returncode, made.stderr) == (0, "")
    for name in (
        "lab/toolbox/15_name.py",
        "lab/course.toml",
        "tests/lessons/test_15.py",
        "README.md",
        "lab/README.md",
    ):
        assert f"wrote {name}\n" in made.stdout
    run = python_there("lab", "15")
    assert run.returncode == 0
    assert re.fullmatch(r"3 jobs in \d\.\d\d s\n", run.stdout)
    readme_text = (copy_of_the_project / "README.md").read_text("utf-8")
    assert "`uv run lab/toolbox/15_name.py`" in readme_text
    again = python_there("lab", "new", "15_other")
    assert (again.returncode, again.stdout) == (2, "")
    assert "lab/toolbox/15_name.py has that number already" in again.stderr


@pytest.mark.slow
def test_a_new_lesson_passes_its_tests(
    python_there: Python, copy_of_the_project: Path
) -> None:
    python_there("lab", "new", "15_name")
    tests = "tests/lessons/test_15.py", "tests/lessons/test_contracts.py"
    passed = python_there("-m", "pytest", "-n0", "-q", *tests, "-k", "15")
    assert passed.returncode == 0, passed.stdout
    assert " passed" in passed.stdout
    check = python_there("lab", "check", "15")
    assert check.stdout.endswith("of 1 runs: held in 1\n")


@pytest.mark.parametrize("name", ["", "15", "name", "15_Name", "015_x", "1_"])
def test_a_new_lesson_needs_a_name(name: str, invoke: Invoke) -> None:
    answer = invoke("new", name)
    assert (answer.status, answer.out) == (2, "")
    assert "no name of a lesson" in answer.err


def test_a_new_lesson_goes_where_it_belongs() -> None:
    places = {"4": "basics", "09": "lab", "14": "lab", "15": "lab/toolbox"}
    for number, place in places.items():
        assert new.folder(number).as_posix() == place


STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
if sys.platform != "win32":
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
code = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)"
workers = [
    subprocess.Popen([sys.executable, "-c", code + "; time.sleep(60)"])
    for _ in range(2)
]
print("ready", flush=True)
time.sleep(60)
"""


MULTIPLYING = """
import signal, subprocess, sys, time
code = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)"
def start_another(*_):
    subprocess.Popen([sys.executable, "-c", code + "; time.sleep(60)"])
signal.signal(signal.SIGINT, start_another)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
print("ready", flush=True)
while True:
    time.sleep(1)
"""


@pytest.mark.skipif(os.name == "nt", reason="no Ctrl-C for one process there")
@pytest.mark.parametrize(
    ("body", "again"),
    [
        (STUBBORN, True),
        pytest.param(STUBBORN, False, marks=pytest.mark.slow),
        pytest.param(MULTIPLYING, False, marks=pytest.mark.slow),
    ],
)
def test_a_lesson_that_ignores_ctrl_c_leaves_no_worker(
    body: str,
    again: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    traced: None,
) -> None:
    write_lessons(tmp_path, monkeypatch, _1_stubborn=body)
    (lesson,) = lessons()
    second = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))

    def interrupt() -> None:
        with catalogue.started(lesson, {}, stdout=subprocess.PIPE) as child:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
            if again:  # pressed once more, while the lesson is made to end
                second.start()
            raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            interrupt()  # `traced` looks for the workers
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def test_the_site_is_left_to_end_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    killed = []

    class Fake:
        def __init__(self, *command: str) -> None:
            self.command = [*command]

        def cmdline(self) -> list[str]:
            return self.command

        def kill(self) -> None:
            killed.append(self)

    worker = Fake("python", "worker.py")
    others = [
        Fake("python", str(SERVER)),
        Fake("python", "-c", f"from {catalogue.RESOURCE_TRACKER} import main"),
    ]
    monkeypatch.setattr(psutil, "wait_procs", lambda *_: ([], []))
    family: Any = [worker, *others]
    catalogue._kill(family)
    assert killed == [worker]


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

    def take_all(pauses: bool, quick: bool) -> int:
        asked.append((pauses, quick))
        return 0

    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.stdin.isatty", lambda: terminal)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    monkeypatch.setattr(sequence, "take_all", take_all)
    assert director.main(["all", *words]) == 0
    assert asked == [(pauses, False)]


def test_a_course_without_failure_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lessons(tmp_path, monkeypatch, _1_good="print('well')")
    assert sequence.take_all(pauses=False, quick=False) == 0


def test_the_course_waits_for_enter(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bodies = {f"_{n}_x": f"print({n})" for n in range(1, 4)}
    write_lessons(tmp_path, monkeypatch, **bodies)
    asked = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        if len(asked) == 2:
            raise EOFError
        return ""

    monkeypatch.setattr("builtins.input", answer)
    assert sequence.take_all(pauses=True, quick=False) == 0
    assert asked == [
        "Enter for basics/2_x.py ",
        "Enter for basics/3_x.py ",
    ]
    rows = capsys.readouterr().out.partition("last line\n")[2].splitlines()
    assert [row.split()[0] for row in rows] == ["1", "2"]


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
