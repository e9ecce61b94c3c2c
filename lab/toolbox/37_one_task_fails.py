"""Book a holiday, and see what other tasks do when one task fails.

Section 1: we need a hotel, a flight, a train and a car, but the hotel fails.
gather raises its error, and the other tasks go on. A TaskGroup cancels them,
waits until all have ended, and raises the errors together, in an
ExceptionGroup.
Section 2: we ask three hotels, but we need only one room. A full hotel is no
problem here. When we have a room, we wait for the other tasks or cancel them.

Prediction: booked without a hotel: gather 3, TaskGroup 0. The search for a
room: without cancel about 1.5 s, with it about 0.5 s.
"""

import asyncio
import sys
from collections.abc import Callable
from time import perf_counter

import httpx
from httpx_aiohttp import HttpxAiohttpClient

from backstage import practice_site, run

# The paths are on the practice site. /delay/1 answers after 1 s. /flaky/200
# fails 200 times, here as a full hotel: it answers with the status 503.
TRIP = {  # the bookings of a trip: their paths
    "hotel": "/flaky/200?delay=0.3",
    "flight": "/delay/1",
    "train": "/delay/1",
    "car": "/delay/1",
}
FEES = ["car"]  # the bookings that cost a fee if we cancel them
HOTELS = {  # the hotels of section 2: their paths
    "Sea Hotel": "/flaky/200?delay=0.2",
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
        # cancel() raises this error at the await. The task can clean up now.
        # Then it must raise again: this error, or one that says what is wrong.
        if name in FEES:
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
        print(f"gather: after {elapsed:.2f} s an error, status {status}")
    return await count_booked("gather", tasks, start)


async def use_task_group(client: httpx.AsyncClient) -> int:
    start = perf_counter()
    tasks: Tasks = []
    try:
        async with asyncio.TaskGroup() as group:
            for name in TRIP:
                tasks.append(group.create_task(book(name, client)))
    # There can be errors of several kinds. Each except* gets those of its
    # kind, in a group, so both blocks can run. (A normal `except` can only
    # get the whole group.)
    except* httpx.HTTPStatusError as errors:
        number = len(errors.exceptions)
        elapsed = perf_counter() - start
        print(f"TaskGroup: after {elapsed:.2f} s failed bookings: {number}")
    except* FeeError as errors:
        elapsed = perf_counter() - start
        print(
            f"TaskGroup: after {elapsed:.2f} s fees: {len(errors.exceptions)}"
        )
    return await count_booked("TaskGroup", tasks, start)


async def count_booked(way: str, tasks: Tasks, start: float) -> int:
    running = [task for task in tasks if not task.done()]
    await asyncio.wait(tasks)  # waits until all of them have ended
    elapsed = perf_counter() - start
    cancelled = [task for task in tasks if task.cancelled()]
    ended = [task for task in tasks if not task.cancelled()]
    booked = [task for task in ended if task.exception() is None]
    print(
        f"{way}: {len(running)} tasks still running, then "
        f"{len(booked)} booked, {len(cancelled)} cancelled, "
        f"end after {elapsed:.2f} s"
    )
    return len(booked)


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


def cancel_nothing(group: asyncio.TaskGroup, tasks: Tasks) -> None:
    pass


def cancel_tasks(group: asyncio.TaskGroup, tasks: Tasks) -> None:
    for task in tasks:
        task.cancel()  # does nothing if the task has ended


def cancel_group(group: asyncio.TaskGroup, tasks: Tasks) -> None:
    if sys.version_info >= (3, 15):
        group.cancel()


Cancel = Callable[[asyncio.TaskGroup, Tasks], None]  # one of these three


async def search(way: str, cancel: Cancel, client: httpx.AsyncClient) -> float:
    start = perf_counter()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(hotel, client)) for hotel in HOTELS]
        hotel = await find_room(tasks)
        search_time = perf_counter() - start
        cancel(group, tasks)
    # The block ends when all tasks have ended.
    elapsed = perf_counter() - start
    cancelled = len([task for task in tasks if task.cancelled()])
    print(
        f"{way}: {hotel} after {search_time:.2f} s, {cancelled} cancelled, "
        f"end after {elapsed:.2f} s"
    )
    return elapsed


async def book_holiday(site: str) -> None:
    async with HttpxAiohttpClient(base_url=site, timeout=TIMEOUT) as client:
        gather = await use_gather(client)
        task_group = await use_task_group(client)

        without = await search("no cancel", cancel_nothing, client)
        with_cancel = await search("task.cancel()", cancel_tasks, client)
        if sys.version_info >= (3, 15):
            await search("group.cancel()", cancel_group, client)
        else:
            minor = sys.version_info.minor
            print(f"group.cancel() needs Python 3.15, this is 3.{minor}")
    print(
        f"booked: gather {gather}, TaskGroup {task_group}; "
        f"search: without cancel {without:.2f} s, with it {with_cancel:.2f} s"
    )


def main() -> None:
    # The practice site is a web server that runs on this computer.
    with practice_site(["/"]) as urls:
        asyncio.run(book_holiday(urls[0]))


if __name__ == "__main__":
    run(main)
