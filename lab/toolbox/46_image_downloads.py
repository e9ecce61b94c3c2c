"""Download twenty pictures in three ways, and make thumbnails in three ways.

A download is mostly waiting. A thumbnail is a small copy of a picture, and
making it is computing. Pillow, a library for pictures, releases the GIL during
much of this work. So not only processes, but also threads can be faster, if a
second core is free. (What do threads gain on your computer?)

Prediction: download: threads and coroutines at least 2 times faster than one
by one; opened: all 60 files (twenty pictures, downloaded three times).
"""

import asyncio
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import NamedTuple

import httpx
import requests
from httpx_aiohttp import HttpxAiohttpClient
from PIL import Image

from backstage import practice_site, run

# Paths on the practice site, or whole URLs. A picture has 0.2 to 2 MB.
PAGES = [f"/photo/{n}?delay=0.15" for n in range(20)]  # twenty pictures
TIMEOUT = 10  # seconds without any data, then we give up
IN_FLIGHT = 10  # downloads at the same time, at most
WORKERS = 2  # threads or processes that make thumbnails
MAX_SIZE = (200, 200)  # pixels: width and height of a thumbnail, at most


class Times(NamedTuple):
    wall: float  # seconds of a normal clock: perf_counter
    cpu: float  # seconds of CPU time of this process: process_time


def read_clocks() -> Times:
    return Times(perf_counter(), process_time())


def report(name: str, start: Times) -> Times:
    """Print the seconds since `start`; return them and the CPU time."""
    end = read_clocks()
    wall = end.wall - start.wall
    print(f"{name}: {len(PAGES)} pictures in {wall:.2f} s")
    return Times(wall, end.cpu - start.cpu)


def make_paths(folder: str, way: str) -> list[Path]:
    return [Path(folder, f"{way} {n}.jpg") for n in range(len(PAGES))]


def download(url: str, file: Path) -> None:
    response = requests.get(url, timeout=TIMEOUT)
    response.raise_for_status()
    file.write_bytes(response.content)


async def download_async(
    url: str, file: Path, client: httpx.AsyncClient
) -> None:
    response = await client.get(url, follow_redirects=True)
    response.raise_for_status()
    # A thread writes the file. Meanwhile other coroutines run.
    await asyncio.to_thread(file.write_bytes, response.content)


async def download_all_async(urls: list[str], files: list[Path]) -> None:
    limits = httpx.Limits(max_connections=IN_FLIGHT)
    # pool=None: a request waits for a free connection as long as necessary.
    timeout = httpx.Timeout(TIMEOUT, pool=None)
    # httpx uses the connections of aiohttp, another library: they are faster.
    async with (
        HttpxAiohttpClient(timeout=timeout, limits=limits) as client,
        asyncio.TaskGroup() as group,  # waits at its end for all tasks
    ):
        for url, file in zip(urls, files, strict=True):
            group.create_task(download_async(url, file, client))


def make_thumbnail(file: Path) -> bytes:
    with Image.open(file) as image:
        # load() decodes all pixels. It fails if a part of the file is missing.
        image.load()
        image.thumbnail(MAX_SIZE)  # makes the image small
        return image.tobytes()


def main() -> None:
    with (
        TemporaryDirectory() as folder,  # deleted at the end of the block
        ProcessPoolExecutor(WORKERS) as processes,
        ThreadPoolExecutor(IN_FLIGHT) as threads,
        practice_site(PAGES) as urls,  # a web server on this computer
    ):
        # Give each process a tiny job. That starts the processes before we
        # measure.
        list(processes.map(abs, range(WORKERS)))

        files = make_paths(folder, "one by one")
        start = read_clocks()
        for url, file in zip(urls, files, strict=True):
            download(url, file)
        download_time = report("download, one by one", start)

        files_of_threads = make_paths(folder, "threads")
        start = read_clocks()
        # list() waits until all downloads have ended.
        list(threads.map(download, urls, files_of_threads))
        download_threads = report("download, threads", start)

        files_of_coroutines = make_paths(folder, "coroutines")
        start = read_clocks()
        asyncio.run(download_all_async(urls, files_of_coroutines))
        download_coroutines = report("download, coroutines", start)

        # The first way opens the files of the first download, the second way
        # those of the second, and so on. So all files are opened.
        start = read_clocks()
        first = [make_thumbnail(file) for file in files]
        thumbnail_time = report("thumbnails, one by one", start)

        # As many threads as processes, to compare them
        with ThreadPoolExecutor(WORKERS) as few_threads:
            start = read_clocks()
            second = list(few_threads.map(make_thumbnail, files_of_threads))
            thumbnail_threads = report("thumbnails, threads", start)

        start = read_clocks()
        third = list(processes.map(make_thumbnail, files_of_coroutines))
        thumbnail_processes = report("thumbnails, processes", start)

    if first != second or second != third:
        raise RuntimeError("the three ways made different thumbnails")
    print(
        f"one by one, CPU time: "
        f"downloads {download_time.cpu:.2f} of {download_time.wall:.2f} s, "
        f"thumbnails {thumbnail_time.cpu:.2f} "
        f"of {thumbnail_time.wall:.2f} s"
    )
    thumbnail_speed_threads = thumbnail_time.wall / thumbnail_threads.wall
    thumbnail_speed_processes = thumbnail_time.wall / thumbnail_processes.wall
    print(
        f"thumbnails: threads {thumbnail_speed_threads:.1f}, "
        f"processes {thumbnail_speed_processes:.1f} "
        f"times faster than one by one"
    )
    download_speed_threads = download_time.wall / download_threads.wall
    download_speed_coroutines = download_time.wall / download_coroutines.wall
    opened = len(first + second + third)
    print(
        f"download: threads {download_speed_threads:.1f}, "
        f"coroutines {download_speed_coroutines:.1f} times faster; "
        f"opened {opened} of {len(PAGES) * 3} files"
    )


if __name__ == "__main__":
    run(main)
