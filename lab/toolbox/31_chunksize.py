"""Send tiny jobs to processes, one at a time or many together.

A post office computes the price of each letter. This takes very little time.
To bring a letter to a helper, and the price back, takes much longer. So we put
many letters into one bag. The helpers are processes, and a bag is a chunk of
jobs. (Without helpers it is even faster. Such tiny jobs do not need them.)

Prediction: the best chunk size is many times faster than chunk size 1: chunks
of 1,000 need 10 messages to the helpers, chunks of 1 need 10,000.
"""

from concurrent.futures import ProcessPoolExecutor
from time import perf_counter

from backstage import run

LETTERS = 10_000  # tiny jobs
CHUNK_SIZES = [1, 10, 100, 1_000]  # jobs that are sent together
WORKERS = 2  # processes


def find_price(grams: int) -> int:
    return 100 + 2 * grams  # cents


def measure_alone(letters: range) -> list[int]:
    start = perf_counter()
    prices = [find_price(grams) for grams in letters]
    elapsed = perf_counter() - start
    report("no pool", elapsed)
    return prices


def measure_pool(
    pool: ProcessPoolExecutor,
    letters: range,
    chunk_size: int,
    expected: list[int],
) -> float:
    start = perf_counter()
    # map puts the letters into chunks, and returns the prices in their order.
    prices = list(pool.map(find_price, letters, chunksize=chunk_size))
    elapsed = perf_counter() - start
    if prices != expected:
        raise RuntimeError(f"wrong prices with chunk size {chunk_size}")
    report(f"chunks of {chunk_size:,}", elapsed)
    return elapsed


def report(way: str, elapsed: float) -> None:
    # us: microseconds. A second has 1,000,000 of them.
    microseconds = elapsed / LETTERS * 1_000_000
    print(f"{way:<15}{elapsed:>11.3f} s{microseconds:>11.1f} us")


def main() -> None:
    letters = range(LETTERS)  # the weights of the letters, in grams
    print(f"{'way':<15}{'all letters':>13}{'per letter':>14}")
    expected = measure_alone(letters)
    times = {}  # chunk size: seconds
    with ProcessPoolExecutor(WORKERS) as pool:
        # A pool starts its processes when its first jobs arrive. We let them
        # start now, because we do not want to measure that.
        list(pool.map(find_price, letters[:100]))
        for chunk_size in CHUNK_SIZES:
            times[chunk_size] = measure_pool(
                pool, letters, chunk_size, expected
            )
    first = CHUNK_SIZES[0]
    best = min(CHUNK_SIZES, key=lambda chunk_size: times[chunk_size])
    print(
        f"best chunk size {best:,}: {times[first] / times[best]:.1f} times "
        f"faster than chunk size {first:,}"
    )


if __name__ == "__main__":
    run(main)
