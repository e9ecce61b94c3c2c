"""Deliver parcels in five ways, and count the errors that get lost.

Three of ten parcels have a wrong address, so their deliveries fail. We run the
deliveries in five ways. An error in a thread or in a task does not stop the
main program. A future or a task keeps its error, so that we can read it.
Python prints the error of a thread, and that of a task if nobody reads it. An
error is lost if the main program never notices it. Each way runs twice:
"unread", and "read", where we look for the errors. With pool.map, two of three
errors are lost even then: we read its results one by one, and stop at the
first error.

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


class PostOffice:
    def __init__(self) -> None:
        self.numbers = range(1, PARCELS + 1)
        # Lists and not counters: several threads can safely append to a list
        # at the same time.
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
        # If the delivery failed, its outcome is an error. If not, it is the
        # result or None.
        if isinstance(outcome, Exception):
            self.noticed.append(str(outcome))


async def gather_all(office: PostOffice, read: bool) -> None:
    deliveries = [office.deliver_in_task(number) for number in office.numbers]
    # gather alone would raise the first error. With return_exceptions=True, it
    # puts all errors into its list. Python prints no traceback: it expects us
    # to look at the list.
    outcomes = await asyncio.gather(*deliveries, return_exceptions=True)
    if read:
        for outcome in outcomes:
            office.notice(outcome)


async def create_tasks(office: PostOffice, read: bool) -> None:
    deliveries = [office.deliver_in_task(number) for number in office.numbers]
    tasks = [asyncio.create_task(delivery) for delivery in deliveries]
    await asyncio.wait(tasks)  # waits, and raises no error
    if read:
        for task in tasks:
            # exception() returns the error or None. "await task" would raise
            # the error.
            office.notice(task.exception())
    # At the end of this function Python deletes the tasks. If nobody has read
    # the error of a task, Python prints a traceback: the error, and the calls
    # that led to it.


def use_gather(office: PostOffice, read: bool) -> None:
    asyncio.run(gather_all(office, read))


def use_create_task(office: PostOffice, read: bool) -> None:
    asyncio.run(create_tasks(office, read))


def use_thread(office: PostOffice, read: bool) -> None:
    # A thread keeps no error: Python calls threading.excepthook, which
    # prints a traceback. To see the error, we put our own function there.
    if read:
        # Python calls it with one argument, and exc_value is the error.
        threading.excepthook = lambda args: office.notice(args.exc_value)
    threads = [
        threading.Thread(target=office.deliver, args=[number])
        for number in office.numbers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()  # waits, and raises no error
    threading.excepthook = threading.__excepthook__  # Python's own function


def use_submit(office: PostOffice, read: bool) -> None:
    with ThreadPoolExecutor(PARCELS) as pool:
        futures = [pool.submit(office.deliver, n) for n in office.numbers]
    if read:
        for future in futures:
            # exception() returns the error or None. result() would raise it.
            office.notice(future.exception())


def use_map(office: PostOffice, read: bool) -> None:
    with ThreadPoolExecutor(PARCELS) as pool:
        outcomes = pool.map(office.deliver, office.numbers)
    if read:
        try:
            list(outcomes)
        except ValueError as error:
            # The error of the first wrong parcel. After it, map gives no more
            # outcomes: we never see the other errors.
            office.notice(error)


Way = Callable[[PostOffice, bool], None]  # one of the functions above: use_...


def deliver_all(name: str, way: Way, read: bool) -> PostOffice:
    office = PostOffice()
    start = perf_counter()
    # Python prints a traceback to standard error, its output for errors. Here
    # we collect that output in a text, to count the tracebacks.
    with redirect_stderr(StringIO()) as text:
        way(office, read)
    elapsed = perf_counter() - start
    office.tracebacks = text.getvalue().count("Traceback")
    lost = len(office.errors) - len(office.noticed)
    print(
        f"{name:<12}{'read' if read else 'unread':<8}{len(office.errors):>6}"
        f"{len(office.noticed):>9}{lost:>6}{office.tracebacks:>12}"
        f"{elapsed:>8.2f} s"
    )
    if office.tracebacks:
        print(f"    Python printed: ... {text.getvalue().splitlines()[-1]}")
    return office


def main() -> None:
    ways: dict[str, Way] = {
        "gather": use_gather,
        "create_task": use_create_task,
        "Thread": use_thread,
        "submit": use_submit,
        "pool.map": use_map,
    }
    print(
        f"{'way':<12}{'read?':<8}{'errors':>6}{'noticed':>9}{'lost':>6}"
        f"{'tracebacks':>12}{'time':>10}"
    )
    unread_offices = []
    read_offices = []
    for name, way in ways.items():
        unread_offices.append(deliver_all(name, way, read=False))
        read_offices.append(deliver_all(name, way, read=True))
    noticed_unread = sum(len(office.noticed) for office in unread_offices)
    noticed_read = sum(len(office.noticed) for office in read_offices)
    errors = sum(len(office.errors) for office in read_offices)
    tracebacks = sum(office.tracebacks for office in unread_offices)
    print(
        f"noticed: unread {noticed_unread}, "
        f"read {noticed_read} of {errors} errors; "
        f"unread printed {tracebacks} tracebacks"
    )


if __name__ == "__main__":
    run(main)
