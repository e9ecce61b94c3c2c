"""Ten slow pages, fetched by a pool of threads and saved as files.

Claim: 10 pages in the longest of their waits: 10.0 waits at a time; with half
the WORKERS, half of that.
"""

from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from time import perf_counter

import requests
from tqdm import tqdm

from backstage import practice_site, run

PAGES = [f"/page/{n}?delay=1" for n in range(1, 11)]  # paths, or whole URLs
TIMEOUT = 10  # seconds that a page may keep silent
WORKERS = 10  # threads
FOLDER = Path(__file__).with_name("downloads")  # where 01.html and so on go


def fetch(number: int, url: str) -> tuple[float, int]:
    begin = perf_counter()
    response = requests.get(url, timeout=TIMEOUT)
    response.raise_for_status()
    wait, size = perf_counter() - begin, len(response.content)
    save(number, response.content)
    return wait, size


def save(number: int, content: bytes) -> None:
    part = Path(FOLDER, f"{number:02}.part")
    try:
        part.write_bytes(content)
        part.replace(part.with_suffix(".html"))  # whole or not at all
    finally:
        part.unlink(missing_ok=True)


def fetch_all(urls: list[str]) -> list[tuple[float, int]]:
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="fetch") as pool:
        pages = [pool.submit(fetch, *page) for page in enumerate(urls, 1)]
        bar = tqdm(as_completed(pages), "pages", len(pages), disable=None)
        return [page.result() for page in bar]


def main() -> None:
    Path(FOLDER).mkdir(exist_ok=True)
    with practice_site(PAGES) as urls:
        start = perf_counter()
        waits, sizes = zip(*fetch_all(urls), strict=True)
        elapsed = perf_counter() - start
    count, overlap = len(waits), sum(waits) / elapsed
    print(f"{sum(sizes):,} bytes, ", end="")
    print(f"{count} pages in {elapsed:.1f} s: {overlap:.1f} waits at a time")


if __name__ == "__main__":
    run(main)
