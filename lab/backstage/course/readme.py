"""Writes what the pages show of the catalogue and of runs."""

import datetime
import platform
import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from backstage.course.catalogue import (
    PICTURES,
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

# Pages, as paths from the project's folder. The parts of the course are on
# these, and the table of tools is on the other one.
COURSE_PAGES = [
    "README.md",
    "lab/toolbox/README.md",
    "lab/services/README.md",
]
TOOLS_PAGE = "lab/README.md"
PAGES = [*COURSE_PAGES, TOOLS_PAGE]
NOT_MEASURED = "not measured yet"  # in place of a lesson's last line


def measure_lessons() -> None:
    """Run all lessons, and write their output into the pages.

    A lesson that needs something that is not here, such as a newer Python, is
    not run. The pages keep its output.

    Raises:
        LabError: If a lesson fails; the pages stay as they were.
    """
    outputs = {}
    for lesson in lessons():
        print(f"{lesson.name}: ", end="", flush=True)
        if lesson.missing:
            print(lesson.missing)
            continue
        outputs[lesson.number] = _run(lesson)
        print(outputs[lesson.number].splitlines()[-1])
    write_readmes(outputs)


def write_readmes(outputs: Mapping[str, str]) -> None:
    """Write what comes from the catalogue into all pages.

    Args:
        outputs: The output of lessons that have just run, by their numbers.
            The pages keep the output of other lessons.

    Raises:
        LabError: If the markers of a block are missing in a page.
    """
    course = lessons()
    pages = {page: (ROOT / page).read_text("utf-8") for page in PAGES}
    for page in COURSE_PAGES:
        pages[page] = fill_blocks(pages[page], page, course, parts(), outputs)
    tools = format_tools(course)
    pages[TOOLS_PAGE] = replace_block(
        pages[TOOLS_PAGE], "tools", tools, TOOLS_PAGE
    )
    for lesson in course:
        name = lesson.notes.block
        if name and lesson.number in outputs:
            page = _find_page(pages, name)
            command = f"uv run {lesson.name}"
            block = format_output(command, outputs[lesson.number])
            pages[page] = replace_block(pages[page], name, block, page)
    for page, text in pages.items():
        write_atomically(ROOT / page, text)


def fill_blocks(
    text: str,
    page: str,
    course: Sequence[Lesson],
    course_parts: Sequence[Part],
    outputs: Mapping[str, str],
) -> str:
    """Return the text of a page with the tables of its parts of a course.

    Args:
        text: The text of the page.
        page: Its path from the project's folder.
        course: The lessons.
        course_parts: The parts of the course.
        outputs: As for `write_readmes`.

    Raises:
        LabError: If the markers of a block are missing.
    """
    titles = {part.title for part in course_parts if part.page == page}
    course = [lesson for lesson in course if lesson.notes.part in titles]
    origin = describe_origin() if outputs else _find_origin(text)
    samples = {lesson.number: find_sample(text, lesson) for lesson in course}
    for number, output in outputs.items():
        samples[number] = output.splitlines()[-1]
    table = format_lessons(course, samples)
    blocks = {
        "course": format_parts(course, course_parts, Path(page).parent),
        "twins": format_twins(course),
        "measured": f"{origin}\n\n{table}",
    }
    for block, content in blocks.items():
        text = replace_block(text, block, content, page)
    return text


def format_output(command: str, output: str) -> str:
    """Return a block with a command and its whole output."""
    return f"```text\n$ {command}\n{output.rstrip()}\n```"


def format_parts(
    course: Sequence[Lesson], course_parts: Sequence[Part], folder: Path
) -> str:
    """Return a paragraph on each part, with the pictures of its lessons.

    Args:
        course: The lessons. Parts with other lessons are left out.
        course_parts: All parts of the course. They are numbered.
        folder: That of the page, from the project's folder: the links to the
            pictures start there.
    """
    by_number = {lesson.number: lesson for lesson in course}
    paragraphs = []
    for place, part in enumerate(course_parts, 1):
        if by_number.keys().isdisjoint(part.numbers):
            continue
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
                path = Path("lab", "pictures", file)
                link = path.relative_to(folder, walk_up=True).as_posix()
                pictures.append(f"![{alt}]({link})")
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
    if not commands:
        return ""
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


def describe_origin(command: str = "uv run lab readme") -> str:
    """Return the sentence on where, when and how lessons were measured."""
    machine = f"{platform.system()} {platform.machine()}"
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"Measured on {machine}, {environment_summary()}, on {today}, by "
        f"`{command}`."
    )


def find_sample(text: str, lesson: Lesson) -> str:
    """Return the last line of a lesson that a page shows."""
    row = rf"(?m)^\| `uv run {re.escape(lesson.name)}` \|.*\| `(.*)` \|$"
    match = re.search(row, text)
    return match[1] if match else NOT_MEASURED


def _find_page(pages: Mapping[str, str], block: str) -> str:
    """Return the page that has a block of that name.

    Raises:
        LabError: If no page has it.
    """
    for page, text in pages.items():
        if has_block(text, block):
            return page
    raise LabError(f"no page has the block {block!r}: {', '.join(pages)}")


def _find_origin(text: str) -> str:
    """Return the sentence on the measurement that a page has."""
    match = re.search(r"(?m)^Measured on .*`uv run lab readme`\.$", text)
    return match[0] if match else describe_origin()


def _run(lesson: Lesson) -> str:
    """Run a lesson and return its output, or raise LabError if it fails."""
    run = capture_lesson(lesson, {})
    if run.returncode:
        print(run.stderr, end="", file=sys.stderr)
        raise LabError(f"{lesson.name} failed")
    return run.stdout
