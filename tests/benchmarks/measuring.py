"""What the benchmarks share: how a row is measured, and a client of 08's."""

import asyncio
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from time import perf_counter
from typing import Any

import httpx
import psutil

from backstage.machine import cpus
from backstage.practice_site import SERVER

ROUNDS = 3


def measure(
    benchmark: Any,
    play: Callable[[], Any],
    check: Callable[[Any], bool],
    ideal: str,
    *terms: float | tuple[str, float],
    rounds: int = ROUNDS,
    **more: Any,
) -> None:
    """Measure one row of a table, whose name is the id of the test's case.

    Arguments: `play`, what is timed, silently; `check`, which tells whether
    its result is right: it is asked in the warm-up first; `ideal`, what the
    time is compared with, the largest of `terms`: seconds, or another row of
    the group and by what its median is divided; `rounds`; `more`, what is
    kept with the row besides.

    The share of a core that the practice site took is kept too, if there is
    a site.
    """

    def checked() -> None:
        with redirect_stdout(io.StringIO()):
            result = play()
        assert check(result)

    before, start = site_seconds(), perf_counter()
    benchmark.pedantic(checked, rounds=rounds, warmup_rounds=1)
    used, elapsed = site_seconds() - before, perf_counter() - start
    if used:
        more["site"] = used / elapsed
    known = {"row": benchmark.param, "ideal": terms, "ideal is": ideal}
    benchmark.extra_info |= known | more


def cores(workers: int) -> float:
    """Return how many cores so many workers can keep busy here."""
    return min(workers, cpus())


def site_seconds() -> float:
    """Return the CPU seconds of this process's practice sites so far."""
    seconds = 0.0
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if child.cmdline()[-1:] == [str(SERVER)]:
                seconds += sum(child.cpu_times()[:2])
    return seconds


@contextmanager
def warmed(
    url: str, **options: Any
) -> Iterator[tuple[asyncio.Runner, httpx.AsyncClient]]:
    """Yield an event loop and a client of 08's kind that has been used.

    Arguments: `url`, of any page of the site; `options`, of the client.
    """
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(timeout=60, limits=limits, **options)
        try:
            runner.run(client.get(httpx.URL(url).join("/")))
            yield runner, client
        finally:
            runner.run(client.aclose())
