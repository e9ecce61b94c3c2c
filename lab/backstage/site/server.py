"""The practice site's server: its pages, and a record of who asked when.

`practice_site` starts this file as a process of its own. It prints its
address on standard output, serves until it reads a line or the end of its
standard input, or until the process that started it is gone, and then prints
in one line what it saw. `serve_by_hand` is the same for a terminal.

The pages are those of httpbin (https://httpbin.org), written anew in its
form, and beyond them `/page/{n}`, HTML that is worth parsing, and trouble:
`/flaky/{fails}`, `/cut`, `/drop` and `/silent`.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import struct
import sys
import threading
import time
import uuid
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any, NoReturn

try:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import (
        HTMLResponse,
        JSONResponse,
        PlainTextResponse,
        RedirectResponse,
        Response,
        StreamingResponse,
    )
    from starlette.routing import Route
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
except ImportError as missing:
    print(f"the practice site needs {missing.name}: uv sync brings it")
    sys.exit(1)

MAX_DELAY = 10  # seconds, httpbin's own bound
MAX_SIZE = 10_000_000  # bytes of one body
MAX_COUNT = 200  # links on one page, redirects in one chain
MAX_HEADERS = 65_536  # bytes of one request's headers
BACKLOG = 16_384  # connections that may wait at the door
LOOK_ROUND = 0.5  # seconds between two looks whether the parent still lives
PORT = 8000  # of a site run by hand, where it is free
REDRAW = 0.05  # seconds between two looks at the requests in flight

WORDS = """a thread waits for its turn while another one holds the lock and
every task that awaits an answer gives the loop back so that pages arrive in
any order and the pool hands out work as soon as a worker is free""".split()


class Register:
    """ASGI middleware that notes each request; the index `/` is not counted.

    `visits` holds one dictionary a request, in the order of arrival: `path`
    with its query, `arrived` and `ended` in seconds since the epoch,
    `status` as sent (499 where the client left before its answer, None where
    the site dropped it) and `in_flight`, the requests under way when it
    arrived, itself included. `ended` and `status` are None while it is under
    way. `peak` is the largest `in_flight` so far.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.visits: list[dict[str, Any]] = []
        self.in_flight = 0
        self.peak = 0

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass one request on to the app and note what becomes of it."""
        if scope["path"] == "/":
            return await self.app(scope, receive, send)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        query = scope["query_string"].decode("latin-1")
        visit: dict[str, Any] = {
            "path": scope["path"] + ("?" + query if query else ""),
            "arrived": time.time(),
            "ended": None,
            "status": None,
            "in_flight": self.in_flight,
        }
        self.visits.append(visit)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit["status"] = message["status"]
            await send(message)

        size = sum(len(name) + len(value) for name, value in scope["headers"])
        try:
            if size > MAX_HEADERS:
                refusal = PlainTextResponse("headers too large", 431)
                return await refusal(scope, receive, noting)
            return await self.app(scope, receive, noting)
        finally:
            visit["ended"] = time.time()
            self.in_flight -= 1

    def summary(self) -> str:
        """Return the line that the block's end prints."""
        count = len(self.visits)
        requests = "request" if count == 1 else "requests"
        return (
            f"practice site: {count} {requests}, at most {self.peak} at a time"
        )


def number(text: str, kind: type[int] | type[float], most: float) -> Any:
    """Return `text` as a number of `kind` from 0 to `most`.

    Raises HTTPException (status 400) where it is none, or out of bounds.
    """
    try:
        value = kind(text)
    except ValueError:
        raise HTTPException(400, f"no number: {text[:20]!r}") from None
    if not 0 <= value <= most:
        raise HTTPException(400, f"not from 0 to {most}: {text[:20]!r}")
    return value


async def answer_after(
    seconds: float | None, request: Request, answer: Response
) -> Response:
    """Return `answer` after `seconds`, or 499 as soon as the client leaves.

    Where `seconds` is None, there is no answer.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
            return Response(status_code=499)
    return answer


def echo(request: Request) -> dict[str, Any]:
    """Return what httpbin's `/get` says of a request."""
    return {
        "args": dict(request.query_params),
        "headers": {k.title(): v for k, v in request.headers.items()},
        "origin": request.client.host if request.client else "",
        "url": str(request.url),
    }


async def index(request: Request) -> Response:
    """List the paths; a client may warm up here."""
    return PlainTextResponse("\n".join(route.path for route in ROUTES))


async def get(request: Request) -> Response:
    """Echo the request, or of it what the path names: its headers."""
    said = echo(request)
    if request.url.path == "/headers":
        said = {"headers": said["headers"]}
    return JSONResponse(said)


async def fresh_uuid(request: Request) -> Response:
    """Answer with another UUID each time."""
    return JSONResponse({"uuid": str(uuid.uuid4())})


async def delay(request: Request) -> Response:
    """Echo the request after `seconds`."""
    seconds = number(request.path_params["seconds"], float, MAX_DELAY)
    answer = JSONResponse(
        echo(request) | {"data": "", "files": {}, "form": {}}
    )
    return await answer_after(seconds, request, answer)


async def status(request: Request) -> Response:
    """Answer with the status asked for, 200 to 599."""
    code = number(request.path_params["code"], int, 599)
    if code < 200:
        raise HTTPException(400, f"no final status: {code}")
    location = {"Location": "/redirect/1"} if 300 <= code < 304 else None
    return Response(status_code=code, headers=location, media_type="text/html")


async def some_bytes(request: Request) -> Response:
    """Answer with `n` bytes, the same ones each time."""
    n = number(request.path_params["n"], int, MAX_SIZE)
    return Response(
        Random(n).randbytes(n), media_type="application/octet-stream"
    )


async def links(request: Request) -> Response:
    """Answer with `n` links, to this page's siblings."""
    n = number(request.path_params["n"], int, MAX_COUNT)
    here = number(request.path_params["offset"], int, MAX_COUNT)
    body = " ".join(
        f"{i}" if i == here else f'<a href="/links/{n}/{i}">{i}</a>'
        for i in range(n)
    )
    head = "<head><title>Links</title></head>"
    return HTMLResponse(f"<html>{head}<body>{body}</body></html>")


async def redirect(request: Request) -> Response:
    """Lead to `/get` in `n` steps."""
    n = number(request.path_params["n"], int, MAX_COUNT)
    return RedirectResponse(f"/redirect/{n - 1}" if n > 1 else "/get", 302)


def png(width: int, height: int) -> bytes:
    """Return a picture of grey pixels, darker to the left, as a PNG file.

    The format: https://www.w3.org/TR/png-3/.
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    shape = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    row = b"\0" + bytes(255 * x // width for x in range(width))
    pixels = chunk(b"IDAT", zlib.compress(row * height))
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", shape)
    return start + pixels + chunk(b"IEND", b"")


def section(i: int) -> str:
    """Return a heading, a paragraph with a link and a table, as HTML."""
    turn = i % len(WORDS)
    words = WORDS[turn:] + WORDS[:turn]
    cells = [f"<td>{word}</td><td>{i * len(word)}</td>" for word in words[:4]]
    rows = "".join(f"<tr>{cell}</tr>" for cell in cells)
    link = f'<a href="/page/{i}">{words[-1]}</a>'
    text = f"<h2>{words[0].title()} {words[1]}</h2><p>{' '.join(words)} {link}"
    return f"{text}</p><table>{rows}</table>\n"


SECTIONS = [section(i) for i in range(97)]


def html(title: str, first: int, size: int) -> str:
    """Return a page of at least `size` bytes, from section `first` on."""
    head = f"<head><title>{title}</title></head>"
    parts = [f"<!DOCTYPE html>\n<html>{head}<body><h1>{title}</h1>\n"]
    length = len(parts[0])
    while length < size:
        parts.append(SECTIONS[(first + len(parts)) % len(SECTIONS)])
        length += len(parts[-1])
    return "".join([*parts, "</body></html>\n"])


async def page(request: Request) -> Response:
    """Answer with HTML of about `size` bytes after `delay` seconds."""
    n = number(request.path_params["n"], int, 1_000_000)
    query = request.query_params
    size = number(query.get("size", "20000"), int, MAX_SIZE)
    seconds = number(query.get("delay", "0"), float, MAX_DELAY)
    answer = HTMLResponse(html(f"Page {n} of the practice site", n * 31, size))
    return await answer_after(seconds, request, answer)


failed: Counter[str] = Counter()  # tries of a flaky page, by its full address


async def flaky(request: Request) -> Response:
    """Fail `fails` times with `status`, then answer once, and start over.

    A failure names in Retry-After the seconds to wait, `after`; every answer
    takes `delay` seconds. Tries are counted for each path and query apart.
    """
    fails = number(request.path_params["fails"], int, MAX_COUNT)
    query = request.query_params
    code = number(query.get("status", "503"), int, 599)
    after = number(query.get("after", "1"), int, MAX_DELAY)
    seconds = number(query.get("delay", "0.2"), float, MAX_DELAY)
    if code < 400:
        raise HTTPException(400, f"no failure: {code}")
    address = str(request.url)
    failed[address] += 1
    again = {"Retry-After": str(after)}
    answer: Response = PlainTextResponse("try again", code, again)
    if failed[address] > fails:
        del failed[address]
        answer = HTMLResponse(html("A page that failed before", 0, 20_000))
    return await answer_after(seconds, request, answer)


async def cut(request: Request) -> Response:
    """Promise a page and break off in its middle."""
    body = html("A page that is cut", 0, 20_000).encode()
    length = {"Content-Length": str(len(body))}

    async def half() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]

    return StreamingResponse(half(), headers=length, media_type="text/html")


class Drop:
    """ASGI app that drops the connection without an answer."""

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Drop it; `receive` is a method of uvicorn's own request."""
        cycle: Any = receive
        cycle.__self__.transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


async def silent(request: Request) -> Response:
    """Never answer."""
    return await answer_after(None, request, Response())


SLIDES = [
    {"title": "One slow loop", "type": "all"},
    {"title": "Models", "type": "all", "items": ["threads", "processes"]},
]
SHOW = {"author": "the lab", "date": "today", "title": "Concurrency"}

ROUTES = [
    Route("/", index),
    Route("/get", get),
    Route("/headers", get),
    Route("/json", JSONResponse({"slideshow": SHOW | {"slides": SLIDES}})),
    Route("/html", HTMLResponse(html("The practice site", 0, 2_000))),
    Route("/uuid", fresh_uuid),
    Route("/delay/{seconds}", delay),
    Route("/status/{code}", status),
    Route("/bytes/{n}", some_bytes),
    Route("/links/{n}/{offset}", links),
    Route("/redirect/{n}", redirect),
    Route("/image/png", Response(png(64, 64), media_type="image/png")),
    Route("/page/{n}", page),
    Route("/flaky/{fails}", flaky),
    Route("/cut", cut),
    Route("/drop", Drop()),
    Route("/silent", silent),
]


def wait_for_the_end() -> None:
    """Return when standard input says so, or the parent process is gone.

    Pool workers that a parent forked hold its end of the pipe open after its
    death: hence the look at who the parent is.
    """
    parent = os.getppid()
    reader = threading.Thread(target=sys.stdin.readline, daemon=True)
    reader.start()
    while reader.is_alive() and os.getppid() == parent:
        reader.join(LOOK_ROUND)


def serve(port: int) -> tuple[str, Register]:
    """Serve in a thread until the process ends, at any port where it is 0.

    Returns the site's address and the record of its requests.

    Raises OSError where it cannot start.
    """
    logging.disable()
    log = os.environ.get("PRACTICE_SITE_LOG")
    if log:
        Path(log).touch()
    door = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    register = Register(Starlette(routes=ROUTES))
    server = uvicorn.Server(
        uvicorn.Config(
            register,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=60,
        )
    )
    # Not in the main thread, where uvicorn would take over the signals.
    serving = ThreadPoolExecutor(1).submit(server.run, [door])
    while not server.started:
        if serving.done():
            raise OSError(serving.exception() or "it ended at once")
        time.sleep(0.005)
    return f"http://127.0.0.1:{door.getsockname()[1]}", register


def leave(register: Register, status: int) -> NoReturn:
    """Tell what the site saw and end the process with `status`."""
    with contextlib.suppress(BrokenPipeError):  # nobody is left to read it
        print(register.summary(), flush=True)
    log = os.environ.get("PRACTICE_SITE_LOG")
    if log:
        with Path(log).open("a", encoding="utf-8") as lines:
            lines.writelines(json.dumps(v) + "\n" for v in register.visits)
    # Whatever is still in flight ends here; a decent farewell takes longer.
    os._exit(status)


def serve_by_hand() -> NoReturn:
    """Serve with a live bar of the requests in flight, until Ctrl-C.

    Raises OSError where the site cannot start.
    """
    # Here, as no other site needs them.
    from tqdm import tqdm

    from backstage.site.client import allow_many_files

    allow_many_files()
    try:
        address, register = serve(PORT)
    except OSError:  # most often: another site is there
        address, register = serve(0)
    print(f"PRACTICE_SITE={address}", flush=True)
    with tqdm(
        bar_format="{desc} |{bar}|",
        ncols=72,  # 80 less the terminal's ^C, or it would break the line
        total=1,
        leave=False,
        disable=None,
    ) as bar:
        try:
            while True:
                bar.total = max(10, register.peak)
                bar.n = register.in_flight
                seen = len(register.visits)
                bar.set_description_str(f"{seen} seen, {bar.n:>4} in flight")
                time.sleep(REDRAW)
        except KeyboardInterrupt:
            bar.close()
            leave(register, 130)


def main() -> NoReturn:
    """Serve until the end; print the address first and the summary last."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    address, register = serve(0)
    print(address, flush=True)
    wait_for_the_end()
    leave(register, 0)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        with contextlib.suppress(BrokenPipeError):
            print(f"the practice site cannot start: {error}", flush=True)
        os._exit(1)
