"""Deliver parcels in five ways, and count the errors that get lost.

Three parcels have a wrong address, so deliver() raises an error, in each of
five ways. An error in a thread or in a task does not stop the main program. A
future or a task keeps its error until we read it. A thread prints its error.
An error is lost if the main program never notices it. Each way runs twice:
"unread", and "read", where we look for the errors. With pool.map, two of three
errors are lost even then: it raises only the first one.

Prediction: noticed: unread 0, read 13 of 15 errors.
"""

import asyncio
import threading
from collections.abc import Callable
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
        # Lists, because several threads can append to a list at once.
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

    def notice(self, outcome: object) -> None:
        # The outcome of a delivery is its result or None, or else its error.
        if isinstance(outcome, Exception):
            self.noticed.append(str(outcome))


async def gather_all(post: Post, read: bool) -> None:
    deliveries = [post.deliver_in_task(number) for number in post.numbers]
    # gather alone raises the first error. With return_exceptions=True, it puts
    # all errors into its list. Python prints no traceback: it expects us to
    # look at the list.
    outcomes = await asyncio.gather(*deliveries, return_exceptions=True)
    if read:
        for outcome in outcomes:
            post.notice(outcome)


async def create_tasks(post: Post, read: bool) -> None:
    deliveries = [post.deliver_in_task(number) for number in post.numbers]
    tasks = [asyncio.create_task(delivery) for delivery in deliveries]
    await asyncio.wait(tasks)  # waits, and raises no error
    if read:
        for task in tasks:
            # exception() returns the error or None. "await task" would raise
            # the error.
            post.notice(task.exception())
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
        threading.excepthook = lambda args: post.notice(args.exc_value)
    threads = [
        threading.Thread(target=post.deliver, args=[number])
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
        for future in futures:
            # exception() returns the error or None. result() would raise it.
            post.notice(future.exception())


def use_map(post: Post, read: bool) -> None:
    with ThreadPoolExecutor(PARCELS) as pool:
        outcomes = pool.map(post.deliver, post.numbers)
    if read:
        try:
            list(outcomes)
        except ValueError as error:
            # The error of the first wrong parcel. After it, map gives no more
            # outcomes: we never see the other errors.
            post.notice(error)


Way = Callable[[Post, bool], None]  # one of the functions above: use_...


def deliver_all(name: str, way: Way, read: bool) -> Post:
    post = Post()
    start = perf_counter()
    # Python prints a traceback to standard error, its output for errors. Here
    # we collect that output in a text, to count the tracebacks.
    with redirect_stderr(StringIO()) as text:
        way(post, read)
    elapsed = perf_counter() - start
    post.tracebacks = text.getvalue().count("Traceback")
    print(
        f"{name:<18}{'read' if read else 'unread':<8}{len(post.errors):>6}"
        f"{len(post.noticed):>9}{post.tracebacks:>12}{elapsed:>8.2f} s"
    )
    return post


def main() -> None:
    ways: dict[str, Way] = {
        "return_exceptions": use_gather,
        "create_task": use_create_task,
        "Thread": use_thread,
        "submit": use_submit,
        "pool.map": use_map,
    }
    print(
        f"{'way':<18}{'read?':<8}{'errors':>6}{'noticed':>9}"
        f"{'tracebacks':>12}{'time':>10}"
    )
    unread_posts = []
    read_posts = []
    for name, way in ways.items():
        unread_posts.append(deliver_all(name, way, read=False))
        read_posts.append(deliver_all(name, way, read=True))
    unread = sum(len(post.noticed) for post in unread_posts)
    read = sum(len(post.noticed) for post in read_posts)
    errors = sum(len(post.errors) for post in read_posts)
    tracebacks = sum(post.tracebacks for post in unread_posts)
    print(
        f"noticed: unread {unread}, read {read} of {errors} errors; "
        f"printed: {tracebacks} tracebacks"
    )


if __name__ == "__main__":
    run(main)
