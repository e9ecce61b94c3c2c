"""The constants of a lesson, read and changed in its source.

A constant is a name in capitals that the module assigns to.
"""

import ast
import textwrap
from collections.abc import Iterator, Mapping

from backstage.errors import LabError

VALUE_WIDTH = 40  # columns of a value that is displayed, at most
CALLABLE = {"range": range}  # functions that a value may call


def read_constants(source: str) -> tuple[dict[str, str], dict[str, str]]:
    """Read the constants in the source of a lesson.

    Returns:
        The source of each value, and the comment beside it (its unit), both
        by the names of the constants.
    """
    lines = source.splitlines()
    values = {}
    units = {}
    for name, node in _find_constants(source):
        values[name] = ast.get_source_segment(source, node) or ""
        units[name] = lines[node.lineno - 1].partition("  # ")[2]
    return values, units


def change_constants(source: str, changes: Mapping[str, str]) -> str:
    """Return the source of a lesson with other values.

    Args:
        source: The source; everything else in it stays the same.
        changes: The source of each new value, by the names of constants.

    Raises:
        LabError: If there is no constant of such a name.
    """
    lines = source.splitlines(keepends=True)
    constants = list(_find_constants(source))
    for name in changes:
        if name not in dict(constants):
            raise LabError(f"the catalogue changes {name}, which is missing")
    for name, node in reversed(constants):
        if name not in changes:
            continue
        first = node.lineno - 1
        last = (node.end_lineno or node.lineno) - 1
        # ast counts columns in bytes.
        before = lines[first].encode()[: node.col_offset].decode()
        after = lines[last].encode()[node.end_col_offset :].decode()
        lines[first : last + 1] = [f"{before}{changes[name]}{after}"]
    return "".join(lines)


def evaluate(source: str) -> object:
    """Return the value of an expression that may call `range` alone.

    Raises:
        Exception: Whatever the expression raises.
    """
    value: object = eval(source, {"__builtins__": CALLABLE})
    return value


def is_value(source: str) -> bool:
    """Return whether an expression needs no name other than `range`."""
    try:
        evaluate(source)
    except Exception:  # noqa: BLE001  a lesson may have any expression
        return False
    return True


def shorten_value(source: str) -> str:
    """Return the source of a value, cut off after VALUE_WIDTH columns."""
    return textwrap.shorten(source, VALUE_WIDTH, placeholder=" ...")


def _find_constants(source: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield the name and the value of each constant, from top to bottom."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id.isupper():
                yield target.id, node.value
