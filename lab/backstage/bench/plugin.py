"""A plugin for pytest that prints which row is measured next.

The lines go to standard error, such as "row 3 of 40: waiting, thread pool".
`backstage.bench.run` makes a progress bar of them.
"""

import sys

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Print the row's number, its group, and its name."""
    assert isinstance(item, pytest.Function)
    items = item.session.items
    number = items.index(item) + 1
    group = item.path.stem.removeprefix("test_")
    row = item.callspec.id
    line = f"row {number} of {len(items)}: {group}, {row}"
    print(line, file=sys.__stderr__, flush=True)
