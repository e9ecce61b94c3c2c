"""The looks at a running lesson: each prints its command, then an excerpt."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

from backstage.inspection.excerpts import (
    choose_memory,
    choose_py_spy,
    choose_samples,
    choose_stacks,
    choose_tasks,
    cut_lines,
)
from backstage.inspection.target import (
    DELAY,
    HAS_SIGNALS,
    Target,
)

TOOL_TIMEOUT = 30  # seconds that one tool may take
PROFILE_SECONDS = 1
MAX_ROWS = 8  # of a profile
REFUSED = (
    "This system does not let one program look into another one. On some "
    "systems it works with sudo."
)

Look = Callable[[Target], None]


def look_at_stacks(target: Target) -> None:
    """Print where the threads of the lesson's processes are."""
    show_title("Stacks, the line where each thread is")
    if HAS_SIGNALS:
        added = "faulthandler.register(signal.SIGUSR1)"
    else:
        added = f"faulthandler.dump_traceback() after {DELAY} s"
    show(f"lab inspect has added to the lesson: {added}")
    chosen: list[str] = []
    left_out = 0
    prepared = target.find_prepared()
    if HAS_SIGNALS and prepared:
        show(f"$ kill -USR1 {' '.join(map(str, prepared))}")
    for pid in prepared:
        dump = target.read_stacks(pid)
        lines = choose_stacks(dump, target.script)
        if not lines:
            continue
        target.stacks[pid] = dump
        chosen += [f"Process {pid}:", *lines]
        left_out += len(dump.splitlines()) - len(lines)
    if chosen:
        show_lines(cut_lines(chosen, left_out))
    else:
        show("no thread runs a function of the lesson")


def look_with_py_spy(target: Target) -> None:
    """Print what py-spy sees, if it is installed."""
    show_title("Stacks of a program that is not prepared")
    if not shutil.which("py-spy"):
        show("py-spy is not installed (pip install py-spy)")
        return
    command = ["py-spy", "dump", "--pid", str(target.find_busiest())]
    lines = run_tool(command, command)
    stacks = choose_py_spy("\n".join(lines), target.script)
    if stacks:
        show_lines(cut_lines(stacks, len(lines) - len(stacks)))
    else:
        show_lines(cut_lines(lines))


def look_at_tasks(target: Target) -> None:
    """Print the tree of the lesson's tasks."""
    show_title("Tasks, and which task waits for which")
    if not has_module((3, 14), "asyncio pstree"):
        return
    lines = run_module("asyncio", "pstree", str(target.pid))
    tasks = choose_tasks("\n".join(lines), target.script)
    if tasks:
        show_lines(cut_lines(tasks, len(lines) - len(tasks)))
    else:
        show_lines(cut_lines(lines[-1:] or ["no tasks: no event loop runs"]))


def look_at_cpu(target: Target) -> None:
    """Print which lines use the CPU."""
    show_title(f"Lines that use the CPU, in {PROFILE_SECONDS} s")
    profile(target, "cpu", "no samples: no thread uses the CPU")


def look_at_gil(target: Target) -> None:
    """Print which lines hold the GIL."""
    show_title(f"Lines that hold the GIL, in {PROFILE_SECONDS} s")
    profile(target, "gil", "no samples: no thread holds the GIL")


def look_at_memory(target: Target) -> None:
    """Print which lines have allocated the memory that is in use."""
    show_title("Lines that use memory")
    show("lab inspect has added to the lesson: tracemalloc.start(), later")
    show('tracemalloc.take_snapshot().statistics("lineno")')
    statistics = target.read_memory()
    if statistics is None:
        reason = "the lesson has ended"
        if target.is_running():
            reason = "the main thread of the lesson is busy elsewhere"
        show(f"no answer: {reason}")
        return
    lines = choose_memory(statistics, target.script)
    show_lines(cut_lines(lines[:MAX_ROWS], len(lines[MAX_ROWS:])))


LOOKS: Sequence[Look] = (
    look_at_stacks,
    look_with_py_spy,
    look_at_tasks,
    look_at_cpu,
    look_at_gil,
    look_at_memory,
)


def profile(target: Target, mode: str, nothing: str) -> None:
    """Print which lines a sampling profiler sees.

    Args:
        target: The lesson.
        mode: What is sampled: "cpu" or "gil".
        nothing: What to print if there are no samples.
    """
    options = ["--mode", mode, "-d", str(PROFILE_SECONDS)]
    if not has_module((3, 15), "profiling.sampling"):
        return
    pid = str(target.find_busiest())
    lines = run_module("profiling.sampling", "attach", "-a", *options, pid)
    samples = choose_samples("\n".join(lines))
    if samples:
        show_lines(cut_lines(samples[:MAX_ROWS], len(samples[MAX_ROWS:])))
    elif any("No samples" in line for line in lines):
        show(nothing)
    else:
        show_lines(cut_lines(lines[-1:]))


def has_module(version: tuple[int, int], module: str) -> bool:
    """Return whether this Python has a module; if not, say so.

    Args:
        version: The oldest Python that has it.
        module: Its name, and its command.
    """
    if sys.version_info >= version:
        return True
    oldest, own = (
        ".".join(map(str, x[:2])) for x in (version, sys.version_info)
    )
    show(f"python -m {module} needs Python {oldest} or later; this is {own}")
    return False


def run_module(module: str, *arguments: str) -> list[str]:
    """Run a module of this Python, and return the lines that it prints."""
    tool = ["-m", module, *arguments]
    return run_tool(["python", *tool], [sys.executable, *tool])


def run_tool(shown: Sequence[str], command: Sequence[str]) -> list[str]:
    """Print a command, run it, and return the lines that it prints.

    If it fails, that is one line: the reason that it gives.
    """
    show(f"$ {' '.join(shown)}")
    try:
        tool = subprocess.run(
            command,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=TOOL_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        return [f"it has not ended after {TOOL_TIMEOUT} s"]
    except OSError as error:
        return [str(error)]
    if tool.returncode:
        reason = tool.stderr.strip() or tool.stdout.strip()
        if re.search("permi(ssion|tted)", reason, re.IGNORECASE):
            return [REFUSED]  # the tools say that in many lines
        return reason.splitlines()[-1:] or [f"exit status {tool.returncode}"]
    return tool.stdout.splitlines()


def show_title(title: str) -> None:
    """Print the title of a look, after an empty line."""
    show(f"\n{title}:")


def show_lines(lines: Sequence[str]) -> None:
    """Print lines."""
    for line in lines:
        show(line)


def show(text: str) -> None:
    """Print a text at once: the next step may take a while."""
    print(text, flush=True)
