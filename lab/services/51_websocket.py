"""Send pictures to a thousand listeners, while one more does not read them.

A WebSocket is a connection that stays open, so a server can send messages at
any time. Here it gets pictures of a football match from the main process, and
sends them to all. The first listener is in a train in a tunnel, without a
network, and reads nothing. Its pictures stay in buffers (memory of the
connection). When these are full, the server has to wait. If it sends to the
listeners one by one, all others wait too. If each listener has a task and a
queue, only one task waits. The queue has a limit: when it is full, the server
drops this listener (closes its connection).

Prediction: with "one by one", the first pictures arrive. Then 1,000 of 1,000
listeners miss one: it has not come after 4 seconds. With queues, 0 listeners
miss one, and 1 is dropped.
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

LISTENERS = 1_000  # listeners that read, with a connection for each
PICTURES = 10  # each is sent when all LISTENERS have got the one before
SIZE = 50_000  # bytes of a picture
MAX_QUEUE = 2  # pictures that may wait for a listener
TIMEOUT = 4  # seconds to wait until all listeners have a picture
BUFFER = 16_384  # bytes that the operating system keeps for a connection
START_TIMEOUT = 30  # seconds for the server to start


class Listener:
    """What the server knows about a listener."""

    def __init__(self, request: web.Request) -> None:
        self.transport = request.transport  # the TCP connection
        self.websocket = web.WebSocketResponse()
        self.queue: asyncio.Queue[bytes] = asyncio.Queue(MAX_QUEUE)

    async def send_from_queue(self) -> None:
        with suppress(ConnectionError):  # the connection has ended
            while True:
                picture = await self.queue.get()
                await self.websocket.send_bytes(picture)


listeners: list[Listener] = []  # used only in the process of the server


# aiohttp calls this function, a handler, for each listener that connects.
async def listen(request: web.Request) -> web.WebSocketResponse:
    listener = Listener(request)
    await listener.websocket.prepare(request)
    listeners.append(listener)
    # This task has nothing to do until somebody fills the queue.
    task = asyncio.create_task(listener.send_from_queue())
    try:
        async for _ in listener.websocket:
            pass  # a listener sends nothing: we wait until it disconnects
    finally:
        task.cancel()
        listeners.remove(listener)
    return listener.websocket


# The main process posts a picture, and one of the next two functions sends it
# to all listeners.


# The mistake
async def send_one_by_one(request: web.Request) -> web.Response:
    picture = await request.read()
    # copy(): the list can change while send_bytes waits.
    for listener in listeners.copy():
        # This waits while the buffers of the listener are full.
        await listener.websocket.send_bytes(picture)
    return web.Response()


# The solution
async def send_with_queues(request: web.Request) -> web.Response:
    picture = await request.read()
    for listener in listeners:
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
    app = web.Application(client_max_size=SIZE)  # of a posted picture
    app.router.add_get("/listen", listen)
    app.router.add_get("/count", count_listeners)
    app.router.add_post("/one-by-one", send_one_by_one)
    app.router.add_post("/with-queues", send_with_queues)
    options = {
        "sock": server_socket,
        "print": None,
        "backlog": LISTENERS,  # connections that may wait to be accepted
        "handle_signals": False,
        # After TIMEOUT we cancel our request, and then aiohttp also cancels
        # send_one_by_one. Without this option, it would go on with the old
        # picture.
        "handler_cancellation": True,
    }
    # The server runs in a thread, so that this main thread can wait for the
    # parent process. When that has ended, even by a kill, this process ends.
    Thread(target=web.run_app, args=[app], kwargs=options, daemon=True).start()
    parent = parent_process()
    if parent is not None:
        parent.join()


# For a `with` block: first the lines before the yield run, then the block, and
# then the rest. The block gets the value to the right of the word `yield`.
@contextmanager
def start_server() -> Iterator[int]:
    """Start the server in another process, and yield its port."""
    # Port 0 means any free port.
    with create_server(("127.0.0.1", 0), backlog=LISTENERS) as server_socket:
        # Small buffers, so that few pictures fill them. Connections get the
        # buffer size of this socket. (aiohttp has a buffer, too. So the first
        # pictures still fit, even in the tunnel.)
        server_socket.setsockopt(SOL_SOCKET, SO_SNDBUF, BUFFER)
        port = server_socket.getsockname()[1]
        process = Process(target=run_server, args=[server_socket], daemon=True)
        process.start()
    try:
        yield port
    finally:
        process.terminate()
        process.join()


def listen_in_tunnel(port: int) -> HTTPConnection:
    """Open a WebSocket, and read nothing."""
    # Not with aiohttp, which always reads.
    connection = HTTPConnection("127.0.0.1", port, timeout=START_TIMEOUT)
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "MTIzNDU2Nzg5MGFiY2RlZg==",  # 16 bytes in base64
    }
    connection.request("GET", "/listen", headers=headers)
    connection.getresponse()
    connection.sock.setsockopt(SOL_SOCKET, SO_RCVBUF, BUFFER)
    return connection


def allow_open_files() -> int:
    """Raise the limit of open files: each connection needs one.

    Return how many listeners are possible.
    """
    if sys.platform == "win32":
        return LISTENERS  # Windows does not limit open files like this
    import resource  # Windows does not have this module.

    other_files = 100  # of Python and its libraries
    files = LISTENERS + other_files
    limit, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or limit >= files:
        return LISTENERS
    if hard_limit != resource.RLIM_INFINITY:
        files = min(files, hard_limit)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard_limit))
    return files - other_files


async def send_pictures(
    name: str, path: str, session: ClientSession, clients: list[WebSocket]
) -> int:
    """Send pictures. Stop at the first one that did not reach all clients.

    Return how many clients did not get it.
    """
    for number in range(1, PICTURES + 1):
        start = perf_counter()
        # Give the server a picture, which it sends to all listeners.
        picture = bytes(SIZE)  # only zeros: the content does not matter
        post = asyncio.create_task(session.post(path, data=picture))
        receivers = [
            asyncio.create_task(client.receive_bytes()) for client in clients
        ]
        # done: the tasks that have ended; late: the others, after TIMEOUT
        done, late = await asyncio.wait([post, *receivers], timeout=TIMEOUT)
        elapsed = perf_counter() - start
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)  # until they end
        await asyncio.gather(*done)  # raises the first error, if there is one
        missing = len([task for task in receivers if task in late])
        print(
            f"{name}: picture {number}: {len(clients) - missing:,} "
            f"of {len(clients):,} listeners got it in {elapsed:.2f} s"
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
        clients = await asyncio.gather(
            *[session.ws_connect("/listen") for _ in range(count)]
        )
        elapsed = perf_counter() - start
        print(f"connected: {len(clients):,} listeners in {elapsed:.2f} s")
        one_by_one = await send_pictures(
            "one by one", "/one-by-one", session, clients
        )
        with_queues = await send_pictures(
            "with queues", "/with-queues", session, clients
        )
        response = await session.get("/count")
        connected = int(await response.text())
        dropped = count + 1 - connected  # 1: the listener in the tunnel
    print(
        f"missed a picture: one by one {one_by_one:,} of {count:,} "
        f"listeners, with queues {with_queues:,}; dropped {dropped:,}"
    )


def main() -> None:
    count = allow_open_files()
    with start_server() as port:
        # The listener in the tunnel is the first, and all others come later.
        tunnel = listen_in_tunnel(port)
        asyncio.run(compare(port, count))
        tunnel.close()


if __name__ == "__main__":
    run(main)
