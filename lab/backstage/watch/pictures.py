"""Runs lessons, and draws each into lab/pictures/, for the README."""

import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from backstage.course.catalogue import PICTURES, Lesson, lessons
from backstage.errors import LabError
from backstage.files import write_atomically
from backstage.watch.findings import prediction_held, summarize
from backstage.watch.fitting import lay_out_for_svg
from backstage.watch.recording import Recording
from backstage.watch.svg import draw_svg
from backstage.watch.watcher import watch

MAX_RUNS = 5  # of a lesson, until its prediction holds


def draw_lessons(chosen: Sequence[Lesson] = ()) -> None:
    """Run lessons and draw them into PICTURES.

    A run is drawn only if the lesson's prediction held. Where a lesson fails,
    or Ctrl-C stops one, all pictures stay as they were.
    So does the picture of a lesson that needs something that is not here, such
    as a newer Python.

    Args:
        chosen: The lessons to draw, with all that share a time axis with one
            of them. Without any, every lesson is drawn.

    Raises:
        LabError: A lesson failed, or its prediction held in no run.
        BaseException: What Ctrl-C raised.
    """
    axes = {axis_of(lesson) for lesson in chosen or lessons()}
    drawn = [lesson for lesson in lessons() if axis_of(lesson) in axes]
    for lesson in drawn:
        if lesson.missing:
            print(f"{lesson.name} is not drawn: {lesson.missing}")
    runs = [(lesson, _run(lesson)) for lesson in drawn if not lesson.missing]
    last_lines = {
        lesson.number: recording.lines[-1].text
        for lesson, recording in runs
        if recording.lines
    }
    layouts = [
        (lesson, lay_out_for_svg(recording, lesson, last_lines=last_lines))
        for lesson, recording in runs
    ]
    spans = defaultdict[str, float](float)
    for lesson, layout in layouts:
        name = axis_of(lesson)
        spans[name] = max(spans[name], layout.end)
    for lesson, layout in layouts:
        drawing = draw_svg(replace(layout, span=spans[axis_of(lesson)]))
        write_atomically(PICTURES / f"{lesson.path.stem}.svg", drawing)


def axis_of(lesson: Lesson) -> str:
    """Return the name of a lesson's time axis, by default its own."""
    return lesson.notes.axis or lesson.number


def _run(lesson: Lesson) -> Recording:
    """Run a lesson until its prediction holds; print a summary of each run.

    The constants are those for its picture.

    Raises:
        LabError: The lesson failed, or its prediction held in no run.
        BaseException: What Ctrl-C raised.
    """
    for _ in range(MAX_RUNS):
        print(lesson.name, flush=True)
        recording = watch(lesson, lesson.notes.draw, stderr=subprocess.DEVNULL)
        if recording.stopped:
            raise recording.stopped
        if recording.status:
            raise LabError(f"{lesson.name} failed: no new pictures")
        print(summarize(recording))
        if prediction_held(recording, lesson):
            return recording
        print(f"the prediction did not hold: {recording.lines[-1].text}")
    raise LabError(
        f"{lesson.name}: the prediction held in none of {MAX_RUNS} runs: "
        "no new pictures"
    )
