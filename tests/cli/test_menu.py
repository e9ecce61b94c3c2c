"""The menu, in a terminal of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import pytest

from backstage.course.catalogue import ROOT, lessons
from support.commands import start_lab
from support.processes import computing, wait_until
from support.terminals import terminal

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="pseudo-terminals needed"
)
PROMPTS = ("lab> ", "[3] ")


@dataclass(frozen=True)
class Menu:
    """A menu that runs in a terminal of its own."""

    process: subprocess.Popen[str]
    read: Callable[[], str]
    press: Callable[[str], object]

    def __call__(self, keys: str, interrupt: bool = False) -> list[str]:
        """Type keys, and return the lines up to the next prompt."""
        self.press(keys)
        if interrupt:
            lab = psutil.Process(self.process.pid)
            wait_until(lambda: bool(computing(lab)))
            os.killpg(lab.pid, signal.SIGINT)
        shown = ""

        def is_waiting() -> bool:
            nonlocal shown
            shown += self.read()
            return shown.endswith(PROMPTS) or self.process.poll() is not None

        wait_until(is_waiting)
        return shown.splitlines()[bool(keys) : -1]


@pytest.fixture
def menu(traced: None) -> Iterator[Menu]:
    """Start the menu, and let it quit after the test."""
    with (
        terminal() as (screen, read, press),
        start_lab(stdin=screen, stdout=screen, stderr=screen) as process,
    ):
        yield Menu(process, read, press)
        press("q\n")
        assert process.wait(timeout=10) == 0


def test_the_menu_runs_what_is_chosen(menu: Menu) -> None:
    listed = menu("")
    course = lessons()
    assert [line.split()[0] for line in listed[: len(course)]] == [
        lesson.number for lesson in course
    ]
    assert "04 WORK=1_000_000" in " ".join(listed)
    shown = "\n".join(menu("06, 07 UPDATES=10\n"))
    assert shown.count("lost: ") == 2
    assert "did you mean 'record'?" in menu("reccord\n")[-1].lower()
    assert menu("03 'WORK\n") == ["lab: No closing quotation"]
    (line,) = menu("record 03 WORK=0 JOBS\n")
    assert line == "lab: no lesson 'JOBS'; see uv run lab --help"
    assert menu("site --help\n")[0].startswith("Usage: lab site")
    assert menu("help\n")[0].startswith("Usage: lab ")
    assert menu("\n") == listed


def test_it_asks_which_of_two_lessons_is_meant(menu: Menu) -> None:
    menu("")
    (question,) = menu("3 --help\n")
    assert question == (
        "3 is basics/3_multi_threaded.py, 03 is lab/03_gil_demo_threads.py"
    )
    assert menu("03\n")[0].startswith("Usage: lab run")


def test_a_line_can_be_edited_and_repeated(menu: Menu) -> None:
    pytest.importorskip("readline")
    menu("")
    left = "\x1b[D"
    assert "lost: " in menu(f"6 UPDATES=10{left * 12}\x010\n")[-1]
    up = "\x1b[A"
    assert "lost: " in menu(f"{up}\n")[-1]


@pytest.mark.timing
def test_ctrl_c_ends_the_lesson_and_not_the_menu(menu: Menu) -> None:
    menu("")
    shown = menu("03 WORK=100_000_000\n", interrupt=True)
    assert shown[-1] == "03_gil_demo_threads.py: stopped by Ctrl-C"
    assert "lost: " in menu("06 UPDATES=10\n")[-1]
    assert menu("03 WORK=100_000_000\n", interrupt=True)[-1] == shown[-1]


def test_a_digit_that_is_one_lesson_is_not_asked_about() -> None:
    code = (
        "from backstage.cli import menu\n"
        "menu.input = lambda _: '0' + word\n"
        "for word in '0', '1', '13', 'watch', '--svg', '99':\n"
        "    print(menu._ask_which(word))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in result.stdout.splitlines() if " is " not in line]
    assert lines == ["0", "01", "13", "watch", "--svg", "99"]
