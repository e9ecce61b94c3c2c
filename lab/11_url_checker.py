"""One list of addresses, checked by four models: the same task in each.

Claim: one outcome for each address, whichever the model; the speed-up of all
but sequential is 3 or more, as waiting is nearly all there is to do.
"""

import asyncio
from argparse import SUPPRESS, ArgumentParser, Namespace
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from socket import gaierror
from statistics import mean
from threading import local
from time import perf_counter
from urllib.parse import urljoin

import httpx
import requests
from tqdm import tqdm

from backstage import practice_site, run

PAGES = [  # paths on the practice site, or whole URLs
    *("/get", "/status/404", "/status/500", "/silent", *["/delay/0.5"] * 6),
    *("http://nowhere.invalid/", "http://127.0.0.1:1/"),
]
WORKERS = 8  # that check at a time
TIMEOUT = 1.0  # seconds that an address may keep silent
BATCH = 1  # addresses that a process is handed at a time
Checked = tuple[list[tuple[str, float]], float]  # outcomes, each timed; all
pools = {"threads": ThreadPoolExecutor, "processes": ProcessPoolExecutor}
models = ["sequential", *pools, "asyncio"]
progress = partial(tqdm, leave=False, disable=None)
own = local()  # a session for each thread: they are not to be shared


def open_session() -> None:
    own.session = requests.Session()  # which keeps its connections


def check(url: str, timeout: float) -> tuple[str, float]:
    start = perf_counter()
    try:
        good = own.session.get(url, timeout=timeout).ok
        outcome = "ok" if good else "http error"
    except (requests.RequestException, ValueError) as error:
        outcome = explain(error)
    return outcome, perf_counter() - start


def check_all(urls: list[str], model: str, given: Namespace) -> Checked:
    if model == "asyncio":
        return asyncio.run(ask_all(urls, given))
    start, job = perf_counter(), partial(check, timeout=given.timeout)
    if model == "sequential":
        open_session()
        found = [job(url) for url in progress(urls)]
    else:  # the workers start inside the clock
        with pools[model](given.workers, initializer=open_session) as pool:
            done = pool.map(job, urls, chunksize=given.batch)
            found = list(progress(done, total=len(urls)))
    return found, perf_counter() - start


async def ask(
    url: str, client: httpx.AsyncClient, slots: asyncio.Semaphore
) -> tuple[str, float]:
    async with slots:
        start = perf_counter()
        try:
            bad = (await client.get(url)).is_error
            outcome = "http error" if bad else "ok"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            outcome = explain(error)
        return outcome, perf_counter() - start


async def ask_all(urls: list[str], given: Namespace) -> Checked:
    slots = asyncio.Semaphore(given.workers)
    async with httpx.AsyncClient(
        timeout=given.timeout, limits=httpx.Limits(), follow_redirects=True
    ) as client:
        await ask(urljoin(urls[0], "/"), client, slots)  # its first is slower
        start = perf_counter()
        tasks = [asyncio.create_task(ask(x, client, slots)) for x in urls]
        for done in progress(asyncio.as_completed(tasks), total=len(urls)):
            await done
        return [task.result() for task in tasks], perf_counter() - start


def explain(error: BaseException) -> str:
    match error:
        case gaierror():
            return "dns error"
        case ConnectionRefusedError():
            return "refused"
        case TimeoutError():
            return "timeout"
    group = getattr(error, "exceptions", [None])  # one for each IP address
    cause = group[0] or error.__cause__ or error.__context__
    return explain(cause) if cause else "broken"


def show_addresses(pages: list[str], found: dict[str, Checked]) -> None:
    print(f"{'address':<24}{'outcome':<11}", *(f"{x:>10}" for x in found))
    for n, page in enumerate(pages):
        results = [every[n] for every, _ in found.values()]
        outcome = " or ".join(dict.fromkeys(kind for kind, _ in results))
        waits = (f"{seconds:8.2f} s" for _, seconds in results)
        print(f"{page:<23.23} {outcome:<11}", *waits)


def show_methods(found: dict[str, Checked]) -> None:
    columns = "Total Time", "Success Rate", "Avg Time", "Throughput", "Speedup"
    print(f"\n{'Method':<12}", *(f"{column:>12}" for column in columns))
    first, *_ = (total for _, total in found.values())
    for model, (results, total) in found.items():
        kinds, times = zip(*results, strict=True)
        rate, speed = kinds.count("ok") / len(kinds), len(kinds) / total
        print(f"{model:<12} {total:10.2f} s {rate:12.0%}", end="")
        print(f" {mean(times):10.2f} s {speed:10.1f}/s {first / total:12.2f}")


def read_options() -> Namespace:
    parser = ArgumentParser(fromfile_prefix_chars="@", usage=SUPPRESS)
    parser.add_argument("addresses", nargs="*", help="or @FILE, one a line")
    parser.add_argument("--model", choices=[*models, "all"], default="all")
    for name, value in ("workers", WORKERS), ("batch", BATCH):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--timeout", type=float, default=TIMEOUT)
    given = parser.parse_args()
    if not min(given.workers, given.timeout, given.batch) > 0:
        parser.error("workers, timeout and batch must be more than 0")
    return given


def main() -> None:
    given = read_options()
    chosen = models if given.model == "all" else [given.model]
    pages = [*filter(None, given.addresses)] or PAGES
    with practice_site(pages) as urls:
        found = {model: check_all(urls, model, given) for model in chosen}
    show_addresses(pages, found)
    show_methods(found)


if __name__ == "__main__":
    run(main)
