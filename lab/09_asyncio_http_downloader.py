"""Download unreliable pages: limit the requests, and retry what failed.

A page is "recovered" if it came after a failed attempt. A request is "in
flight" from the moment we send it until we have the answer.

Prediction: 3 ok, 6 recovered, 1 failed; at most 4 requests in flight.
"""

import asyncio
from collections import Counter
from email.utils import parsedate_to_datetime
from pathlib import Path
from random import uniform
from time import perf_counter, time
from typing import NamedTuple

import httpx

from backstage import practice_site, run

# Paths on the practice site, or whole URLs. Three pages always work. Three
# fail once and three fail twice before they work. The last one always fails.
# The number after "?" makes nine different pages.
PAGES = [f"/flaky/{n % 3}?{n}" for n in range(9)] + ["/status/500"]  # paths
TIMEOUT = 10  # seconds without any data, then we give up
MAX_IN_FLIGHT = 4  # requests at the same time
ATTEMPTS = 4  # for one page, at most
MAX_RETRY_DELAY = 10  # seconds; we give up if a server asks for more
FOLDER = Path(__file__).with_name("downloads")  # the folder beside this file
TEMPORARY_ERRORS = (  # errors of the network: the next attempt may work
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
)


class Outcome(NamedTuple):
    kind: str  # "ok", "recovered" (after a failure), or "failed"
    attempts: int


class LimitedClient:
    """Sends requests, but only MAX_IN_FLIGHT at the same time."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        # A semaphore is like a lock, but it lets several coroutines in.
        self.semaphore = asyncio.Semaphore(MAX_IN_FLIGHT)
        self.in_flight = 0
        self.most_in_flight = 0

    async def get(self, url: str) -> bytes:
        async with self.semaphore:
            # No lock is needed: another coroutine can run only when this one
            # reaches an await.
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            try:
                response = await self.client.get(url, follow_redirects=True)
            finally:
                self.in_flight -= 1
        response.raise_for_status()
        return response.content


async def download(number: int, url: str, client: LimitedClient) -> Outcome:
    attempt = 0
    while True:
        attempt += 1
        try:
            content = await client.get(url)
        except httpx.HTTPError as error:
            print(f"page {number}, attempt {attempt}: {describe(error)}")
            delay = retry_delay(error, attempt)
            if delay is None or attempt == ATTEMPTS:
                return Outcome("failed", attempt)
            await asyncio.sleep(delay)  # meanwhile other requests can start
        else:
            print(f"page {number}, attempt {attempt}: {len(content)} bytes")
            # Another thread writes the file, so that the other coroutines can
            # go on.
            await asyncio.to_thread(save, number, content)
            return Outcome("ok" if attempt == 1 else "recovered", attempt)


def retry_delay(error: httpx.HTTPError, attempt: int) -> float | None:
    """Return the seconds to wait, or None if a retry cannot help."""
    server_delay = 0.0  # seconds that the server asks us to wait
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        # 429 means "too many requests". Other numbers below 500 mean that our
        # request was wrong, such as 404. A retry would give the same answer.
        if status != 429 and status < 500:
            return None
        server_delay = read_retry_after(error.response.headers)
        if server_delay > MAX_RETRY_DELAY:
            return None
    elif not isinstance(error, TEMPORARY_ERRORS):
        return None
    # Wait 0.25 to 0.5 s, then 0.5 to 1 s, then 1 to 2 s, and so on. It is
    # random, so that the retries do not all come at the same moment.
    own_delay = uniform(0.25, 0.5) * 2.0 ** (attempt - 1)
    return max(server_delay, min(own_delay, MAX_RETRY_DELAY))


def read_retry_after(headers: httpx.Headers) -> float:
    """Return the seconds in Retry-After, which is a number or a date."""
    retry_after = headers.get("Retry-After", "")
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        return parsedate_to_datetime(retry_after).timestamp() - time()
    except (ValueError, OverflowError):
        return 0.0  # there is no such header, or it is not a date


def describe(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"status {error.response.status_code}"
    return f"{type(error).__name__} {error}".strip()


def save(number: int, content: bytes) -> None:
    # We write to 01.part, and rename it at the end. So 01.html is always a
    # whole page.
    part = Path(FOLDER, f"{number:02}.part")
    try:
        part.write_bytes(content)
        part.replace(part.with_suffix(".html"))
    finally:
        part.unlink(missing_ok=True)  # delete it if an error left it there


async def download_all(urls: list[str]) -> None:
    start = perf_counter()
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        limited = LimitedClient(client)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(download(number, url, limited))
                for number, url in enumerate(urls, start=1)
            ]
    elapsed = perf_counter() - start

    outcomes = [task.result() for task in tasks]
    attempts = sum(outcome.attempts for outcome in outcomes)
    print(f"{len(outcomes)} pages, {attempts} attempts in {elapsed:.2f} s")
    kinds = Counter(outcome.kind for outcome in outcomes)
    print(
        f"{kinds['ok']} ok, {kinds['recovered']} recovered, "
        f"{kinds['failed']} failed; "
        f"at most {limited.most_in_flight} requests in flight"
    )


def main() -> None:
    Path(FOLDER).mkdir(exist_ok=True)
    # The practice site is a web server that runs on this computer.
    with practice_site(PAGES) as urls:
        asyncio.run(download_all(urls))


if __name__ == "__main__":
    run(main)
