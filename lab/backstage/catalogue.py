"""Which lessons there are, what each claims, and a run of one."""

import ast
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
KNOWN = {"range": range}  # what a constant's new value may call
PATIENCE = 1  # seconds that a lesson may take to end after Ctrl-C


@dataclass(frozen=True)
class Lesson:
    """One script: its number is the file name's, so "1" is not "01".

    `title` is the docstring's first line, `claim` the prediction after
    "Claim:", `quick` the changes of constants after "Quick:" that make a
    short run of it, and `constants` the source of each constant by its name.
    """

    path: Path
    number: str
    title: str
    claim: str
    quick: list[str]
    constants: Mapping[str, str]

    @property
    def name(self) -> str:
        """The path from the project's folder, with forward slashes."""
        return self.path.relative_to(ROOT).as_posix()


def lessons() -> list[Lesson]:
    """Return every lesson, in the order of the README's table.

    A lesson that the README does not have yet comes last.
    """
    rows = "\n".join(re.findall(r"(?m)^\|.*", README.read_text("utf-8")))
    found = [
        read(path)
        for folder in ("basics", "lab")
        for path in sorted((ROOT / folder).glob("[0-9]*_*.py"))
    ]
    return sorted(
        found,
        key=lambda lesson: (lesson.name not in rows, rows.find(lesson.name)),
    )


def read(path: Path) -> Lesson:
    """Return the lesson in the file at `path`.

    Raises SyntaxError where it is no Python.
    """
    source = path.read_text("utf-8")
    tree = ast.parse(source)
    title, _, rest = (ast.get_docstring(tree) or "").partition("\n")
    claim, _, quick = rest.partition("Claim:")[2].partition("\nQuick:")
    values = {
        name: ast.get_source_segment(source, value) or ""
        for name, value in _assignments(tree)
    }
    number = path.name.partition("_")[0]
    claim = " ".join(claim.split())
    return Lesson(path, number, title, claim, shlex.split(quick), values)


def find(number: str) -> Lesson:
    """Return the lesson of that number.

    Raises LookupError, in one line that lists the numbers, where there is
    none.
    """
    known = {lesson.number: lesson for lesson in lessons()}
    if number not in known:
        raise LookupError(
            f"no lesson {number!r}: there are {', '.join(known)}"
        )
    return known[number]


def parse_changes(lesson: Lesson, words: list[str]) -> dict[str, str]:
    """Return the new sources in `words` ("WORK=1_000") by constants' names.

    A value is an expression of literals and `range`: '["/delay/1"] * 1_000'.

    Raises LookupError where the lesson has no such constant and ValueError
    where a value is no such expression, both in one line.
    """
    changes = {}
    for word in words:
        name, _, text = word.partition("=")
        if name not in lesson.constants:
            has = ", ".join(f"{k}={v}" for k, v in lesson.constants.items())
            raise LookupError(f"no constant {name!r} in {lesson.name}: {has}")
        try:
            eval(text.strip(), {"__builtins__": KNOWN})
        except Exception as error:  # noqa: BLE001  whatever the user wrote
            raise ValueError(f"no value in {word}: {error}") from None
        changes[name] = text.strip()
    return changes


@contextmanager
def started(
    lesson: Lesson, changes: Mapping[str, str], **options: Any
) -> Iterator[subprocess.Popen[str]]:
    """Start a lesson as a child process, and wait for its end.

    Arguments: `changes`, new sources of its constants by their names: a copy
    of the same file name runs, in a folder of its own that is removed
    afterwards, and finds what is beside the lesson; `options`, what
    `subprocess.Popen` takes besides.

    Yields the child. Where the block fails, the child is made to end.
    """
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        script = lesson.path
        if changes:
            source = _edit(script.read_text("utf-8"), changes)
            source = source.replace("__file__", repr(str(lesson.path)))
            script = Path(folder, script.name)
            script.write_text(source, "utf-8")
        command = [sys.executable, str(script)]
        with subprocess.Popen(command, text=True, **options) as child:
            try:
                yield child
            except BaseException:
                _stop(child)
                raise


def play(lesson: Lesson, changes: Mapping[str, str]) -> int:
    """Run a lesson in this terminal and return its exit status.

    Arguments: `changes` as for `started`. What runs is said on standard
    error. A lesson that a signal ended counts as 128 + the signal.
    """
    told = [f"{name}={source}" for name, source in changes.items()]
    print(shlex.join([lesson.name, *told]), file=sys.stderr, flush=True)
    with started(lesson, changes) as child:
        try:
            child.wait()
        except KeyboardInterrupt:  # the terminal has told the lesson as well
            _stop(child)
    return exit_status(child)


def exit_status(child: subprocess.Popen[str]) -> int:
    """Return the status of an ended child: 128 + the signal, if it was one."""
    code = child.wait()
    return code if code >= 0 else 128 - code


def _stop(child: subprocess.Popen[str]) -> None:
    def interrupt() -> None:
        if sys.platform == "win32":
            child.terminate()
        else:
            child.send_signal(signal.SIGINT)

    for nudge in (interrupt, child.kill):
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            nudge()


def _assignments(tree: ast.Module) -> list[tuple[str, ast.expr]]:
    return [
        (target.id, node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.isupper()
    ]


def _edit(source: str, changes: Mapping[str, str]) -> str:
    lines = source.splitlines(keepends=True)
    for name, value in reversed(_assignments(ast.parse(source))):
        if name in changes:
            first, last = value.lineno - 1, (value.end_lineno or 0) - 1
            before = lines[first][: value.col_offset]
            # ast counts columns in bytes.
            after = lines[last].encode()[value.end_col_offset :].decode()
            lines[first : last + 1] = [f"{before}{changes[name]}{after}"]
    return "".join(lines)
