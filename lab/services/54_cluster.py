"""Do jobs in a process pool and on a cluster, and kill a worker of each.

A cluster is a group of workers, often on many computers. A scheduler gives
them their tasks. Here the library Dask starts a scheduler and two workers on
this computer. Sending a task takes some milliseconds, and sending data takes
longer. So only long jobs are faster on a cluster than in one process.
To use a cluster of your own, give the address of its scheduler. (This lesson
kills one of its workers!)
SCHEDULER=tcp://ADDRESS:8786 uv run --group cluster lab 54

Prediction: the pool loses more than 0 of 8 results, the cluster loses 0.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, suppress
from multiprocessing import active_children
from tempfile import TemporaryDirectory
from time import perf_counter

from backstage import run

try:
    import dask
    from distributed import Client, KilledWorker, LocalCluster
except ModuleNotFoundError as error:
    command = "uv run --group cluster lab 54"
    print(f"0 jobs, {error.name} is not installed: {command}")
    sys.exit()

WORK = 1_000_000  # one job counts the digits of this many numbers
JOBS = 8  # equal jobs
WORKERS = 2  # worker processes (another cluster may have more)
TASKS = 100  # calls that do almost nothing, to measure what sending one costs
MEGABYTES = 10  # data that we send to a worker
TIMEOUT = 10  # seconds to wait for the scheduler and the workers


def count_digits(limit: int) -> int:
    digits = 0
    for number in range(limit):
        digits += len(str(number))
    return digits


def kill_pool_worker() -> None:
    workers = active_children()  # the processes that we have started
    workers[0].kill()


def kill_cluster_worker(client: Client) -> None:
    address = next(iter(client.nthreads()))  # of the first worker
    # client.run calls a function in a worker at once, while a job runs there.
    # os._exit ends the process, so there is no answer, but an OSError. On this
    # computer, Dask then starts a new worker in its place.
    answers = client.run(os._exit, 1, workers=[address], on_error="return")
    was_killed = isinstance(answers[address], OSError)
    if not was_killed:
        raise RuntimeError("no worker was killed")


def count_lost_results(
    name: str, executor: Executor, kill_worker: Callable[[], None]
) -> int:
    start = perf_counter()
    futures = [executor.submit(count_digits, WORK) for _ in range(JOBS)]
    # When one result is here, the workers are busy: now we kill one.
    wait(futures, return_when=FIRST_COMPLETED)
    kill_worker()
    results = []
    for future in futures:
        # If a worker of a pool is lost, each job that has no result yet raises
        # a BrokenProcessPool. The other two are errors of the cluster.
        with suppress(BrokenProcessPool, KilledWorker, CancelledError):
            results.append(future.result())
    elapsed = perf_counter() - start
    if len(set(results)) > 1:
        raise RuntimeError("equal jobs counted differently")
    print(
        f"{name}: a worker was killed, {len(results)} of {JOBS} results "
        f"arrived in {elapsed:.2f} s"
    )
    return JOBS - len(results)


def measure_task(executor: Executor) -> float:
    """Return the milliseconds of one task that has nearly nothing to do."""
    start = perf_counter()
    list(executor.map(abs, range(TASKS)))
    elapsed = perf_counter() - start
    return elapsed / TASKS * 1000


def measure_sending(client: Client) -> float:
    """Return the milliseconds of sending the data to a worker."""
    data = os.urandom(MEGABYTES * 1_000_000)
    start = perf_counter()
    client.scatter(data)
    elapsed = perf_counter() - start
    return elapsed * 1000


def compute_break_even(overhead: float, workers: int) -> float:
    """Return how many ms a job must take to be faster on the cluster.

    Example: the overhead is 5 ms, and there are 2 workers. Here, jobs of 10 ms
    take 10 ms each. On the cluster, if each worker has a free core, they take
    5 + 10 / 2 = 10 ms each, on average. So only jobs above 10 ms are faster
    there.
    """
    return overhead * workers / (workers - 1)


# For a `with` block: first the lines before the yield run, then the block, and
# then the rest. The block gets the value to the right of the word `yield`.
@contextmanager
def start_cluster() -> Iterator[Client]:
    """Start a scheduler and workers on this computer."""
    with (
        TemporaryDirectory() as folder,
        dask.config.set(temporary_directory=folder),  # for Dask's files
        LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=1,
            host="127.0.0.1",  # for no other computer
            dashboard_address="127.0.0.1:0",  # its web page; any free port
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def connect() -> AbstractContextManager[Client]:
    """Connect to the cluster of SCHEDULER, or start one."""
    address = os.environ.get("SCHEDULER")
    if address:
        try:
            return Client(address, timeout=TIMEOUT)
        except ValueError as error:
            # run() prints a ConnectionError as one line.
            raise ConnectionError(f"SCHEDULER={address}: {error}") from error
    return start_cluster()


def main() -> None:
    with ProcessPoolExecutor(WORKERS) as pool:
        # This starts the workers, so that we do not measure their start.
        list(pool.map(count_digits, [1] * WORKERS))
        pool_lost = count_lost_results("pool", pool, kill_pool_worker)

    # Dask would warn about the worker that we kill.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    with connect() as client:
        client.wait_for_workers(WORKERS, timeout=TIMEOUT)
        # This executor has the methods of every pool: submit, map, shutdown.
        # By default, Dask calls a function with equal arguments only once, and
        # uses the result again. pure=False: each call is a task of its own.
        executor = client.get_executor(pure=False)
        measure_task(executor)  # The first tasks take longer.
        task = measure_task(executor)
        sending = measure_sending(client)
        workers = len(client.nthreads())
        print(
            f"cluster with {workers} workers: one task costs {task:.1f} ms, "
            f"sending {MEGABYTES} MB {sending:.0f} ms"
        )
        cluster_lost = count_lost_results(
            "cluster", executor, lambda: kill_cluster_worker(client)
        )
    if workers > 1:
        without_data = compute_break_even(task, workers)
        with_data = compute_break_even(task + sending, workers)
        print(
            "if each worker has a free core, the cluster should be faster "
            "than one process\n"
            f"for jobs above {without_data:.0f} ms, "
            f"with {MEGABYTES} MB above {with_data:.0f} ms"
        )
    print(f"lost: pool {pool_lost}, cluster {cluster_lost} of {JOBS} results")


if __name__ == "__main__":
    run(main)
