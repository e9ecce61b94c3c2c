"""A terminal for a test."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest


@contextmanager
def terminal() -> Iterator[
    tuple[int, Callable[[], str], Callable[[str], Any]]
]:
    """Yield a terminal, and functions to read its new output and to type."""
    pty = pytest.importorskip("pty", reason="Windows has no such terminals")
    termios = pytest.importorskip("termios")
    inner, outer = pty.openpty()
    termios.tcsetwinsize(outer, (24, 80))
    os.set_blocking(inner, False)

    def read() -> str:
        shown = b""
        with suppress(BlockingIOError):
            while True:
                shown += os.read(inner, 65_536)
        return shown.decode(errors="replace")

    def press(keys: str) -> None:
        os.write(inner, keys.encode())

    try:
        yield outer, read, press
    finally:
        os.close(inner)
        os.close(outer)
