"""`uv run lab record`: lessons in a terminal, as an asciicast and as an SVG.

An asciicast of version 2 (docs.asciinema.org/manual/asciicast/v2) is a JSON
header, and a line for each output: [seconds since the start, "o", text].
"""

import json
import logging
import os
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

from backstage.course.catalogue import ROOT, Lesson
from backstage.files import write_atomically
from backstage.takes.recorder import LiveTake, PlainTake, format_command
from backstage.takes.session import COLUMNS, Output, check_terminals
from backstage.takes.svg import draw_take

log = logging.getLogger(__name__)

FOLDER = ROOT / "lab" / "recordings"
Command = tuple[Lesson, Mapping[str, str], Sequence[str]]


def record(
    commands: Sequence[Command], *, live: bool = False, svg: Path | None = None
) -> int:
    """Record commands, one after the other, in a new file in FOLDER.

    Args:
        commands: For each: the lesson, its changes, and the arguments of
            `lab` that are typed.
        live: Whether the live view is below the lessons.
        svg: A file for an animated SVG of the take.

    Returns:
        The exit status of the first command that failed, or 0.

    Raises:
        LabError: If this system has no pseudo-terminals, if the live view
            fails, or if no SVG can be small enough.
        OSError: If a file cannot be written.
        KeyboardInterrupt: After Ctrl-C. There is no file then.
    """
    check_terminals()
    FOLDER.mkdir(parents=True, exist_ok=True)  # better now than after a run
    first, *_ = commands[0]
    with closing(LiveTake() if live else PlainTake()) as take:
        statuses = [take.run(arguments) for *_, arguments in commands]
        take.end()
    cast = _format_cast(_describe(commands), take.outputs, take.rows)
    file = write_new_take(FOLDER, first.number, cast)
    log.info("recorded in %s", os.path.relpath(file))
    if svg:
        title = "A terminal in which these commands run: " + "; ".join(
            format_command(arguments) for *_, arguments in commands
        )
        write_atomically(svg, draw_take(take.outputs, take.rows, title))
        log.info("drawn in %s", os.path.relpath(svg))
    return next((status for status in statuses if status), 0)


def write_new_take(folder: Path, lesson: str, cast: str) -> Path:
    """Write the next take of a lesson: 03-1.cast, 03-2.cast and so on.

    Args:
        folder: Where the takes are.
        lesson: The number of the lesson.
        cast: What to write.

    Returns:
        The file, which did not exist before.
    """
    takes = [
        int(match[1])
        for file in folder.glob(f"{lesson}-*.cast")
        if (match := re.fullmatch(rf"{lesson}-([0-9]+)", file.stem))
    ]
    for take in count(max(takes, default=0) + 1):
        file = folder / f"{lesson}-{take}.cast"
        try:
            file.touch(exist_ok=False)
        except FileExistsError:  # another take has ended at the same moment
            continue
        try:
            write_atomically(file, cast)
        except BaseException:
            file.unlink()
            raise
        break
    return file


def _describe(commands: Sequence[Command]) -> list[dict[str, object]]:
    """Return each command with all constants of its lesson."""
    return [
        {
            "command": format_command(arguments),
            "constants": {**lesson.constants, **changes},
        }
        for lesson, changes, arguments in commands
    ]


def _format_cast(
    lessons: Sequence[Mapping[str, object]],
    outputs: Sequence[Output],
    rows: int,
) -> str:
    header = {
        "version": 2,
        "width": COLUMNS,
        "height": rows,
        "timestamp": int(time.time()),
        "title": "; ".join(str(lesson["command"]) for lesson in lessons),
        "lessons": lessons,
    }
    events = [[round(each.time, 6), "o", each.text] for each in outputs]
    return "".join(json.dumps(line) + "\n" for line in [header, *events])
