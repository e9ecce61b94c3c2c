"""The questionnaire: which questions it asks, and how it takes answers."""

import subprocess

import pytest

from backstage.choose import rules
from backstage.choose.questions import (
    ask_questions,
    find_next_question,
    parse_answers,
)
from backstage.choose.rules import Work
from backstage.errors import UsageError
from support.commands import LAB
from support.terminals import terminal


def list_questions(answers: dict[str, str]) -> list[str]:
    """Return the names of the questions that lead to these answers."""
    given = dict[str, str]()
    while name := find_next_question(given):
        given[name] = answers[name]
    return list(given)


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ("waits 100 0.1 - blocking", "workload tasks duration libraries"),
        ("waits 1 - - -", "workload tasks"),
        ("waits 100 1e-6 - -", "workload tasks duration"),
        ("computes 100 0.1 no -", "workload tasks duration shared"),
        ("computes 100 0.002 yes -", "workload tasks duration shared"),
        ("c 100 0.1 - -", "workload tasks duration"),
        ("mixed 100 0.1 yes -", "workload tasks duration shared"),
    ],
)
def test_only_questions_that_matter_are_asked(
    answers: str, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "gil_is_on", lambda: True)
    names = "workload", "tasks", "duration", "shared", "libraries"
    given = dict(zip(names, answers.split(), strict=True))
    assert list_questions(given) == asked.split()


def test_without_a_gil_shared_data_does_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "gil_is_on", lambda: False)
    answers = {"workload": "computes", "tasks": "100", "duration": "0.1"}
    assert find_next_question(answers) == ""


def test_answers_in_options() -> None:
    answers = {"workload": "waits", "tasks": "500", "duration": "0.5"}
    assert parse_answers(answers) == Work("waits", 500, 0.5)
    assert parse_answers({"tasks": "1"}).tasks == 1  # decides alone


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"workload": "rests"}, "workload: one of waits, .*, not 'rests'"),
        ({"tasks": "1.5"}, r"tasks: a positive number, not '1\.5'"),
        ({"duration": "-1"}, "duration: a positive number, not '-1'"),
        ({"duration": "inf"}, "duration: a positive number, not 'inf'"),
        ({"workload": "waits", "tasks": "3"}, "--duration is missing"),
    ],
)
def test_answers_that_are_not_possible(
    answers: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        parse_answers(answers)


def press_keys(
    monkeypatch: pytest.MonkeyPatch, answers: list[str]
) -> list[str]:
    """Let these be what `input` returns; return the list of prompts."""
    prompts = list[str]()

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        if not answers:
            raise EOFError
        return answers.pop(0)

    monkeypatch.setattr("builtins.input", answer)
    return prompts


def test_enter_takes_the_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts = press_keys(monkeypatch, [""] * 4)
    assert ask_questions() == Work("waits", 100, 0.1, "no", "blocking")
    assert prompts[0] == "[waits] > "
    assert max(map(len, capsys.readouterr().out.splitlines())) < 80


@pytest.mark.parametrize("answers", [["q"], ["waits", "q"], ["waits"], []])
def test_q_and_the_end_of_input_quit(
    answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    press_keys(monkeypatch, answers)
    with pytest.raises(UsageError, match="no answer"):
        ask_questions()


def test_the_questions_in_a_terminal(traced: None) -> None:
    with terminal() as (outer, read, press):
        command = subprocess.Popen(
            [*LAB, "choose"], stdin=outer, stdout=outer, stderr=outer
        )
        for answer in ("waits", "many", "100", "0.5", "async"):
            press(f"{answer}\n")
        assert command.wait(20) == 0
        shown = read().replace("\r", "")
    assert max(map(len, shown.splitlines())) < 80
    assert "tasks: a positive number, not 'many'" in shown
    assert "use asyncio; second: threads" in shown
