"""Book a holiday, and see what other tasks do when one task fails.

Section 1: we need a hotel, a flight, a train and a car, but the hotel is full.
gather raises the error of the hotel, and the other tasks go on. A TaskGroup
cancels the others, waits until all tasks have ended, and raises an
ExceptionGroup: an error that holds several errors. There is a second error,
because cancelling the car costs a fee.
Section 2: we ask three hotels, but we need only one room. When we have it, we
compare: wait for the other tasks, cancel each of them, or cancel the whole
group (since Python 3.15).

Prediction: booked without a hotel: gather 3, TaskGroup 0. Section 2 ends:
without cancel after about 1.5 s, with it after about 0.5 s.
"""

import asyncio
import sys
from time import perf_counter

import httpx
from httpx_aiohttp import HttpxAiohttpClient

from backstage import practice_site, run

# The paths are on the practice site. /delay/1 answers after 1 s. /flaky/99
# fails the first 99 times, so here it always fails, with the status 503. For
# us that means: the hotel is full.
TRIP = {  # the path for each booking of a trip
    "hotel": "/flaky/99?delay=0.3",
    "flight": "/delay/1",
    "train": "/delay/1",
    "car": "/delay/1",
}
WITH_FEE = ["car"]  # the bookings that cost a fee if we cancel them
HOTELS = {  # the path for each hotel of section 2
    "Sea Hotel": "/flaky/99?delay=0.2",
    "Park Hotel": "/delay/0.5",
    "Hill Hotel": "/delay/1.5",
}
TIMEOUT = 10  # seconds without any data, then we give up

Tasks = list[asyncio.Task[str]]


class FeeError(Exception):
    pass


# Section 1: we need all bookings.


async def book(name: str, client: httpx.AsyncClient) -> str:
    try:
        response = await client.get(TRIP[name])
    except asyncio.CancelledError:
        # The TaskGroup calls cancel() of this task, which raises this error
        # at the await. The task can clean up now.
        # Then it must raise this error again, or another one.
        if name in WITH_FEE:
            # "from None": the traceback does not show the CancelledError.
            raise FeeError(f"{name}: we have to pay a fee") from None
        raise
    response.raise_for_status()  # raises an HTTPStatusError for a 503
    return name


async def use_gather(client: httpx.AsyncClient) -> int:
    start = perf_counter()
    tasks = [asyncio.create_task(book(name, client)) for name in TRIP]
    try:
        await asyncio.gather(*tasks)
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        elapsed = perf_counter() - start
        print(f"gather: after {elapsed:.2f} s an error with status {status}")
    return await wait_and_report("gather", tasks, start)


async def use_task_group(client: httpx.AsyncClient) -> int:
    start = perf_counter()
    tasks: Tasks = []
    try:
        async with asyncio.TaskGroup() as group:
            for name in TRIP:
                tasks.append(group.create_task(book(name, client)))
    # There can be errors of several kinds. Each except* gets those of its
    # kind, in a group, so both blocks can run. (A normal `except` cannot look
    # into the group.)
    except* httpx.HTTPStatusError as errors:
        number = len(errors.exceptions)
        elapsed = perf_counter() - start
        print(
            f"TaskGroup: after {elapsed:.2f} s errors with a status: {number}"
        )
    except* FeeError as errors:
        number = len(errors.exceptions)
        elapsed = perf_counter() - start
        print(f"TaskGroup: after {elapsed:.2f} s errors with a fee: {number}")
    return await wait_and_report("TaskGroup", tasks, start)


async def wait_and_report(way: str, tasks: Tasks, start: float) -> int:
    """Wait for all tasks. Return the number of bookings that we have now."""
    running = [task for task in tasks if not task.done()]
    await asyncio.wait(tasks)  # waits until all of them have ended
    elapsed = perf_counter() - start
    cancelled = 0
    failed = 0
    for task in tasks:
        if task.cancelled():  # then exception() would raise an error
            cancelled += 1
        elif task.exception() is not None:
            # The hotel. And in the TaskGroup also the car: we cancelled it,
            # but it ended with another error, its FeeError.
            failed += 1
    booked = len(tasks) - cancelled - failed
    print(
        f"{way}: {len(running)} still running; {booked} booked, "
        f"{failed} failed, {cancelled} cancelled, end after {elapsed:.2f} s"
    )
    return booked


# Section 2: we need only the first free room.


async def ask(hotel: str, client: httpx.AsyncClient) -> str:
    response = await client.get(HOTELS[hotel])
    # No raise_for_status() here: an error in this task would make the group
    # cancel the others. We return an empty name, which means: no room.
    return hotel if response.is_success else ""


async def find_room(tasks: Tasks) -> str:
    # Each `await` here gives us the result of the task that ends next.
    for next_result in asyncio.as_completed(tasks):
        hotel = await next_result
        if hotel:
            return hotel
    raise ValueError("no hotel has a free room")


async def search(way: str, client: httpx.AsyncClient) -> float:
    """Return after how many seconds all tasks have ended."""
    start = perf_counter()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(hotel, client)) for hotel in HOTELS]
        hotel = await find_room(tasks)
        room_time = perf_counter() - start
        if way == "task.cancel()":
            for task in tasks:
                task.cancel()  # does nothing if the task has ended
        # New in Python 3.15: mypy, which checks types, needs to know that.
        elif way == "group.cancel()" and sys.version_info >= (3, 15):
            group.cancel()
    # The block ends when all tasks have ended.
    elapsed = perf_counter() - start
    cancelled = len([task for task in tasks if task.cancelled()])
    print(
        f"{way}: {hotel} after {room_time:.2f} s, {cancelled} cancelled, "
        f"end after {elapsed:.2f} s"
    )
    return elapsed


async def book_holiday(site: str) -> None:
    async with HttpxAiohttpClient(base_url=site, timeout=TIMEOUT) as client:
        gather = await use_gather(client)
        task_group = await use_task_group(client)

        without = await search("no cancel", client)
        with_cancel = await search("task.cancel()", client)
        if sys.version_info >= (3, 15):
            await search("group.cancel()", client)
        else:
            minor = sys.version_info.minor
            print(f"group.cancel() needs Python 3.15, this is 3.{minor}")
    print(
        f"booked: gather {gather}, TaskGroup {task_group}; "
        f"end: without cancel {without:.2f} s, with it {with_cancel:.2f} s"
    )


def main() -> None:
    # The practice site is a web server that runs on this computer.
    with practice_site(["/"]) as urls:
        asyncio.run(book_holiday(urls[0]))


if __name__ == "__main__":
    run(main)
