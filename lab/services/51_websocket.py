"""Send pictures to a thousand listeners, while one more does not read them.

A WebSocket is a connection that stays open, so a server can send messages at
any time. Here it sends pictures of a football match. The first listener is in
a tunnel, and reads nothing. When the buffers of its connection are
full, the server has to wait. If it sends to one listener after the other, all
who connected later wait too. If each listener has a task and a bounded queue,
only one task waits. When that queue is full, the server drops the listener.

Prediction: missing: one after the other 1,000 of 1,000 listeners, with queues
0; dropped 1. All others get every picture, if each has a queue.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from multiprocessing import Process, parent_process
from socket import SO_RCVBUF, SO_SNDBUF, SOL_SOCKET, create_server, socket
from threading import Thread
from time import perf_counter

from aiohttp import ClientSession, TCPConnector, web
from aiohttp import ClientWebSocketResponse as WebSocket

from backstage import run

LISTENERS = 1_000  # that read their pictures, with a connection for each
PICTURES = 10  # each is sent when all these listeners have the one before it
SIZE = 50_000  # bytes of a picture
MAX_QUEUE = 2  # pictures that may wait for a listener
TIMEOUT = 4  # seconds; a picture that has not arrived by then is missing
BUFFER = 16_384  # bytes that the operating system keeps for a connection
START_TIMEOUT = 30  # seconds for the server to start


class Listener:
    """What the server knows about a listener."""

    def __init__(self, request: web.Request) -> None:
        self.transport = request.transport  # the plain connection
        self.connection = web.WebSocketResponse()
        self.queue = asyncio.Queue[bytes](MAX_QUEUE)

    async def send_from_queue(self) -> None:
        with suppress(ConnectionError):  # the connection has ended
            while True:
                picture = await self.queue.get()
                await self.connection.send_bytes(picture)


listeners: list[Listener] = []  # of the server, in its process


# aiohttp calls this function, a handler, for each listener that connects.
async def listen(request: web.Request) -> web.WebSocketResponse:
    listener = Listener(request)
    await listener.connection.prepare(request)
    listeners.append(listener)
    task = asyncio.create_task(listener.send_from_queue())
    try:
        async for _ in listener.connection:
            pass  # a listener sends nothing: we wait until it disconnects
    finally:
        task.cancel()
        listeners.remove(listener)
    return listener.connection


# The mistake
async def send_one_by_one(request: web.Request) -> web.Response:
    picture = await request.read()
    for listener in listeners.copy():
        # This waits while the buffers of the listener are full.
        await listener.connection.send_bytes(picture)
    return web.Response()


# The cure
async def send_with_queues(request: web.Request) -> web.Response:
    picture = await request.read()
    for listener in listeners.copy():
        try:
            listener.queue.put_nowait(picture)  # this never waits
        except asyncio.QueueFull:
            # Drop the listener. A normal close() would wait for its answer.
            if listener.transport is not None:
                listener.transport.abort()
    return web.Response()


async def count_listeners(request: web.Request) -> web.Response:
    return web.Response(text=f"{len(listeners)}")


def run_server(server_socket: socket) -> None:
    app = web.Application()
    app.router.add_get("/listen", listen)
    app.router.add_get("/count", count_listeners)
    app.router.add_post("/one-by-one", send_one_by_one)
    app.router.add_post("/with-queues", send_with_queues)
    options = {
        "sock": server_socket,
        "print": None,
        "handle_signals": False,  # then terminate() stops the process at once
        "handler_cancellation": True,  # cancels a handler without a client
    }
    # aiohttp is also a web server.
    Thread(target=web.run_app, args=[app], kwargs=options, daemon=True).start()
    # The process ends when its parent process terminates it, or has ended.
    parent = parent_process()
    if parent is not None:
        parent.join()


@contextmanager
def start_server() -> Iterator[int]:
    """Start the server in another process, and yield its port."""
    # Port 0 means any free port.
    with create_server(("127.0.0.1", 0), backlog=LISTENERS) as server_socket:
        # Small buffers, so that few pictures fill them. (aiohttp has a buffer
        # too, so that some pictures still fit.)
        server_socket.setsockopt(SOL_SOCKET, SO_SNDBUF, BUFFER)
        port = server_socket.getsockname()[1]
        # A daemon process is stopped when our process ends.
        process = Process(target=run_server, args=[server_socket], daemon=True)
        process.start()
    try:
        yield port
    finally:
        process.terminate()
        process.join()


def listen_in_tunnel(port: int) -> HTTPConnection:
    """Open a WebSocket by hand, and read nothing: aiohttp would read."""
    connection = HTTPConnection("127.0.0.1", port, timeout=START_TIMEOUT)
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "MTIzNDU2Nzg5MGFiY2RlZg==",  # any 16 bytes
    }
    connection.request("GET", "/listen", headers=headers)
    connection.getresponse()
    connection.sock.setsockopt(SOL_SOCKET, SO_RCVBUF, BUFFER)
    return connection


def raise_file_limit() -> int:
    """Return how many listeners are possible: each needs an open file."""
    if sys.platform == "win32":
        return LISTENERS  # Windows does not limit open files like this
    import resource

    other_files = 100  # of Python and its libraries
    files = LISTENERS + other_files
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard_limit != resource.RLIM_INFINITY:
        files = min(files, hard_limit)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard_limit))
    return files - other_files


async def send_pictures(
    name: str, path: str, session: ClientSession, listening: list[WebSocket]
) -> int:
    """Return how many listeners did not get the last picture."""
    arrived = 0

    async def receive(connection: WebSocket) -> None:
        nonlocal arrived
        await connection.receive_bytes()
        arrived += 1

    for number in range(1, PICTURES + 1):
        arrived = 0
        start = perf_counter()
        with suppress(TimeoutError):
            async with asyncio.timeout(TIMEOUT), asyncio.TaskGroup() as group:
                # Give the server a picture, which it sends to all listeners.
                group.create_task(session.post(path, data=bytes(SIZE)))
                for connection in listening:
                    group.create_task(receive(connection))
        elapsed = perf_counter() - start
        missing = len(listening) - arrived
        print(
            f"{name}: picture {number} after {elapsed:.2f} s: "
            f"missing {missing:,} of {len(listening):,} listeners"
        )
        if missing:
            return missing
    return 0


async def compare(port: int, count: int) -> None:
    connector = TCPConnector(limit=0)  # 0: no limit of connections
    url = f"http://127.0.0.1:{port}"
    async with ClientSession(
        url, connector=connector, raise_for_status=True
    ) as session:
        start = perf_counter()
        listening = await asyncio.gather(
            *[session.ws_connect("/listen") for _ in range(count)]
        )
        elapsed = perf_counter() - start
        print(f"connected: {len(listening):,} listeners in {elapsed:.2f} s")
        one_by_one = await send_pictures(
            "one after the other", "/one-by-one", session, listening
        )
        with_queues = await send_pictures(
            "with queues", "/with-queues", session, listening
        )
        response = await session.get("/count")
        dropped = count + 1 - int(await response.text())
    print(
        f"missing: one after the other {one_by_one:,} of {count:,} listeners, "
        f"with queues {with_queues:,}; dropped {dropped:,}"
    )


def main() -> None:
    count = raise_file_limit()
    with start_server() as port:
        # The listener in the tunnel is the first, and all others come later.
        tunnel = listen_in_tunnel(port)
        asyncio.run(compare(port, count))
        tunnel.close()


if __name__ == "__main__":
    run(main)
