"""A web server and a WebSocket: the servers of lessons 50 and 51."""

import asyncio
import importlib
from typing import Any

import aiohttp
import pytest
from measuring import measure

web: Any = importlib.import_module("50_web_server")
websocket: Any = importlib.import_module("51_websocket")
CLIENTS = 50
TEST_CLIENTS = 2  # where this is a test and not a benchmark
REQUESTS = {"waits": 20, "computes": 20, "blocks": 1}  # of each client
LISTENERS = 1_000
TEST_LISTENERS = 10
PICTURE = bytes(10_000)
REFERENCE = "waits, event loop"  # the row that all rows are compared with

# For each row of the web server: its workers, and the path of its handler.
HANDLERS = {
    "waits, event loop": (1, "/loop/waits"),
    "waits, threads": (1, "/thread/waits"),
    "waits, 2 workers": (2, "/loop/waits"),
    "computes, event loop": (1, "/loop/computes"),
    "computes, threads": (1, "/thread/computes"),
    "computes, 2 workers": (2, "/loop/computes"),
    "blocks, event loop": (1, "/loop/blocks"),
    "blocks, 2 workers": (2, "/loop/blocks"),
}
# For each row of the WebSocket: the path that sends a picture to all.
BROADCASTS = {
    "broadcast, one by one": "/one-by-one",
    "broadcast, with queues": "/with-queues",
}


def measure_each(
    benchmark: Any, runner: asyncio.Runner, send: Any, count: int
) -> None:
    """Measure a row that sends `count` requests or pictures in each round."""
    reference = CLIENTS * REQUESTS["waits"] if benchmark.enabled else count
    measure(
        benchmark,
        lambda: runner.run(send()),
        lambda answers: bool(answers == count),
        REFERENCE,
        [(REFERENCE, reference / count)],
        unit="ms",
        factor=1e3 / count,
    )


def open_session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=60),
        raise_for_status=True,
    )


async def send_requests(
    session: aiohttp.ClientSession, url: str, count: int
) -> int:
    for _ in range(count):
        async with session.get(url) as response:
            await response.read()
    return count


@pytest.mark.slow
@pytest.mark.benchmark(group="services")
@pytest.mark.parametrize("row", HANDLERS)
def test_web_server(row: str, benchmark: Any) -> None:
    workers, path = HANDLERS[row]
    clients = CLIENTS if benchmark.enabled else TEST_CLIENTS
    requests = REQUESTS[row.partition(",")[0]] if benchmark.enabled else 1

    async def send_all() -> int:
        async with open_session() as session:
            counts = await asyncio.gather(
                *[
                    send_requests(
                        session,
                        f"http://127.0.0.1:{ports[n % workers]}{path}",
                        requests,
                    )
                    for n in range(clients)
                ]
            )
        return sum(counts)

    with web.start_workers(workers) as started, asyncio.Runner() as runner:
        ports = [worker.port for worker in started]
        measure_each(benchmark, runner, send_all, clients * requests)


@pytest.mark.slow
@pytest.mark.benchmark(group="services")
@pytest.mark.parametrize("row", BROADCASTS)
def test_broadcast(row: str, benchmark: Any) -> None:
    listeners = LISTENERS if benchmark.enabled else TEST_LISTENERS
    websocket.allow_open_files()

    async def connect(port: int) -> tuple[aiohttp.ClientSession, list[Any]]:
        session = open_session()
        url = f"http://127.0.0.1:{port}/listen"
        connections = [session.ws_connect(url) for _ in range(listeners)]
        return session, await asyncio.gather(*connections)

    async def send_picture() -> int:
        url = f"http://127.0.0.1:{port}{BROADCASTS[row]}"
        _, *pictures = await asyncio.gather(
            session.post(url, data=PICTURE),
            *[connection.receive_bytes() for connection in connections],
        )
        return pictures.count(PICTURE)

    with websocket.start_server() as port, asyncio.Runner() as runner:
        session, connections = runner.run(connect(port))
        try:
            measure_each(benchmark, runner, send_picture, listeners)
        finally:
            runner.run(session.close())
