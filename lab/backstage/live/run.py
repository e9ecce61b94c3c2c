"""A run of a lesson, followed from outside while it goes on."""

import ast
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from backstage.course.catalogue import Lesson
from backstage.course.constants import evaluate, is_value, shorten_value
from backstage.course.selection import find, format_command
from backstage.errors import LabError
from backstage.live.listener import FeedFile
from backstage.watch.events import (
    EventLog,
    LinePrinted,
    ProcessStarted,
    RequestEnded,
    RequestStarted,
    RunEnded,
)
from backstage.watch.process_sampler import ProcessSampler
from backstage.watch.recorder import EventRecorder
from backstage.watch.recording import Recording, apply
from backstage.watch.slices import Settled
from backstage.watch.thread_sampler import ThreadSampler
from backstage.watch.wait_reasons import is_restricted

INTERRUPTED = 130  # the exit status after Ctrl-C: 128 + SIGINT
RESTRICTED = (
    "This system shows only a part of another program. So what a thread waits "
    "for is less exact here."
)


class LiveRun:
    """A run that is followed.

    Attributes:
        lesson: The lesson that runs.
        recording: What has happened so far.
        has_ended: Whether the run has ended.
        settled: The slices that cannot change any more; a cache of `lay_out`.
        margin: How wide the names on the last screen were; a cache, too.
        note: What this system does not allow to see, or "".
        status: Its exit status; None until then, and where it was killed.
    """

    def __init__(self, file: Path, header: Mapping[str, Any]) -> None:
        """Begin to follow a run.

        Args:
            file: The file of its feed.
            header: The first item of the feed.

        Raises:
            LabError: If the script is not a lesson of the course.
            KeyError: If the item is not a header.
        """
        self.lesson = find(header["script"].partition("_")[0])
        if self.lesson.path.name != header["script"]:
            raise LabError(f"{header['script']} is not a lesson")
        changes = find_changes(self.lesson, header["constants"])
        today = datetime.now(UTC).date()
        self.recording = Recording(
            EventLog(
                lesson=self.lesson.number,
                title=format_command(self.lesson, changes),
                environment=f"{header['environment']}, {today}",
                gil=header["gil"],
                cpus=header["cpus"],
                events=[],
            )
        )
        self.settled: Settled = {}
        self.margin = 0
        self.has_ended = False
        self.status: int | None = None
        self._process = header["process"]
        self._feed = FeedFile(file)
        self._site_feed = FeedFile(file.with_name(f"{file.name}.site"))
        self._begin = header["time"]
        self._recorder = EventRecorder(began=self._begin)
        # A short run may have ended before the first look.
        cpu = header["cpu_time"]
        self._recorder.add(ProcessStarted(0.0, self._process, 0, [], cpu))
        self._processes = ProcessSampler(
            self._recorder, known=set(), root_cpu=cpu
        )
        self._processes_due = 0.0
        self._threads = ThreadSampler(self._recorder)
        self._threads_due = 0.0
        self._requests: dict[tuple[int, int], int] = {}
        self._text = ""
        self._end = 0.0
        self.note = RESTRICTED if is_restricted(self._process) else ""

    def list_processes(self) -> list[int]:
        """Return the ids of the processes that run now."""
        running = self._processes.running
        return [pid for pid in self.recording.processes if pid in running]

    def count_threads(self) -> int:
        """Return how many threads the run has now."""
        return self._threads.count(self.list_processes())

    def describe_end(self) -> str:
        """Return how the run ended."""
        if self.status is None:
            return "ended without an exit status: killed, or crashed"
        if self.status == INTERRUPTED:
            return "stopped by Ctrl-C"
        if self.status:
            return f"failed, exit status {self.status}"
        return f"ended after {self.recording.seconds:.1f} s"

    def look(self) -> None:
        """Add to the recording what has happened since the last call."""
        if self.has_ended:
            return
        now = self._recorder.now()
        if now >= self._processes_due:
            self._processes.sample(self._process)
            self._processes_due = now + self._processes.throttle.interval
        if now >= self._threads_due:
            self._threads.sample(self._processes.running.values())
            self._threads_due = now + self._threads.throttle.interval
        self._read_feeds()
        if self.status is not None or not self._is_running():
            self._read_feeds()
            now = self._end or now
            if self._text:  # the last line has no line break
                self._add_text(now, "\n")
            self.has_ended = True
            self._recorder.add(RunEnded(max(now, 0.001), self.status or 0))
        self.recording.seconds = max(now, 0.001)
        self._apply_new_events()

    def _is_running(self) -> bool:
        """Return whether the lesson's own process is still running."""
        process = self._processes.running.get(self._process)
        if not process:
            return False
        try:
            # One that was killed exists until its parent asks for its status.
            return process.handle.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def _read_feeds(self) -> None:
        for item in self._feed.read_new():
            if "end" in item:
                self.status = item["end"]
                self._end = item["time"] - self._begin
            elif "text" in item:
                self._add_text(item["time"] - self._begin, item["text"])
        for item in self._site_feed.read_new():
            self._add_request(item["time"] - self._begin, item)

    def _add_text(self, time: float, text: str) -> None:
        """Report the lines that are complete with a further text."""
        *lines, self._text = (self._text + text).split("\n")
        for line in lines:
            # On Windows a line ends with "\r\n".
            self._recorder.add(LinePrinted(time, line.removesuffix("\r")))

    def _add_request(self, time: float, item: Mapping[str, Any]) -> None:
        """Report that a request started or ended."""
        key = item["site"], item["request"]
        if "path" in item:
            number = self._requests[key] = len(self._requests) + 1
            self._recorder.add(RequestStarted(time, number, item["path"]))
        elif key in self._requests:  # else the disk had no room for its start
            number = self._requests[key]
            self._recorder.add(RequestEnded(time, number, item["status"]))

    def _apply_new_events(self) -> None:
        """Add the new events to the recording, but not those of the site."""
        hidden = self._processes.site_pids()
        for process in hidden:  # it was not known at the first look
            self.recording.processes.pop(process, None)
        for event in self._recorder.events:
            if getattr(event, "process", None) not in hidden:
                apply(event, self.recording)
        self._recorder.events.clear()  # a run may be long


def find_changes(lesson: Lesson, values: Mapping[str, str]) -> dict[str, str]:
    """Return the constants of a run that differ from those of the script.

    Args:
        lesson: The lesson, with the sources of its constants.
        values: The values in the run, as `repr` writes them.
    """
    changes = {}
    for name, source in lesson.constants.items():
        value = values.get(name)
        if value and is_value(source) and value != repr(evaluate(source)):
            changes[name] = shorten_value(_as_source(value))
    return changes


def _as_source(text: str) -> str:
    """Return a value as somebody would write it in a command line.

    Args:
        text: The value as `repr` writes it.
    """
    with suppress(ValueError, SyntaxError):  # a set() or another call
        value = ast.literal_eval(text)
        if isinstance(value, list) and value == value[:1] * len(value) != []:
            number = f" * {len(value)}" if len(value) > 1 else ""
            text = f"[{value[0]!r}]{number}"
    return text if '"' in text else text.replace("'", '"')
