"""`lab live` in a terminal, whose screen pyte draws."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyte
import pytest

from support.commands import run_lab, start_lab
from support.processes import TIMEOUT, wait_until
from support.terminals import terminal

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="pseudo-terminals needed"
)
LESSON = ["02", 'PAGES=["/delay/1"] * 4', "--quiet"]


@dataclass(frozen=True)
class View:
    """A live view in a terminal of its own."""

    process: subprocess.Popen[str]
    screen: pyte.Screen
    read: Callable[[], str]
    stream: pyte.Stream
    descriptor: int

    def shows(self, text: str) -> bool:
        """Return whether the screen shows a text by now."""
        self.stream.feed(self.read())
        return text in "\n".join(self.screen.display)

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        import termios

        self.screen.resize(lines, columns)
        termios.tcsetwinsize(self.descriptor, (lines, columns))


@contextmanager
def start_view(columns: int = 80, lines: int = 24) -> Iterator[View]:
    """Start `lab live` in a terminal, and wait for its first screen."""
    import termios

    screen = pyte.Screen(columns, lines)
    environment = os.environ | {"TERM": "xterm-256color"}
    for name in "COLUMNS", "LINES", "NO_COLOR":
        environment.pop(name, None)
    with terminal() as (outer, read, _):
        termios.tcsetwinsize(outer, (lines, columns))
        with start_lab(
            "live",
            stdin=outer,
            stdout=outer,
            stderr=outer,
            env=environment,
        ) as process:
            stream = pyte.Stream(screen)
            view = View(process, screen, read, stream, outer)
            wait_until(lambda: view.shows("Waiting for a lesson to start."))
            try:
                yield view
            except AssertionError:
                print("\n".join(screen.display))
                raise


def test_it_follows_lessons_until_ctrl_c(
    traced: None, live_folder: Path
) -> None:
    with start_view() as view:
        run = run_lab(*LESSON)
        assert run.returncode == 0
        expected = [
            "lab/02_threaded_fetch.py ",
            "ended after ",
            "4 x /delay/1",
            "main thread ",
            "CPU time",
            " 0 s",
        ]
        wait_until(lambda: all(map(view.shows, expected)))
        view.resize(120, 40)
        wait_until(lambda: view.shows(" 0 s") and _is_wide(view))
        wide = view.screen.display
        view.resize(50, 10)
        wait_until(lambda: view.shows("took ") and _is_narrow(view, wide))
        os.killpg(view.process.pid, signal.SIGINT)
        assert view.process.wait(timeout=TIMEOUT) == 130
        view.stream.feed(view.read())
        assert "Traceback" not in "\n".join(view.screen.display)
    assert not live_folder.exists()


def _is_wide(view: View) -> bool:
    """Return whether something is drawn in the columns from 100 on."""
    return any(line[100:].strip() for line in view.screen.display)


def _is_narrow(view: View, wide: list[str]) -> bool:
    """Return whether no line is wrapped: each begins as a wide one did."""
    names = [line[:10] for line in view.screen.display if line.strip()]
    starts = [line[:10] for line in wide]
    return len(names) > 3 and set(names) <= set(starts)


@pytest.mark.slow
def test_ctrl_c_in_one_pane_leaves_the_other_alone(
    traced: None, live_folder: Path
) -> None:
    arguments = ["01", 'PAGES=["/html", "/delay/9"]', "--quiet"]
    with start_view() as view:
        with start_lab(*arguments, stderr=subprocess.PIPE) as lesson:
            wait_until(lambda: view.shows("running, "))
            wait_until(lambda: view.shows("in flight 1 "))
            os.killpg(lesson.pid, signal.SIGINT)
            assert lesson.communicate(timeout=TIMEOUT)[1].count("\n") <= 2
        assert lesson.returncode == 130
        wait_until(lambda: view.shows(": stopped"))
        assert view.process.poll() is None
        with start_lab(*LESSON, stderr=subprocess.PIPE) as lesson:
            wait_until(lambda: view.shows("02_threaded_fetch.py"))
            os.killpg(view.process.pid, signal.SIGINT)
            assert view.process.wait(timeout=TIMEOUT) == 130
            assert lesson.wait(timeout=TIMEOUT) == 0
    assert not live_folder.exists()


@pytest.mark.slow
def test_sigterm_ends_it_in_an_orderly_way(
    traced: None, live_folder: Path
) -> None:
    with start_view() as view:
        view.process.terminate()
        assert view.process.wait(timeout=TIMEOUT) == 128 + signal.SIGTERM
    assert not live_folder.exists()


def test_without_a_terminal_it_is_one_line(live_folder: Path) -> None:
    run = run_lab("live")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == (
        "lab: lab live needs a terminal; lab live --web does not\n"
    )
    assert not live_folder.exists()
