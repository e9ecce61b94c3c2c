"""The events of a run, and the file format of a saved recording.

A saved recording is a text file of JSON objects, one in each line. The first
line is the header: the `version` of the format and the fields of `EventLog`,
except `events`. Each further line is an event. Its key "event" is the name of
a class in this module, and its other keys are the fields of that class:
`{"event": "LinePrinted", "time": 1.25, "text": "page 1: start"}`.

Processes and threads are identified by the numbers that the system gave them.
Events are sorted by their times. Events of the same time are in the order in
which they were reported.
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from backstage.errors import UsageError
from backstage.files import write_atomically

VERSION = 1


@dataclass(frozen=True)
class Event:
    """Something that happened during a run.

    Attributes:
        time: Seconds since the run began.
    """

    time: float


@dataclass(frozen=True)
class ProcessStarted(Event):
    """A process appeared.

    Attributes:
        parent: The process id of its parent.
        command: Its command line, or an empty list until it can be read.
        cpu: CPU seconds that it had used before, for example for imports.
    """

    process: int
    parent: int
    command: list[str]
    cpu: float = 0.0


@dataclass(frozen=True)
class CommandChanged(Event):
    """The command line of a process was read, or it runs another program."""

    process: int
    command: list[str]


@dataclass(frozen=True)
class ProcessSampled(Event):
    """The CPU time of a process was read.

    Attributes:
        cpu: CPU seconds since the process started, of all its threads,
            including those that have ended.
    """

    process: int
    cpu: float


@dataclass(frozen=True)
class ProcessEnded(Event):
    """A process no longer exists."""

    process: int


@dataclass(frozen=True)
class ThreadStarted(Event):
    """A thread appeared.

    Attributes:
        name: The name that the system has for it, or "" if there is none.
    """

    process: int
    thread: int
    name: str


@dataclass(frozen=True)
class ThreadRenamed(Event):
    """A thread got a name shortly after its start."""

    process: int
    thread: int
    name: str


@dataclass(frozen=True)
class ThreadSampled(Event):
    """The CPU time of a thread and its reason to wait were read.

    Attributes:
        cpu: CPU seconds since the thread started.
        ready: Seconds in which it was ready to run but had no CPU; 0 where
            the system does not report them.
        waits_for: A reason from `backstage.watch.wait_reasons`, or "" if the
            thread was running or the reason is unknown.
    """

    process: int
    thread: int
    cpu: float
    ready: float
    waits_for: str


@dataclass(frozen=True)
class ThreadEnded(Event):
    """A thread no longer exists."""

    process: int
    thread: int


@dataclass(frozen=True)
class MemorySampled(Event):
    """The memory of all processes of the lesson was read.

    Attributes:
        size: Bytes that they held together.
    """

    size: int


@dataclass(frozen=True)
class RequestStarted(Event):
    """The practice site received a request.

    Attributes:
        request: The number of the request, from 1 on.
    """

    request: int
    path: str


@dataclass(frozen=True)
class RequestEnded(Event):
    """A request ended.

    Attributes:
        request: The number of the request, from 1 on.
        status: The HTTP status, or None if the site dropped the connection.
    """

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


EVENT_TYPES: dict[str, type[Event]] = {
    kind.__name__: kind for kind in Event.__subclasses__()
}


@dataclass(frozen=True)
class EventLog:
    """The events of a run, and the circumstances of the run.

    Attributes:
        lesson: The number of the lesson, such as "04".
        title: The command line of the lesson.
        environment: The Python, the machine and the date, in one line.
        gil: Whether the GIL was on.
        cpus: How many CPUs the run could use; a quota may be a fraction.
        events: The events, sorted by time.
    """

    lesson: str
    title: str
    environment: str
    gil: bool
    cpus: float
    events: list[Event]


def save(log: EventLog, file: Path) -> None:
    """Write the events of a run to a file, in the format of this module.

    Raises:
        OSError: The file cannot be written.
    """
    header = dataclasses.asdict(dataclasses.replace(log, events=[]))
    del header["events"]
    objects = [{"version": VERSION, **header}, *map(_to_object, log.events)]
    write_atomically(
        file, "".join(json.dumps(item) + "\n" for item in objects)
    )


def load(file: Path) -> EventLog:
    """Return the events that `save` wrote to a file.

    Raises:
        UsageError: The file is not a whole recording, or of another version.
        OSError: The file cannot be read.
    """
    try:
        lines = file.read_text("utf-8").splitlines()
        header, *items = [json.loads(line) for line in lines]
        version = header.pop("version")
        if version != VERSION:
            raise UsageError(f"{file}: version {version} is not known")
        events = [_from_object(item) for item in items]
        log = EventLog(**header, events=events)
    # JSON of any shape may be in the file, or no JSON at all.
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UsageError(f"{file} is not a recording of a lesson") from None
    if not any(isinstance(event, RunEnded) for event in events):
        raise UsageError(f"{file} has no end: part of it is missing")
    return log


def _to_object(event: Event) -> dict[str, object]:
    return {"event": type(event).__name__, **dataclasses.asdict(event)}


def _from_object(item: dict[str, object]) -> Event:
    fields = {name: value for name, value in item.items() if name != "event"}
    event_type = EVENT_TYPES[str(item["event"])]
    return event_type(**fields)  # type: ignore[arg-type]
