"""Cook rice in a thread, then cook rice, soup and eggs in three threads.

A thread runs the code of a program, step by step. A program starts with one,
the main thread. Here the main thread creates other threads and starts them.

Prediction: 3 dishes together take as long as rice alone, about 2.0 s. All of
them cook at the same time, and rice takes the longest.
"""

from threading import Thread
from time import perf_counter, sleep

from backstage import run  # run(main) calls main, and explains errors

RICE = 2.0  # seconds until the rice is ready
SOUP = 1.5  # seconds until the soup is ready
EGGS = 0.5  # seconds until the eggs are ready
TABLE = 1.0  # seconds that the main thread needs for the table


def cook(dish: str, seconds: float, start: float) -> None:
    report(start, f"{dish}: start")
    sleep(seconds)  # The dish cooks, and this thread waits.
    report(start, f"{dish}: ready")


def report(start: float, text: str) -> None:
    # print() writes first the text and then the newline. Another thread could
    # print between the two, so we put the newline into the text.
    elapsed = perf_counter() - start
    print(f"{elapsed:.2f} s  {text}\n", end="")


def cook_rice() -> float:
    start = perf_counter()
    # The new thread will call cook("rice", RICE, start), but not yet.
    rice = Thread(target=cook, args=("rice", RICE, start))
    # A thread is alive from its start() until its function has ended.
    report(start, f"main: rice thread is created, alive: {rice.is_alive()}")

    rice.start()  # Now the new thread calls cook. We do not wait for it.
    sleep(TABLE)  # The main thread prepares the table at the same time.
    report(start, f"main: table is ready, alive: {rice.is_alive()}")

    rice.join()  # waits until the thread has ended
    report(start, f"main: rice thread has ended, alive: {rice.is_alive()}")
    return perf_counter() - start


def cook_three_dishes() -> float:
    start = perf_counter()
    rice = Thread(target=cook, args=("rice", RICE, start))
    soup = Thread(target=cook, args=("soup", SOUP, start))
    eggs = Thread(target=cook, args=("eggs", EGGS, start))
    threads = [rice, soup, eggs]
    report(start, f"main: all are created, alive: {count_alive(threads)}")

    # Start all of them first. With a join() in this loop, the dishes would
    # cook one after the other.
    for thread in threads:
        thread.start()
    sleep(TABLE)  # The main thread prepares the table.
    report(start, f"main: table is ready, alive: {count_alive(threads)}")

    # join() of rice waits until rice is ready. Soup and eggs have ended by
    # then, so their join() does not wait.
    for thread in threads:
        thread.join()
    report(start, f"main: all have ended, alive: {count_alive(threads)}")
    return perf_counter() - start


def count_alive(threads: list[Thread]) -> str:
    alive = [thread for thread in threads if thread.is_alive()]
    return f"{len(alive)} of {len(threads)}"


def main() -> None:
    alone = cook_rice()
    print(f"rice alone: {alone:.2f} s\n")

    together = cook_three_dishes()
    print(f"3 dishes together: {together:.2f} s\n")

    print(f"3 dishes together took {together:.2f} s, rice alone {alone:.2f} s")


if __name__ == "__main__":
    run(main)
