"""Takes that a test has recorded."""

import json
from pathlib import Path
from typing import Any

from backstage.takes.frames import VirtualTerminal
from backstage.takes.session import Output


def read_cast(file: Path) -> tuple[dict[str, Any], list[Output]]:
    """Check an asciicast, and return its header and its outputs."""
    header, *events = map(json.loads, file.read_text("utf-8").splitlines())
    assert header["version"] == 2
    assert {kind for _, kind, _ in events} == {"o"}
    outputs = [Output(time, text) for time, _, text in events]
    assert all(output.text for output in outputs)
    times = [output.time for output in outputs]
    assert times == sorted(times)
    assert times[0] >= 0
    return header, outputs


def read_screen(outputs: list[Output], rows: int) -> list[str]:
    """Return the lines that a terminal shows after all outputs."""
    terminal = VirtualTerminal(rows)
    for output in outputs:
        terminal.write(output.text)
    return format_rows(terminal)


def format_rows(terminal: VirtualTerminal) -> list[str]:
    """Return the rows of a terminal as text without colours."""
    lines = []
    for row in terminal.read_rows():
        line, columns = "", 0
        for run in row:
            line += " " * (run.column - columns) + run.text
            columns = run.column + run.columns
        lines.append(line)
    return lines
