"""Two cooks wait for each other for ever, and a pool waits for itself.

This is called a deadlock: a thread waits for something that can never happen.
Each cook has one tool and waits for the tool of the other cook. In the pool,
the only worker waits for a task, but there is no other worker to do that task.
Each way runs in a new process. A watchdog (a timer) ends the new process if it
takes too long, and shows where each thread waits.

Prediction: threads that wait: opposite order 3, same order 0, one pool 2, two
pools 0. The 3 and the 2 include the main thread of the new process, which
waits for the others.
"""

import faulthandler
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Process
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from time import perf_counter, sleep

from backstage import run

STEP_TIME = 0.2  # seconds that one step of the work takes
TIMEOUT = 1.5  # seconds that a job may take
WORKERS = 1  # threads of each pool that makes pasta

Job = Callable[[], None]  # a function without arguments

knife = Lock()
board = Lock()  # the cutting board


def cut_bread() -> None:
    with knife:
        sleep(STEP_TIME)
        # If the other cook has the board, we wait here. If that cook waits for
        # our knife, we both wait for ever.
        with board:
            sleep(STEP_TIME)


def cut_cheese() -> None:
    with board:
        sleep(STEP_TIME)
        # The other cook has the knife, and waits for the board.
        with knife:
            sleep(STEP_TIME)


def cut_cheese_safely() -> None:
    with knife:  # All cooks take the knife first, and then the board.
        sleep(STEP_TIME)
        with board:
            sleep(STEP_TIME)


def cut_together(first: Job, second: Job) -> None:
    with ThreadPoolExecutor(2) as cooks:
        futures = [cooks.submit(first), cooks.submit(second)]
        for future in futures:
            future.result()


def use_opposite_order() -> None:
    cut_together(cut_bread, cut_cheese)


def use_same_order() -> None:
    cut_together(cut_bread, cut_cheese_safely)


def make_sauce() -> None:
    sleep(STEP_TIME)


def make_pasta(pool: ThreadPoolExecutor) -> None:
    sleep(STEP_TIME)
    sauce = pool.submit(make_sauce)
    # This task waits for another task. That one needs a free worker.
    sauce.result()


def use_one_pool() -> None:
    with ThreadPoolExecutor(WORKERS) as cook_pool:
        # make_pasta gets this pool, and submits the sauce to it.
        pasta = cook_pool.submit(make_pasta, cook_pool)
        pasta.result()


def use_two_pools() -> None:
    with (
        ThreadPoolExecutor(WORKERS) as cook_pool,
        ThreadPoolExecutor(WORKERS) as helper_pool,
    ):
        pasta = cook_pool.submit(make_pasta, helper_pool)
        pasta.result()
    # Another way, with one pool: submit make_sauce here and wait for it, and
    # only then submit a task for the pasta.


def call_with_watchdog(job: Job, stacks_file: Path) -> None:
    with stacks_file.open("w") as file:
        # The watchdog: if the job has not ended after TIMEOUT seconds, it
        # writes the stack of each thread into the file. A stack is the line
        # where a thread is, and the calls that led there. "exit=True" means:
        # then the whole process ends.
        faulthandler.dump_traceback_later(TIMEOUT, exit=True, file=file)
        job()
        faulthandler.cancel_dump_traceback_later()


def find_waiting_lines(stacks: str) -> list[str]:
    source_lines = Path(__file__).read_text().splitlines()
    lines = []
    for stack in stacks.split("\n\n"):  # one for each thread
        for call in stack.splitlines():  # the newest call comes first
            # It looks like: File ".../43_deadlock.py", line 48 in cut_cheese
            if Path(__file__).name in call:
                place = call.split(", line ")[1]  # "48 in cut_cheese"
                number = int(place.split()[0])
                source = source_lines[number - 1]  # a list begins with 0
                lines.append(f"line {place}: {source.strip()}")
                break  # The older calls only led to this one.
    return lines


def count_waiting_threads(name: str, job: Job) -> int:
    # The job runs in a process of its own: Python cannot end a thread that
    # waits, but it can end a process.
    with TemporaryDirectory() as folder:
        stacks_file = Path(folder, "stacks.txt")
        process = Process(target=call_with_watchdog, args=[job, stacks_file])
        start = perf_counter()
        process.start()
        process.join()
        elapsed = perf_counter() - start
        lines = find_waiting_lines(stacks_file.read_text())
    # An exit code that is not 0 is an error. If there are no lines, it does
    # not come from the watchdog: then the job itself failed.
    if process.exitcode != 0 and not lines:
        raise RuntimeError(f"{name}: exit code {process.exitcode}")
    ending = "the watchdog ended the process" if lines else "the job ended"
    print(
        f"{name}: {ending} after {elapsed:.2f} s, {len(lines)} threads waited"
    )
    for line in lines:
        print(f"    {line}")
    return len(lines)


def main() -> None:
    opposite_order = count_waiting_threads(
        "opposite order", use_opposite_order
    )
    same_order = count_waiting_threads("same order", use_same_order)
    one_pool = count_waiting_threads("one pool", use_one_pool)
    two_pools = count_waiting_threads("two pools", use_two_pools)
    print(
        f"threads that wait: opposite order {opposite_order}, "
        f"same order {same_order}, one pool {one_pool}, "
        f"two pools {two_pools}"
    )


if __name__ == "__main__":
    run(main)
