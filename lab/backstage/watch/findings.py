"""What a run found, in sentences: its headline and the reason for it."""

import re
from collections.abc import Mapping, Sequence

from backstage.course.catalogue import Lesson
from backstage.course.predictions import holds, value_of
from backstage.watch.phases import Phase
from backstage.watch.recording import Recording

LESSON = re.compile(r"lesson_(\d+)")  # another lesson, in a template


class _Figures(dict[str, object]):
    """The figures that a template of the catalogue may name.

    A name that is not a key is the label of a number in a line of output
    (see `predictions.value_of`): "{pages:.0f} pages". Such a number is an
    attribute too: "{lesson_01.in:.1f} s".
    """

    def __init__(self, line: str, **figures: object) -> None:
        super().__init__(figures)
        self.line = line

    def __missing__(self, label: str) -> float:
        return value_of(label, self.line)

    def __getattr__(self, label: str) -> object:
        return self[label]


def find_headline(
    recording: Recording,
    lesson: Lesson,
    phases: Sequence[Phase],
    last_lines: Mapping[str, str],
) -> str:
    """Return the finding of a run in one sentence.

    It is a template of the catalogue, filled with the figures of this run.
    Where the prediction did not hold, or the output lacks a figure, it is the
    last line of the output.

    Args:
        recording: The run.
        lesson: The lesson that was run.
        phases: The phases of the run; a template may name their seconds.
        last_lines: The last lines of other lessons, by their numbers; a
            template may name only these.
    """
    last_line = recording.lines[-1].text if recording.lines else ""
    if not last_line.strip():
        return recording.log.title
    if not prediction_held(recording, lesson):
        return last_line
    figures = _Figures(last_line, cpu=recording.cpu)
    for phase in phases:
        label = f"phase_{phase.name.replace(' ', '_')}"
        figures[label] = phase.duration
    for number, line in last_lines.items():
        figures[f"lesson_{number}"] = _Figures(line)
    for template in lesson.notes.compared, lesson.notes.headline:
        named = set(LESSON.findall(template))
        if template and named <= last_lines.keys():
            try:
                return template.format_map(figures)
            except LookupError:
                break
    return last_line


def prediction_held(recording: Recording, lesson: Lesson) -> bool:
    """Return whether a run's last line agrees with the lesson's prediction."""
    condition = lesson.notes.holds
    names = {"gil": recording.log.gil, "cores": recording.log.cpus}
    if not (condition and recording.lines):
        return True
    try:
        return holds(condition, recording.lines[-1].text, names)
    except LookupError:
        return False


def find_reason(recording: Recording, lesson: Lesson) -> str:
    """Return why the finding is as it is, or "" if that is not known.

    A reason that names the GIL is for a run with a GIL.
    """
    reason = lesson.notes.reason
    if "GIL" in reason and not recording.log.gil:
        return ""
    if not recording.lines or not prediction_held(recording, lesson):
        return ""
    return reason.format_map({"cpus": recording.log.cpus})


def find_baseline(
    phases: Sequence[Phase], lesson: Lesson, last_lines: Mapping[str, str]
) -> Phase | None:
    """Return the lesson that this one is compared with, if it was run too.

    Args:
        phases: The phases of this lesson; the other one is moved in time, so
            that it begins with the last of them.
        lesson: This lesson; `compared` in the catalogue names the other one.
        last_lines: The last lines of other lessons, by their numbers.
    """
    for number in LESSON.findall(lesson.notes.compared):
        if phases and number in last_lines:
            seconds = value_of("in", last_lines[number])
            start = phases[-1].start
            name = f"lesson {number}"
            return Phase(name, start, start + seconds, seconds)
    return None


def summarize(recording: Recording) -> str:
    """Return the elapsed time, CPU time and peaks of a run as one line."""
    peaks = f"peak {recording.peak_memory / 1e6:,.0f} MB"
    if recording.requests:
        peaks += f", at most {recording.peak_requests:,} in flight"
    return (
        f"took {recording.seconds:.2f} s, CPU time {recording.cpu:.2f} s "
        f"({recording.cpu / recording.seconds:.2f} cores); {peaks}"
    )
