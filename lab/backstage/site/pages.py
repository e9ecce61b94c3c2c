"""What the practice site answers at each path.

Paths and formats are those of httpbin (https://httpbin.org).
In addition there are `/page/{n}`, HTML to parse, and `/photo/{n}`, a large
picture. And there are pages that fail in the same way in every run:
`/flaky/{fails}`, `/cut`, `/drop`, `/silent`.
"""

import asyncio
import contextlib
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from random import Random
from time import perf_counter
from typing import Any

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
from starlette.types import ASGIApp, Receive, Scope, Send

from backstage.site.content import make_html, make_photo, make_png

MAX_DELAY = 10  # seconds, as in httpbin
MAX_SIZE = 10_000_000  # bytes of a body
MAX_COUNT = 200  # links on a page, redirects in a chain, failures in a row
MAX_PAGE = 1_000_000  # number of a page
MAX_HEADERS = 65_536  # bytes of a request's headers

# Attempts at a flaky page since it last worked, by its whole address.
attempts: Counter[str] = Counter()


class HeaderLimit:
    """ASGI middleware that refuses a request with too large headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass a request on, or answer with status 431."""
        app = self.app
        size = sum(len(name) + len(value) for name, value in scope["headers"])
        if size > MAX_HEADERS:
            app = PlainTextResponse("headers too large", 431)
        await app(scope, receive, send)


class DroppedConnection:
    """ASGI app that closes the connection without an answer."""

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Close the connection, and wait until the server has noticed."""
        # `receive` is a method of the object that uvicorn has for a request.
        cycle: Any = receive
        cycle.__self__.transport.abort()
        await _wait_for_disconnect(Request(scope, receive))


def parse_number[Number: (int, float)](
    text: str, kind: type[Number], maximum: Number
) -> Number:
    """Return a part of an address as a number from 0 to `maximum`.

    Raises:
        HTTPException: With status 400, if it is not such a number.
    """
    try:
        number = kind(text)
    except ValueError:
        raise HTTPException(400, f"not a number: {text[:20]!r}") from None
    if not 0 <= number <= maximum:
        raise HTTPException(400, f"not from 0 to {maximum}: {text[:20]!r}")
    return number


async def answer_after(
    seconds: float | None, request: Request, response: Response
) -> Response:
    """Return the response after a delay.

    If the client closes its connection first, return one with status 499 at
    once. Only the log shows it. The number is that of nginx for this case.

    Args:
        seconds: The delay. With None, there is no answer.
        request: The request to answer.
        response: The answer.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await _wait_for_disconnect(request)
            return Response(status_code=499)
    return response


async def _wait_for_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def describe_request(request: Request) -> dict[str, Any]:
    """Return what httpbin's `/get` answers."""
    return {
        "args": dict(request.query_params),
        "headers": {k.title(): v for k, v in request.headers.items()},
        "origin": request.client.host if request.client else "",
        "url": str(request.url),
    }


async def index(request: Request) -> Response:
    """List the paths. A client may send its warm-up request here."""
    return PlainTextResponse("\n".join(route.path for route in ROUTES))


async def get(request: Request) -> Response:
    """Describe the request."""
    return JSONResponse(describe_request(request))


async def headers(request: Request) -> Response:
    """Answer with the headers of the request."""
    return JSONResponse({"headers": describe_request(request)["headers"]})


async def new_uuid(request: Request) -> Response:
    """Answer with another UUID each time."""
    return JSONResponse({"uuid": str(uuid.uuid4())})


async def delay(request: Request) -> Response:
    """Describe the request after `seconds`."""
    seconds = parse_number(request.path_params["seconds"], float, MAX_DELAY)
    no_body: dict[str, Any] = {"data": "", "files": {}, "form": {}}
    response = JSONResponse(describe_request(request) | no_body)
    return await answer_after(seconds, request, response)


async def status(request: Request) -> Response:
    """Answer with a status from 200 to 599."""
    code = parse_number(request.path_params["code"], int, 599)
    if code < 200:
        raise HTTPException(400, f"not a final status: {code}")
    location = {"Location": "/redirect/1"} if 300 <= code < 304 else None
    return Response(status_code=code, headers=location, media_type="text/html")


async def random_bytes(request: Request) -> Response:
    """Answer with `n` bytes, the same each time."""
    n = parse_number(request.path_params["n"], int, MAX_SIZE)
    body = Random(n).randbytes(n)
    return Response(body, media_type="application/octet-stream")


async def links(request: Request) -> Response:
    """Answer with links to `n` pages, without one to this page."""
    n = parse_number(request.path_params["n"], int, MAX_COUNT)
    offset = parse_number(request.path_params["offset"], int, MAX_COUNT)
    body = " ".join(
        f"{i}" if i == offset else f'<a href="/links/{n}/{i}">{i}</a>'
        for i in range(n)
    )
    head = "<head><title>Links</title></head>"
    return HTMLResponse(f"<html>{head}<body>{body}</body></html>")


async def redirect(request: Request) -> Response:
    """Lead to `/get` in `n` steps."""
    n = parse_number(request.path_params["n"], int, MAX_COUNT)
    return RedirectResponse(f"/redirect/{n - 1}" if n > 1 else "/get", 302)


async def page(request: Request) -> Response:
    """Answer with HTML of about `size` bytes after `delay` seconds."""
    n = parse_number(request.path_params["n"], int, MAX_PAGE)
    query = request.query_params
    size = parse_number(query.get("size", "20000"), int, MAX_SIZE)
    seconds = parse_number(query.get("delay", "0"), float, MAX_DELAY)
    html = make_html(f"Page {n} of the practice site", n * 31, size)
    return await answer_after(seconds, request, HTMLResponse(html))


async def photo(request: Request) -> Response:
    """Answer with a JPEG file of 0.2 to 2 MB after `delay` seconds."""
    start = perf_counter()
    n = parse_number(request.path_params["n"], int, MAX_PAGE)
    delay = request.query_params.get("delay", "0")
    seconds = parse_number(delay, float, MAX_DELAY)
    # Meanwhile other requests are answered. Only the first request for this
    # picture draws it, and that time is a part of the delay.
    body = await asyncio.to_thread(make_photo, n)
    seconds_left = max(0, seconds - (perf_counter() - start))
    response = Response(body, media_type="image/jpeg")
    return await answer_after(seconds_left, request, response)


async def flaky(request: Request) -> Response:
    """Fail `fails` times with `status`, then work once, and start again.

    A failure asks for a retry after `after` seconds. Each answer takes
    `delay` seconds. Each path with its query has its own count.
    """
    fails = parse_number(request.path_params["fails"], int, MAX_COUNT)
    query = request.query_params
    code = parse_number(query.get("status", "503"), int, 599)
    retry_after = parse_number(query.get("after", "1"), int, MAX_DELAY)
    seconds = parse_number(query.get("delay", "0.2"), float, MAX_DELAY)
    if code < 400:
        raise HTTPException(400, f"not the status of a failure: {code}")
    address = str(request.url)
    attempts[address] += 1
    response: Response
    if attempts[address] <= fails:
        headers = {"Retry-After": str(retry_after)}
        response = PlainTextResponse("try again", code, headers)
    else:
        del attempts[address]
        response = HTMLResponse(
            make_html("A page that failed before", 0, 20_000)
        )
    return await answer_after(seconds, request, response)


async def cut(request: Request) -> Response:
    """Announce a page, send half of it, and close the connection."""
    body = make_html("A page that is cut", 0, 20_000).encode()
    headers = {"Content-Length": str(len(body))}

    async def send_half() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]

    return StreamingResponse(
        send_half(), headers=headers, media_type="text/html"
    )


async def silent(request: Request) -> Response:
    """Never answer."""
    return await answer_after(None, request, Response())


SLIDESHOW = {
    "author": "the lab",
    "date": "today",
    "title": "Concurrency",
    "slides": [
        {"title": "One slow loop", "type": "all"},
        {"title": "Models", "type": "all", "items": ["threads", "processes"]},
    ],
}

ROUTES = [
    Route("/", index),
    Route("/get", get),
    Route("/headers", headers),
    Route("/json", JSONResponse({"slideshow": SLIDESHOW})),
    Route("/html", HTMLResponse(make_html("The practice site", 0, 2_000))),
    Route("/uuid", new_uuid),
    Route("/delay/{seconds}", delay),
    Route("/status/{code}", status),
    Route("/bytes/{n}", random_bytes),
    Route("/links/{n}/{offset}", links),
    Route("/redirect/{n}", redirect),
    Route("/image/png", Response(make_png(64, 64), media_type="image/png")),
    Route("/page/{n}", page),
    Route("/photo/{n}", photo),
    Route("/flaky/{fails}", flaky),
    Route("/cut", cut),
    Route("/drop", DroppedConnection()),
    Route("/silent", silent),
]
