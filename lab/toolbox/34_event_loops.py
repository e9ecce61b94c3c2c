"""Send the same requests with each event loop that this computer has.

An event loop asks the operating system which connections have data, and runs
the tasks that have waited for it. The standard library has one such loop (on
Windows two). The library uvloop has another, which is compiled C code, and so
often faster. asyncio.Runner lets us choose the loop.

Prediction: lost: 0 requests, with every event loop. The speed of one loop,
compared with the other, can be different on every computer.
"""

import asyncio
import sys
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from multiprocessing import Process
from socket import create_server, socket
from statistics import median
from time import perf_counter
from typing import Any

from backstage import run

CLIENTS = 10  # connections at the same time, with a task for each
REQUESTS = 300  # requests of each client in a round, one after the other
ROUNDS = 5  # measurements of each loop: the speed of a computer varies
MESSAGE = b"hello\n"  # bytes of each request, and of its answer


# An echo server sends back what it gets. Its event loop calls these methods:
# one when a client connects, the other when data arrives. This is fast. But
# the server has the standard loop, and can slow down a faster loop.
class EchoProtocol(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


async def serve(listener: socket) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(EchoProtocol, sock=listener)
    await server.serve_forever()


def run_server(listener: socket) -> None:
    asyncio.run(serve(listener))


async def run_client(port: int) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    latencies = []  # seconds from a request to its answer
    for _ in range(REQUESTS):
        start = perf_counter()
        writer.write(MESSAGE)
        answer = await reader.readline()
        latency = perf_counter() - start
        if answer == MESSAGE:
            latencies.append(latency)
    writer.close()
    await writer.wait_closed()
    return latencies


async def run_clients(port: int) -> list[float]:
    clients = [run_client(port) for _ in range(CLIENTS)]
    results = await asyncio.gather(*clients)
    return list(chain.from_iterable(results))  # one list of all latencies


def find_loops() -> dict[str, Any]:
    """Return the name of each loop, and what we call to make the loop."""
    loops: dict[str, Any] = {"SelectorEventLoop": asyncio.SelectorEventLoop}
    if sys.platform == "win32":
        loops["ProactorEventLoop"] = asyncio.ProactorEventLoop
    if find_spec("uvloop"):  # None if this library is not installed
        loops["uvloop"] = import_module("uvloop").new_event_loop
    else:
        print(f"uvloop is not installed, loops that we measure: {len(loops)}")
    return loops


def main() -> None:
    # Port 0 means any free port.
    with create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        # The server runs in a process of its own, with a core of its own if
        # there are two. A daemon process is stopped when our process ends.
        Process(target=run_server, args=[listener], daemon=True).start()

    # The first client waits until the server has started. It does not count.
    asyncio.run(run_client(port))
    loops = find_loops()
    seconds = dict.fromkeys(loops, 0.0)  # of all rounds together
    answered = 0
    for _ in range(ROUNDS):
        for name, make_loop in loops.items():
            # A Runner does what asyncio.run does, with the loop of our choice.
            # (Event loop policies, an older way to choose, are deprecated, and
            # Python 3.16 removes them.)
            with asyncio.Runner(loop_factory=make_loop) as runner:
                start = perf_counter()
                latencies = runner.run(run_clients(port))
                elapsed = perf_counter() - start
            print(
                f"{name}: {elapsed:.2f} s, "
                f"{len(latencies) / elapsed:,.0f} requests per second, "
                f"median latency {median(latencies) * 1000:.2f} ms"
            )
            seconds[name] += elapsed
            answered += len(latencies)

    sent = CLIENTS * REQUESTS * ROUNDS * len(loops)
    names = list(loops)
    first = names[0]
    last = names[-1]
    finding = f"lost: {sent - answered} of {sent:,} requests"
    if last != first:
        ratio = seconds[first] / seconds[last]
        finding += f"; speed: {last} {ratio:.2f} times {first}"
    print(finding)


if __name__ == "__main__":
    run(main)
