"""Write, read and delete small files and large ones, in four ways.

A program rarely waits for a local disk: the operating system keeps files in
memory (in the page cache), and writes them to the disk later. Here we read a
file right after we wrote it, so it is still in memory. The module asyncio has
no functions for files: to_thread and aiofiles use threads.

Large files can be faster in threads: reading and writing release the GIL, so
threads copy data on several cores.

Prediction: equal: we read what we wrote, from all 8,080 files (1,010 files in
four ways and two rounds). With small files, threads and aiofiles are often
slower than one by one: less than 1.0 times as fast. There is almost no
waiting, and giving a step to a thread takes time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import randbytes
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

import aiofiles
import aiofiles.os

from backstage import run

SMALL_FILES = 1_000  # number of small files
SMALL_SIZE = 2_000  # bytes of each small file
LARGE_FILES = 10  # number of large files
LARGE_SIZE = 5_000_000  # bytes of each large file
WORKERS = 8  # files in use at the same time, at most
ROUNDS = 2  # measurements of each way: the speed of a computer varies


class Result(NamedTuple):
    elapsed: float  # seconds
    equal_files: int  # files from which we read what we wrote


def write_read_delete(file: Path, content: bytes) -> bool:
    """Return whether we read what we have written."""
    file.write_bytes(content)
    equal = file.read_bytes() == content
    file.unlink()  # deletes the file
    return equal


async def write_read_delete_in_thread(file: Path, content: bytes) -> bool:
    # A thread does the work. Meanwhile other coroutines run.
    return await asyncio.to_thread(write_read_delete, file, content)


async def write_read_delete_async(file: Path, content: bytes) -> bool:
    # aiofiles gives each step to a thread: open, write, close, open, read,
    # close, delete. So we wait for a thread seven times for each file.
    async with aiofiles.open(file, "wb") as output:
        await output.write(content)
    async with aiofiles.open(file, "rb") as source:
        read = await source.read()
    equal = read == content
    await aiofiles.os.remove(file)
    return equal


Job = Callable[[Path, bytes], Awaitable[bool]]  # one of these two functions


async def run_coroutines(
    job: Job, files: list[Path], content: bytes
) -> list[bool]:
    # A computer allows only a limited number of open files.
    semaphore = asyncio.Semaphore(WORKERS)

    async def run_one(file: Path) -> bool:
        async with semaphore:
            return await job(file, content)

    return await asyncio.gather(*[run_one(file) for file in files])


def one_by_one(files: list[Path], content: bytes) -> list[bool]:
    return [write_read_delete(file, content) for file in files]


def in_threads(files: list[Path], content: bytes) -> list[bool]:
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(write_read_delete, files, [content] * len(files)))


def with_to_thread(files: list[Path], content: bytes) -> list[bool]:
    return asyncio.run(
        run_coroutines(write_read_delete_in_thread, files, content)
    )


def with_aiofiles(files: list[Path], content: bytes) -> list[bool]:
    return asyncio.run(run_coroutines(write_read_delete_async, files, content))


Way = Callable[[list[Path], bytes], list[bool]]  # one of these four functions


def measure(way: Way, folder: str, count: int, size: int) -> Result:
    content = randbytes(size)
    files = [Path(folder, f"{n}.bin") for n in range(count)]
    start = perf_counter()
    results = way(files, content)
    elapsed = perf_counter() - start
    return Result(elapsed, equal_files=results.count(True))


def compare(folder: str) -> None:
    ways: dict[str, Way] = {
        "one by one": one_by_one,
        "threads": in_threads,
        "to_thread": with_to_thread,
        "aiofiles": with_aiofiles,
    }
    # Seconds of all rounds together
    small_seconds = dict.fromkeys(ways, 0.0)  # 0.0 for each name
    large_seconds = dict.fromkeys(ways, 0.0)
    equal_files = 0
    # The first files take longer. We do not use these results.
    measure(one_by_one, folder, SMALL_FILES, SMALL_SIZE)
    measure(one_by_one, folder, LARGE_FILES, LARGE_SIZE)
    for _ in range(ROUNDS):
        for name, way in ways.items():
            small = measure(way, folder, SMALL_FILES, SMALL_SIZE)
            large = measure(way, folder, LARGE_FILES, LARGE_SIZE)
            label = f"{name}:"
            print(
                f"{label:11} {SMALL_FILES:,} small files "
                f"{small.elapsed:.3f} s, {LARGE_FILES:,} large files "
                f"{large.elapsed:.3f} s"
            )
            small_seconds[name] += small.elapsed
            large_seconds[name] += large.elapsed
            equal_files += small.equal_files + large.equal_files

    speed = print_speed("small", small_seconds)
    print_speed("large", large_seconds)
    total = (SMALL_FILES + LARGE_FILES) * len(ways) * ROUNDS
    print(
        f"equal: {equal_files:,} of {total:,}; "
        f"small files (one by one 1.0): threads {speed['threads']:.1f}, "
        f"aiofiles {speed['aiofiles']:.1f}"
    )


def print_speed(kind: str, seconds: dict[str, float]) -> dict[str, float]:
    """Print and return how fast each way is, if one by one is 1.0."""
    speed = {name: seconds["one by one"] / seconds[name] for name in seconds}
    print(
        f"speed, {kind} files: one by one 1.0, "
        f"threads {speed['threads']:.1f}, "
        f"to_thread {speed['to_thread']:.1f}, "
        f"aiofiles {speed['aiofiles']:.1f}"
    )
    return speed


def main() -> None:
    # The folder is deleted at the end of the block, after Ctrl-C too.
    with TemporaryDirectory() as folder:
        compare(folder)


if __name__ == "__main__":
    run(main)
