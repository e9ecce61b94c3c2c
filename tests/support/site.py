"""Requests to the practice site, and its log."""

import contextlib
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests

REQUEST_TIMEOUT = 5  # seconds

ReadLog = Callable[[], list[dict[str, Any]]]


def get(url: str, **options: object) -> requests.Response:
    return requests.get(url, timeout=REQUEST_TIMEOUT, **options)  # type: ignore[arg-type]


def connect(url: str) -> socket.socket:
    """Return a connection to the server of this address."""
    address = urlsplit(url)
    return socket.create_connection(
        (address.hostname, address.port), REQUEST_TIMEOUT
    )


def send_bytes(url: str, request: bytes) -> bytes:
    """Send these bytes as a request, and return those of the answer."""
    with connect(url) as connection:
        connection.sendall(request)
        with contextlib.suppress(ConnectionResetError):
            return b"".join(iter(lambda: connection.recv(65_536), b""))
    return b""
