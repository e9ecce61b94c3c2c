"""Count the visitors of a museum at four doors, with += in several ways.

`+=` has three steps: read, add, write. With the GIL, a thread that computes
can lose its turn only at certain places: at the start of a function, after a
call, and where a loop jumps back. If such a place is between the read and the
write, another thread can count visitors there. Then we write our old number
plus one, and those visitors are lost.
A bare += (with nothing else in it) has no such place in today's Python. But
that is only by chance: Python does not promise it. Without the GIL, threads
run at the same time, without switches: even a bare += loses visitors, and only
the lock and the separate counters are safe. To see that:
uv run lab on 3.14t 42

Prediction: lost: bare 0 (if there is a GIL), property and function more than
0, lock 0, separate 0 (there, each door has its own counter).
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

# The names of the instructions where Python can switch: the start of a
# function, a call, and a jump back.
SWITCH_PLACES = {"RESUME", "CALL", "JUMP_BACKWARD"}  # names


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


def get_one() -> int:  # stands for any function that we call in the +=
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
    """Count the places between read and write where Python can switch.

    The call of get_one() is one of them. We do not look into get_one().
    """
    # get_instructions() lists the instructions of a function, the small steps
    # that Python makes. Each has a name, its opname, such as STORE_ATTR
    # (write). Its argval says what it uses.
    instructions = list(get_instructions(add))
    if add is add_with_property:
        # Its read and its write are in the functions of the property.
        read = get_instructions(Counter.get_total)
        write = get_instructions(Counter.set_total)
        instructions = [*read, *write]

    places = 0
    has_read = False
    for instruction in instructions:
        # The first instruction that uses `visitors` belongs to the read. (In
        # a dictionary, `visitors` is the key.)
        if instruction.argval == "visitors":
            has_read = True
        if has_read and instruction.opname.startswith("STORE"):
            break  # This is the write.
        if has_read and instruction.opname in SWITCH_PLACES:
            places += 1
    return places


def count_at_door(add: Callable[[Counter], None], counter: Counter) -> None:
    for _ in range(VISITORS):
        add(counter)


def measure_loss(
    name: str, add: Callable[[Counter], None], counters: list[Counter]
) -> int:
    # `add` is one of the functions above. `counters` has a counter for each
    # door, which can be the same counter.
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

    losses = {}
    for name, add in [
        ("bare", add_bare),
        ("dictionary", add_in_dictionary),
        ("property", add_with_property),
        ("function", add_with_function),
        ("lock", add_with_lock),
    ]:
        shared = [Counter()] * DOORS  # the same counter for all doors
        losses[name] = measure_loss(name, add, shared)

    # Safe without a lock: each door has its own counter.
    separate = [Counter() for _ in range(DOORS)]
    losses["separate"] = measure_loss("separate", add_bare, separate)

    print(
        f"lost: bare {losses['bare']:,}, property {losses['property']:,}, "
        f"function {losses['function']:,}, lock {losses['lock']}, "
        f"separate {losses['separate']}"
    )


if __name__ == "__main__":
    run(main)
