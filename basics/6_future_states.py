"""Order dishes from one cook, and look at the futures of the orders.

A future stands for a task in a pool. The task waits in a queue, then it runs,
then it is done: the future holds its result or its error. A task that is still
in the queue can be cancelled. Then it is done too, without a result.

Prediction: our waiting ends with a TimeoutError after about 0.4 s. The result
comes after about 1.0 s. Cancelled: 1 of 2 orders, the one in the queue.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter, sleep

from backstage import run

COOKS = 1  # threads of the pool: each cooks one dish at a time
COOKING = 1.0  # seconds that a cook needs for one dish
TIMEOUT = 0.4  # seconds that we wait for the pizza at first


def cook(dish: str) -> str:
    if dish == "fish":
        raise ValueError("no fish today")
    sleep(COOKING)
    return f"hot {dish}"


def report(dish: str, order: Future[str]) -> None:
    print(
        f"{dish}: running {order.running()}, done {order.done()}, "
        f"cancelled {order.cancelled()}"
    )


def order_soup_and_fish(pool: ThreadPoolExecutor) -> None:
    # submit gives a task to the pool, and returns its future immediately.
    soup = pool.submit(cook, "soup")
    fish = pool.submit(cook, "fish")

    # result() waits until the task is done. It returns what cook() returned.
    # ("!r" prints a value as in Python code: a string with its quotes.)
    print(f"soup: result {soup.result()!r}")
    # exception() waits too. It returns the error of the task, or None.
    # fish.result() would raise this error.
    print(f"fish: exception {fish.exception()!r}")
    report("soup", soup)
    report("fish", fish)


def order_pizza_and_tea(pool: ThreadPoolExecutor) -> None:
    start = perf_counter()
    pizza = pool.submit(cook, "pizza")
    tea = pool.submit(cook, "tea")  # It waits in the queue for the cook.
    wait_until_timeout(pizza)
    waited = perf_counter() - start
    print(f"\npizza: TimeoutError after {waited:.2f} s")
    report("pizza", pizza)
    report("tea", tea)

    # cancel() returns False if it is too late: the task already runs.
    pizza_cancelled = pizza.cancel()
    tea_cancelled = tea.cancel()
    print(f"\npizza: cancel() returns {pizza_cancelled}")
    print(f"tea: cancel() returns {tea_cancelled}")

    result = pizza.result()  # This time we wait until the task is done.
    elapsed = perf_counter() - start
    print(f"pizza: result {result!r} after {elapsed:.2f} s")
    report("pizza", pizza)
    report("tea", tea)

    orders = [pizza, tea]
    cancelled = [order for order in orders if order.cancelled()]
    print(
        f"\nTimeoutError after {waited:.2f} s, result after {elapsed:.2f} s, "
        f"cancelled: {len(cancelled)} of {len(orders)} orders"
    )


def wait_until_timeout(order: Future[str]) -> None:
    try:
        order.result(timeout=TIMEOUT)
    except TimeoutError:
        return  # Only our waiting ends here. The cook does not stop.
    # With other constants, there is no timeout that we could show.
    raise RuntimeError("ready before the timeout: COOKING is too short")


def main() -> None:
    with ThreadPoolExecutor(COOKS) as pool:
        order_soup_and_fish(pool)
        order_pizza_and_tea(pool)


if __name__ == "__main__":
    run(main)
