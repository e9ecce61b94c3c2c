"""Several lessons in a row, and the table of their results."""

import re
from pathlib import Path

import pytest

from backstage.course.catalogue import lessons
from backstage.course.selection import find
from backstage.course.sequence import run_course, run_lessons
from backstage.system import environment_summary
from support.commands import interrupt_lab, run_lab
from support.lessons import write_lessons
from support.processes import computing


def test_several_lessons_have_the_first_status_that_is_not_0(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    body = "STATUS = 0  # exit status\nprint(STATUS)\nraise SystemExit(STATUS)"
    write_lessons(tmp_path, monkeypatch, _1_one=body, _2_two=body)
    first, second = lessons()
    assert run_lessons([(first, {}), (second, {})]) == 0
    assert (
        run_lessons([(first, {"STATUS": "3"}), (second, {"STATUS": "4"})]) == 3
    )
    assert run_lessons([(first, {}), (second, {"STATUS": "4"})]) == 4
    assert capfd.readouterr().out.split() == ["0", "0", "3", "4", "0", "4"]


def test_lessons_with_the_same_changes_are_equal_twins(
    small_course: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "backstage")
    changes = {"SIZE": "5"}
    run_lessons([(find("1"), changes), (find("2"), changes)])
    assert caplog.messages
    assert not [x for x in caplog.messages if x.startswith("note: ")]


def test_the_course_ends_with_a_table(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    long = "words " * 20
    write_lessons(
        tmp_path,
        monkeypatch,
        _1_good="print('first'); print('[all is well]')",
        _2_bad="print('on the way'); raise SystemExit(3)",
        _3_silent="",
        _4_long=f"print('{long}')",
    )
    assert run_course(pauses=False, quick=False) == 1
    output, _ = capfd.readouterr()
    printed, _, table = output.partition("\n\n")
    assert printed.splitlines()[:3] == ["first", "[all is well]", "on the way"]
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
        ["[all is well]"],
        ["on the way"],
        ["-"],
    ]
    assert max(map(len, rows)) <= 80
    assert sum(row.count("words") for row in rows) == 20


def test_a_course_without_failure_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lessons(tmp_path, monkeypatch, _1_good="print('well')")
    assert run_course(pauses=False, quick=False) == 0


def test_a_quick_course_has_the_quick_constants(
    small_course: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_course(pauses=False, quick=True) == 0
    assert capfd.readouterr().out.splitlines()[:3] == [
        "two 20",
        "one 1",
        "not in the catalogue",
    ]


def test_the_course_waits_for_enter(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bodies = {f"_{n}_x": f"print({n})" for n in range(1, 4)}
    write_lessons(tmp_path, monkeypatch, **bodies)
    prompts = []

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        if len(prompts) == 2:
            raise EOFError
        return ""

    monkeypatch.setattr("builtins.input", answer)
    assert run_course(pauses=True, quick=False) == 0
    assert prompts == [
        "Enter for basics/2_x.py ",
        "Enter for basics/3_x.py ",
    ]
    rows = capsys.readouterr().out.partition("last line\n")[2].splitlines()
    assert [row.split()[0] for row in rows] == ["1", "2"]


def test_ctrl_c_ends_the_course(traced: None) -> None:
    _, _, *rest = interrupt_lab(
        lambda command: bool(computing(command)), "all"
    )
    assert rest == ["0_sequential.py: stopped by Ctrl-C"]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_quick_course(traced: None) -> None:
    result = run_lab("quick", timeout=360)
    assert result.returncode == 0
    lines = result.stderr.splitlines()
    assert lines.count(environment_summary()) == len(lessons())
    assert not [line for line in lines if line.startswith("note: ")]
    rows = result.stdout.partition("last line\n")[2].splitlines()
    cells = [row.split() for row in rows if not row.startswith(" ")]
    assert [cell[0] for cell in cells] == [x.number for x in lessons()]
    assert {cell[1] for cell in cells} == {"0"}
