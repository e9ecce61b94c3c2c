"""Send many requests to a web server, which runs its handlers in three ways.

A handler is a function that answers a request. The library Starlette runs an
`async def` handler in the event loop, and a `def` handler in one of 40
threads. The third way is several workers: processes with an event loop each.
Never block an event loop: while one handler waits without `await`, or
computes for a long time, all other requests wait.

Prediction: one event loop answers at most 20 requests per second if the
handlers block it, because each blocks for 0.05 s. If they wait, it answers at
least twice as many.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Process, parent_process
from socket import create_server, socket
from statistics import median, quantiles
from threading import Thread
from time import perf_counter, sleep
from typing import NamedTuple

import aiohttp
import psutil
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from backstage import run

CLIENTS = 60  # connections at the same time, with a coroutine for each
SECONDS = 0.5  # how long clients send; then they wait for the last answers
ANSWER_TIME = 0.05  # seconds that the database needs
WORK = 30_000  # numbers that a computing handler adds
WORKERS = 2  # processes of the server, in the last part
TIMEOUT = 60  # seconds for an answer, then the lesson ends with an error


def ask_database() -> str:
    # Most libraries work like this: the function returns when it has the
    # answer. Until then its thread can do nothing else.
    sleep(ANSWER_TIME)
    return "answer"


def compute() -> str:
    return str(sum(number % 7 for number in range(WORK)))


# Handlers that run in threads
def wait_in_thread(request: Request) -> PlainTextResponse:
    # Only this thread waits, the others go on.
    return PlainTextResponse(ask_database())


def compute_in_thread(request: Request) -> PlainTextResponse:
    return PlainTextResponse(compute())


# Handlers that run in the event loop
async def wait_in_loop(request: Request) -> PlainTextResponse:
    # As if we asked with an asyncio library: other handlers can run.
    await asyncio.sleep(ANSWER_TIME)
    return PlainTextResponse("answer")


async def compute_in_loop(request: Request) -> PlainTextResponse:
    # This blocks the loop, too, but only for some milliseconds.
    return PlainTextResponse(compute())


async def block_loop(request: Request) -> PlainTextResponse:
    # The mistake. It is easy to make: only the word `async` is different from
    # wait_in_thread. But now the event loop's own thread waits.
    return PlainTextResponse(ask_database())


app = Starlette(
    routes=[
        Route("/thread/waits", wait_in_thread),
        Route("/thread/computes", compute_in_thread),
        Route("/loop/waits", wait_in_loop),
        Route("/loop/computes", compute_in_loop),
        Route("/loop/blocks", block_loop),
    ]
)


async def run_client(
    session: aiohttp.ClientSession, url: str, seconds: float
) -> list[float]:
    """Return the latencies: the seconds from a request to its answer."""
    latencies = []
    start = perf_counter()
    end = start + seconds
    while start < end:
        async with session.get(url) as response:
            response.raise_for_status()
            await response.read()
        now = perf_counter()
        latencies.append(now - start)
        start = now
    return latencies


async def send_requests(
    ports: list[int], path: str, seconds: float
) -> list[float]:
    """Return the latencies of all clients."""
    connector = aiohttp.TCPConnector(limit=0)  # 0: no limit of connections
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    tasks = []
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        asyncio.TaskGroup() as group,
    ):
        for number in range(CLIENTS):
            port = ports[number % len(ports)]
            url = f"http://127.0.0.1:{port}{path}"
            client = run_client(session, url, seconds)
            tasks.append(group.create_task(client))
    # The group has waited for all clients.
    latencies = []
    for task in tasks:
        latencies += task.result()
    return latencies


def run_worker(server_socket: socket) -> None:
    # uvicorn is the web server. It reads requests, and calls the handlers.
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    # It runs in a thread, so that this main thread can wait for the parent
    # process. When that has ended (or was killed), this main thread ends. The
    # server is in a daemon thread, so it ends with the main thread.
    arguments = {"sockets": [server_socket]}
    Thread(target=server.run, kwargs=arguments, daemon=True).start()
    parent = parent_process()
    if parent is not None:
        parent.join()


class Worker(NamedTuple):
    port: int
    process: Process


# For a `with` block: first the lines before the yield run, then the block, and
# then the rest. The block gets the value to the right of the word `yield`.
@contextmanager
def start_workers(count: int) -> Iterator[list[Worker]]:
    """Start the workers, and stop them when the `with` block ends."""
    workers = []
    for _ in range(count):
        # Each worker has its own port, and gets equally many clients: with
        # one port for all, one worker could get more clients than another.
        # Port 0 means any free port.
        with create_server(("127.0.0.1", 0)) as server_socket:
            process = Process(
                target=run_worker, args=[server_socket], daemon=True
            )
            process.start()
            # The process has its own copy of the socket. The block closes
            # ours.
            port = server_socket.getsockname()[1]
        workers.append(Worker(port, process))
    try:
        # The first requests, which we do not measure. Their answers come only
        # when all workers are ready.
        ports = [worker.port for worker in workers]
        asyncio.run(send_requests(ports, "/loop/waits", ANSWER_TIME))
        yield workers
    finally:
        for worker in workers:
            worker.process.terminate()
            worker.process.join()


def measure(way: str, workers: list[Worker], path: str) -> float:
    """Print a row of the table, and return the requests per second."""
    ports = [worker.port for worker in workers]
    start = perf_counter()
    latencies = asyncio.run(send_requests(ports, path, SECONDS))
    elapsed = perf_counter() - start
    rate = len(latencies) / elapsed
    # quantiles() sorts the latencies and cuts them into 100 equal groups. It
    # returns the 99 borders between the groups. 99 % of all latencies are
    # below the last border.
    latency_99 = quantiles(latencies, n=100, method="inclusive")[-1]
    processes = [psutil.Process(worker.process.pid) for worker in workers]
    memory = sum(process.memory_info().rss for process in processes)
    print(
        f"{way:<20}{len(latencies):>9,}"
        f"{rate:>12,.1f}{median(latencies) * 1000:>6,.0f} ms"
        f"{latency_99 * 1000:>6,.0f} ms{memory / 1_000_000:>6.0f} MB"
    )
    return rate


def main() -> None:
    print(
        f"{'handlers':<20}{'requests':>9}{'per second':>12}"
        f"{'median':>9}{'99 % in':>9}{'memory':>9}"
    )
    with start_workers(1) as workers:
        waits = measure("event loop, waits", workers, "/loop/waits")
        measure("event loop, computes", workers, "/loop/computes")
        blocks = measure("event loop, blocks", workers, "/loop/blocks")
        # At most 40 / ANSWER_TIME answers per second (800), because there are
        # 40 threads.
        measure("threads, waits", workers, "/thread/waits")
        measure("threads, computes", workers, "/thread/computes")
    with start_workers(WORKERS) as workers:
        # At most CLIENTS / ANSWER_TIME answers per second (1,200), with any
        # number of workers. So here a second worker does not help much.
        measure(f"{WORKERS} workers, waits", workers, "/loop/waits")
        measure(f"{WORKERS} workers, computes", workers, "/loop/computes")
        measure(f"{WORKERS} workers, blocks", workers, "/loop/blocks")
    print(
        f"requests per second in one event loop: waits {waits:,.1f}, "
        f"blocks {blocks:,.1f}, ratio {waits / blocks:.0f}"
    )


if __name__ == "__main__":
    run(main)
