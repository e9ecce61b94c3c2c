"""Which lessons there are, what each claims, and a run of one."""

import ast
import difflib
import logging
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

from .machine import truth

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
KNOWN = {"range": range}  # what a constant's new value may call
LIKENESS = 0.4  # of 1, from which on a name may be meant by another word
PATIENCE = 1  # seconds that a process may take to end when it is told to


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


def find(number: str, verbs: Iterable[str] = ()) -> Lesson:
    """Return the lesson of that number.

    Arguments: `verbs`, what `number` may have been meant for besides.

    Raises LookupError, in one line with what is nearest, where there is none.
    """
    known = {lesson.number: lesson for lesson in lessons()}
    if number in known:
        return known[number]
    names = {lesson.path.stem: lesson.number for lesson in known.values()}
    names |= {name: name for name in (*known, *verbs)}
    kind = "lesson or verb" if verbs else "lesson"
    near = _nearest(number, names) or "; see uv run lab --help"
    raise LookupError(f"no {kind} {number!r}{near}")


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
            near = _nearest(name, {known: known for known in lesson.constants})
            has = ", ".join(f"{k}={v}" for k, v in lesson.constants.items())
            raise LookupError(
                f"no constant {name!r} in {lesson.name}{near}; it has {has}"
            )
        try:
            with warnings.catch_warnings(action="error"):
                eval(text.strip(), {"__builtins__": KNOWN})
        except Exception as error:  # noqa: BLE001  whatever the user wrote
            why = getattr(error, "msg", str(error)) or type(error).__name__
            line = " ".join(f"no value in {word[:60]}: {why}".split())
            raise ValueError(line) from None
        changes[name] = text.strip()
    return changes


@contextmanager
def started(
    lesson: Lesson,
    changes: Mapping[str, str],
    python: str = sys.executable,
    **options: Any,
) -> Iterator[subprocess.Popen[str]]:
    """Start a lesson as a child process, and wait for its end.

    Arguments: `changes`, new sources of its constants by their names: a copy
    of the same file name runs, in a folder of its own that is removed
    afterwards, and finds what is beside the lesson; `python`, the path of the
    interpreter; `options`, what `subprocess.Popen` takes besides.

    Yields the child. Where the block fails, the child is made to end. Ctrl-C
    is for the lesson to tell: if it does, SystemExit(130) is raised, else
    KeyboardInterrupt.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="lab-")
        )
        script = lesson.path
        if changes:
            source = _edit(script.read_text("utf-8"), changes)
            source = source.replace("__file__", repr(str(lesson.path)))
            script = Path(folder, script.name)
            script.write_text(source, "utf-8")
        # Ctrl-C waits until the lesson's `run` is there to answer it.
        stack.callback(_hold_ctrl_c, False)
        _hold_ctrl_c(True)
        command = [python, str(script)]
        child = stack.enter_context(
            subprocess.Popen(command, text=True, **options)
        )
        try:
            _hold_ctrl_c(False)
            yield child
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough
            _stop(child)
            if child.returncode == 130 and not child.stderr:
                sys.exit(130)
            raise
        except BaseException:
            _stop(child)
            raise


def play(
    lesson: Lesson,
    changes: Mapping[str, str],
    python: str = sys.executable,
) -> int:
    """Run a lesson in this terminal and return its exit status.

    Arguments as for `started`. What runs, and on what, is logged. A lesson
    that a signal ended counts as 128 + the signal.
    """
    announce(lesson, changes, python)
    with started(lesson, changes, python) as child:
        child.wait()
    return exit_status(child)


@dataclass(frozen=True)
class Take:
    """How a run ended: exit status, seconds, and the last line it printed."""

    status: int
    seconds: float
    last: str


def take(
    lesson: Lesson,
    changes: Mapping[str, str],
    python: str = sys.executable,
) -> Take:
    """Run a lesson as `play` does, and return how it ended."""
    announce(lesson, changes, python)
    line = ""
    start = perf_counter()
    with started(
        lesson,
        changes,
        python,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},  # lines as they come
    ) as child:
        for line in child.stdout or ():
            print(line, end="", flush=True)
    seconds = perf_counter() - start
    return Take(exit_status(child), seconds, line.strip())


def end_family(child: subprocess.Popen[str]) -> None:
    """Kill a child and its own children, at once."""
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(child.pid).children(recursive=True)
        child.kill()
        for worker in family:
            with suppress(psutil.NoSuchProcess):
                worker.kill()
        psutil.wait_procs(family, PATIENCE)


def exit_status(child: subprocess.Popen[str]) -> int:
    """Return the status of an ended child: 128 + the signal, if it was one."""
    code = child.wait()
    return code if code >= 0 else 128 - code


def command_line(lesson: Lesson, changes: Mapping[str, str]) -> str:
    """Return a lesson and the changes of its constants as words of a shell."""
    told = [f"{name}={source}" for name, source in changes.items()]
    return shlex.join([lesson.name, *told])


def announce(
    lesson: Lesson, changes: Mapping[str, str], python: str = sys.executable
) -> None:
    """Log what runs, and on what; arguments as for `started`."""
    log.info(truth(python))
    log.info(
        textwrap.fill(
            command_line(lesson, changes),
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def _nearest(word: str, names: Mapping[str, str]) -> str:
    """Return words on what `word` may stand for, if anything is like it."""
    known = {name.lower(): meant for name, meant in names.items()}
    near = difflib.get_close_matches(word.lower(), known, 1, LIKENESS)
    return f"; the nearest is {known[near[0]]!r}" if near else ""


def _hold_ctrl_c(hold: bool) -> None:
    if sys.platform != "win32":  # which has nothing like it
        how = signal.SIG_BLOCK if hold else signal.SIG_UNBLOCK
        signal.pthread_sigmask(how, {signal.SIGINT})


def _stop(child: subprocess.Popen[str]) -> None:
    def interrupt() -> None:
        if sys.platform == "win32":
            child.terminate()
        else:
            child.send_signal(signal.SIGINT)

    # A terminal has told the lesson as well: it may be at its end already.
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
