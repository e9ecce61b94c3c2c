"""Functions that `lab choose` measures in tests, and what they do wrong."""

import asyncio
import ctypes
import functools
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

number = 7


def tiny(n: int) -> int:
    return n + 1


def wait(n: int) -> int:
    time.sleep(0.05)
    return n


async def wait_async(n: int) -> int:
    await asyncio.sleep(0.05)
    return n


def wait_with_gil(seconds: float) -> None:
    """Wait in a call that keeps the GIL, as those of PyDLL do."""
    if os.name == "nt":
        library = ctypes.PyDLL("kernel32")
        library.Sleep(int(seconds * 1e3))
    else:
        library = ctypes.PyDLL(None)
        library.usleep(int(seconds * 1e6))


def wait_half_with_gil(seconds: float) -> None:
    time.sleep(seconds / 2)
    wait_with_gil(seconds / 2)


def compute_in_process(_: int) -> int:
    program = "sum(range(3_000_000))"
    command = [sys.executable, "-Sc", program]
    return subprocess.run(command, check=True).returncode


def leave_process(_: int) -> None:
    program = "import time; time.sleep(60)"
    subprocess.Popen([sys.executable, "-Sc", program], start_new_session=True)


@functools.cache
def cached(n: int) -> int:
    time.sleep(0.05)
    return n


lock = threading.Lock()


def fail_beside_another(n: int) -> int:
    if not lock.acquire(blocking=False):
        return -1
    time.sleep(0.05)
    lock.release()
    return n


def fail(n: int) -> None:
    raise ValueError(f"never {n}")


def fail_at_2(n: int) -> int:
    if n == 2:
        raise ValueError("not two")
    return n


def exit_process(n: int) -> None:
    os._exit(n)


def exit_process_at_2(n: int) -> int:
    if n == 2:
        os._exit(7)
    return n


def exit_process_in_thread(n: int) -> int:
    if threading.current_thread() is not threading.main_thread():
        os._exit(5)
    time.sleep(0.01)
    return n


def hang(_: int) -> None:
    while True:
        time.sleep(1)


def hang_in_child_process(n: int) -> int:
    if multiprocessing.parent_process():
        hang(n)
    return n


class Array:
    """Like NumPy's arrays: `==` has no single answer, the repr is short."""

    def __init__(self, *items: int) -> None:
        self.items = items

    def __eq__(self, other: object) -> Any:
        assert isinstance(other, Array)
        return Array(*map(int.__eq__, self.items, other.items))

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")

    def __repr__(self) -> str:
        return "Array(...)"


def make_array(n: int) -> Array:
    return Array(1, n, 3)


class Aging:
    """Pickling changes it."""

    def __init__(self) -> None:
        self.age = 0

    def __setstate__(self, state: dict[str, int]) -> None:
        self.age = state["age"] + 1


def make_aging(_: int) -> Aging:
    return Aging()


a_lambda = lambda n: n  # noqa: E731


def make_lambda(n: int) -> Callable[[], int]:
    return lambda: n


def generate(n: int) -> Generator[int]:
    return (k for k in range(n))


def print_and_read(n: int) -> str | int:
    print("much")
    try:
        return input()
    except EOFError:
        return n


def multiply(a: int, b: int) -> int:
    return a * b


def append(numbers: list[int]) -> int:
    numbers.append(1)
    return len(numbers)


def no_argument() -> int:
    return 1
