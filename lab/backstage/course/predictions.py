"""A prediction as a condition on the last line of a lesson's output."""

import re
from collections.abc import Mapping

NUMBER = r"(-?\d[\d,]*(?:\.\d+)?)(%?)"


def holds(condition: str, line: str, names: Mapping[str, object]) -> bool:
    """Tell whether a condition is true of a line of output.

    Arguments: `condition`, a Python expression; `line`, in which its names
    are looked for (see `value_of`); `names`, further names that it may use.

    Raises LookupError, in one line, where the line lacks a name.
    """

    class Values(dict[str, object]):
        def __missing__(self, name: str) -> float:
            return value_of(name, line)

    # No builtins but min: eval would look for labels among them.
    known = Values({"min": min, **names})
    return bool(eval(condition, {"__builtins__": {}}, known))


def value_of(label: str, line: str) -> float:
    """Return the number beside a label in a line of output.

    A label's "_" stands for a blank or any other sign. The number comes right
    after it ("threads 1.01", "lost: 12") or else right before it ("9.9 pages
    per second"); "49%" is 0.49.

    Raises LookupError, in one line, where there is none.
    """
    words = r"\W+".join(map(re.escape, label.split("_")))
    for pattern in (
        rf"(?i)\b{words}:? {NUMBER}",
        rf"(?i){NUMBER} (?:s )?{words}\b",
    ):
        if found := re.search(pattern, line):
            number = float(found[1].replace(",", ""))
            return number / 100 if found[2] else number
    raise LookupError(f"the last line has no number beside {label!r}")
