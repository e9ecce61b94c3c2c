"""Which lessons there are, what each predicts, and a run of one."""

import ast
import difflib
import logging
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
import tomllib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

from backstage.site.client import SERVER
from backstage.system import truth

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[3]
README = ROOT / "README.md"
CATALOGUE = ROOT / "lab" / "course.toml"
FOLDERS = ["basics", "lab", "lab/toolbox", "lab/services"]  # of lessons
KNOWN = {"range": range}  # what a constant's new value may call
LIKENESS = 0.4  # of 1, from which on a name may be meant by another word
RESOURCE_TRACKER = "multiprocessing.resource_tracker"  # in its command line
PATIENCE = 1  # seconds that a process may take to end when it is told to
VALUE_WIDTH = 40  # columns of a constant that nobody changed, at most


class LessonError(Exception):
    """A mistake in a lesson's file or in the catalogue, told in one line."""


@dataclass(frozen=True)
class Twin:
    """The lesson that another one is compared with.

    `lines` is in how many lines their files may differ, and `differ` names
    the constants that have other values on purpose.
    """

    number: str
    lines: int
    differ: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Notes:
    """What the catalogue says of a lesson; course.toml explains each field.

    The defaults are those of a script that the catalogue does not have.
    """

    part: str = ""
    seconds: float | None = None
    minutes: int | None = None
    new: str = ""
    watch: str = ""
    before: str = ""
    during: str = ""
    after: str = ""
    holds: str = ""
    cores: int = 1
    breaks: Mapping[str, str] = field(default_factory=dict)
    quick: Mapping[str, str] = field(default_factory=dict)
    film: Mapping[str, str] = field(default_factory=dict)
    long: Mapping[str, str] = field(default_factory=dict)
    twin: Twin | None = None
    lines: int = 100
    kinds: list[str] = field(default_factory=list)
    axis: str = ""
    draw: Mapping[str, str] = field(default_factory=dict)
    headline: str = ""
    compared: str = ""
    reason: str = ""
    phases: str = ""
    worker: str = ""
    bars: str = ""
    unit: str = ""
    memory: bool = False
    lanes: bool = True
    table: bool = False
    picture: str = ""
    block: str = ""
    tools: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Lesson:
    """One script: its number is the file name's, so "1" is not "01".

    `title` is the docstring's first line, `prediction` what follows
    "Prediction:" in it, `constants` the source of each constant by its name,
    `units` the comments beside them, `notes` what the catalogue says.
    `mistake` says why the file cannot be read as Python, if so.
    """

    path: Path
    number: str
    title: str = ""
    prediction: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)
    mistake: str = ""

    @property
    def name(self) -> str:
        """The path from the project's folder, with forward slashes."""
        return self.path.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Part:
    """A part of the course: its title, a sentence on it, and its lessons."""

    title: str
    about: str
    numbers: list[str]


def lessons() -> list[Lesson]:
    """Return every lesson, in the order of the catalogue.

    A script that the catalogue does not have comes last.

    Raises LessonError where the catalogue has a mistake.
    """
    notes = load_notes()
    order = list(notes)
    found = [
        read(path, notes)
        for folder in FOLDERS
        for path in sorted((ROOT / folder).glob("[0-9]*_*.py"))
    ]
    return sorted(
        found,
        key=lambda lesson: (
            order.index(lesson.number)
            if lesson.number in notes
            else len(order)
        ),
    )


def parts() -> list[Part]:
    """Return the parts of the course, in the order of the catalogue.

    Raises LessonError as `lessons` does.
    """
    return [
        Part(
            part["title"],
            part["about"],
            [lesson["number"] for lesson in part["lesson"]],
        )
        for part in _load_parts()
    ]


def load_notes() -> dict[str, Notes]:
    """Return what the catalogue says of each lesson, by its number.

    Raises LessonError where the catalogue has a mistake.
    """
    notes = dict[str, Notes]()
    for part in _load_parts():
        for entry in part["lesson"]:
            number = entry["number"]
            rest = {k: v for k, v in entry.items() if k != "number"}
            try:
                if "twin" in rest:
                    rest["twin"] = Twin(**rest["twin"])
                notes[number] = Notes(part=part["title"], **rest)
            except TypeError as error:
                # "Notes.__init__() got an unexpected keyword argument 'x'"
                problem = str(error).partition("() ")[2]
                raise LessonError(
                    f"lab/{CATALOGUE.name}: lesson {number}: {problem}"
                ) from None
    return notes


def _load_parts() -> list[dict[str, Any]]:
    try:
        whole = tomllib.loads(CATALOGUE.read_text("utf-8"))
        parts: list[dict[str, Any]] = whole["part"]
        for part in parts:
            for entry in part["lesson"]:
                part["title"], part["about"], entry["number"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LessonError(f"lab/{CATALOGUE.name}: {error}") from None
    except (KeyError, TypeError) as error:
        raise LessonError(
            f"lab/{CATALOGUE.name}: a part needs title, about and lessons, "
            f"and a lesson its number: {error} is missing"
        ) from None
    return parts


def read(path: Path, notes: Mapping[str, Notes] | None = None) -> Lesson:
    """Return the lesson in the file at `path`.

    Arguments: `notes`, what the catalogue says, by the numbers of lessons.

    A file that is no Python becomes a lesson with a `mistake`.
    """
    number = path.name.partition("_")[0]
    own = (notes or {}).get(number, Notes())
    try:
        source = path.read_text("utf-8")
        tree = ast.parse(source)
    except SyntaxError as error:
        mistake = f"line {error.lineno}: {error.msg}"
    except UnicodeDecodeError as error:
        mistake = str(error)
    else:
        title, _, rest = (ast.get_docstring(tree) or "").partition("\n")
        prediction = " ".join(rest.partition("Prediction:")[2].split())
        constants, units = {}, {}
        for name, value in _assignments(tree):
            constants[name] = ast.get_source_segment(source, value) or ""
            line = source.splitlines()[value.lineno - 1]
            units[name] = line.partition("  # ")[2]
        return Lesson(path, number, title, prediction, constants, units, own)
    title = f"cannot be read: {mistake}"
    return Lesson(path, number, title, notes=own, mistake=mistake)


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

    Raises LookupError where the lesson has no such constant, ValueError
    where a value is no such expression, and LessonError where the lesson's
    file has a mistake, all in one line.
    """
    if words and lesson.mistake:
        raise LessonError(f"{lesson.name}, {lesson.mistake}")
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
                _evaluate(text.strip())
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
    beside: Iterable[str] = (),
) -> int:
    """Run a lesson in this terminal and return its exit status.

    Arguments as for `started` and `announce`. A lesson that a signal ended
    counts as 128 + the signal.
    """
    announce(lesson, changes, python, beside)
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
    beside: Iterable[str] = (),
) -> Take:
    """Run a lesson as `play` does, and return how it ended."""
    announce(lesson, changes, python, beside)
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
    family = _descendants(child)
    child.kill()
    _kill(family)


def _descendants(child: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes below a child, which must still be alive."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(child.pid).children(recursive=True)
    return []


def _kill(family: list[psutil.Process]) -> None:
    """Kill processes, but not those that end by themselves.

    multiprocessing's resource tracker first removes the others' semaphores,
    and the practice site writes its log.
    """
    for process in family:
        with suppress(psutil.Error):
            command = " ".join(process.cmdline())
            if RESOURCE_TRACKER not in command and str(SERVER) not in command:
                process.kill()
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
    lesson: Lesson,
    changes: Mapping[str, str],
    python: str = sys.executable,
    beside: Iterable[str] = (),
) -> None:
    """Log what runs, its constants, and on what it runs.

    A line is added for each constant that a twin has another value of.

    Arguments: `lesson`, `changes` and `python` as for `started`; `beside`,
    the numbers of lessons to which the same changes apply.
    """
    log.info(truth(python))
    constants = {
        name: textwrap.shorten(source, VALUE_WIDTH, placeholder=" ...")
        for name, source in lesson.constants.items()
        if _is_value(source)
    }
    log.info(
        textwrap.fill(
            command_line(lesson, {**constants, **changes}),
            79,
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
    for line in twin_differences(lesson, changes, beside):
        log.info(line)


def twin_differences(
    lesson: Lesson, changes: Mapping[str, str], beside: Iterable[str] = ()
) -> list[str]:
    """Return a line for each constant of which a twin has another value.

    A value that the catalogue names for a quick run or for filming is no
    difference. Arguments as for `announce`.
    """
    constants = {
        name: source
        for name, source in {**lesson.constants, **changes}.items()
        if source != lesson.notes.quick.get(name)
        and source != lesson.notes.film.get(name)
    }
    lines = []
    for other, differ in _twins(lesson):
        theirs = dict(other.constants)
        if other.number in beside:
            theirs.update(changes)
        for name in constants.keys() & theirs.keys() - set(differ):
            if theirs[name] != constants[name]:
                value = textwrap.shorten(
                    theirs[name], VALUE_WIDTH, placeholder=" ..."
                )
                lines.append(
                    f"note: its twin {other.number} has {name}={value}"
                )
    return sorted(lines)


def _twins(lesson: Lesson) -> list[tuple[Lesson, list[str]]]:
    """Return a lesson's twins, and the constants that differ on purpose."""
    pairs = []
    for other in lessons():
        own, others = lesson.notes.twin, other.notes.twin
        if own and own.number == other.number:
            pairs.append((other, own.differ))
        elif others and others.number == lesson.number:
            pairs.append((other, others.differ))
    return pairs


def _is_value(source: str) -> bool:
    """Tell whether a constant is made of literals and `range` alone."""
    try:
        _evaluate(source)
    except Exception:  # noqa: BLE001  whatever a learner wrote
        return False
    return True


def _evaluate(source: str) -> object:
    value: object = eval(source, {"__builtins__": KNOWN})
    return value


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
    """Have a lesson end, and then kill what it leaves running."""
    family = _descendants(child)
    # A terminal has told the lesson as well: it may be at its end already.
    with suppress(subprocess.TimeoutExpired):
        child.wait(PATIENCE)
    if child.poll() is None and sys.platform != "win32":
        child.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            child.wait(PATIENCE)
    family += _descendants(child)
    child.kill()
    _, left = psutil.wait_procs(family, PATIENCE)
    _kill(left)


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
