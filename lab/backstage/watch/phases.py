"""The phases of a run: the ways that a lesson tries, one after the other."""

import re
from dataclasses import dataclass

from backstage.watch.recording import Recording


@dataclass(frozen=True)
class Phase:
    """One of the ways that a lesson tries.

    Attributes:
        name: What the lesson calls it.
        start: When it began, in seconds since the start of the run.
        end: When it ended.
        seconds: How long it took, if the lesson printed that.
    """

    name: str
    start: float
    end: float
    seconds: float | None = None

    @property
    def duration(self) -> float:
        """The seconds that the lesson printed, or else those until its end."""
        if self.seconds is None:
            return self.end - self.start
        return self.seconds

    @property
    def label(self) -> str:
        """The name, with the seconds that the lesson printed."""
        if self.seconds is None:
            return self.name
        return f"{self.name}: {self.seconds:.1f} s"


def find_phases(recording: Recording, pattern: str) -> list[Phase]:
    """Return the phases of a run, in the order of time.

    A line that matches the pattern ends a phase. A phase whose seconds are
    not printed began when the one before ended. Lines that were printed
    together, as a table, are of phases that followed each other. Neighbours
    of the same name are one phase.

    Args:
        recording: The run.
        pattern: A regular expression for lines of the output, or "" for a
            run without phases. Its group `name` is the name of the phase;
            the group `seconds` is how long it took, and may be missing.
    """
    if not pattern:
        return []
    matches = [
        (line.time, match)
        for line in recording.lines
        if (match := re.search(pattern, line.text))
    ]
    end_times = [0.0, *(time for time, _ in matches)]
    phases: list[Phase] = []  # from the last to the first
    latest_end = recording.seconds
    for (time, match), previous_end in zip(
        reversed(matches), reversed(end_times[:-1]), strict=True
    ):
        groups = match.groupdict()
        name = " ".join(groups["name"].split())
        seconds = float(groups["seconds"]) if groups.get("seconds") else None
        end = min(time, latest_end)
        start = previous_end if seconds is None else max(end - seconds, 0.0)
        latest_end = start
        if phases and phases[-1].name == name:
            end = phases.pop().end
        phases.append(Phase(name, start, end, seconds))
    phases.reverse()
    return phases
