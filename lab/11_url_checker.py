"""Check a list of addresses in four ways, and compare the times.

Prediction: different outcomes: 0; speed-up: more than 2.0 for threads and
asyncio, because nearly all of this work is waiting.
"""

import asyncio
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from socket import gaierror
from statistics import mean
from threading import local
from time import perf_counter
from typing import Any, NamedTuple

import httpx
import requests
from tqdm import tqdm

from backstage import practice_site, run

# Paths on the practice site, or whole URLs.
PAGES = (
    ["/get", "/status/404", "/status/500", "/silent"]  # paths
    + ["/delay/0.5"] * 6
    + ["http://nowhere.invalid/", "http://127.0.0.1:1/"]
)
WORKERS = 8  # threads, processes, or requests in flight (sent, no answer yet)
TIMEOUT = 1.0  # seconds: the longest wait without any data
BATCH = 1  # addresses that we send to a process together
MODELS = ["sequential", "threads", "processes", "asyncio"]  # ways to check


class Check(NamedTuple):
    outcome: str
    seconds: float


class Result(NamedTuple):
    checks: list[Check]
    elapsed: float


# A session keeps connections open. Threads must not share a session. So each
# thread has its own: every thread sees its own value of thread_data.session.
thread_data = local()


def open_session() -> None:
    thread_data.session = requests.Session()


def check(url: str, timeout: float) -> Check:
    start = perf_counter()
    try:
        response = thread_data.session.get(url, timeout=timeout)
        outcome = "ok" if response.ok else "http error"
    except (requests.RequestException, ValueError) as error:  # or a bad URL
        outcome = describe(error)
    return Check(outcome, perf_counter() - start)


def describe(error: BaseException) -> str:
    if isinstance(error, gaierror):
        return "dns error"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, TimeoutError):
        return "timeout"
    # Libraries raise errors of their own. What caused them is inside.
    if isinstance(error, ExceptionGroup):
        return describe(error.exceptions[0])
    cause = error.__cause__ or error.__context__
    return describe(cause) if cause else "broken"


def show_progress(checks: Iterable[Any], total: int) -> Iterable[Any]:
    # disable=None: no bar if the output does not go to a terminal.
    return tqdm(checks, total=total, leave=False, disable=None)


def check_all(model: str, urls: list[str], options: Namespace) -> Result:
    start = perf_counter()
    job = partial(check, timeout=options.timeout)
    if model == "sequential":
        open_session()
        checks = list(show_progress(map(job, urls), total=len(urls)))
    elif model == "asyncio":
        checks = asyncio.run(check_coroutines(urls, options))
    else:
        pool_class: Any = ThreadPoolExecutor
        if model == "processes":
            pool_class = ProcessPoolExecutor
        with pool_class(options.workers, initializer=open_session) as pool:
            results = pool.map(job, urls, chunksize=options.batch)
            checks = list(show_progress(results, total=len(urls)))
    return Result(checks, elapsed=perf_counter() - start)


async def check_coroutines(urls: list[str], options: Namespace) -> list[Check]:
    semaphore = asyncio.Semaphore(options.workers)
    async with httpx.AsyncClient(timeout=options.timeout) as client:
        coroutines = [check_coroutine(url, client, semaphore) for url in urls]
        tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
        completed = asyncio.as_completed(tasks)
        for done in show_progress(completed, total=len(urls)):
            await done  # only moves the bar; the results are read below
    return [task.result() for task in tasks]


async def check_coroutine(
    url: str, client: httpx.AsyncClient, semaphore: asyncio.Semaphore
) -> Check:
    async with semaphore:
        start = perf_counter()
        try:
            response = await client.get(url, follow_redirects=True)
            outcome = "ok" if not response.is_error else "http error"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            outcome = describe(error)
        return Check(outcome, perf_counter() - start)


def read_options() -> Namespace:
    # With the prefix "@", the argument @FILE stands for the lines of a file.
    parser = ArgumentParser(fromfile_prefix_chars="@", usage=SUPPRESS)
    parser.add_argument("addresses", nargs="*", help="or @FILE, one per line")
    parser.add_argument("--model", choices=[*MODELS, "all"], default="all")
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--timeout", type=float, default=TIMEOUT)
    options = parser.parse_args()
    if min(options.workers, options.timeout, options.batch) <= 0:
        parser.error("workers, timeout and batch must be more than 0")
    return options


def show_addresses(pages: list[str], results: dict[str, Result]) -> None:
    columns = "".join(f"{model:>11}" for model in results)
    print(f"{'address':<24}{'outcome':<11}{columns}")
    for number, page in enumerate(pages):
        checks = [result.checks[number] for result in results.values()]
        outcomes = dict.fromkeys(
            check.outcome for check in checks
        )  # each once
        seconds = "".join(f"{check.seconds:9.2f} s" for check in checks)
        print(f"{page:<23.23} {' or '.join(outcomes):<11}{seconds}")


def show_models(results: dict[str, Result]) -> None:
    titles = "Total Time", "Success Rate", "Avg Time", "Throughput", "Speed-up"
    print(f"\n{'Method':<11}", *(f"{title:>12}" for title in titles))
    first = next(iter(results.values()))
    for model, result in results.items():
        count = len(result.checks)
        good = [check for check in result.checks if check.outcome == "ok"]
        average = mean(check.seconds for check in result.checks)
        print(
            f"{model:<11} {result.elapsed:10.2f} s {len(good) / count:12.0%} "
            f"{average:10.2f} s {count / result.elapsed:10.1f}/s "
            f"{first.elapsed / result.elapsed:12.2f}"
        )


def show_finding(results: dict[str, Result]) -> None:
    all_checks = [result.checks for result in results.values()]
    different = 0
    for checks in zip(*all_checks, strict=True):  # the checks of one address
        outcomes = {check.outcome for check in checks}
        if len(outcomes) > 1:
            different += 1
    first, *rest = results  # the names of the models
    times = {model: result.elapsed for model, result in results.items()}
    speed_ups = [f"{name} {times[first] / times[name]:.1f}" for name in rest]
    print(f"different outcomes: {different}; speed-up: {', '.join(speed_ups)}")


def main() -> None:
    options = read_options()
    models = MODELS if options.model == "all" else [options.model]
    pages = [page for page in options.addresses if page] or PAGES
    # The practice site is a web server that runs on this computer.
    with practice_site(pages) as urls:
        results = {model: check_all(model, urls, options) for model in models}
    show_addresses(pages, results)
    show_models(results)
    if len(results) > 1:
        show_finding(results)


if __name__ == "__main__":
    run(main)
