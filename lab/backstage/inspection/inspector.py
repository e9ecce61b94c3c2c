"""Starts a lesson, looks into it from all sides, and ends it."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from backstage.course.catalogue import Lesson
from backstage.course.running import exit_status, start_lesson
from backstage.errors import LabError
from backstage.inspection.looks import LOOKS, show, show_title
from backstage.inspection.target import Target, make_environment
from backstage.processes import stop_tree


def inspect(lesson: Lesson, changes: Mapping[str, str]) -> int:
    """Run a lesson for a moment, look into it, and end it.

    Args:
        lesson: The lesson.
        changes: New sources of its constants, by their names.

    Returns:
        0, or the exit status of the lesson if it failed before the last look.

    Raises:
        LabError: If the lesson ended, without a failure, before the last look.
    """
    with tempfile.TemporaryDirectory(
        prefix="lab-", ignore_cleanup_errors=True
    ) as folder:
        environment = make_environment(Path(folder))
        with start_lesson(lesson, changes, env=environment) as child:
            target = Target(child, lesson.path.name, Path(folder))
            target.wait_until_ready()
            for number, look in enumerate(LOOKS):
                if not target.is_running():
                    if status := exit_status(child):
                        return status  # and it has said why
                    raise LabError(
                        f"the lesson ended after {number} of {len(LOOKS)} "
                        "steps; change a constant so that it runs longer"
                    )
                look(target)
            if target.is_running():
                _end(child)
    return 0


def _end(child: subprocess.Popen[str]) -> None:
    """End a lesson as Ctrl-C does."""
    show_title("The end of the lesson")
    if sys.platform != "win32":
        show(f"$ kill -INT {child.pid}")
        child.send_signal(signal.SIGINT)
    stop_tree(child)
