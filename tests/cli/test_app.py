"""The command line: help, usage errors, completion, exit statuses."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from backstage.cli import app
from backstage.cli.app import lab
from backstage.cli.lessons import parse_lessons
from backstage.course.catalogue import README, ROOT, lessons
from support.commands import LAB, Invoke, run_lab

COMMANDS = list(lab.commands)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_a_screen(command: str) -> None:
    result = CliRunner().invoke(
        lab, [*command.split(), "--help"], prog_name="lab", terminal_width=80
    )
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith(f"Usage: lab {command}".strip())
    assert len(lines) <= (24 if command else 28)
    assert max(map(len, lines)) <= 80


def test_the_help_names_every_command() -> None:
    text = CliRunner().invoke(lab, ["--help"], terminal_width=80).output
    assert "..." not in text.partition("Commands")[2]  # where it cuts off
    for name, command in lab.commands.items():
        if not command.hidden:
            assert f"\n  {name} " in text
    hidden = [n for n, command in lab.commands.items() if command.hidden]
    assert text.endswith(f"For contributors: {', '.join(hidden)}\n")


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (["reccord"], ["no such command 'reccord'", "mean 'record'?"]),
        (["xyz"], ["no such command 'xyz'; see uv run lab --help"]),
        (["99"], ["no lesson '99'"]),
        (["03", "all"], ["'all' is a command: it comes first"]),
        (["03", "04", "99"], ["no lesson '99'"]),
        (["03", "WORK=1\n2"], ["no value in WORK=1 2: invalid syntax"]),
        (["03", "WORK=1 is 1000"], ["WORK=1 is 1000", "is"]),
        (["03", "WORK="], ["without blanks: WORK=1_000"]),
        (["03", "WORK", "=", "1"], ["without blanks: WORK=1_000"]),
        (["03", "WORK=[0] * 10**18"], ["MemoryError"]),
        (
            ["03", "work=1"],
            ["'work'", "nearest is 'WORK'", "has WORK=5_000_000, JOBS=2"],
        ),
        (["03", "WORK"], ["no lesson 'WORK'"]),
        (["WORK=1"], ["no lesson to change WORK=1 in"]),
        (["--verbose"], ["no such option '--verbose'"]),
        (["--film"], ["--film"]),
        (["on", "3.13"], ["LESSON", "on --help"]),
        (["on", "03", "3.13"], ["no lesson '3.13'"]),
        (["matrix", ",", "03"], ["no Python in ','"]),
        (["matrix", "3.13", "03", "04"], ["takes one lesson"]),
        (["cue", "03", "WORK=1"], ["changes no constant: WORK=1"]),
        (["record", "03", "WROK=1"], ["'WROK'"]),
        (["calibrate", "03"], ["03", "calibrate --help"]),
        (["quick", "--no-pause"], ["--no-pause"]),
        (["check", "03", "--runs", "0"], ["--runs", "check --help"]),
        (["03", "WORK=os.cpu_count()"], ["WORK=os.cpu_count()"]),
        (["03", "WORK=1 +"], ["WORK=1 +"]),
        (["03", "=1"], ["without blanks"]),
        (["03", "WORK=[].x"], ["no attribute"]),
        (["readme", "03"], ["03", "readme --help"]),
        (["all", "03"], ["03", "all --help"]),
        (["site", "03"], ["03", "site --help"]),
        (["watch", "03", "--svg", "no/such/x.svg"], ["no/such/x.svg"]),
    ],
)
def test_bad_usage_is_one_line(
    arguments: list[str], texts: list[str], invoke: Invoke
) -> None:
    answer = invoke(*arguments)
    assert (answer.status, answer.out) == (2, "")
    assert len(answer.err.splitlines()) == 1
    for text in texts:
        assert text in answer.err


def test_the_process_exits_with_the_status_of_a_usage_error() -> None:
    result = run_lab("99")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("lab: no lesson '99'")


def test_lessons_may_be_separated_by_commas() -> None:
    for arguments in ["03,04"], ["03,", "04"], ["03", "04"]:
        chosen = parse_lessons([*arguments, "WORK=1, 2"])
        assert [lesson.number for lesson, _ in chosen] == ["03", "04"]
        assert all(changes == {"WORK": "1, 2"} for _, changes in chosen)


@pytest.mark.skipif(os.name == "nt", reason="POSIX shell needed")
@pytest.mark.parametrize(
    ("arguments", "status", "errors"),
    [
        ("<&-", 0, ""),
        ("2>&-", 0, ""),
        ("06 UPDATES=10 2>&-", 0, ""),
        ("on no-such-python 03 2>&-", 1, ""),
        (">/dev/full", 1, "lab: [Errno 28] No space left on device\n"),
    ],
)
def test_a_closed_or_full_stream(
    arguments: str, status: int, errors: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    if "full" in arguments and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    result = subprocess.run(
        f"{shlex.join(LAB)} {arguments}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (status, errors)


def complete(line: str) -> list[str]:
    """Return what the shell offers for the last word of a command line."""
    *arguments, incomplete = line.split(" ")
    completer = ShellComplete(lab, {}, "lab", "_LAB_COMPLETE")
    completions = completer.get_completions(arguments, incomplete)
    return [str(item.value) for item in completions]


def test_the_shell_completes_lessons_commands_and_constants() -> None:
    assert "03" in complete("0")
    assert complete("reco") == ["record"]
    assert complete("03 W") == ["WORK=", "WORKERS="]
    numbers = [lesson.number for lesson in lessons()]
    assert complete("watch 1") == [n for n in numbers if n[0] == "1"]
    assert "--save" in complete("watch --")


def commands_of_the_readme() -> set[str]:
    """Return the shell commands in the README, each in one line."""
    text = README.read_text("utf-8")
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"`((?:uv|diff) [^`]*)`", text)
    lines = [line.partition("#")[0] for b in blocks for line in b.splitlines()]
    return {" ".join(line.split()) for line in [*lines, *inline]} - {""}


@pytest.mark.parametrize("command_line", sorted(commands_of_the_readme()))
def test_the_readme_names_what_exists(command_line: str) -> None:
    for name in re.findall(r"(?:basics|lab|tests)/[\w/]+\.py", command_line):
        assert (ROOT / name).is_file()
    match shlex.split(command_line):
        case ["uv", "run", "lab", *arguments] if arguments:
            parse_command_line(arguments)


def parse_command_line(arguments: list[str]) -> None:
    """Parse the arguments after `lab` as the command line does."""
    context = lab.make_context("lab", [x for x in arguments if x != "--help"])
    rest = [*context._protected_args, *context.args]
    if not rest:
        return
    _, command, rest = lab.resolve_command(context, rest)
    assert isinstance(command, click.Command)
    inner = command.make_context(command.name, rest, parent=context)
    lesson_arguments = inner.params.get("arguments")
    if lesson_arguments:
        assert parse_lessons(lesson_arguments)


def test_the_order_of_the_help_is_that_of_the_list() -> None:
    assert lab.list_commands(click.Context(lab)) == COMMANDS
    assert app.run(["--help"]) == 0


def test_every_lesson_is_listed_in_learning_order() -> None:
    listed = run_lab()
    assert (listed.returncode, listed.stderr) == (0, "")
    lines = listed.stdout.splitlines()
    numbers = [lesson.number for lesson in lessons()]
    assert [line.split()[0] for line in lines] == numbers
    for line, lesson in zip(lines, lessons(), strict=True):
        seconds = f"{lesson.notes.seconds:g} s"
        assert re.fullmatch(rf" *\d+ +{seconds}  .*", line)
        assert len(line) <= 80
