"""Start workers with each start method, and ask them for a price.

The start method decides how a new process begins. fork copies the running
process. spawn starts a new Python, which imports this script again, but does
not run main(). forkserver starts one such Python, and copies it for each
worker.

Prediction: main() changes a price before the workers start. All fork workers
see the change, and 0 others: their new Python did not run main(). With
forkserver the first worker takes longer, because one new Python has to start.
"""

import multiprocessing
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from backstage import run

OLD_PRICE = 300  # cents
NEW_PRICE = 350  # cents
NEXT = 5  # workers after the first one, for each start method

prices = {"coffee": OLD_PRICE}  # a new Python has the old price


class Worker(NamedTuple):
    method: str
    milliseconds: float  # from its start to its answer
    price: int  # cents


def send_price(pipe: Any) -> None:
    pipe.send(prices["coffee"])


def start_worker(method: str) -> Worker:
    # A context has Process, Pipe and so on, with this start method.
    context: Any = multiprocessing.get_context(method)
    pipe, worker_pipe = context.Pipe()
    # A daemon: if the main process fails, the worker ends too.
    process = context.Process(
        target=send_price, args=(worker_pipe,), daemon=True
    )
    start = perf_counter()
    process.start()
    worker_pipe.close()  # our copy of this end; the worker has its own
    price = pipe.recv()  # waits for the answer
    elapsed = perf_counter() - start
    process.join()
    return Worker(method, elapsed * 1000, price)


def count_change_seen(workers: list[Worker]) -> int:
    return sum(worker.price == NEW_PRICE for worker in workers)


def main() -> None:
    prices["coffee"] = NEW_PRICE  # the change, before any worker starts
    default = multiprocessing.get_start_method()
    print(f"default start method here: {default}")
    print(f"{'method':<12}{'first worker':>14}{'next':>14}{'change seen':>14}")
    all_workers = []
    times = {}
    for method in multiprocessing.get_all_start_methods():
        workers = [start_worker(method) for _ in range(1 + NEXT)]
        all_workers += workers
        first = workers[0].milliseconds
        # The median is the value in the middle.
        then = median(worker.milliseconds for worker in workers[1:])
        times[method] = f"{first:.0f} ms, next {then:.0f} ms"
        seen = f"{count_change_seen(workers)} of {len(workers)}"
        print(f"{method:<12}{first:>11.1f} ms{then:>11.1f} ms{seen:>14}")

    fork = [worker for worker in all_workers if worker.method == "fork"]
    others = [worker for worker in all_workers if worker.method != "fork"]
    # Windows has only spawn.
    method = "forkserver" if "forkserver" in times else "spawn"
    print(
        f"change seen: "
        f"fork {count_change_seen(fork)} of {len(fork)} workers, "
        f"others {count_change_seen(others)} of {len(others)}; "
        f"{method} {times[method]}"
    )


if __name__ == "__main__":
    run(main)
