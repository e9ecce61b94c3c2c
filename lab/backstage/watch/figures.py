"""The figures and the table that a lesson printed."""

import re
from dataclasses import dataclass

from backstage.watch.recording import Recording


@dataclass(frozen=True)
class Bar:
    """A figure that is compared with the others that the lesson printed."""

    name: str
    value: float
    unit: str = ""

    @property
    def figure(self) -> str:
        """The value with its unit."""
        digits = 0 if self.value >= 10 or self.value.is_integer() else 1
        return f"{self.value:,.{digits}f} {self.unit}".rstrip()


def find_bars(recording: Recording, pattern: str, unit: str) -> list[Bar]:
    """Return the figures that are drawn as bars.

    Args:
        recording: The run.
        pattern: A regular expression with the groups `name` and `value`, or
            "" for a run without bars. A line may match several times.
        unit: The unit of all values; may be empty.
    """
    if not pattern:
        return []
    return [
        Bar(match["name"], float(match["value"].replace(",", "")), unit)
        for line in recording.lines
        for match in re.finditer(pattern, line.text)
    ]


def find_table(recording: Recording) -> list[str]:
    """Return the lines of the table: all but the last, which concludes it."""
    return [line.text for line in recording.lines[:-1]]
