"""Send photos from a fast camera to a slow printer, in three ways.

The photos travel through a connection between two sockets. Bytes that a socket
cannot take yet stay in the memory of the sender. "no limit": the camera never
waits. "back-pressure": the camera waits while too many bytes are in memory.
"refuse": while too many bytes are in memory, the camera throws each new photo
away; this is called load shedding. One of the three has to happen: the memory
fills, the camera waits, or photos are lost.

Prediction: "no limit" needs at least 3 times as many MB as "back-pressure",
and its photos get old before they reach the printer. "refuse" loses more than
0 photos.
"""

import asyncio
import os
import tracemalloc
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from contextlib import closing
from socket import socketpair
from time import perf_counter
from typing import NamedTuple

from backstage import run

PHOTOS = 40  # photos that the camera takes
PHOTO_SIZE = 1_000_000  # bytes of a photo
PHOTO_TIME = 0.005  # seconds that the camera needs for a photo
PRINT_TIME = 0.04  # seconds that the printer needs for a photo
LIMIT = 100_000  # bytes; if more are in memory, the camera waits or refuses


class CameraResult(NamedTuple):
    times: list[float]  # when it took the photos that it sent
    refused: int  # photos that it did not send
    waited: float  # seconds, in total


class Result(NamedTuple):
    megabytes: float  # the most memory at a time, of camera and printer
    oldest: float  # seconds: the age of the oldest photo at the printer
    refused: int  # photos


# A function that sends a photo, and returns whether it was sent.
SendPhoto = Callable[[StreamWriter, bytes], Awaitable[bool]]


async def send_without_limit(writer: StreamWriter, photo: bytes) -> bool:
    # write() takes the whole photo and never waits: it may stay in memory.
    writer.write(photo)
    return True


async def send_and_wait(writer: StreamWriter, photo: bytes) -> bool:
    writer.write(photo)
    # If more bytes than LIMIT are in memory, this waits until most are sent.
    await writer.drain()
    return True


async def send_or_refuse(writer: StreamWriter, photo: bytes) -> bool:
    if writer.transport.get_write_buffer_size() > LIMIT:
        return False
    writer.write(photo)
    return True


async def take_photos(
    send_photo: SendPhoto, writer: StreamWriter
) -> CameraResult:
    # `send_photo` is one of the three functions above.
    times: list[float] = []
    waited = 0.0
    for _ in range(PHOTOS):
        await asyncio.sleep(PHOTO_TIME)
        photo = os.urandom(PHOTO_SIZE)  # random bytes
        taken_at = perf_counter()
        is_sent = await send_photo(writer, photo)
        waited += perf_counter() - taken_at
        if is_sent:
            times.append(taken_at)
    writer.close()  # The photos that still wait are sent before the end.
    await writer.wait_closed()
    return CameraResult(times, refused=PHOTOS - len(times), waited=waited)


async def print_photos(reader: StreamReader) -> list[float]:
    received: list[float] = []  # when each photo arrived
    while True:
        try:
            await reader.readexactly(PHOTO_SIZE)  # waits for a whole photo
        except asyncio.IncompleteReadError:
            return received  # The camera has closed the connection.
        received.append(perf_counter())
        await asyncio.sleep(PRINT_TIME)


async def measure(name: str, send_photo: SendPhoto) -> Result:
    tracemalloc.start()  # counts the memory that Python takes from now on
    start = perf_counter()
    # Two connected sockets, like those of two computers. In this lesson the
    # camera and the printer are two tasks of one process.
    camera_socket, printer_socket = socketpair()
    _, writer = await asyncio.open_connection(sock=camera_socket)
    reader, unused_writer = await asyncio.open_connection(sock=printer_socket)
    # This limit is for drain(). A write() alone never looks at it.
    writer.transport.set_write_buffer_limits(high=LIMIT)
    # closing() closes them, after an error too.
    with closing(writer), closing(unused_writer):
        async with asyncio.TaskGroup() as group:
            camera_task = group.create_task(take_photos(send_photo, writer))
            printer_task = group.create_task(print_photos(reader))
    elapsed = perf_counter() - start
    _, peak = tracemalloc.get_traced_memory()  # bytes: now, and the maximum
    tracemalloc.stop()

    camera = camera_task.result()
    received = printer_task.result()
    # strict: an error if not all photos that were sent have arrived
    pairs = zip(camera.times, received, strict=True)
    oldest = max(arrived - taken for taken, arrived in pairs)
    megabytes = peak / 1_000_000
    print(
        f"{name:<14}{len(received):>8}{elapsed:>8.2f} s{megabytes:>8.1f} MB"
        f"{oldest:>12.2f} s{camera.waited:>12.2f} s{camera.refused:>9}"
    )
    return Result(megabytes, oldest, camera.refused)


def main() -> None:
    print(
        f"{'way':<14}{'printed':>8}{'time':>10}{'memory':>11}"
        f"{'oldest photo':>14}{'camera waits':>14}{'refused':>9}"
    )
    no_limit = asyncio.run(measure("no limit", send_without_limit))
    back_pressure = asyncio.run(measure("back-pressure", send_and_wait))
    refuse = asyncio.run(measure("refuse", send_or_refuse))
    print(
        f"no limit: {no_limit.megabytes:.0f} MB, "
        f"oldest {no_limit.oldest:.2f} s; "
        f"back-pressure: {back_pressure.megabytes:.0f} MB, "
        f"{back_pressure.oldest:.2f} s; refused {refuse.refused} of {PHOTOS}"
    )


if __name__ == "__main__":
    run(main)
