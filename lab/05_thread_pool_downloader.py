"""Download ten slow pages with a pool of threads, and save them.

Prediction: nearly 10.0 pages per second, 10 threads. With WORKERS = 5:
about 5 pages per second.
"""

from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import current_thread
from time import perf_counter
from typing import NamedTuple

import requests
from tqdm import tqdm

from backstage import practice_site, run

# Paths on the practice site, or whole URLs.
PAGES = [f"/page/{n}?delay=1" for n in range(1, 11)]  # ten slow pages
TIMEOUT = 10  # seconds without any data, then we give up
WORKERS = 10  # threads
FOLDER = Path(__file__).with_name("downloads")  # the folder beside this file


class Page(NamedTuple):
    size: int
    thread: str


def download(number: int, url: str) -> Page:
    response = requests.get(url, timeout=TIMEOUT)
    response.raise_for_status()
    save(number, response.content)
    return Page(len(response.content), current_thread().name)


def save(number: int, content: bytes) -> None:
    # We write to 01.part, and rename it at the end. So 01.html is always a
    # whole page.
    part = Path(FOLDER, f"{number:02}.part")
    try:
        part.write_bytes(content)
        part.replace(part.with_suffix(".html"))
    finally:
        part.unlink(missing_ok=True)  # delete it if an error left it there


def download_all(urls: list[str]) -> list[Page]:
    pages = []
    errors = []
    with ThreadPoolExecutor(WORKERS) as pool:
        # A future stands for a job. When the job has ended, the future holds
        # its result or its error.
        futures = [
            pool.submit(download, number, url)
            for number, url in enumerate(urls, start=1)
        ]
        # as_completed gives us each future as soon as its job has ended.
        completed = as_completed(futures)
        # tqdm shows a progress bar. disable=None: show it only in a terminal.
        progress = tqdm(
            completed, desc="pages", total=len(futures), disable=None
        )
        for future in progress:
            error = future.exception()  # the error of this job, or None
            if error:
                errors.append(error)
            else:
                pages.append(future.result())

    size = sum(page.size for page in pages)
    print(f"{len(pages)} pages saved ({size:,} bytes), {len(errors)} failed")
    if errors:
        raise errors[0]
    return pages


def main() -> None:
    Path(FOLDER).mkdir(exist_ok=True)
    # The practice site is a web server that runs on this computer.
    with practice_site(PAGES) as urls:
        start = perf_counter()
        pages = download_all(urls)
        elapsed = perf_counter() - start

    rate = len(pages) / elapsed
    threads = len({page.thread for page in pages})
    print(
        f"{len(pages)} pages in {elapsed:.2f} s: "
        f"{rate:.1f} pages per second, {threads} threads"
    )


if __name__ == "__main__":
    run(main)
