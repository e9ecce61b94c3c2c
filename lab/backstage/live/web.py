"""`uv run lab live --web`: the live view as a page on this computer."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NoReturn

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from backstage.live.follower import DRAW_INTERVAL, LOOK_INTERVAL, Follower
from backstage.live.listener import Listener, listen
from backstage.live.run import LiveRun
from backstage.live.state import axis_seconds, lay_out_so_far, read_gauges
from backstage.watch.fitting import count_svg_slices
from backstage.watch.svg import draw_svg
from backstage.watch.throttle import Throttle

HOST = "127.0.0.1"
PORT = 8010  # if it is free
PAGE = Path(__file__).with_name("page.html")
SCRIPT = Path(__file__).with_name("page.js")
MAX_ROWS = 10  # of requests
DRAW_SHARE = 0.1  # of one core, that drawing may take
UNSEEN_INTERVAL = 1.0  # seconds between two drawings that nobody looks at
END_TIMEOUT = 1  # seconds that open connections have at the end
HEADERS = {
    "Cache-Control": "no-store",
    # Nothing is loaded from anywhere else.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; "
        "connect-src 'self'; img-src data:; base-uri 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Broadcast:
    """The newest state of the view, for any number of browsers.

    Attributes:
        svg: The picture, or "" before the first run.
        name: The name of the file for it.
        browsers: How many browsers are connected.
    """

    def __init__(self) -> None:
        self.svg = ""
        self.name = ""
        self.browsers = 0
        self._state: dict[str, Any] = {"title": "", "has_ended": False}
        self._changed = asyncio.Condition()

    async def publish(self, run: LiveRun) -> None:
        """Draw a run, and wake all who wait for a change."""
        slices = count_svg_slices(axis_seconds(run))
        layout = lay_out_so_far(run, slices=slices, max_rows=MAX_ROWS)
        self.svg = draw_svg(layout)
        self.name = f"{run.lesson.path.stem}.svg"
        state = "running"
        if run.has_ended:
            state = run.describe_end()
        async with self._changed:
            self._state = {
                "title": layout.command,
                "state": state,
                "line": layout.headline,
                "gauges": read_gauges(run).describe(),
                "note": run.note,
                "has_ended": run.has_ended,
                "svg": self.svg,
            }
            self._changed.notify_all()

    async def watch(self) -> AsyncIterator[str]:
        """Yield the state now, and each newer one, as server-sent events.

        A browser that reads slowly misses states, but gets the newest.
        """
        self.browsers += 1
        try:
            while True:
                state = self._state
                yield f"data: {json.dumps(state)}\n\n"
                async with self._changed:
                    while self._state is state:
                        await self._changed.wait()
        finally:
            self.browsers -= 1


async def follow(listener: Listener, broadcast: Broadcast) -> None:
    """Follow the lessons that start, and publish what they do."""
    loop = asyncio.get_running_loop()
    throttle = Throttle(share=DRAW_SHARE)
    due = 0.0
    published: LiveRun | None = None  # a run whose end has been published
    follower = Follower(listener)
    while True:
        follower.look()
        run = follower.run
        is_due = loop.time() >= due or (run and run.has_ended)
        if run and run is not published and is_due:
            with throttle.measure():
                await broadcast.publish(run)
            published = run if run.has_ended else None
            pause = DRAW_INTERVAL if broadcast.browsers else UNSEEN_INTERVAL
            due = loop.time() + max(pause, throttle.interval)
        await asyncio.sleep(LOOK_INTERVAL)


def make_app(broadcast: Broadcast) -> Starlette:
    """Return the application. It only answers; it can start nothing."""

    async def page(_: Request) -> Response:
        return FileResponse(PAGE, headers=HEADERS)

    async def script(_: Request) -> Response:
        return FileResponse(SCRIPT, headers=HEADERS)

    async def events(_: Request) -> Response:
        return StreamingResponse(
            broadcast.watch(), media_type="text/event-stream", headers=HEADERS
        )

    async def picture(_: Request) -> Response:
        if not broadcast.svg:
            return Response("no lesson has run yet", 404)
        disposition = f'attachment; filename="{broadcast.name}"'
        headers = {**HEADERS, "Content-Disposition": disposition}
        return Response(
            broadcast.svg, media_type="image/svg+xml", headers=headers
        )

    return Starlette(
        routes=[
            Route("/", page),
            Route("/page.js", script),
            Route("/events", events),
            Route("/run.svg", picture),
        ],
        middleware=[
            # A page of another site, which has a name that leads here, gets
            # no answer.
            Middleware(
                TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"]
            )
        ],
    )


def serve() -> NoReturn:
    """Serve the page until Ctrl-C.

    Raises:
        OSError: If no port is free.
        KeyboardInterrupt: After Ctrl-C.
        SystemExit: After SIGTERM.
    """
    try:
        server = socket.create_server((HOST, PORT))
    except OSError:  # most often because another live view uses the port
        server = socket.create_server((HOST, 0))
    with listen() as listener:
        status = asyncio.run(_serve_at(server, listener))
    sys.exit(status)


class _Server(uvicorn.Server):
    """A server that prints its address when it is ready."""

    async def startup(
        self, sockets: list[socket.socket] | None = None
    ) -> None:
        await super().startup(sockets)
        for each in sockets or ():
            print(f"http://{HOST}:{each.getsockname()[1]}", flush=True)


async def _serve_at(
    server: socket.socket, listener: Listener
) -> int | str | None:
    """Serve the page until a signal; return the exit status."""
    status: int | str | None = 0
    broadcast = Broadcast()
    config = uvicorn.Config(
        make_app(broadcast),
        lifespan="off",
        ws="none",
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=END_TIMEOUT,
    )
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(follow(listener, broadcast))
        try:
            await _Server(config).serve([server])
        except SystemExit as end:  # after SIGTERM; asyncio must not see it
            status = end.code
        following.cancel()
    return status
