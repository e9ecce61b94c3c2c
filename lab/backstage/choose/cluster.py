"""A Dask cluster as one more pool of workers.

Its workers cannot import the user's module, and neither can the scheduler.
So whatever they get is pickled by value: the code itself, not its name. Dask
pickles the tasks of `Client.map` by name, so they consist of functions of
the standard library and of bytes.
"""

import operator
import pickle
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import batched, chain
from typing import Any

import cloudpickle
from distributed import Client

import backstage
from backstage.choose.inputs import Arguments
from backstage.errors import LabError

CONNECT_TIMEOUT = 3.0  # seconds


class Cluster:
    """A connection to a cluster whose workers have got a job."""

    def __init__(self, address: str, module: str, job: Callable[..., Any]):
        """Connect, and send the job to all workers.

        Args:
            address: Of the scheduler.
            module: The user's module. It and all others of its package are
                pickled by value.
            job: What `run` calls.

        Raises:
            LabError: If there is no such cluster.
            Exception: What a worker raised when it loaded the job.
        """
        package = module.partition(".")[0]
        for each in backstage, sys.modules[package]:
            cloudpickle.register_pickle_by_value(each)
        data = cloudpickle.dumps(partial(_call_all, job))
        self.client = connect(address)
        try:
            # pure=False: equal calls are calls of their own for Dask.
            self.job = self.client.submit(pickle.loads, data, pure=False)
            if error := self.job.exception():
                raise error
            self.client.replicate(self.job)
        except BaseException:
            self.shutdown()
            raise

    def run(self, calls: Sequence[Arguments], chunk: int) -> list[Any]:
        """Return the results of these calls; a worker gets chunks of them."""
        data = [cloudpickle.dumps(part) for part in batched(calls, chunk)]
        jobs = [self.job] * len(data)
        futures = self.client.map(operator.call, jobs, data, pure=False)
        return list(chain.from_iterable(self.client.gather(futures)))

    def shutdown(self) -> None:
        """Close the connection. The workers forget the job."""
        self.client.close()


def _call_all(job: Callable[..., Any], data: bytes) -> list[Any]:
    """Return the results of a chunk of calls; it runs on a worker."""
    return [job(arguments) for arguments in pickle.loads(data)]


def connect(address: str) -> Client:
    """Return a client of the cluster.

    Raises:
        LabError: If no scheduler answers.
    """
    try:
        return Client(address, timeout=CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, ValueError):  # not there, or something else answers
        raise LabError(f"no Dask scheduler answers at {address}") from None


def count_threads(address: str) -> int:
    """Return how many threads the workers of a cluster have.

    Raises:
        LabError: If there is no such cluster, or none whose workers can run
            code of this Python.
    """
    with connect(address) as client:
        threads = int(sum(client.nthreads().values()))
        workers = client.get_versions()["workers"].values()
    own = "{}.{}".format(*sys.version_info)
    for worker in workers:
        python = ".".join(worker["host"]["python"].split(".")[:2])
        if python != own:
            # Code of another Python can crash a worker.
            message = f"a worker has Python {python}, but this is {own}"
            raise LabError(f"{address}: {message}")
    if not threads:
        raise LabError(f"{address}: the cluster has no workers")
    return threads
