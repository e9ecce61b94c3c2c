"""Writes the parts of both READMEs that come from the catalogue and runs."""

import datetime
import platform
import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence

from backstage.course.catalogue import (
    PICTURES,
    README,
    ROOT,
    Lesson,
    Part,
    lessons,
    parts,
)
from backstage.course.running import capture_lesson
from backstage.errors import LabError
from backstage.files import has_block, replace_block, write_atomically
from backstage.system import environment_summary

LAB_README = ROOT / "lab" / "README.md"
NOT_MEASURED = "not measured yet"  # in place of a lesson's last line


def measure_lessons() -> None:
    """Run all lessons, and write their output into the READMEs.

    Raises:
        LabError: If a lesson fails; the READMEs stay as they were.
    """
    outputs = {}
    for lesson in lessons():
        print(f"{lesson.name}: ", end="", flush=True)
        outputs[lesson.number] = _run(lesson)
        print(outputs[lesson.number].splitlines()[-1])
    write_readmes(outputs)


def write_readmes(outputs: Mapping[str, str]) -> None:
    """Write what comes from the catalogue into both READMEs.

    Args:
        outputs: The output of lessons that have just run, by their numbers.
            The READMEs keep the output of other lessons.

    Raises:
        LabError: If the markers of a block are missing in a README.
    """
    course = lessons()
    pages = {page: page.read_text("utf-8") for page in (README, LAB_README)}
    pages[README] = fill_blocks(pages[README], course, parts(), outputs)
    tools = format_tools(course)
    pages[LAB_README] = replace_block(
        pages[LAB_README], "tools", tools, "lab/README.md"
    )
    for lesson in course:
        name = lesson.notes.block
        if name and lesson.number in outputs:
            page = README if has_block(pages[README], name) else LAB_README
            block = format_output(lesson, outputs[lesson.number])
            pages[page] = replace_block(pages[page], name, block, page.name)
    for page, text in pages.items():
        write_atomically(page, text)


def fill_blocks(
    text: str,
    course: Sequence[Lesson],
    course_parts: Sequence[Part],
    outputs: Mapping[str, str],
) -> str:
    """Return the text of the README with the tables of a course.

    Args:
        text: The README.
        course: The lessons.
        course_parts: The parts of the course.
        outputs: As for `write_readmes`.

    Raises:
        LabError: If the markers of a block are missing.
    """
    origin = describe_origin() if outputs else _find_origin(text)
    samples = {x.number: find_sample(text, x) for x in course}
    for number, output in outputs.items():
        samples[number] = output.splitlines()[-1]
    in_parts = [lesson for lesson in course if lesson.notes.part]
    text = replace_block(
        text, "course", format_parts(in_parts, course_parts), README.name
    )
    text = replace_block(text, "twins", format_twins(in_parts), README.name)
    table = format_lessons(in_parts, samples)
    return replace_block(text, "measured", f"{origin}\n\n{table}", README.name)


def format_output(lesson: Lesson, output: str) -> str:
    """Return a block with the command and the whole output of a lesson."""
    return f"```text\n$ uv run {lesson.name}\n{output.rstrip()}\n```"


def format_parts(
    course: Sequence[Lesson], course_parts: Sequence[Part]
) -> str:
    """Return a paragraph on each part, with the pictures of its lessons."""
    by_number = {lesson.number: lesson for lesson in course}
    paragraphs = []
    for place, part in enumerate(course_parts, 1):
        numbers = ", ".join(part.numbers)
        noun = "lesson" if len(part.numbers) == 1 else "lessons"
        lines = [
            f"**{place}. {part.title}** ({noun} {numbers}). {part.summary}"
        ]
        pictures = []
        for number in part.numbers:
            lesson = by_number[number]
            file = f"{lesson.path.stem}.svg"
            if (PICTURES / file).exists():
                alt = lesson.notes.picture or lesson.title
                pictures.append(f"![{alt}](lab/pictures/{file})")
        if pictures:
            lines += ["", *pictures]
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs)


def format_lessons(
    course: Sequence[Lesson], samples: Mapping[str, str]
) -> str:
    """Return a table of the lessons.

    Args:
        course: The lessons.
        samples: The last line of a run of each, by their numbers.
    """
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


def format_twins(course: Sequence[Lesson]) -> str:
    """Return a block of commands that compare each lesson with its twin."""
    names = {lesson.number: lesson.name for lesson in course}
    commands = [
        f"diff {names[lesson.notes.twin.number]} {lesson.name}"
        for lesson in course
        if lesson.notes.twin
    ]
    return "\n".join(["```bash", *commands, "```"])


def format_tools(course: Sequence[Lesson]) -> str:
    """Return a table of the tools, and the lessons that use each."""
    numbers = defaultdict[str, list[str]](list)
    for lesson in course:
        for tool in lesson.notes.tools:
            numbers[tool].append(lesson.number)
    rows = ["| what | lessons |", "|---|---|"]
    for tool in sorted(numbers, key=str.lower):
        rows.append(f"| `{tool}` | {', '.join(numbers[tool])} |")
    return "\n".join(rows)


def describe_origin() -> str:
    """Return the sentence on where and when the lessons were measured."""
    machine = f"{platform.system()} {platform.machine()}"
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"Measured on {machine}, {environment_summary()}, on {today}, by "
        "`uv run lab readme`."
    )


def find_sample(text: str, lesson: Lesson) -> str:
    """Return the last line of a lesson that the README shows."""
    row = rf"(?m)^\| `uv run {re.escape(lesson.name)}` \|.*\| `(.*)` \|$"
    match = re.search(row, text)
    return match[1] if match else NOT_MEASURED


def _find_origin(text: str) -> str:
    """Return the sentence on the measurement that the README has."""
    match = re.search(r"(?m)^Measured on .*`uv run lab readme`\.$", text)
    return match[0] if match else describe_origin()


def _run(lesson: Lesson) -> str:
    """Run a lesson and return its output, or raise LabError if it fails."""
    run = capture_lesson(lesson, {})
    if run.returncode:
        print(run.stderr, end="", file=sys.stderr)
        raise LabError(f"{lesson.name} failed")
    return run.stdout
