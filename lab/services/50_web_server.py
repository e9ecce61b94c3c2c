"""Send many requests to a small web server, which answers them in three ways.

A handler is a function that answers requests. The library Starlette runs each
handler that is `async def` in the event loop, and all others in 40 threads. A
server can also have several workers: processes with an event loop each. Never
block the event loop: while one handler blocks it (long computations do that,
too), all other requests wait.

Prediction: requests per second in one event loop: blocks at most 20, because
each handler blocks it for 0.05 s; waits at least twice as many.
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
WORK = 30_000  # additions of a handler that computes
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
    return PlainTextResponse(ask_database())  # only one thread waits


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


def run_worker(listener: socket) -> None:
    # uvicorn is the web server. It reads requests, and calls the handlers.
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    # In the main thread, uvicorn would answer all requests before it stops.
    Thread(target=server.run, args=[[listener]], daemon=True).start()
    # The worker stops when its parent process terminates it, or has ended.
    parent = parent_process()
    if parent is not None:
        parent.join()


class Server(NamedTuple):
    ports: list[int]  # one for each worker
    workers: list[psutil.Process]


@contextmanager
def start_server(workers: int) -> Iterator[Server]:
    """Start the workers, and stop them when the `with` block ends."""
    ports = []
    processes = []
    for _ in range(workers):
        # Each worker has its own port, and gets equally many clients: with
        # one port for all, one worker could get more clients than another.
        # Port 0 means any free port.
        with create_server(("127.0.0.1", 0)) as listener:
            ports.append(listener.getsockname()[1])
            # A daemon process is stopped when our process ends.
            process = Process(target=run_worker, args=[listener], daemon=True)
            process.start()
            # The process has its own copy of the socket. We close ours.
        processes.append(process)
    server = Server(ports, [psutil.Process(x.pid) for x in processes])
    try:
        # A warm-up: its answers come only when all workers are ready.
        asyncio.run(send_requests(server, "/loop/waits", ANSWER_TIME))
        yield server
    finally:
        for process in processes:
            process.terminate()
            process.join()


async def send_requests(
    server: Server, path: str, seconds: float
) -> list[float]:
    """Return the latencies: the seconds from a request to its answer."""

    # run_client uses `session` later, when `async with` has made it.
    async def run_client(url: str) -> list[float]:
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

    connector = aiohttp.TCPConnector(limit=0)  # 0: no limit of connections
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        asyncio.TaskGroup() as group,
    ):
        tasks = []
        for number in range(CLIENTS):
            port = server.ports[number % len(server.ports)]
            client = run_client(f"http://127.0.0.1:{port}{path}")
            tasks.append(group.create_task(client))
    return [latency for task in tasks for latency in task.result()]


def measure(way: str, server: Server, path: str) -> float:
    """Print a row of the table, and return the requests per second."""
    start = perf_counter()
    latencies = asyncio.run(send_requests(server, path, SECONDS))
    elapsed = perf_counter() - start
    rate = len(latencies) / elapsed
    # This cuts the sorted latencies into 100 parts: 99 % are below the last
    # cut.
    slow = quantiles(latencies, n=100, method="inclusive")[-1]
    threads = sum(worker.num_threads() for worker in server.workers)
    memory = sum(worker.memory_info().rss for worker in server.workers)
    print(
        f"{way:<19}{len(latencies):>8,}{elapsed:>6.2f} s"
        f"{rate:>11,.1f}{median(latencies) * 1000:>6,.0f} ms"
        f"{slow * 1000:>6,.0f} ms{threads:>8}{memory / 1024**2:>4.0f} MB"
    )
    return rate


def main() -> None:
    print(
        f"{'handlers':<19}{'requests':>8}{'elapsed':>8}{'per second':>11}"
        f"{'median':>9}{'99 % in':>9}{'threads':>8}{'memory':>7}"
    )
    with start_server(workers=1) as server:
        waits = measure("event loop, waits", server, "/loop/waits")
        measure("event loop, computes", server, "/loop/computes")
        blocks = measure("event loop, blocks", server, "/loop/blocks")
        measure("threads, waits", server, "/thread/waits")
        measure("threads, computes", server, "/thread/computes")
    with start_server(WORKERS) as server:
        measure(f"{WORKERS} workers, waits", server, "/loop/waits")
        measure(f"{WORKERS} workers, computes", server, "/loop/computes")
        measure(f"{WORKERS} workers, blocks", server, "/loop/blocks")
    print(
        f"requests per second in one event loop: waits {waits:,.1f}, "
        f"blocks {blocks:,.1f}, ratio {waits / blocks:.0f}"
    )


if __name__ == "__main__":
    run(main)
