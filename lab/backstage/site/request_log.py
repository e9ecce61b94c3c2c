"""What the practice site saw: a log of its requests."""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backstage.feed import open_site_feed


@dataclass
class LoggedRequest:
    """One request, as the site saw it.

    Attributes:
        path: The path and the query.
        arrived: When it arrived, in seconds since the epoch.
        in_flight: The requests in flight when it arrived, with itself.
        ended: When it ended, in seconds since the epoch, or None while it is
            in flight.
        status: The status that was sent, None where none was. It is 499 if
            the client closed its connection before the answer.
    """

    path: str
    arrived: float
    in_flight: int
    ended: float | None = None
    status: int | None = None


class RequestLog:
    """ASGI middleware that logs each request, except those of the index.

    Attributes:
        requests: The requests in the order of their arrival.
        in_flight: The number of requests in flight now.
        peak: The largest number of requests in flight so far.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._feed = open_site_feed()
        self.requests: list[LoggedRequest] = []
        self.in_flight = 0
        self.peak = 0

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass a request on, and log when it ended and with which status."""
        if scope["path"] == "/":
            return await self.app(scope, receive, send)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        query = scope["query_string"].decode("latin-1")
        path = scope["path"] + ("?" + query if query else "")
        request = LoggedRequest(path, time.time(), self.in_flight)
        self.requests.append(request)
        names = {"site": os.getpid(), "request": len(self.requests)}
        if self._feed:
            self._feed.add(**names, path=path)

        async def send_and_log(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.status = message["status"]
            await send(message)

        try:
            return await self.app(scope, receive, send_and_log)
        finally:
            request.ended = time.time()
            self.in_flight -= 1
            if self._feed:
                self._feed.add(**names, status=request.status)

    def summary(self) -> str:
        """Return one line with the number of requests and the peak."""
        count = len(self.requests)
        requests = "request" if count == 1 else "requests"
        return (
            f"practice site: {count} {requests}, at most {self.peak} in flight"
        )

    def append_to(self, file: Path) -> None:
        """Append a line of JSON for each request to a file."""
        with file.open("a", encoding="utf-8") as lines:
            for request in self.requests:
                lines.write(json.dumps(asdict(request)) + "\n")
