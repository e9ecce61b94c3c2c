"""Questions about the user's work, and answers to them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

from backstage.choose.rules import Work, by_rule
from backstage.errors import UsageError


@dataclass(frozen=True)
class Question:
    """A question about an attribute of `Work`.

    Attributes:
        text: The question.
        default: The answer if the user presses Enter.
        choices: All possible answers, and what they mean. Without any, the
            answer is a number.
    """

    text: str
    default: str
    choices: Mapping[str, str] = field(default_factory=dict)


QUESTIONS = {
    "workload": Question(
        "What does a task mostly do?",
        "waits",
        {
            "waits": "for the network, a disk or another program",
            "computes": "in Python code",
            "c": "computes in C code that releases the GIL, such as hashing",
            "mixed": "waits and computes",
        },
    ),
    "tasks": Question("How many tasks are there?", "100"),
    "duration": Question("How many seconds does one task take?", "0.1"),
    "shared": Question(
        "Do tasks change data that they share?",
        "no",
        {"yes": "", "no": ""},
    ),
    "libraries": Question(
        "Which kind of library do tasks wait in?",
        "blocking",
        {
            "blocking": "such as requests: a call returns when it is done",
            "async": "such as aiohttp: a call is awaited",
        },
    ),
}
OPTIONAL = "shared", "libraries"  # questions whose defaults are usual
QUIT = "q"
DEFAULT_TASKS = 100  # if a function is measured
DEFAULT_SECONDS = 8  # of a measurement
# Numbers to try in the place of an answer that is not known yet. Each is
# twice the one before, so that all rules on the product of two can apply.
NUMBERS = {
    "tasks": [2**exponent for exponent in range(21)],
    "duration": [2.0**exponent for exponent in range(-30, 13)],
}


def ask_questions() -> Work:
    """Ask the user in the terminal, until the answers lead to one rule.

    Raises:
        UsageError: If the user quits, with "q" or Ctrl-D.
    """
    print("Enter takes the answer in brackets, q quits.")
    answers = dict[str, str]()
    while name := find_next_question(answers):
        answers[name] = _ask(name)
    return _make_work(answers)


def _ask(name: str) -> str:
    """Ask one question until the answer is a possible one."""
    question = QUESTIONS[name]
    width = max(map(len, question.choices), default=0)
    print(f"\n{question.text}")
    for choice, meaning in question.choices.items():
        print(f"  {choice:<{width}}  {meaning}".rstrip())
    while True:
        try:
            answer = input(f"[{question.default}] > ").strip()
        except EOFError:
            print()
            answer = QUIT
        if answer == QUIT:
            raise UsageError("no answer")
        try:
            return check_answer(name, answer or question.default)
        except UsageError as error:
            print(error)


def parse_answers(answers: Mapping[str, str]) -> Work:
    """Return the work that some answers describe.

    Args:
        answers: By the names of QUESTIONS. Those that are OPTIONAL, or would
            not change which rule decides, may be missing.

    Raises:
        UsageError: If an answer is missing or not a possible one.
    """
    for name, answer in answers.items():
        check_answer(name, answer)
    defaults = {name: QUESTIONS[name].default for name in OPTIONAL}
    missing = find_next_question({**defaults, **answers})
    if missing:
        raise UsageError(f"--{missing} is missing")
    return _make_work(answers)


def check_answer(name: str, answer: str) -> str:
    """Return an answer to a question.

    Raises:
        UsageError: If it is not a possible answer.
    """
    choices = QUESTIONS[name].choices
    if not choices:
        parse_number(name, answer)
    elif answer not in choices:
        possible = ", ".join(choices)
        raise UsageError(f"{name}: one of {possible}, not {answer!r}")
    return answer


def parse_number(name: str, text: str) -> float:
    """Return a positive number; a number of `tasks` is a whole one.

    Raises:
        UsageError: If the text is not such a number.
    """
    try:
        number = int(text) if name == "tasks" else float(text)
    except ValueError:
        number = 0
    if not 0 < number < math.inf:
        raise UsageError(f"{name}: a positive number, not {text!r}")
    return number


def find_next_question(answers: Mapping[str, str]) -> str:
    """Return the name of the next question that matters, or "".

    A question matters if two of its answers can lead to different rules.
    """
    for name in QUESTIONS:
        if name not in answers and _matters(name, answers):
            return name
    return ""


def _matters(name: str, answers: Mapping[str, str]) -> bool:
    values = {
        other: [answers[other]] if other in answers else _possible(other)
        for other in QUESTIONS
        if other != name
    }
    for chosen in product(*values.values()):
        other_answers = dict(zip(values, chosen, strict=True))
        works = (
            _make_work({**other_answers, name: x}) for x in _possible(name)
        )
        if len({by_rule(work) for work in works}) > 1:
            return True
    return False


def _possible(name: str) -> list[str]:
    """Return answers that together lead to all rules."""
    return list(QUESTIONS[name].choices) or [*map(str, NUMBERS[name])]


def _make_work(answers: Mapping[str, str]) -> Work:
    """Return the work, with defaults for answers that do not matter."""
    defaults = {name: question.default for name, question in QUESTIONS.items()}
    texts = {**defaults, **answers}
    return Work(
        workload=texts["workload"],
        tasks=int(texts["tasks"]),
        duration=float(texts["duration"]),
        shared=texts["shared"],
        libraries=texts["libraries"],
    )
