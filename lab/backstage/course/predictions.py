"""Predictions, as conditions on the last line of a lesson's output."""

import re
from collections.abc import Mapping

from backstage.errors import LabError

NUMBER = r"(-?\d[\d,]*(?:\.\d+)?)(%?)"


def holds(condition: str, line: str, names: Mapping[str, object]) -> bool:
    """Return whether a condition is true of a line of output.

    Args:
        condition: A Python expression. Its names are labels in the line (see
            `value_of`).
        line: The line of output.
        names: Values of further names that the condition may use.

    Raises:
        LookupError: If the line lacks a label.
        LabError: If the condition is not such an expression.
    """

    class Figures(dict[str, object]):
        def __missing__(self, label: str) -> float:
            return value_of(label, line)

    # eval would look for labels among the builtins.
    figures = Figures({"min": min, **names})
    try:
        return bool(eval(condition, {"__builtins__": {}}, figures))
    except (SyntaxError, TypeError) as error:
        reason = getattr(error, "msg", str(error))
        raise LabError(f"the condition {condition!r}: {reason}") from None


def value_of(label: str, line: str) -> float:
    """Return the number beside a label in a line of output.

    It stands right after the label ("threads 1.01", "lost: 12") or else right
    before it ("9.9 pages per second"). The value of "49%" is 0.49.

    Args:
        label: Words, with "_" for a blank or any other sign between them.
        line: The line of output.

    Raises:
        LookupError: If there is no such number.
    """
    pattern = r"\W+".join(map(re.escape, label.split("_")))
    after = re.search(rf"(?i)\b{pattern}:? {NUMBER}", line)
    before = re.search(rf"(?i){NUMBER} (?:s )?{pattern}\b", line)
    match = after or before
    if match is None:
        raise LookupError(f"the last line has no number beside {label!r}")
    number = float(match[1].replace(",", ""))
    return number / 100 if match[2] else number
