"""`uv run lab`, as a child process, and the catalogue and README behind it."""

import io
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from conftest import computing, press_ctrl_c, terminal, wait_until
from hypothesis import given
from hypothesis import strategies as st

from backstage import catalogue, course, director, machine, readme
from backstage.catalogue import README, ROOT, find, lessons

LAB = [sys.executable, str(ROOT / "lab")]


@contextmanager
def directing(*words: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start `uv run lab` with these words, as a terminal would."""
    with subprocess.Popen(
        [*LAB, *words],
        text=True,
        start_new_session=True,
        **{"env": os.environ | {"NO_COLOR": "1"}} | options,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def interrupted(
    sign: Callable[[psutil.Process], bool], *words: str
) -> list[str]:
    """Press Ctrl-C once the sign is there; return the lines of errors."""
    with directing(
        *words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as director:
        process = psutil.Process(director.pid)
        wait_until(lambda: sign(process))
        press_ctrl_c(process)
        _, err = director.communicate(timeout=10)
    assert director.returncode == 130
    return str(err).splitlines()


@contextmanager
def site_by_hand(
    **options: Any,
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `uv run lab site`; yield it and its address."""
    with directing("site", stdout=subprocess.PIPE, **options) as site:
        assert site.stdout
        line = site.stdout.readline().strip()
        assert line.startswith("PRACTICE_SITE=http://127.0.0.1:")
        yield site, line.partition("=")[2]


def lab(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LAB, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_it_lists_every_lesson_in_learning_order() -> None:
    listed = lab()
    assert (listed.returncode, listed.stderr) == (0, "")
    assert [line.split()[0] for line in listed.stdout.splitlines()] == [
        "0", "1", "2", "3",
        "01", "02", "03", "04", "05", "06", "07", "08", "09", "10",
        "11", "12", "13", "14",
    ]  # fmt: skip
    for line, lesson in zip(
        listed.stdout.splitlines(), lessons(), strict=True
    ):
        assert line.endswith(lesson.title)
        assert len(line) <= 80


def test_it_runs_a_lesson_untouched(traced: None) -> None:
    run = lab("03", "WORK=1_000")
    assert run.returncode == 0
    assert run.stderr.splitlines() == [
        machine.truth(),
        "lab/03_gil_demo_threads.py WORK=1_000",
    ]
    assert run.stdout.splitlines()[0].startswith("sequential ")
    assert run.stdout.count("\n") == 3


def test_it_runs_several_and_hands_on_the_first_failure(traced: None) -> None:
    run = lab("06", "07", "UPDATES=10", "--quiet")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.count("lost: ") == 2
    run = lab("--quiet", "04", "JOBS=0", "03")
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
    run = lab("02", f"PAGES={pages}", "TIMEOUT=0.01")
    _, *told = run.stderr.partition("\npractice site")[0].splitlines()
    assert max(map(len, told)) < 80
    line = " ".join(part.strip() for part in told)
    assert shlex.split(line)[1] == f"PAGES={pages}"


def test_numbers_are_the_file_names() -> None:
    assert find("1").name == "basics/1_multiprocess.py"
    assert find("01").name == "lab/01_sequential_fetch.py"


def test_it_hands_on_the_status(traced: None) -> None:
    run = lab("03", "WORK=0")
    assert run.returncode == 1
    assert run.stderr.splitlines()[2:] == [
        "03_gil_demo_threads.py: WORK = 0: it must be more than 0"
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
def test_bad_usage_is_one_line(words: list[str], names: list[str]) -> None:
    run = lab(*words)
    assert (run.returncode, run.stdout) == (2, "")
    assert len(run.stderr.splitlines()) == 1
    for name in names:
        assert name in run.stderr


def test_a_value_may_be_an_expression() -> None:
    words = ['PAGES=["/delay/1"] * 3', "TIMEOUT=2 * 3"]
    changes = catalogue.parse_changes(find("08"), words)
    assert changes == {"PAGES": '["/delay/1"] * 3', "TIMEOUT": "2 * 3"}
    pages = '[f"/page/{n}" for n in range(2)]'
    changes = catalogue.parse_changes(find("08"), [f"PAGES={pages} "])
    assert changes == {"PAGES": pages}


@pytest.mark.parametrize("verb", ["", *director.VERBS])
def test_help_fits_a_screen(verb: str) -> None:
    shown = lab(*verb.split(), "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    lines = shown.stdout.splitlines()
    assert lines[0].startswith(f"usage: uv run lab {verb}".strip())
    assert len(lines) < 24
    assert max(map(len, lines)) < 80
    if not verb:
        for name in director.VERBS:
            assert f"\n  {name} " in shown.stdout


@pytest.mark.skipif(os.name == "nt", reason="no terminals of our own here")
def test_the_menu_runs_what_is_chosen(traced: None) -> None:
    with (
        terminal() as (screen, read, press),
        directing(stdin=screen, stdout=screen, stderr=screen) as menu,
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
@pytest.mark.parametrize("send", ["killpg", "kill"])
def test_ctrl_c_ends_lesson_and_director(
    send: str, traced: None, tmp_path: Path
) -> None:
    with directing(
        "1",
        "WORK=100_000_000",
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
    ) as director:
        process = psutil.Process(director.pid)
        wait_until(lambda: len(computing(process)) >= 2)
        getattr(os, send)(director.pid, signal.SIGINT)
        _, err = director.communicate(timeout=10)
    assert director.returncode == 130
    assert err.splitlines()[2:] == ["1_multiprocess.py: stopped by Ctrl-C"]
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
            if "words" in arguments:
                assert director._choose(arguments.words)


def test_every_lesson_has_a_row_and_a_sample() -> None:
    block = README.read_text("utf-8").partition(readme.BEGIN)[2]
    block = block.partition(readme.END)[0]
    for lesson in lessons():
        rows = [row for row in block.splitlines() if lesson.name in row]
        assert len(rows) == 1
        command, *told, last = rows[0].strip("| ").split(" | ")
        assert command == f"`uv run {lesson.name}`"
        assert len(told) == 2
        assert re.fullmatch(r"`.*\d(\.\d|%).*`", last)
    assert re.search(r"Measured on .+, CPython 3\.\d+\.\d+.*, on 20", block)


def test_readme_writes_the_measured_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "README.md"
    copy.write_text(README.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(readme, "README", copy)
    monkeypatch.setattr(readme, "last_line", lambda lesson: lesson.number * 3)
    readme.measure()
    for old, new in zip(
        README.read_text("utf-8").splitlines(),
        copy.read_text("utf-8").splitlines(),
        strict=True,
    ):
        for lesson in lessons():
            if f"`uv run {lesson.name}` |" in old:
                assert new.endswith(f"| `{lesson.number * 3}` |")
                break
        else:
            assert new == old or new.startswith("Measured on ")


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
    _, _, *told = interrupted(
        lambda director: bool(computing(director)), "all"
    )
    assert told == ["0_sequential.py: stopped by Ctrl-C"]


@pytest.mark.skipif(os.name == "nt", reason="no group of processes to signal")
@pytest.mark.parametrize("words", [["10"], ["all"], ["calibrate"]])
def test_ctrl_c_at_once_is_one_line(words: list[str], traced: None) -> None:
    """At the moment at which the lesson is not even imported."""
    with directing(
        *words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as director:
        assert director.stderr
        assert director.stderr.readline() == machine.truth() + "\n"
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
    with directing(
        "03", "WORK=100_000_000", stderr=subprocess.DEVNULL
    ) as director:
        process = psutil.Process(director.pid)
        wait_until(lambda: bool(computing(process)))
        director.terminate()
        assert director.wait(timeout=10) == 128 + signal.SIGTERM


def write_lessons(
    folder: Path, monkeypatch: pytest.MonkeyPatch, **bodies: str
) -> None:
    for name, body in bodies.items():
        (folder / f"{name[1:]}.py").write_text(f'"""It is {name}."""\n{body}')
    made = [catalogue.read(path) for path in sorted(folder.glob("*.py"))]
    monkeypatch.setattr(catalogue, "ROOT", folder)
    monkeypatch.setattr(course, "lessons", lambda: made)


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
    assert course.take_all(pauses=False, quick=False) == 1
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


def test_the_quick_course_takes_what_the_docstrings_name(
    traced: None,
) -> None:
    run = lab("quick")
    assert run.returncode == 0
    told = run.stderr.splitlines()
    assert told.count(machine.truth()) == len(lessons())
    rows = run.stdout.partition("last line\n")[2].splitlines()
    starts = [row.split() for row in rows if not row.startswith(" ")]
    assert [start[0] for start in starts] == [one.number for one in lessons()]
    assert {start[1] for start in starts} == {"0"}
    said = " ".join(" ".join(told).split())
    for lesson in lessons():
        assert shlex.join([lesson.name, *lesson.quick]) in said


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
    monkeypatch.setattr(course, "take_all", take_all)
    assert director.main(["all", *words]) == 0
    assert asked == [(pauses, False)]


def test_a_course_without_failure_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lessons(tmp_path, monkeypatch, _1_good="print('well')")
    assert course.take_all(pauses=False, quick=False) == 0


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
    assert course.take_all(pauses=True, quick=False) == 0
    assert asked == ["Enter for 2_x.py ", "Enter for 3_x.py "]
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
