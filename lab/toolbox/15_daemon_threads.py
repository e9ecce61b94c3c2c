"""Write a letter in a thread, in a program whose main function ends early.

A daemon thread is a helper in the background. At the end of a program Python
waits for its normal threads, but not for its daemon threads: they just stop.
So do not write files in a daemon thread: a file can stay incomplete.

Prediction: lines after the end of main: normal thread 4, daemon thread 0.
"""

from multiprocessing import Process
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter, sleep

from backstage import run

LINES_BEFORE = 2  # lines of the letter that are written before main ends
LINES_AFTER = 4  # lines that are still missing then
DELAY = 0.3  # seconds until the next line is ready
END_OF_MAIN = "main ends"  # what main adds to the letter when it ends


def add_line(letter: Path, text: str) -> None:
    with letter.open("a", encoding="utf-8") as file:  # "a" means append
        file.write(f"{text}\n")


def write_letter(letter: Path, main_may_end: Event) -> None:
    for number in range(1, LINES_BEFORE + LINES_AFTER + 1):
        sleep(DELAY)
        add_line(letter, f"line {number}")
        if number == LINES_BEFORE:
            main_may_end.set()


def main_of_program(letter: Path, daemon: bool) -> None:
    # An Event is like a switch: wait() waits until another thread calls set().
    # So main ends when LINES_BEFORE lines are written.
    main_may_end = Event()
    writer = Thread(
        target=write_letter,
        args=(letter, main_may_end),
        daemon=daemon,  # True: Python does not wait for this thread
    )
    writer.start()
    main_may_end.wait()
    add_line(letter, END_OF_MAIN)


def run_program(name: str, daemon: bool, letter: Path) -> int:
    """Return how many lines of the letter come after the line of main."""
    start = perf_counter()
    # We want to see the end of a program, but this script must go on. So each
    # program runs in a new process. A process ends like a program: first it
    # waits for its normal threads.
    program = Process(target=main_of_program, args=(letter, daemon))
    program.start()
    program.join()  # waits for the end of the program
    elapsed = perf_counter() - start
    lines = letter.read_text(encoding="utf-8").splitlines()
    before = lines.index(END_OF_MAIN)
    after = len(lines) - before - 1  # without the line END_OF_MAIN
    print(
        f"{name}: {before} lines, main ends, {after} more lines, "
        f"program ends after {elapsed:.2f} s"
    )
    return after


def main() -> None:
    with TemporaryDirectory() as folder:
        normal = run_program(
            "normal thread", daemon=False, letter=Path(folder, "normal.txt")
        )
        daemon = run_program(
            "daemon thread", daemon=True, letter=Path(folder, "daemon.txt")
        )
    print(
        f"lines after the end of main: normal thread {normal}, "
        f"daemon thread {daemon} of {LINES_AFTER}"
    )


if __name__ == "__main__":
    run(main)
