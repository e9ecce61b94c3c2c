"""The command that chooses a model: choose."""

import sys
from collections.abc import Callable
from importlib.util import find_spec
from urllib.parse import urlsplit

import click

from backstage.choose.questions import (
    DEFAULT_SECONDS,
    DEFAULT_TASKS,
    QUESTIONS,
    parse_number,
)
from backstage.errors import LabError, UsageError

type Command = Callable[..., int]


def answer_options(command: Command) -> Command:
    """Add an option for the answer to each question."""
    for name, question in reversed(QUESTIONS.items()):
        help_text = ", ".join(question.choices) or question.text
        add_option = click.option(
            f"--{name}", metavar="ANSWER", help=help_text
        )
        command = add_option(command)
    return command


@click.command()
@click.argument("function", metavar="[MODULE:FUNCTION]", required=False)
@click.option(
    "--input",
    "inputs",
    metavar="INPUT",
    multiple=True,
    help="An argument, or a file with one on each line; may be repeated.",
)
@click.option(
    "--seconds", help=f"How long to measure. [default: {DEFAULT_SECONDS}]"
)
@click.option(
    "--scheduler",
    metavar="tcp://HOST:PORT",
    help="Measure on the computers of this Dask cluster too.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@answer_options
def choose(
    function: str | None,
    inputs: tuple[str, ...],
    seconds: str | None,
    scheduler: str | None,
    as_json: bool,
    **answers: str | None,
) -> int:
    """Choose a model for your own function, by measuring it.

    An INPUT is a Python expression, in which the names of the module are
    known; "*range(8)" is eight inputs. The function is called many times.
    Without a function, the answers to some questions decide by rules
    instead: in the terminal, or as options.
    """
    given = {name: answer for name, answer in answers.items() if answer}
    if function:
        if scheduler is not None:
            _check_scheduler(scheduler)
        return _measure(
            function, inputs, seconds, scheduler or "", as_json, given
        )
    if as_json or inputs or seconds or scheduler:
        names = "--input, --seconds, --scheduler and --json"
        raise UsageError(f"{names} are for a function")
    return _ask(given)


def _check_scheduler(address: str) -> None:
    try:
        parts = urlsplit(address)
        is_complete = parts.scheme == "tcp" and parts.hostname and parts.port
    except ValueError:  # a port that is not a number, or too large
        is_complete = False
    if not is_complete:
        example = "tcp://127.0.0.1:8786"
        message = f"an address such as {example}, not {address!r}"
        raise UsageError(f"scheduler: {message}")
    if not (find_spec("distributed") and find_spec("cloudpickle")):
        command = "uv run --group cluster lab choose ..."
        raise LabError(f"--scheduler needs distributed: {command}")


def _measure(
    function: str,
    inputs: tuple[str, ...],
    seconds: str | None,
    scheduler: str,
    as_json: bool,
    answers: dict[str, str],
) -> int:
    from backstage.choose import measurement, report

    tasks = answers.pop("tasks", str(DEFAULT_TASKS))
    for name in answers:
        raise UsageError(f"--{name} is for choosing without a function")
    advice = measurement.measure(
        function,
        inputs,
        int(parse_number("tasks", tasks)),
        parse_number("seconds", seconds or str(DEFAULT_SECONDS)),
        scheduler,
    )
    if as_json:
        print(advice.json())
    else:
        report.print_advice(advice)
    return 0


def _ask(answers: dict[str, str]) -> int:
    from backstage.choose import questions, report

    if answers:
        work = questions.parse_answers(answers)
    elif sys.stdin.isatty():
        work = questions.ask_questions()
    else:
        raise UsageError("no function, and no terminal to ask in")
    report.print_rule(work)
    return 0
