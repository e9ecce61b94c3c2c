"""Watches a lesson from outside while it runs, and records the run.

The lesson runs unchanged, as a child process. Every few hundredths of a
second the watcher samples its processes and threads. A pipe gives each line
that the lesson prints, and the log of the practice site the requests.
"""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from backstage.course.catalogue import Lesson
from backstage.course.running import exit_status, start_lesson
from backstage.course.selection import format_command
from backstage.system import cpus, environment_summary, gil_is_on
from backstage.watch.events import EventLog, RunEnded
from backstage.watch.process_sampler import ProcessSampler
from backstage.watch.recorder import EventRecorder
from backstage.watch.recording import Recording, rebuild
from backstage.watch.thread_sampler import ThreadSampler

MIN_INTERVAL = 0.025  # seconds from one look to the next
INTERRUPTED = 130  # the exit status after Ctrl-C: 128 + SIGINT


def watch(
    lesson: Lesson,
    changes: Mapping[str, str],
    output: TextIO | None = None,
    stderr: int | None = None,
) -> Recording:
    """Run a lesson and record the run; Ctrl-C ends the lesson early.

    The run has a practice site and a log of its own, even if environment
    variables name others.

    Args:
        lesson: The lesson.
        changes: New sources of its constants, by their names.
        output: Where to write the lines that it prints; nowhere if None.
        stderr: Where its errors go, as for `subprocess.Popen`.

    Returns:
        The recording. After Ctrl-C its `stopped` is what Ctrl-C raised.
    """
    interruption: BaseException | None = None
    recorder = EventRecorder()
    processes = ProcessSampler(recorder)
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        site_log = Path(folder, "site.jsonl")
        with recorder.record_lines(output) as pipe:
            try:
                with start_lesson(
                    lesson,
                    changes,
                    env=_make_environment(site_log),
                    stdout=pipe,
                    stderr=stderr,
                ) as child:
                    pipe.close()
                    _sample_until_end(child, processes, recorder)
            except (KeyboardInterrupt, SystemExit) as error:
                if isinstance(error, SystemExit) and error.code != INTERRUPTED:
                    raise
                interruption = error
            status = INTERRUPTED if interruption else exit_status(child)
            recorder.add(RunEnded(recorder.now(), status))
            processes.wait_for_end(whole_run=bool(interruption))
        if site_log.exists():
            recorder.record_requests(site_log.read_text("utf-8"))
    recording = rebuild(
        EventLog(
            lesson=lesson.number,
            title=format_command(lesson, changes),
            environment=f"{environment_summary()}, {datetime.now(UTC).date()}",
            gil=gil_is_on(),
            cpus=cpus(),
            events=recorder.sorted_events(hidden=processes.site_pids()),
        )
    )
    recording.stopped = interruption
    return recording


def _make_environment(site_log: Path) -> dict[str, str]:
    """Return the environment of a lesson that is watched."""
    environment = os.environ | {
        "PRACTICE_SITE_LOG": str(site_log),
        "PYTHONUNBUFFERED": "1",  # lines reach the pipe when they are printed
    }
    environment.pop("PRACTICE_SITE", None)
    return environment


def _sample_until_end(
    child: subprocess.Popen[str],
    processes: ProcessSampler,
    recorder: EventRecorder,
) -> None:
    """Sample a child and its descendants until the child has ended."""
    threads = ThreadSampler(recorder)
    threads_due = 0.0
    while child.poll() is None:
        begin = recorder.now()
        processes.sample(child.pid)
        if begin >= threads_due:
            threads.sample(processes.running.values())
            threads_due = begin + threads.throttle.interval
        spare_time = MIN_INTERVAL - (recorder.now() - begin)
        pause = max(spare_time, processes.throttle.interval)
        with suppress(subprocess.TimeoutExpired):
            child.wait(pause)
