"""A session: inputs that fail or are unusual, and probes that are lost."""

import re

import pytest

from backstage.choose.session import Session
from backstage.errors import LabError


def start_session(name: str, *expressions: str) -> Session:
    return Session(f"support.functions:{name}", expressions, 20)


@pytest.mark.parametrize(
    ("name", "expressions", "remark"),
    [
        ("fail_at_2", "1 2 3", "input 2: ValueError: not two"),
        (
            "exit_process_at_2",
            "1 2 3",
            r"input 2: it ended its process \(status 7\)",
        ),
        (
            "cached",
            "1",
            r"input 1: the first call took [\d,]+ times as long as .*",
        ),
        ("generate", "5", "input 1: it returns a generator, whose .*"),
        ("make_lambda", "5", "input 1: its results .* are not checked"),
        ("make_aging", "5", "input 1: its results .* are not checked"),
        ("append", "[]", "input 1: its results .* are not checked"),
    ],
)
def test_remarks_on_inputs(
    name: str, expressions: str, remark: str, functions: None
) -> None:
    with start_session(name, *expressions.split()) as session:
        remarks = session.try_inputs(session.load())
        assert any(re.fullmatch(remark, line) for line in remarks)
        assert session.call_seconds


def test_a_function_that_works_with_no_input(functions: None) -> None:
    message = "^input 1: ValueError: never 1; and 2 more$"
    with start_session("fail", "1", "2", "3") as session:
        inputs = session.load()
        with pytest.raises(LabError, match=message):
            session.try_inputs(inputs)


def test_a_lost_probe_is_replaced(functions: None) -> None:
    with start_session("tiny", "1") as session:
        session.try_inputs(session.load())
        session.open("threads", 2, timeout=10)
        lost = session.probe
        lost.is_idle = False  # as after an answer that did not come
        answer = session.ask(
            10, action="run", model="threads", workers=2, tasks=2
        )
        assert session.probe is not lost
        assert answer["wrong"] == 0
