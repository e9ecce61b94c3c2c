"""A plugin of pytest that says on standard error which row comes next.

The lines are for `bench`, which makes a progress bar of them:
"row 3 of 40: waiting, thread pool".
"""

import sys

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Print the row's number, its group, and its name."""
    assert isinstance(item, pytest.Function)
    items = item.session.items
    number = items.index(item) + 1
    group = item.path.stem.removeprefix("test_")
    name = item.callspec.id
    line = f"row {number} of {len(items)}: {group}, {name}"
    print(line, file=sys.__stderr__, flush=True)
