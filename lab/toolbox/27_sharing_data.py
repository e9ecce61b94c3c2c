"""Give a photo of 10 MB to another process, in five ways.

The worker checks the photo and paints one pixel white. A queue, a pipe and a
manager send the photo as a message, and the worker makes a copy from it. A
pipe has two ends, one for each process. A manager is a third process that
keeps data for the others. An Array and a SharedMemory are not sent: we copy
the photo into their memory, and both processes use this memory.

Prediction: equal results 5 of 5: the worker always got the right photo. Change
seen 2 of 5: the main process sees the white pixel with Array and SharedMemory.
SharedMemory takes less time than Manager, which sends the photo twice.
"""

import multiprocessing
from multiprocessing.shared_memory import SharedMemory
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple
from zlib import adler32

from backstage import run

SIZE = 10_000_000  # pixels of the photo, one byte for each
GRAY = b"g"  # a pixel of the photo
WHITE = b"w"  # the pixel that the worker paints
ROUNDS = 10  # measurements of each way
WAYS = ["Queue", "Pipe", "Manager", "Array", "SharedMemory"]  # in this order


class Places(NamedTuple):
    """Where a process can find the photo."""

    queue: Any  # a multiprocessing.Queue
    dictionary: Any  # it is in a third process, the manager
    array: Any  # an Array: a process gets it when we make the process
    memory: Any  # a SharedMemory: both processes use its memory


class Result(NamedTuple):
    is_equal: bool  # whether the worker always got the right photo
    is_change_seen: bool  # whether the main process sees the white pixel
    milliseconds: float  # to send, check and answer: the median of ROUNDS


def find_photo(way: str, message: Any, places: Places) -> Any:
    """Return the photo as this process sees it."""
    if way == "Manager":
        return places.dictionary["photo"]  # asks the manager for a copy
    if way == "Array":
        return places.array
    if way == "SharedMemory":
        return places.memory.buf[:SIZE]  # the memory can be a bit longer
    # Queue and Pipe: the worker has a copy. The main process has its own
    # photo, which the worker cannot change.
    return message


def worker(pipe: Any, places: Places) -> None:
    pipe.send("ready")
    for way in WAYS:
        for _ in range(ROUNDS):
            message = pipe.recv()  # waits until the photo is there
            if way == "Queue":
                message = places.queue.get()
            photo = find_photo(way, message, places)
            checksum = check_and_paint(photo)
            pipe.send(checksum)


def check_and_paint(photo: Any) -> int:
    checksum = adler32(photo)  # a number that is computed from all bytes
    photo[:1] = WHITE
    return checksum  # of the photo as it arrived


def send(way: str, photo: bytearray, pipe: Any, places: Places) -> None:
    message: Any = "the photo is there"
    if way == "Queue":
        places.queue.put(photo)
    elif way == "Pipe":
        message = photo
    elif way == "Manager":
        places.dictionary["photo"] = photo
    elif way == "Array":
        places.array.raw = photo  # raw: all bytes of the array
    else:
        places.memory.buf[:SIZE] = photo  # buf: all bytes of the memory
    pipe.send(message)


def measure(way: str, pipe: Any, places: Places) -> Result:
    photo = bytearray(GRAY * SIZE)  # like bytes, but it can be changed
    checksums = []
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        send(way, photo, pipe, places)
        checksum = pipe.recv()  # waits for the worker's answer
        elapsed = perf_counter() - start
        times.append(elapsed)
        checksums.append(checksum)
    is_equal = set(checksums) == {adler32(photo)}
    is_change_seen = find_photo(way, photo, places)[:1] == WHITE
    seen = "yes" if is_change_seen else "no"
    milliseconds = median(times) * 1000  # the time in the middle
    print(f"{way:<14}{milliseconds:>8.1f} ms{seen:>14}")
    return Result(is_equal, is_change_seen, milliseconds)


def measure_all(places: Places) -> dict[str, Result]:
    pipe, worker_pipe = multiprocessing.Pipe()
    # A daemon: if the main process fails, the worker ends too.
    process = multiprocessing.Process(
        target=worker, args=(worker_pipe, places), daemon=True
    )
    process.start()
    worker_pipe.close()  # our copy of this end; the worker has its own
    pipe.recv()  # waits until the worker is ready
    results = {way: measure(way, pipe, places) for way in WAYS}
    process.join()
    return results


def main() -> None:
    print(f"{'way':<14}{'time':>11}{'change seen':>14}")
    with multiprocessing.Manager() as manager:
        memory = SharedMemory(create=True, size=SIZE)
        try:
            # "c" is an array of bytes. It needs no lock here, because only one
            # process at a time uses it.
            places = Places(
                queue=multiprocessing.Queue(),
                dictionary=manager.dict(),
                array=multiprocessing.Array("c", SIZE, lock=False),
                memory=memory,
            )
            results = measure_all(places)
        finally:
            memory.close()
            memory.unlink()  # removes it. Python does not do that by itself.

    equal = sum(result.is_equal for result in results.values())
    seen = sum(result.is_change_seen for result in results.values())
    shared_memory = results["SharedMemory"].milliseconds
    manager_time = results["Manager"].milliseconds
    print(
        f"equal results {equal} of {len(WAYS)}, "
        f"change seen {seen} of {len(WAYS)}; "
        f"SharedMemory {shared_memory:.1f}, Manager {manager_time:.1f} ms"
    )


if __name__ == "__main__":
    run(main)
