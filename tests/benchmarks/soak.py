"""Load a web server for long, to see if it loses requests or memory.

    uv run tests/benchmarks/soak.py

starts the server of lesson 50, and sends requests from 1,000 clients for 60
seconds. Each handler waits 50 ms. `--clients` and `--seconds` change that.

Its exit status is 1 if a request was lost, or if the memory of the server
grew by more than MAX_GROWTH between the end of the warm-up and the end.
"""

import argparse
import asyncio
import importlib
import sys
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import aiohttp
import psutil

from backstage.course.selection import find
from backstage.site.client import raise_open_file_limit

LESSON = find("50").path
sys.path.append(str(LESSON.parent))  # this script runs without pytest, too
web: Any = importlib.import_module(LESSON.stem)
MAX_GROWTH = 0.05  # of the memory after the warm-up
WARM_UP = 0.25  # of the whole time
TIMEOUT = 30  # seconds for an answer, then the request is lost
REPORTS = 6  # lines of progress


@dataclass
class Count:
    """The requests of all clients."""

    sent: int = 0
    answered: int = 0

    @property
    def lost(self) -> int:
        """Those without an answer."""
        return self.sent - self.answered


async def run_client(
    session: aiohttp.ClientSession, url: str, end: float, count: Count
) -> None:
    """Send requests one after the other until a time."""
    while perf_counter() < end:
        count.sent += 1
        try:
            async with session.get(url) as response:
                response.raise_for_status()
                await response.read()
        except (OSError, aiohttp.ClientError):  # TimeoutError is an OSError
            await asyncio.sleep(0.1)  # the server may be gone
        else:
            count.answered += 1


async def report(
    seconds: float, count: Count, server: psutil.Process
) -> list[int]:
    """Print the progress, and return the memory after the warm-up and then."""
    start = perf_counter()
    pauses = [WARM_UP, *[(1 - WARM_UP) / REPORTS] * REPORTS]
    memory = []
    for pause in pauses:
        await asyncio.sleep(pause * seconds)
        memory.append(server.memory_info().rss)
        print(
            f"{perf_counter() - start:>6.1f} s: {count.sent:>9,} sent, "
            f"{count.answered:>9,} answered, {memory[-1] / 1024**2:.1f} MB",
            flush=True,
        )
    return memory


async def load(
    clients: int, seconds: float, url: str, server: psutil.Process
) -> tuple[Count, list[int]]:
    """Run all clients; return their requests and the server's memory."""
    count = Count()
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        asyncio.TaskGroup() as group,
    ):
        end = perf_counter() + seconds
        for _ in range(clients):
            group.create_task(run_client(session, url, end, count))
        reporting = group.create_task(report(seconds, count, server))
    return count, reporting.result()


def positive(text: str) -> float:
    number = float(text)
    if number <= 0:
        raise argparse.ArgumentTypeError("it must be more than 0")
    return number


def main() -> int:
    """Load the server, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--clients", type=positive, default=1_000)
    parser.add_argument("--seconds", type=positive, default=60.0)
    arguments = parser.parse_args()
    raise_open_file_limit()
    clients = round(arguments.clients)
    with web.start_workers(1) as workers:
        server = psutil.Process(workers[0].process.pid)
        url = f"http://127.0.0.1:{workers[0].port}/loop/waits"
        count, memory = asyncio.run(
            load(clients, arguments.seconds, url, server)
        )
    growth = memory[-1] / memory[0] - 1
    print(
        f"{clients:,} clients: {count.sent:,} requests sent, "
        f"{count.answered:,} answered, {count.lost:,} lost; memory of the "
        f"server {memory[0] / 1024**2:.1f} MB after the warm-up, "
        f"{memory[-1] / 1024**2:.1f} MB at the end ({growth:+.1%})"
    )
    return int(count.lost > 0 or count.sent == 0 or growth > MAX_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
