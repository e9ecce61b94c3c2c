"""Runs lessons, and draws each into lab/pictures/, for the README."""

import subprocess
from collections import defaultdict
from collections.abc import Sequence

from backstage.course.catalogue import ROOT, Lesson, lessons
from backstage.files import write_atomically
from backstage.watch.layout import find_baseline, find_phases, summarize
from backstage.watch.recording import Recording
from backstage.watch.svg import draw_svg
from backstage.watch.watcher import watch

FOLDER = ROOT / "lab" / "pictures"


def draw_lessons(chosen: Sequence[Lesson] = ()) -> None:
    """Run lessons and draw them into FOLDER.

    Arguments: `chosen`, which ones, and all that share a time axis with one
    of them; without any, every lesson.

    Raises ChildProcessError where a lesson fails, and what Ctrl-C raises: the
    pictures stay as they were.
    """
    axes = {axis(lesson) for lesson in chosen or lessons()}
    recordings: list[tuple[Lesson, Recording]] = []
    spans = defaultdict[str, float](float)
    last_lines = {}
    for lesson in lessons():
        if axis(lesson) not in axes:
            continue
        print(lesson.name, flush=True)
        recording = watch(lesson, lesson.notes.draw, stderr=subprocess.DEVNULL)
        if recording.stopped:
            raise recording.stopped
        if recording.status:
            raise ChildProcessError(f"{lesson.name} failed: no new pictures")
        print(summarize(recording))
        recordings.append((lesson, recording))
        name = axis(lesson)
        spans[name] = max(spans[name], recording.seconds)
        if recording.lines:
            last_lines[lesson.number] = recording.lines[-1].text
    for lesson, recording in recordings:
        phases = find_phases(recording, lesson.notes)
        baseline = find_baseline(phases, lesson.notes, last_lines)
        if baseline:
            spans[axis(lesson)] = max(spans[axis(lesson)], baseline.end)
    for lesson, recording in recordings:
        drawn = draw_svg(
            recording,
            lesson,
            span=spans[axis(lesson)],
            last_lines=last_lines,
        )
        write_atomically(FOLDER / f"{lesson.path.stem}.svg", drawn)


def axis(lesson: Lesson) -> str:
    """Return the name of a lesson's time axis, by default its own."""
    return lesson.notes.axis or lesson.number
