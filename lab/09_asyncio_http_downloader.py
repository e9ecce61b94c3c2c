"""Unruly pages: few at a time, tried again where they fail, saved as files.

Claim: 10 pages in 22 tries: 3 ok, 6 recovered, 1 failed.
"""

import asyncio
from email.utils import mktime_tz, parsedate_tz
from pathlib import Path
from random import uniform
from time import perf_counter, time

import httpx

from backstage import practice_site, run

PAGES = [f"/flaky/{n % 3}?{n}" for n in range(9)] + ["/status/500"]  # paths
TIMEOUT = 10  # seconds that a page may keep silent, or keep us waiting
SLOTS = 4  # pages under way at a time
TRIES = 4  # of one page, at most
FOLDER = Path(__file__).with_name("downloads")  # where 01.html and so on go


async def retry(
    n: int, url: str, client: httpx.AsyncClient, slots: asyncio.Semaphore
) -> tuple[str, int]:
    for tries in range(1, TRIES + 1):
        try:
            async with slots:
                await fetch(n, url, client)
            return "recovered" if tries > 1 else "ok", tries
        except httpx.HTTPError as error:
            print(f"page {n}: {str(error).split(' for ')[0] or repr(error)}")
            if tries == TRIES or (wait := pause(error, tries)) > TIMEOUT:
                break
        await asyncio.sleep(wait)  # meanwhile its slot is another page's
    return "failed", tries


def pause(error: httpx.HTTPError, tries: int) -> float:
    backoff = min(uniform(0.25, 0.5) * 2.0 ** (tries - 1), TIMEOUT)
    if not isinstance(error, httpx.HTTPStatusError):
        return backoff  # no answer, or half of one
    code, headers = error.response.status_code, error.response.headers
    if code != 429 and code < 500:
        return float("inf")  # it would be the same again
    asked = headers.get("Retry-After", "")  # seconds, or a date
    date, wait = parsedate_tz(asked), float(asked) if asked.isdecimal() else 0
    return max(backoff, mktime_tz(date) - time() if date else wait)


async def fetch(number: int, url: str, client: httpx.AsyncClient) -> None:
    response = await client.get(url, follow_redirects=True)
    response.raise_for_status()
    await asyncio.to_thread(save, number, response.content)
    print(f"page {number}: {len(response.content)} bytes")


def save(number: int, content: bytes) -> None:
    part = Path(FOLDER, f"{number:02}.part")
    try:
        part.write_bytes(content)
        part.replace(part.with_suffix(".html"))  # whole or not at all
    finally:
        part.unlink(missing_ok=True)


async def fetch_all(urls: list[str]) -> list[tuple[str, int]]:
    slots = asyncio.Semaphore(SLOTS)
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        tasks = [
            asyncio.create_task(retry(n, url, client, slots), name=f"page-{n}")
            for n, url in enumerate(urls, 1)
        ]
        return await asyncio.gather(*tasks)


def main() -> None:
    Path(FOLDER).mkdir(exist_ok=True)
    with practice_site(PAGES) as urls:
        start = perf_counter()
        ends, tries = zip(*asyncio.run(fetch_all(urls)), strict=True)
        elapsed = perf_counter() - start
    kinds = "ok", "recovered", "failed"
    told = ", ".join(f"{ends.count(kind)} {kind}" for kind in kinds)
    print(f"{len(ends)} pages in {elapsed:.1f} s: {told}, {sum(tries)} tries")


if __name__ == "__main__":
    run(main)
