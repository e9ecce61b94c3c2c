"""Deliver parcels in five ways, and count the errors that get lost.

Some parcels have a wrong address, so deliver() raises an error. But it runs in
a thread or in a task. There an error does not stop the main program. A task or
a future keeps it until we read it; a thread prints it. "Lost" means here: the
main program never notices it.

Prediction: noticed: unread 0, read 13 of 15 errors. With pool.map, 2 of 3 are
lost even if we read: it raises only the first one.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from io import StringIO
from time import perf_counter, sleep

from backstage import run

PARCELS = 10  # parcels, with a thread or a task for each
WRONG = [3, 6, 9]  # numbers of the parcels with a wrong address
DELIVERY_TIME = 0.2  # seconds until the parcel is at its address


class Post:
    def __init__(self) -> None:
        self.numbers = range(1, PARCELS + 1)
        self.errors: list[str] = []  # all errors that happened
        self.noticed: list[str] = []  # those that the main program has seen
        self.tracebacks = 0  # error messages that Python has printed

    def deliver(self, number: int) -> str:
        sleep(DELIVERY_TIME)
        return self.hand_over(number)

    async def deliver_in_task(self, number: int) -> str:
        await asyncio.sleep(DELIVERY_TIME)
        return self.hand_over(number)

    def hand_over(self, number: int) -> str:
        if number in WRONG:
            self.errors.append(f"parcel {number}")
            raise ValueError(f"parcel {number}: wrong address")
        return f"parcel {number}: delivered"

    def notice(self, outcomes: Iterable[object]) -> None:
        # The outcome of a delivery is its result, or else its error.
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                self.noticed.append(str(outcome))


async def gather_all(post: Post, read: bool) -> None:
    deliveries = [post.deliver_in_task(number) for number in post.numbers]
    # With return_exceptions=True, gather reads the errors for us: it puts them
    # into the list that it returns. So Python prints no traceback.
    outcomes = await asyncio.gather(*deliveries, return_exceptions=True)
    if read:
        post.notice(outcomes)


async def create_tasks(post: Post, read: bool) -> None:
    deliveries = [post.deliver_in_task(number) for number in post.numbers]
    tasks = [asyncio.create_task(delivery) for delivery in deliveries]
    await asyncio.wait(tasks)  # waits, and raises no error
    if read:
        # exception() returns the error or None. "await task" would raise it.
        post.notice(task.exception() for task in tasks)
    # At the end of this function Python deletes the tasks. If nobody has read
    # the error of a task, Python prints a traceback: the error, and the calls
    # that led to it.


def use_gather(post: Post, read: bool) -> None:
    asyncio.run(gather_all(post, read))


def use_create_task(post: Post, read: bool) -> None:
    asyncio.run(create_tasks(post, read))


def use_thread(post: Post, read: bool) -> None:
    # A thread keeps no error: Python calls threading.excepthook, which
    # prints a traceback. To see the error, we put our own function there.
    if read:
        threading.excepthook = lambda args: post.notice([args.exc_value])
    threads = [
        threading.Thread(target=post.deliver, args=(number,), daemon=True)
        for number in post.numbers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()  # waits, and raises no error
    threading.excepthook = threading.__excepthook__  # Python's own function


def use_submit(post: Post, read: bool) -> None:
    with ThreadPoolExecutor(PARCELS) as pool:
        futures = [pool.submit(post.deliver, n) for n in post.numbers]
    if read:
        # exception() returns the error or None. result() would raise it.
        post.notice(future.exception() for future in futures)


def use_map(post: Post, read: bool) -> None:
    with ThreadPoolExecutor(PARCELS) as pool:
        outcomes = pool.map(post.deliver, post.numbers)
    if read:
        # This raises the error of the first wrong parcel, which deliver_all
        # catches. Then map is at its end: the other errors are lost.
        list(outcomes)


# One of the five functions that are called use_...
Use = Callable[[Post, bool], None]


def deliver_all(way: str, use: Use, read: bool) -> Post:
    post = Post()
    start = perf_counter()
    # Tracebacks go to standard error, the output of a program for errors. Here
    # we collect it in a text, to count them.
    with redirect_stderr(StringIO()) as text:
        try:
            use(post, read)
        except ValueError as error:
            post.notice([error])
    elapsed = perf_counter() - start
    post.tracebacks = text.getvalue().count("Traceback")
    print(
        f"{way:<13}{'read' if read else 'unread':<8}{len(post.errors):>6}"
        f"{len(post.noticed):>9}{post.tracebacks:>12}{elapsed:>8.2f} s"
    )
    return post


def main() -> None:
    ways: dict[str, Use] = {
        "gather": use_gather,
        "create_task": use_create_task,
        "Thread": use_thread,
        "submit": use_submit,
        "pool.map": use_map,
    }
    print(
        f"{'way':<13}{'read?':<8}{'errors':>6}{'noticed':>9}"
        f"{'tracebacks':>12}{'time':>10}"
    )
    unread = []
    read = []
    for way, use in ways.items():
        unread.append(deliver_all(way, use, read=False))
        read.append(deliver_all(way, use, read=True))

    print(
        f"noticed: unread {sum(len(post.noticed) for post in unread)}, "
        f"read {sum(len(post.noticed) for post in read)} "
        f"of {sum(len(post.errors) for post in read)} errors; "
        f"unread: {sum(post.tracebacks for post in unread)} tracebacks"
    )


if __name__ == "__main__":
    run(main)
