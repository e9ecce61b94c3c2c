"""What happened while a lesson ran: a list of events, with a file format.

A saved recording has one JSON object a line. The first line is the header:
the `version` of the format and the fields of `EventLog`, but for the events.
Every other line is an event:
`{"event": "LinePrinted", "time": 1.25, "text": ...}`. Its further keys are the
fields of the class of that name in this module.

Times are in seconds since the run began, CPU times in seconds since the
process or thread began. Processes and threads have the numbers that the
system gave them. Events are in the order in which the watcher saw them: a
request may be reported later than a sample of the same time.
"""

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from backstage.files import write_atomically

VERSION = 1


@dataclass(frozen=True)
class Event:
    """Something that happened, `time` seconds after the run began."""

    time: float


@dataclass(frozen=True)
class ProcessStarted(Event):
    """A process appeared; `command` is its command line."""

    process: int
    parent: int
    command: list[str]


@dataclass(frozen=True)
class CommandChanged(Event):
    """A process now runs another program."""

    process: int
    command: list[str]


@dataclass(frozen=True)
class ProcessSampled(Event):
    """A process has had `cpu` seconds of CPU time, all its threads counted."""

    process: int
    cpu: float


@dataclass(frozen=True)
class ProcessEnded(Event):
    """A process is gone."""

    process: int


@dataclass(frozen=True)
class ThreadStarted(Event):
    """A thread appeared; `name` is empty where the system has none for it."""

    process: int
    thread: int
    name: str


@dataclass(frozen=True)
class ThreadRenamed(Event):
    """A thread got its name a moment after its start."""

    process: int
    thread: int
    name: str


@dataclass(frozen=True)
class ThreadSampled(Event):
    """What a thread had used, and what it was doing.

    `cpu` is its CPU time, `ready` how long it could have computed but had no
    CPU (0 where the system does not say). `waits_for` is one of the names in
    `backstage.watch.states`, or empty where it does not wait or nobody knows.
    """

    process: int
    thread: int
    cpu: float
    ready: float
    waits_for: str


@dataclass(frozen=True)
class ThreadEnded(Event):
    """A thread is gone."""

    process: int
    thread: int


@dataclass(frozen=True)
class MemorySampled(Event):
    """All processes of the lesson together held `size` bytes of memory."""

    size: int


@dataclass(frozen=True)
class RequestStarted(Event):
    """The practice site received a request; `request` is its number."""

    request: int
    path: str


@dataclass(frozen=True)
class RequestEnded(Event):
    """A request ended; `status` is None where the site dropped it."""

    request: int
    status: int | None


@dataclass(frozen=True)
class LinePrinted(Event):
    """The lesson printed a line on standard output."""

    text: str


@dataclass(frozen=True)
class RunEnded(Event):
    """The lesson ended with this exit status."""

    status: int


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind for kind in Event.__subclasses__()
}


@dataclass(frozen=True)
class EventLog:
    """The events of one run, and how it was run.

    `lesson` is the lesson's number, `title` the command, `environment` the
    machine, the Python and the date. `gil` says whether the GIL was on, and
    `cpus` is how many CPUs the run could use.
    """

    lesson: str
    title: str
    environment: str
    gil: bool
    cpus: float
    events: list[Event]


def save(log: EventLog, file: Path) -> None:
    """Write the events of a run to a file, in the format of this module.

    Raises OSError where the file cannot be written.
    """
    header = dataclasses.asdict(dataclasses.replace(log, events=[]))
    del header["events"]
    objects = [{"version": VERSION, **header}, *map(_to_object, log.events)]
    write_atomically(
        file, "".join(json.dumps(item) + "\n" for item in objects)
    )


def load(file: Path) -> EventLog:
    """Return the events that `save` wrote to a file.

    Raises ValueError, in one line, where it holds something else, and OSError
    where it cannot be read.
    """
    try:
        header, *rest = map(json.loads, _lines(file))
        version = header.pop("version")
        if version != VERSION:
            raise ValueError(f"{file}: version {version} is not known")
        events = [_from_object(item) for item in rest]
        return EventLog(**header, events=events)
    except (
        json.JSONDecodeError,
        UnicodeDecodeError,
        LookupError,
        TypeError,
        AttributeError,
    ):
        raise ValueError(f"{file} is not a recording of a lesson") from None


def _lines(file: Path) -> Iterable[str]:
    lines = file.read_text("utf-8").splitlines()
    return lines or ["null"]


def _to_object(event: Event) -> dict[str, object]:
    return {"event": type(event).__name__, **dataclasses.asdict(event)}


def _from_object(item: dict[str, object]) -> Event:
    fields = {name: value for name, value in item.items() if name != "event"}
    return KINDS[str(item["event"])](**fields)  # type: ignore[arg-type]
