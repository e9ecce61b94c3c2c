"""Three cashiers serve five customers: with submit, map and as_completed.

A pool is a group of threads, here the cashiers. A task is work for a thread,
here to serve one customer. A free thread takes the next task from a queue.

Prediction: first result after about 0.3 s with as_completed, 1.5 s with map.
"""

from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from time import perf_counter, sleep
from typing import NamedTuple

from backstage import run

CASHIERS = 3  # threads
EQUAL = [0.5] * 5  # seconds to serve customers 1 to 5
UNEQUAL = [1.5, 0.3, 0.6, 0.6, 0.6]  # seconds: customer 1 takes the longest


class Visit(NamedTuple):
    customer: int
    begin: float  # when a cashier began to serve the customer


def serve(customer: int, seconds: float) -> Visit:
    begin = perf_counter()
    sleep(seconds)  # The cashier waits while the customer pays.
    return Visit(customer, begin)


def submit_all(
    pool: ThreadPoolExecutor, times: list[float]
) -> list[Future[Visit]]:
    # submit does not wait. It returns a future, which will hold the result.
    return [
        pool.submit(serve, customer, seconds)
        for customer, seconds in enumerate(times, start=1)
    ]


def count_done(futures: list[Future[Visit]]) -> int:
    return len([future for future in futures if future.done()])


def use_submit() -> None:
    start = perf_counter()
    with ThreadPoolExecutor(CASHIERS) as pool:
        futures = submit_all(pool, EQUAL)
        print(f"submit: in the with block, {count_done(futures)} tasks done")
    # At the end of the with block, Python waits until all tasks are done.
    elapsed = perf_counter() - start
    print(f"submit: after the with block, {count_done(futures)} tasks done")
    for future in futures:
        visit = future.result()
        waited = visit.begin - start
        print(f"submit: customer {visit.customer} waited {waited:.2f} s")
    print(f"submit: {len(futures)} customers in {elapsed:.2f} s\n")


def use_map() -> float:
    times = []  # seconds until we get each result
    start = perf_counter()
    with ThreadPoolExecutor(CASHIERS) as pool:
        # map gives all tasks to the pool at once, and gives us the results in
        # the order of the customers. So all results wait for customer 1.
        customers = range(1, len(UNEQUAL) + 1)
        for visit in pool.map(serve, customers, UNEQUAL):
            elapsed = perf_counter() - start
            times.append(elapsed)
            print(f"map: customer {visit.customer} after {elapsed:.2f} s")
    print(f"map: {len(times)} customers in {times[-1]:.2f} s\n")
    return times[0]


def use_as_completed() -> float:
    times = []  # seconds until we get each result
    start = perf_counter()
    with ThreadPoolExecutor(CASHIERS) as pool:
        # as_completed gives us each future as soon as its task is done.
        futures = submit_all(pool, UNEQUAL)
        for future in as_completed(futures):
            customer = future.result().customer
            elapsed = perf_counter() - start
            times.append(elapsed)
            print(f"as_completed: customer {customer} after {elapsed:.2f} s")
    print(f"as_completed: {len(times)} customers in {times[-1]:.2f} s\n")
    return times[0]


def main() -> None:
    use_submit()
    with_map = use_map()
    with_as_completed = use_as_completed()
    print(
        f"first result after {with_as_completed:.2f} s with as_completed, "
        f"{with_map:.2f} s with map"
    )


if __name__ == "__main__":
    run(main)
