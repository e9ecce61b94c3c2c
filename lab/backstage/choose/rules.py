"""Rules of the lessons: which model to use for which work."""

from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass

from backstage.system import gil_is_on

LITTLE_WORK = 0.1  # seconds of all tasks: not worth any workers
SHORT_WORK = 0.5  # seconds of all tasks: not worth the start of processes


@dataclass(frozen=True)
class Work:
    """What there is to do, as the user describes it.

    Attributes:
        workload: What a task does: "waits", "computes" in Python code, "c"
            (it computes in C code that releases the GIL), or "mixed" (it
            waits and computes).
        tasks: How many tasks there are.
        duration: Seconds of one task.
        shared: Whether tasks change shared data: "yes" or "no".
        libraries: Whether tasks wait in "async" or in "blocking" libraries.
    """

    workload: str
    tasks: int
    duration: float
    shared: str = "no"
    libraries: str = "blocking"

    @property
    def total(self) -> float:
        """The seconds of all tasks, one after the other."""
        return self.tasks * self.duration


@dataclass(frozen=True)
class Rule:
    """Which models a rule chooses, for which work, and for which reason."""

    applies: Callable[[Work], bool]
    best: str
    second: str
    reason: str


RULES = [  # the first that applies decides
    Rule(
        lambda work: work.tasks == 1 or work.total < LITTLE_WORK,
        "sequential",
        "threads",
        f"one task, or less than {LITTLE_WORK} s in all: no worker helps",
    ),
    Rule(
        lambda work: work.workload == "waits" and work.libraries == "async",
        "asyncio",
        "threads",
        "tasks wait in async libraries: coroutines need the least memory",
    ),
    Rule(
        lambda work: work.workload == "waits",
        "threads",
        "asyncio",
        "tasks wait in blocking libraries: threads wait at the same time",
    ),
    Rule(
        lambda work: work.workload == "c",
        "threads",
        "processes",
        "tasks compute without the GIL: threads run at the same time",
    ),
    Rule(
        lambda work: not gil_is_on(),
        "threads",
        "processes",
        "tasks compute, and this Python runs without a GIL",
    ),
    Rule(
        lambda work: work.shared == "yes",
        "sequential",
        "processes",
        "tasks compute and change shared data, but processes do not share it",
    ),
    Rule(
        lambda work: work.total < SHORT_WORK,
        "sequential",
        "processes",
        f"tasks compute for less than {SHORT_WORK} s in all: processes take "
        "too long to start",
    ),
    Rule(
        lambda work: work.workload == "mixed",
        "processes",
        "threads",
        "tasks wait and compute: use more processes than there are cores",
    ),
    Rule(
        lambda work: True,
        "processes",
        "interpreters"
        if hasattr(futures, "InterpreterPoolExecutor")
        else "sequential",
        "tasks compute, and each process has a GIL of its own",
    ),
]


def by_rule(work: Work) -> Rule:
    """Return the rule that decides."""
    return next(rule for rule in RULES if rule.applies(work))
