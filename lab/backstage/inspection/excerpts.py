"""Short excerpts of what the tools of Python print about a process.

A script's own lines matter most, so the lines of libraries are left out.
"""

import re
from collections.abc import Sequence

from backstage.drawing.text import COLUMNS

MAX_LINES = 15  # of one excerpt
FRAME = re.compile(
    r'  File "(?P<file>.*)", line (?P<line>\d+) in (?P<name>.*)'
)
PY_SPY_FRAME = re.compile(r"\s+\S.* \((?P<file>.+):\d+\)")
TASK = re.compile(r"(?P<indent>[\W_]*)\(T\) ")
TASK_FRAME = re.compile(
    r"(?P<indent>\W*)(?P<name>\S+) (?P<file>.*):(?P<line>\d+)"
)
SAMPLES = re.compile(
    r"\s*(?P<samples>\d+)/\d+\s+(?P<percent>[\d.]+)\s.*\s(?P<place>\S+:\d+.*)"
)


def cut_lines(lines: Sequence[str], left_out: int = 0) -> list[str]:
    """Return the first lines, cut to the width of a terminal.

    Args:
        lines: All lines that are worth showing.
        left_out: How many others there were.

    Returns:
        At most MAX_LINES lines, and one that says how many are missing.
    """
    left_out += len(lines[MAX_LINES:])
    shown = [
        line if len(line) <= COLUMNS else f"{line[: COLUMNS - 3]}..."
        for line in lines[:MAX_LINES]
    ]
    if left_out:
        shown.append(f"({left_out} more line{'s' * (left_out != 1)})")
    return shown


def base_name(path: str) -> str:
    """Return the last part of a path, on any system."""
    return re.split(r"[/\\]", path)[-1]


def choose_stacks(dump: str, script: str) -> list[str]:
    """Return what matters of a dump that faulthandler wrote.

    These are the threads that run a function of the script: where each of
    them is, and the newest call in the script.

    Args:
        dump: The stacks of all threads, with the newest call first.
        script: The file name of the script.
    """
    chosen = []
    for stack in dump.strip().split("\n\n"):
        frames = []
        for frame in FRAME.finditer(stack):
            file = base_name(frame["file"])
            place = f"line {frame['line']} in {frame['name']}"
            frames.append((file, f'  File "{file}", {place}'))
        headers = [x for x in stack.splitlines() if "recent call first" in x]
        chosen += _choose_frames(headers, frames, script)
    return chosen


def choose_py_spy(dump: str, script: str) -> list[str]:
    """Return what matters of a dump of py-spy, as `choose_stacks` does."""
    chosen = []
    for stack in re.split(r"(?m)^(?=Thread )", dump)[1:]:
        header, *lines = stack.rstrip().splitlines()
        matches = map(PY_SPY_FRAME.match, lines)
        frames = [(base_name(x["file"]), x[0]) for x in matches if x]
        chosen += _choose_frames([header], frames, script)
    return chosen


def _choose_frames(
    headers: list[str], frames: list[tuple[str, str]], script: str
) -> list[str]:
    """Return the header of a stack, its first line and the script's first.

    Args:
        headers: The lines above the stack.
        frames: The file name of each call, and the line that is shown.
        script: The file name of the script.

    Returns:
        No line if there is no call in the script.
    """
    own = [text for file, text in frames if file == script]
    if not own:
        return []
    return [*headers, *dict.fromkeys([frames[0][1], own[0]])]


def has_started(dump: str, script: str) -> bool:
    """Return whether a thread runs a function of the script.

    Before that, the script imports modules.
    """
    return any(
        base_name(frame["file"]) == script and frame["name"] != "<module>"
        for frame in FRAME.finditer(dump)
    )


def choose_tasks(tree: str, script: str) -> list[str]:
    """Return the tasks of a tree, with their calls in the script.

    Args:
        tree: What `python -m asyncio pstree` prints.
        script: The file name of the script.
    """
    chosen = []
    for line in tree.splitlines():
        frame = TASK_FRAME.fullmatch(line)
        if TASK.match(line):
            chosen.append(line)
        elif frame and base_name(frame["file"]) == script:
            place = f"{script}:{frame['line']}"
            chosen.append(f"{frame['indent']}{frame['name']} {place}")
    return chosen


def choose_samples(profile: str) -> list[str]:
    """Return the lines that were running, with their share of the samples.

    Args:
        profile: What `python -m profiling.sampling` prints.
    """
    rows = map(SAMPLES.fullmatch, profile.splitlines())
    return [
        f"{float(row['percent']):5.1f} % of the samples: {row['place']}"
        for row in rows
        if row and int(row["samples"])
    ]


def choose_memory(statistics: str, script: str) -> list[str]:
    """Return the lines of code that use memory, with short paths.

    Args:
        statistics: Those of tracemalloc, one in a line.
        script: The file name of the script.
    """
    chosen = []
    for line in statistics.splitlines():
        path, separator, rest = line.rpartition(":")
        path, colon, number = path.rpartition(":")
        parts = re.split(r"[/\\]", path)
        name = parts[-1] if parts[-1] == script else "/".join(parts[-2:])
        chosen.append(f"{name}{colon}{number}{separator}{rest}")
    return chosen
