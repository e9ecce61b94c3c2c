"""Which model to take: by rules where questions are answered, else measured.

The rules are those of the lessons; `advise` measures instead.
"""

import ast
import textwrap
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from backstage.choose.measurement import Advice, Model, UsageError, few, span
from backstage.choose.probe import POOLS
from backstage.system import gil_is_on

LITTLE = 0.1  # seconds of all the work, too few for workers to pay
START = 0.5  # seconds of it, too few for processes: they take long to start
SHORT = 1e-4  # seconds of a call, within what a pool takes for each
HELP = 1.3  # times as fast, from which on two threads do more than one

QUESTIONS = {
    "workload": "What does a task mostly do? waits, computes, c (it computes "
    "in C that lets the GIL go), mixed (it waits and computes)",
    "tasks": "How many tasks are there?",
    "duration": "How many seconds does one take?",
    "shared": "Do they change something that they share? yes, no",
    "libraries": "What do they wait with? async, blocking (libraries)",
}
ANSWERS = {
    "workload": ("waits", "computes", "c", "mixed"),
    "shared": ("yes", "no"),
    "libraries": ("async", "blocking"),
}


@dataclass(frozen=True)
class Work:
    """What there is to do, as its owner tells; a `duration` is one task's."""

    workload: str
    tasks: int
    duration: float  # seconds
    shared: str = "no"
    libraries: str = "blocking"

    @property
    def total(self) -> float:
        """The seconds that it all takes, one task after the other."""
        return self.tasks * self.duration


@dataclass(frozen=True)
class Rule:
    """When a rule decides, what it says then, and why."""

    holds: Callable[[Work], bool]
    best: str
    second: str
    why: str


# The first that holds decides.
RULES = [
    Rule(
        lambda work: work.tasks == 1 or work.total < LITTLE,
        "sequential",
        "threads",
        f"one task, or less than {LITTLE} s in all: no worker pays",
    ),
    Rule(
        lambda work: work.workload == "waits" and work.libraries == "async",
        "asyncio",
        "threads",
        "it waits, with asynchronous libraries: a coroutine weighs least",
    ),
    Rule(
        lambda work: work.workload == "waits",
        "threads",
        "asyncio",
        "it waits, with blocking libraries: threads wait side by side",
    ),
    Rule(
        lambda work: work.workload == "c",
        "threads",
        "processes",
        "it computes without the GIL: threads do so side by side",
    ),
    Rule(
        lambda work: not gil_is_on(),
        "threads",
        "processes",
        "it computes, and this Python has no GIL to wait for",
    ),
    Rule(
        lambda work: work.shared == "yes",
        "sequential",
        "processes",
        "it computes on what is shared, and processes share nothing unasked",
    ),
    Rule(
        lambda work: work.total < START,
        "sequential",
        "processes",
        f"it computes for less than {START} s: processes start too late",
    ),
    Rule(
        lambda work: work.workload == "mixed",
        "processes",
        "threads",
        "it computes and waits: processes, more of them than cores",
    ),
    Rule(
        lambda work: True,
        "processes",
        "interpreters"
        if hasattr(futures, POOLS["interpreters"])
        else "sequential",
        "it computes, and each process has a GIL of its own",
    ),
]


def by_rule(work: Work) -> Rule:
    """Return the rule that decides."""
    return next(rule for rule in RULES if rule.holds(work))


def checked(name: str, answer: str) -> str:
    """Return an answer to one of QUESTIONS, if it makes sense.

    Raises UsageError where it does not.
    """
    known = ANSWERS.get(name)
    if known is None:
        number(name, answer)
    elif answer not in known:
        raise UsageError(f"{name}: {', '.join(known)}, and not {answer!r}")
    return answer


def number(name: str, answer: str) -> float:
    """Return a number over 0, and a whole one of tasks.

    Raises UsageError where it is none.
    """
    try:
        found = int(answer) if name == "tasks" else float(answer)
    except ValueError:
        found = 0
    if not 0 < found < float("inf"):
        raise UsageError(f"{name}: a number over 0, and not {answer!r}")
    return found


def work(answers: Mapping[str, str]) -> Work:
    """Return the work that these answers to QUESTIONS tell of.

    Raises UsageError where one makes no sense or is missing.
    """
    found = {name: checked(name, answer) for name, answer in answers.items()}
    for name in "workload", "tasks", "duration":
        if name not in found:
            raise UsageError(f"--{name} is missing")
    tasks, duration = int(found.pop("tasks")), float(found.pop("duration"))
    return Work(tasks=tasks, duration=duration, **found)


def ask() -> Work:
    """Ask the user all of QUESTIONS, each until the answer makes sense.

    Raises EOFError where the input ends.
    """
    answers = dict[str, str]()
    for name, question in QUESTIONS.items():
        while name not in answers:
            try:
                answer = input(f"{fill([question])}\n> ").strip()
                answers[name] = checked(name, answer)
            except UsageError as error:
                print(error)
    return work(answers)


def told_by_rule(work: Work) -> str:
    """Return in lines what the rules say, and which of them decided."""
    rule = by_rule(work)
    which = f"rule {RULES.index(rule) + 1} of {len(RULES)}"
    lines = [
        f"{count(work.tasks, 'task')}, {span(work.total)} one by one",
        f"take {rule.best}; second: {rule.second}",
        f"{which} decided: {rule.why}",
        "not measured: uv run lab choose MODULE:FUNCTION does that",
    ]
    return fill(lines)


def sources(words: Sequence[str]) -> list[str]:
    """Return the sources of inputs: a word's own, or those of its lines.

    Each line of a file is a literal, or else its text is the input.

    Raises UsageError where a file cannot be read, and where all are empty.
    """
    found = []
    for word in words:
        file = Path(word)
        try:
            is_file = file.is_file()
        except OSError:  # Python 3.12 and 3.13: too long for a file's name
            is_file = False
        if not is_file:
            found.append(word)
            continue
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{word}: {error}") from None
        for line in text.splitlines():
            try:
                found.append(repr(ast.literal_eval(line.strip())))
            except (ValueError, SyntaxError):
                found += [repr(line)] if line.strip() else []
    if words and not found:
        raise UsageError(f"no input in {words[0]!r}")
    return found


def told(advice: Advice) -> str:
    """Return in lines of 80 columns what was measured, and what to take."""
    before, after = map(fill, (about(advice), verdict(advice)))
    return "\n".join([before, "", *table(advice), "", after])


def fill(lines: Sequence[str]) -> str:
    """Return these lines, none longer than a terminal's 80 columns."""
    return "\n".join(textwrap.fill(line, 79) for line in lines)


def verdict(advice: Advice) -> list[str]:
    """Return lines on what to take, and on what that depends."""
    known = {model.name: model for model in advice.models}
    best = known[advice.best]
    each = f" in chunks of {best.chunk}" if best.chunk > 1 else ""
    many = f", {best.workers} workers{each}" if best.workers > 1 else ""
    time = best.seconds(advice.tasks)
    tasks = count(advice.tasks, "task")
    lines = [f"take {best.name}{many}: {tasks} in {span(time)}"]
    if advice.second:
        lines.append(f"second: {advice.second}; {spread(advice)}")
    if advice.from_tasks:
        lines.append(
            f"faster than sequential from {advice.from_tasks:,} tasks on"
        )
    lines.append(f"by the number of tasks: {steps(advice.ranges)}")
    if advice.warm != advice.ranges:
        lines.append(f"if the workers are up already: {steps(advice.warm)}")
    return lines


def spread(advice: Advice) -> str:
    """Return how the second model did beside the best one, round by round."""
    lowest = round(min(advice.ratios), 2)
    highest = round(max(advice.ratios), 2)
    if len(advice.ratios) == 1:
        return (
            f"in the only round, {advice.second} took {lowest:,.2f} times as "
            f"long as {advice.best}; one round shows no spread"
        )
    line = (
        f"in {len(advice.ratios)} rounds side by side, {advice.second} took "
        f"{lowest:,.2f} to {highest:,.2f} times as long as {advice.best}"
    )
    if lowest > 1:
        return line
    if highest < 1:
        return f"{line}: close, so the simpler of the two is taken"
    return f"{line}: this measurement cannot tell the two apart"


def count(number: int, noun: str) -> str:
    """Return how many there are of it."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def steps(ranges: Sequence[tuple[int, str]]) -> str:
    """Return from how many tasks on which model is the best."""
    return ", ".join(f"from {tasks:,} {name}" for tasks, name in ranges)


def about(advice: Advice) -> list[str]:
    """Return lines on the function itself."""
    does = "computes" if advice.busy >= 0.5 else "waits"
    call = f"{advice.function}: {span(advice.seconds)} a call"
    lines = [f"{call}, {advice.busy:.0%} of it on a CPU: it mostly {does}"]
    if advice.gain is not None:
        does = "two threads are" if not advice.is_async else "many at once are"
        gain = f"{does} {advice.gain:.3g} times as fast"
        lines.append(f"{gain}: {others(advice, advice.gain)}")
    if advice.there and advice.back:
        size = advice.there[0] + advice.back[0]
        spent = span(advice.there[1] + advice.back[1])
        lines.append(f"pickling a call: {size:,.0f} bytes in all, {spent}")
    return lines + few(advice.remarks)


def others(advice: Advice, gain: float) -> str:
    """Return what the gain of several at once tells of the function."""
    if gain >= HELP:
        return "it does let others go on"
    if advice.seconds < SHORT:
        return "it is too short to tell"
    if advice.busy >= 0.5 or advice.is_async:
        return "it does not let others go on"
    return "a lock, or the GIL? Processes share neither"


def table(advice: Advice) -> list[str]:
    """Return a table of the models, a line each."""
    title = count(advice.tasks, "task")
    width = max(14, len(title)) + 1
    columns = f"{'start':>10}{'MB each':>9}{'a task':>10}{title:>{width}}"
    lines = [f"{'model':<13}{'workers':>7}{columns}"]
    for one in advice.models:
        if one.why:
            lines.append(f"{one.name:<13} {shorten(one)}")
            continue
        lines.append(
            f"{one.name:<13}{one.workers:>7,}{span(one.start):>10}"
            f"{one.memory / 1e6:>9.1f}{span(median(one.rounds)):>10}"
            f"{span(one.seconds(advice.tasks)):>{width}}"
        )
    return lines


def shorten(model: Model) -> str:
    """Return why a model is out of the question, within a line."""
    return model.why if len(model.why) < 66 else f"{model.why[:64]}…"
