"""The director: what `uv run lab` understands, and who does it."""

import argparse
import inspect
import logging
import shlex
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from backstage import asciicast, errors, system
from backstage.bench import page, plot, run
from backstage.choose import measurement, questions, report
from backstage.course import (
    calibrate,
    catalogue,
    check,
    cue,
    new,
    pythons,
    readme,
    sequence,
)
from backstage.files import write_whole
from backstage.watch import events, pictures, watcher
from backstage.watch.recording import rebuild
from backstage.watch.svg import draw_svg
from backstage.watch.terminal import draw_text

log = logging.getLogger(__name__)

Verb = Callable[[argparse.Namespace], int]


class UsageError(Exception):
    """What the user asks for makes no sense, told in one line."""


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError where argparse would end the process."""

    def error(self, message: str) -> NoReturn:
        """Raise the error that argparse found."""
        raise UsageError(f"{message}; see {self.prog} --help")


def main(words: list[str]) -> int:
    """Do what the words of the command line say; return the exit status.

    Raises SystemExit after help, and where a lesson has told of Ctrl-C.
    """
    verb = next((word for word in words if not word.startswith("-")), "")
    does = VERBS.get(verb, _play)
    options: list[str] = []
    if does is _bench and "--" in words:
        at = words.index("--")
        words, options = words[:at], words[at + 1 :]
    if verb in VERBS:
        words = [*words]
        words.remove(verb)
    try:
        arguments = _parser(does).parse_intermixed_args(words)
        arguments.options = options
        level = logging.WARNING if arguments.quiet else logging.INFO
        logging.getLogger("backstage").setLevel(level)
        return does(arguments)
    except UsageError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 2
    except catalogue.LessonError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def _parser(does: Verb) -> Parser:
    """Return the parser of what a verb takes; its help is the docstring."""
    verb = next((name for name in VERBS if VERBS[name] is does), "")
    parser = Parser(
        f"uv run lab {verb}".strip(),
        description=inspect.getdoc(does),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--quiet",
        action="store_true",
        help="do not say above a run what runs, and on what",
    )
    if does is _play:
        told = [
            f"  {name:<10}{(one.__doc__ or '').partition('.')[0]}"
            for name, one in VERBS.items()
        ]
        parser.usage = "%(prog)s [VERB ... | LESSON ... [NAME=VALUE ...]]"
        parser.epilog = "\n".join(["verbs, each with --help:", *told])
        parser.add_argument(
            "--film",
            action="store_true",
            help="constants for a run that is long enough to be seen",
        )
    if does is _all:
        parser.add_argument(
            "--no-pause",
            action="store_true",
            help="go on to the next lesson without Enter",
        )
    if does in (_on, _matrix):
        parser.add_argument(
            "python",
            metavar="PYTHON" if does is _on else "PYTHON,PYTHON",
            help="a version such as 3.15t, or whatever else uv takes",
        )
    if does is _bench:
        parser.usage = "%(prog)s [GROUP ...] [-- OPTION ...]"
        parser.add_argument(
            "groups",
            nargs="*",
            metavar="GROUP",
            help=f"of {', '.join(run.groups())}; all if none is given",
        )
    if does is _plot:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="JSON of a benchmark"
        )
    if does is _advise:
        target = "MODULE:FUNCTION"
        parser.usage = f"%(prog)s [{target}] [OPTION ...]"
        parser.add_argument(
            "function", nargs="?", metavar=target, help="yours"
        )
        parser.add_argument("--input", nargs="+", default=[], metavar="INPUT")
        time = "to measure in (8); one call may take a quarter"
        parser.add_argument("--seconds", help=time)
        parser.add_argument("--json", action="store_true", help="for scripts")
        for name, question in questions.QUESTIONS.items():
            one_of = ", ".join(question.choices) or "a number"
            parser.add_argument(f"--{name}", metavar="ANSWER", help=one_of)
    if does is _readme:
        parser.add_argument(
            "--tables",
            action="store_true",
            help="only write the tables anew, and run nothing",
        )
    if does is _check:
        parser.add_argument("--runs", default="1", help="how often (1)")
    if does is _new:
        parser.add_argument(
            "name", metavar="NAME", help="of the file, such as 15_name"
        )
    if does is _replay:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="written by watch --save"
        )
    if does is _watch:
        parser.add_argument(
            "--save",
            metavar="FILE",
            type=Path,
            help="write what was seen to a file as well, for replay",
        )
    if does in (_watch, _replay, _plot):
        parser.add_argument(
            "--svg",
            metavar="FILE",
            type=Path,
            help="write the picture to a file as well, as an SVG",
        )
    if does in (_play, _on, _matrix, _watch, _record, _check, _cue, _pictures):
        how = "a lesson's number; NAME=VALUE changes a constant in it"
        if does in (_cue, _pictures):
            how = "a lesson's number"
        parser.add_argument(
            "words",
            nargs="*" if does in (_play, _pictures) else "+",
            metavar="LESSON",
            help=argparse.SUPPRESS if does is _play else how,
        )
    return parser


def _play(arguments: argparse.Namespace) -> int:
    """Run lessons, or choose from a menu; NAME=VALUE changes a constant."""
    if arguments.words:
        chosen = _choose(arguments.words, VERBS)
        if arguments.film:
            chosen = [
                (lesson, {**lesson.notes.film, **changes})
                for lesson, changes in chosen
            ]
        return sequence.play_all(chosen)
    if arguments.film:
        raise UsageError("--film needs a lesson; see uv run lab --help")
    if sys.stdin.isatty() and sys.stdout.isatty():
        return _ask()
    _list()
    return 0


def _all(arguments: argparse.Namespace) -> int:
    """Run the whole course, with a table at its end.

    In a terminal it waits for Enter before each next lesson. The status is 1
    where a lesson failed.
    """
    pauses = sys.stdin.isatty() and sys.stdout.isatty()
    return sequence.take_all(pauses and not arguments.no_pause, quick=False)


def _quick(arguments: argparse.Namespace) -> int:
    """Run the whole course with small constants, in under a minute.

    They stand in lab/course.toml. At the end comes the same table as that of
    'all'.
    """
    return sequence.take_all(pauses=False, quick=True)


def _on(arguments: argparse.Namespace) -> int:
    """Run lessons on another Python.

    It gets an environment of its own, which is removed afterwards. uv looks
    for the interpreter, and downloads it where it is not here.
    """
    chosen = _choose(arguments.words)
    with pythons.environment(arguments.python) as interpreter:
        return sequence.play_all(chosen, interpreter)


def _matrix(arguments: argparse.Namespace) -> int:
    """Run a lesson on several Pythons, with a table at the end.

    A Python that is not to be had is told in a line, and the rest goes on;
    the status is then 1, as it is where the lesson failed.
    """
    asked = [name for name in arguments.python.split(",") if name]
    if not asked:
        raise UsageError(f"no Python in {arguments.python!r}")
    return pythons.compare(asked, *_choose_one(arguments.words))


def _watch(arguments: argparse.Namespace) -> int:
    """Run a lesson, and draw what it did to the machine.

    The title is the finding. Below it are the requests that the practice
    site saw, and what each thread and process did: computing, or waiting,
    and for what. All of it is seen from outside. Ctrl-C ends the lesson, and
    what was seen of it is drawn.
    """
    lesson, changes = _choose_one(arguments.words)
    _check_file(arguments.svg)
    _check_file(arguments.save)
    catalogue.announce(lesson, changes)
    recording = watcher.watch(lesson, changes, sys.stdout)
    print(f"\n{draw_text(recording, lesson)}", flush=True)
    if arguments.svg:
        write_whole(arguments.svg, draw_svg(recording, lesson))
    if arguments.save:
        events.save(recording.log, arguments.save)
    if recording.stopped:
        raise recording.stopped
    return recording.status


def _replay(arguments: argparse.Namespace) -> int:
    """Print a saved run of a lesson, and draw it again.

    The file has one event a line; lab/backstage/events.py says which.
    """
    _check_file(arguments.svg)
    try:
        log_of_run = events.load(arguments.file)
        lesson = catalogue.find(log_of_run.lesson)
    except (ValueError, OSError, LookupError) as error:
        raise UsageError(str(error)) from None
    recording = rebuild(log_of_run)
    for line in recording.lines:
        print(line.text)
    print(f"\n{draw_text(recording, lesson)}")
    if arguments.svg:
        write_whole(arguments.svg, draw_svg(recording, lesson))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    """Run a lesson, and decide whether its prediction held.

    The condition stands in lab/course.toml. Where this machine cannot show
    it, a line says why: too few cores, or other programs that are busy. The
    status is 1 where the prediction failed.
    """
    try:
        runs = int(arguments.runs)
    except ValueError:
        runs = 0
    if runs < 1:
        raise UsageError(f"runs: a number over 0, and not {arguments.runs!r}")
    return check.check(*_choose_one(arguments.words), runs)


def _cue(arguments: argparse.Namespace) -> int:
    """Print what an instructor needs to film a lesson.

    That is what to say before, during and after the run, the command, the
    constants that are worth changing, and what to watch.
    """
    cues = [cue.sheet(lesson) for lesson, _ in _choose(arguments.words)]
    print("\n\n".join(cues))
    return 0


def _new(arguments: argparse.Namespace) -> int:
    """Begin a new lesson: its script, catalogue entry and test.

    NAME is the file's, without ".py". Its number says where it goes: one
    digit into basics/, 01 to 14 into lab/, others into lab/toolbox/.
    """
    try:
        made = new.make(arguments.name)
    except ValueError as error:
        raise UsageError(str(error)) from None
    for path in made:
        print(f"wrote {path}")
    number = arguments.name.partition("_")[0]
    print(f"run it: uv run lab {number}")
    print(f"then: uv run lab pictures {number} && uv run lab readme")
    return 0


def _pictures(arguments: argparse.Namespace) -> int:
    """Run lessons and draw each into lab/pictures/, for the README.

    Without a number it draws all of them. Lessons that share a time axis with
    one that is named are drawn as well.
    """
    chosen = _choose(arguments.words) if arguments.words else []
    log.info(system.truth())
    pictures.draw_lessons([lesson for lesson, _ in chosen])
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    """Measure the models side by side, by pytest-benchmark, in 8 minutes.

    Of each group it prints a table: median, shortest and longest time, and
    how many times the ideal the median is. OPTIONs are pytest-benchmark's
    own: -- --benchmark-json=FILE, --benchmark-save=NAME and so on.
    """
    known = run.groups()
    for name in arguments.groups:
        if name not in known:
            told = ", ".join(known)
            raise UsageError(f"no group {name!r}; there are {told}")
    try:
        return run.bench(arguments.groups or known, arguments.options)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _plot(arguments: argparse.Namespace) -> int:
    """Draw results that 'bench' wrote as JSON, a picture for each group.

    Where there are several groups, --svg mine.svg writes a file for each,
    with the group's name before the suffix: mine-waiting.svg and so on.
    """
    _check_file(arguments.svg)
    loaded = _load(arguments.file)
    print(plot.text(loaded.rows))
    if arguments.svg:
        plot.write_svgs(loaded, arguments.svg)
    return 0


def _results(arguments: argparse.Namespace) -> int:
    """Write lab/RESULTS.md, its pictures and the README's lines on results.

    They show the results in tests/benchmarks/results.json.
    """
    try:
        page.write()
    except ValueError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


def _advise(arguments: argparse.Namespace) -> int:
    """Choose a model for your own function, by measuring it.

    Each INPUT is an argument of a call, an expression in which the module's
    names are known ("*range(8)" is eight), or a file with one a line. It is
    called many times. Without a function the answers to some questions, or
    the options that stand for them, decide by rules instead.
    """
    if arguments.function:
        return _measure(arguments)
    if arguments.json or arguments.input or arguments.seconds:
        raise UsageError("--input, --seconds and --json are for a function")
    given = {name: getattr(arguments, name) for name in questions.QUESTIONS}
    answers = {name: answer for name, answer in given.items() if answer}
    if not (answers or sys.stdin.isatty()):
        raise UsageError("no function, and no terminal to ask in")
    try:
        work = (
            questions.parse_answers(answers)
            if answers
            else questions.ask_questions()
        )
    except errors.UsageError as error:
        raise UsageError(str(error)) from None
    report.print_rule(work)
    return 0


def _measure(arguments: argparse.Namespace) -> int:
    """Measure a function, and tell which model suits it."""
    for name in questions.QUESTIONS:
        if name != "tasks" and getattr(arguments, name):
            raise UsageError(f"--{name} is for choosing without a function")
    tasks = arguments.tasks or str(measurement.DEFAULT_TASKS)
    seconds = arguments.seconds or str(measurement.DEFAULT_SECONDS)
    try:
        advice = measurement.measure(
            arguments.function,
            arguments.input,
            int(questions.parse_number("tasks", tasks)),
            questions.parse_number("seconds", seconds),
        )
    except errors.LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return error.exit_status
    if arguments.json:
        print(advice.json())
    else:
        report.print_advice(advice)
    return 0


def _record(arguments: argparse.Namespace) -> int:
    """Record a take of a lesson as an asciicast of 80 columns.

    The command is typed, the lesson runs, and its last line stays for a
    while. The file goes to lab/recordings/, in place of an earlier one of the
    lesson; asciinema and its web player show it.
    """
    lesson, _ = _choose_one(arguments.words)
    words = [*arguments.words, *["--quiet"] * arguments.quiet]
    return asciicast.record(words, lesson.path.stem)


def _calibrate(arguments: argparse.Namespace) -> int:
    """Tell how long a job takes here, and which WORK makes it one second.

    The job is that of the computing lessons.
    """
    log.info(system.truth())
    calibrate.calibrate()
    return 0


def _site(arguments: argparse.Namespace) -> int:
    """Run the practice site by hand, with a live bar, until Ctrl-C.

    Lessons use it where PRACTICE_SITE is set to the address that it shows.
    """
    from backstage.site import server  # no other verb needs all that

    server.serve_by_hand()


def _readme(arguments: argparse.Namespace) -> int:
    """Run all lessons and write what they show into the README's table."""
    if arguments.tables:
        readme.write({})
        return 0
    log.info(system.truth())
    readme.measure()
    return 0


VERBS: dict[str, Verb] = {
    "all": _all,
    "quick": _quick,
    "on": _on,
    "matrix": _matrix,
    "watch": _watch,
    "replay": _replay,
    "pictures": _pictures,
    "check": _check,
    "cue": _cue,
    "new": _new,
    "bench": _bench,
    "plot": _plot,
    "results": _results,
    "choose": _advise,
    "record": _record,
    "calibrate": _calibrate,
    "site": _site,
    "readme": _readme,
}


def _choose(
    words: list[str], verbs: Iterable[str] = ()
) -> list[tuple[catalogue.Lesson, dict[str, str]]]:
    """Return the lessons in `words`, each with the changes in them."""
    changes = [word for word in words if "=" in word]
    numbers = [word for word in words if "=" not in word]
    if not numbers:
        raise UsageError(f"no lesson to change {changes[0]} in")
    for verb in set(numbers) & VERBS.keys():
        raise UsageError(f"{verb!r} is a verb: it goes first, and alone")
    try:
        first = catalogue.find(numbers[0], verbs)
        chosen = [first, *map(catalogue.find, numbers[1:])]
        return [
            (lesson, catalogue.parse_changes(lesson, changes))
            for lesson in chosen
        ]
    except (LookupError, ValueError) as error:
        raise UsageError(error.args[0]) from None


def _choose_one(
    words: list[str],
) -> tuple[catalogue.Lesson, dict[str, str]]:
    chosen = _choose(words)
    if len(chosen) > 1:
        raise UsageError("one lesson at a time")
    return chosen[0]


def _check_file(file: Path | None) -> None:
    if file and (file.is_dir() or not file.parent.is_dir()):
        raise UsageError(f"no file can be at {file}")


def _load(file: Path) -> run.Results:
    try:
        return run.load(file)
    except (ValueError, OSError) as error:
        raise UsageError(str(error)) from None


def _list() -> None:
    for lesson in catalogue.lessons():
        seconds = lesson.notes.seconds
        time = f"{seconds:g} s" if seconds else ""
        line = f"{lesson.number:>2}  {time:>4}  {lesson.title}"
        print(line if len(line) < 80 else f"{line[:78]}…")


def _ask() -> int:
    """Do what the user chooses, until they quit."""
    words = list[str]()
    while words not in (["q"], ["quit"]):
        try:
            if words:
                main(words)
            else:
                _list()
        except OSError as error:
            print(f"lab: {error}", file=sys.stderr)
        except SystemExit as end:
            if end.code:  # Ctrl-C; no such code is help's
                raise
        words = _answer()
    return 0


def _answer() -> list[str]:
    """Return the words that the user types; the end of the input is "q"."""
    while True:
        try:
            return shlex.split(input("lessons (03 04), all, or q to quit: "))
        except EOFError:
            print()
            return ["q"]
        except ValueError as error:  # a quotation without an end
            print(f"lab: {error}", file=sys.stderr)
