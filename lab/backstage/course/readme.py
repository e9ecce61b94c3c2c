"""The parts of the two READMEs that come from the catalogue and from runs."""

import datetime
import platform
import re
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence

from backstage.course.catalogue import (
    README,
    ROOT,
    Lesson,
    Part,
    lessons,
    parts,
    started,
)
from backstage.files import replace_block, write_whole
from backstage.system import truth

LAB_README = ROOT / "lab" / "README.md"
PICTURES = ROOT / "lab" / "pictures"
NOT_MEASURED = "not measured yet"  # in place of a lesson's last line


def measure() -> None:
    """Run every lesson and write what it prints into the READMEs.

    Raises ChildProcessError where a lesson fails: they stay as they were.
    """
    outputs = {}
    for lesson in lessons():
        print(f"{lesson.name}: ", end="", flush=True)
        outputs[lesson.number] = output(lesson)
        print(outputs[lesson.number].splitlines()[-1])
    write(outputs)


def write(outputs: Mapping[str, str]) -> None:
    """Write what comes from the catalogue into both READMEs.

    Arguments: `outputs`, of lessons that have just run, by their numbers.
    Without any, the outputs that stand there remain.

    Raises ValueError where a README lacks the markers of a block.
    """
    pages = {page: page.read_text("utf-8") for page in (README, LAB_README)}
    pages[README] = with_blocks(pages[README], lessons(), parts(), outputs)
    table = tools(lessons())
    pages[LAB_README] = replace_block(pages[LAB_README], "tools", table)
    for lesson in lessons():
        if lesson.notes.block and lesson.number in outputs:
            page = README if begin(lesson) in pages[README] else LAB_README
            block = shown(lesson, outputs[lesson.number])
            pages[page] = replace_block(pages[page], lesson.notes.block, block)
    for page, text in pages.items():
        write_whole(page, text)


def with_blocks(
    text: str,
    course: Sequence[Lesson],
    groups: Sequence[Part],
    outputs: Mapping[str, str],
) -> str:
    """Return the README's text with the tables of this course.

    Arguments: as for `write`.

    Raises ValueError where the text lacks the markers of a block.
    """
    where = where_and_when() if outputs else _measured_sentence(text)
    samples = {one.number: _old_sample(text, one) for one in course}
    for number, whole in outputs.items():
        samples[number] = whole.splitlines()[-1]
    listed = [one for one in course if one.notes.part]
    text = replace_block(text, "course", flow(listed, groups))
    text = replace_block(text, "twins", twins(listed))
    table = measured(listed, samples)
    return replace_block(text, "measured", f"{where}\n\n{table}")


def begin(lesson: Lesson) -> str:
    """Return the marker that begins the block of a lesson's output."""
    return f"<!-- {lesson.notes.block}: begin -->"


def shown(lesson: Lesson, whole: str) -> str:
    """Return a block with a command and all that a lesson printed."""
    return f"```text\n$ uv run {lesson.name}\n{whole.rstrip()}\n```"


def flow(course: Sequence[Lesson], groups: Sequence[Part]) -> str:
    """Return the parts of the course, each with its lessons' pictures."""
    by_number = {lesson.number: lesson for lesson in course}
    blocks = []
    for place, part in enumerate(groups, 1):
        numbers = ", ".join(part.numbers)
        noun = "lesson" if len(part.numbers) == 1 else "lessons"
        head = f"**{place}. {part.title}** ({noun} {numbers}). {part.about}"
        pictures = []
        for number in part.numbers:
            lesson = by_number[number]
            file = f"{lesson.path.stem}.svg"
            if (PICTURES / file).exists():
                alt = lesson.notes.picture or lesson.title
                pictures.append(f"![{alt}](lab/pictures/{file})")
        blocks.append("\n".join([head, *([""] * bool(pictures)), *pictures]))
    return "\n\n".join(blocks)


def measured(course: Sequence[Lesson], samples: Mapping[str, str]) -> str:
    """Return the table of the lessons, with the last line of a run of each."""
    rows = [
        "| run | takes | study | what is new | what to watch | last line |",
        "|---|---|---|---|---|---|",
    ]
    for lesson in course:
        notes = lesson.notes
        cells = [
            f"`uv run {lesson.name}`",
            f"{notes.seconds:g} s" if notes.seconds else "",
            f"{notes.minutes} min" if notes.minutes else "",
            notes.new,
            notes.watch,
            f"`{samples[lesson.number]}`",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def twins(course: Sequence[Lesson]) -> str:
    """Return a block of commands that compare each lesson with its twin."""
    names = {lesson.number: lesson.name for lesson in course}
    lines = [
        f"diff {names[lesson.notes.twin.number]} {lesson.name}"
        for lesson in course
        if lesson.notes.twin
    ]
    return "\n".join(["```bash", *lines, "```"])


def tools(course: Sequence[Lesson]) -> str:
    """Return a table of the tools, and the lessons that show each in use."""
    where = defaultdict[str, list[str]](list)
    for lesson in course:
        for tool in lesson.notes.tools:
            where[tool].append(lesson.number)
    rows = ["| what | lessons |", "|---|---|"]
    for tool in sorted(where, key=str.lower):
        rows.append(f"| `{tool}` | {', '.join(where[tool])} |")
    return "\n".join(rows)


def output(lesson: Lesson) -> str:
    """Return all that a run of the lesson prints.

    Raises ChildProcessError where the lesson fails.
    """
    with started(
        lesson, {}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        out, err = child.communicate()
    if child.returncode:
        raise ChildProcessError(err.strip() or f"{lesson.name} failed")
    return out


def where_and_when() -> str:
    """Return the sentence that names machine, Python and date."""
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"Measured on {platform.system()} {platform.machine()}, {truth()}, on "
        f"{today}, by `uv run lab readme`."
    )


def _measured_sentence(text: str) -> str:
    found = re.search(r"(?m)^Measured on .*`uv run lab readme`\.$", text)
    return found[0] if found else where_and_when()


def _old_sample(text: str, lesson: Lesson) -> str:
    """Return the last line that the README's text has of a lesson."""
    row = rf"(?m)^\| `uv run {re.escape(lesson.name)}` \|.*\| `(.*)` \|$"
    found = re.search(row, text)
    return found[1] if found else NOT_MEASURED
