"""Count the visitors of a museum at four doors, with += in several ways.

`+=` has three steps: read, add, write. With the GIL, Python stops a thread for
another one only at certain places: where it enters a function, after a call,
and where a loop jumps back. If such a place is between the read and the write,
another thread can count there. Then our write overwrites what it counted.
Is += safe? Only by accident: a bare += has no such place in today's Python.
Python does not promise that. Without the GIL a bare += loses visitors, too.

Prediction: lost: property and function more than 0, lock 0 and separate 0
(each door has its own counter).
"""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dis import get_instructions
from threading import Lock
from time import perf_counter

from backstage import run

VISITORS = 500_000  # visitors who come in at each door
DOORS = 4  # doors of the museum, with a thread for each

# Instructions where Python can switch threads: it enters a function (RESUME),
# it calls something, or it jumps back in a loop.
PLACES = {"RESUME", "CALL", "JUMP_BACKWARD"}  # names of instructions


class Counter:
    def __init__(self) -> None:
        self.visitors = 0
        self.numbers = {"visitors": 0}  # only for add_in_dictionary
        self.lock = Lock()

    def get_total(self) -> int:
        return self.visitors

    def set_total(self, visitors: int) -> None:
        self.visitors = visitors

    # A property looks like a variable, but it calls functions: get_total()
    # to read it, and set_total() to write it.
    total = property(get_total, set_total)


def get_one() -> int:
    return 1


def add_bare(counter: Counter) -> None:
    counter.visitors += 1


def add_in_dictionary(counter: Counter) -> None:
    counter.numbers["visitors"] += 1


def add_with_property(counter: Counter) -> None:
    counter.total += 1


def add_with_function(counter: Counter) -> None:
    counter.visitors += get_one()


def add_with_lock(counter: Counter) -> None:
    with counter.lock:  # One thread at a time enters. The others wait.
        counter.visitors += 1


def count_places(add: Callable[[Counter], None]) -> int:
    """Count places between read and write, without those in get_one()."""
    # get_instructions() lists what Python does in a function, step by step:
    # opname is what it does (STORE_ATTR: write), argval with which name.
    instructions = list(get_instructions(add))
    if add is add_with_property:
        # Its read and its write are in the functions of the property.
        read = get_instructions(Counter.get_total)
        write = get_instructions(Counter.set_total)
        instructions = [*read, *write]

    places = 0
    has_read = False
    for instruction in instructions:
        if instruction.argval == "visitors":
            has_read = True
        if has_read and instruction.opname.startswith("STORE"):
            break  # This is the write.
        if has_read and instruction.opname in PLACES:
            places += 1
    return places


def count_at_door(add: Callable[[Counter], None], counter: Counter) -> None:
    for _ in range(VISITORS):
        add(counter)


def measure_loss(
    name: str, add: Callable[[Counter], None], counters: list[Counter]
) -> int:
    # `add` is one of the functions above. `counters` has one for each door.
    start = perf_counter()
    with ThreadPoolExecutor(DOORS) as pool:
        # list() waits until all visitors have come in.
        list(pool.map(count_at_door, [add] * DOORS, counters))
    elapsed = perf_counter() - start

    counted = 0
    for counter in set(counters):  # A set has each counter only once.
        # Each way uses only one of these two numbers. The other one is 0.
        counted += counter.visitors + counter.numbers["visitors"]
    lost = VISITORS * DOORS - counted
    print(
        f"{name}: places to switch {count_places(add)}, lost {lost:,} of "
        f"{VISITORS * DOORS:,} visitors in {elapsed:.2f} s"
    )
    return lost


def is_gil_enabled() -> bool:
    if sys.version_info < (3, 13):
        return True
    return sys._is_gil_enabled()


def main() -> None:
    gil = "on" if is_gil_enabled() else "off"
    print(f"Python 3.{sys.version_info.minor}, GIL {gil}, {DOORS} doors")

    lost = {}
    for name, add in [
        ("bare", add_bare),
        ("dictionary", add_in_dictionary),
        ("property", add_with_property),
        ("function", add_with_function),
        ("lock", add_with_lock),
    ]:
        shared = [Counter()] * DOORS  # the same counter for all doors
        lost[name] = measure_loss(name, add, shared)

    # Safe without a lock: each door has its own counter.
    separate = [Counter() for _ in range(DOORS)]
    lost["separate"] = measure_loss("separate", add_bare, separate)

    print(
        f"lost: bare {lost['bare']:,}, property {lost['property']:,}, "
        f"function {lost['function']:,}, lock {lost['lock']}, "
        f"separate {lost['separate']}"
    )


if __name__ == "__main__":
    run(main)
