"""The command that chooses a model: choose."""

import sys

import click

from backstage.errors import LabError, UsageError


@click.command()
@click.argument("function", metavar="[MODULE:FUNCTION]", required=False)
@click.option(
    "--input",
    "inputs",
    metavar="INPUT",
    multiple=True,
    help="An argument of a call, an expression, or a file with one a line.",
)
@click.option("--seconds", help="How long to measure (20).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--workload", help="waits, computes, c, or mixed.")
@click.option("--tasks", help="How many tasks there are (100).")
@click.option("--duration", help="Seconds that one task takes.")
@click.option("--shared", help="Whether tasks change shared data: yes or no.")
@click.option("--libraries", help="async or blocking.")
def choose(
    function: str | None,
    inputs: tuple[str, ...],
    seconds: str | None,
    as_json: bool,
    **answers: str | None,
) -> int:
    """Choose a model for your own function, by measuring it.

    The function is called many times, with each INPUT in turn. Names of its
    module may stand in an INPUT; "*range(8)" is eight of them. Without a
    function, the answers to some questions decide by rules instead: in the
    terminal, or as options.
    """
    given = {name: answer for name, answer in answers.items() if answer}
    if function:
        return _measure(function, inputs, seconds, as_json, given)
    if as_json or inputs or seconds:
        raise UsageError("--input, --seconds and --json are for a function")
    return _ask(given)


def _measure(
    function: str,
    inputs: tuple[str, ...],
    seconds: str | None,
    as_json: bool,
    answers: dict[str, str],
) -> int:
    from backstage.choose import measurement, rules

    tasks = answers.pop("tasks", "100")
    if answers:
        name = next(iter(answers))
        raise UsageError(f"--{name} is for choosing without a function")
    try:
        advice = measurement.advise(
            function,
            rules.sources(inputs),
            int(rules.number("tasks", tasks)),
            rules.number("seconds", seconds or "20"),
        )
    except measurement.MeasurementError as error:
        raise LabError(str(error)) from None
    except measurement.UsageError as error:
        raise UsageError(str(error)) from None
    print(advice.json() if as_json else rules.told(advice))
    return 0


def _ask(answers: dict[str, str]) -> int:
    from backstage.choose import measurement, rules

    if not (answers or sys.stdin.isatty()):
        raise UsageError("no function, and no terminal to ask in")
    try:
        work = rules.work(answers) if answers else rules.ask()
    except measurement.UsageError as error:
        raise UsageError(str(error)) from None
    except EOFError:
        raise UsageError("no answer") from None
    print(rules.told_by_rule(work))
    return 0
