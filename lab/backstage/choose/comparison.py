"""Whether two results are equal, and copies to compare with."""

import copy
import pickle
from contextlib import suppress
from typing import Any


def are_equal(left: Any, right: Any) -> bool:
    """Return whether two values are certainly equal.

    Values that cannot be compared are not. Pickles are compared where `==`
    does not answer: arrays return an array, and NaN is not equal to itself.
    """
    with suppress(Exception):
        if left == right:
            return True
    with suppress(Exception):
        return _pickle_stably(left) == _pickle_stably(right)
    return False


def survives_pickling(value: Any) -> bool:
    """Return whether a value is still the same after it was pickled.

    A value that cannot be pickled counts as one that survives, since it
    never comes back from a process.
    """
    try:
        returned = _send(value)
    except Exception:  # noqa: BLE001  whatever the value's class raises
        return True
    return are_equal(returned, value)


def copy_if_possible(value: Any) -> Any:
    """Return a deep copy of a value, or the value if it cannot be copied."""
    try:
        return copy.deepcopy(value)
    except Exception:  # noqa: BLE001  whatever the value's class raises
        return value


def _pickle_stably(value: Any) -> bytes:
    """Return a pickle that is the same for an original and a sent value.

    A view of a NumPy array, for example, comes back from a process as an
    array of its own, whose pickle differs from that of the view.
    """
    return pickle.dumps(_send(value))


def _send(value: Any) -> Any:
    """Return a value as it comes back from another process."""
    return pickle.loads(pickle.dumps(value))
