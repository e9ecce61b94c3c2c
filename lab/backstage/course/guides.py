"""Writes what lessons print into the guides, the pages in lab/guides/.

A block of a guide names a lesson, and perhaps new values of its constants:
the command fills what stands between "<!-- run 03 WORK=1_000: begin -->" and
"<!-- run 03 WORK=1_000: end -->".
"""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from backstage.course.catalogue import ROOT
from backstage.course.readme import describe_origin, format_output
from backstage.course.running import capture_lesson
from backstage.course.selection import find, parse_changes
from backstage.errors import LabError, UsageError
from backstage.files import replace_block, write_atomically

GUIDES = ROOT / "lab" / "guides"
BEGIN = re.compile(r"(?m)^<!-- (run .+): begin -->$")


def write_guides(names: Sequence[str] = ()) -> None:
    """Run the lessons that the guides name, and write their output.

    A guide is written when all its lessons have run.

    Args:
        names: The beginnings of the files' names, such as "02". Without any,
            all guides are written.

    Raises:
        UsageError: If there is no such guide, or if a block names no lesson.
        LabError: If a lesson fails; its guide stays as it was.
    """
    for page in find_guides(names):
        text = page.read_text("utf-8")
        for block in BEGIN.findall(text):
            print(f"{page.name}: {block}", flush=True)
            text = replace_block(text, block, _run(block), page.name)
        write_atomically(page, text)


def find_guides(names: Sequence[str]) -> list[Path]:
    """Return the pages whose names begin like that, or else all pages.

    Raises:
        UsageError: If no page begins with one of the names.
    """
    pages = sorted(GUIDES.glob("*.md"))
    for name in names:
        if not any(page.name.startswith(name) for page in pages):
            raise UsageError(f"no guide {name!r} in lab/guides")
    return [
        page
        for page in pages
        if not names or page.name.startswith(tuple(names))
    ]


def _run(block: str) -> str:
    """Run the lesson that a block names, and return the block's lines."""
    arguments = block.removeprefix("run ")
    number, *assignments = shlex.split(arguments)
    lesson = find(number)
    changes = parse_changes(lesson, assignments)
    run = capture_lesson(lesson, changes)
    if run.returncode:
        reason = (run.stderr.strip() or "no reason").splitlines()[-1]
        raise LabError(f"{block}: {reason}")
    origin = describe_origin("uv run lab guides")
    output = format_output(f"uv run lab {arguments}", run.stdout)
    return f"{origin}\n\n{output}"
