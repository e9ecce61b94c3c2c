"""The lanes of a picture: what a thread or a process did over time."""

from collections.abc import Mapping
from dataclasses import dataclass

from backstage.watch import wait_reasons

COMPUTING = "computing"
READY = "ready"
TURN = "turn"
NETWORK = "network"
TIMER = wait_reasons.TIMER
WORK = "work"
OTHERS = "others"
CHILD = wait_reasons.CHILD
WAITING = "waiting"
# The texts of the states in a legend, in its order.
STATES = {
    COMPUTING: "computing",
    READY: "ready, but no CPU is free",
    TURN: "waits for its turn (a lock or the GIL)",
    NETWORK: "waits for the network",
    TIMER: "waits for a timer",
    WORK: "waits for work or a lock",
    OTHERS: "waits for other threads or processes",
    CHILD: "waits for a child process",
    WAITING: "waits (not known for what)",
}
MIN_SHARE = 0.05  # of a slice: a state with less is not drawn

# The shares of the states in a slice of time: they add up to 1. A slice is
# empty if the thread or process did not exist then.
Slice = Mapping[str, float]


@dataclass(frozen=True)
class Lane:
    """A row of a picture: a thread, a process, or several of one kind.

    Attributes:
        name: What stands beside it, such as "thread 1" or "12 threads".
        slices: Its slices of equal length, sorted by time.
        starts: The numbers of the slices in which the next worker starts, if
            several follow each other in this row.
    """

    name: str
    slices: list[Slice]
    starts: tuple[int, ...] = ()


def most_other(shares: Slice) -> str:
    """Return the state, other than computing, with the largest share."""
    waiting_states = {
        state: share for state, share in shares.items() if state != COMPUTING
    }
    return max(waiting_states, key=lambda state: waiting_states[state])


def normalize(shares: Slice) -> Slice:
    """Return the shares of at least MIN_SHARE, scaled to add up to 1."""
    kept = {
        state: share for state, share in shares.items() if share >= MIN_SHARE
    }
    total = sum(kept.values())
    return {state: share / total for state, share in kept.items()}
