"""A course of three small lessons, for the tests of the course."""

from pathlib import Path

import pytest

from support.lessons import write_lessons

CATALOGUE = """
[[part]]
title = "Part"
summary = "A part."

[[part.lesson]]
number = "2"
seconds = 3
quick = {SIZE = "20"}
film = {SIZE = "200"}
long = {SIZE = "2000"}

[[part.lesson]]
number = "1"
twin = {number = "2", lines = 5, differ = ["OTHER"]}
"""


@pytest.fixture
def small_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the lessons 2 and 1, which are twins, and 3 without an entry.

    Returns:
        The folder in place of the project's.
    """
    write_lessons(
        tmp_path,
        monkeypatch,
        CATALOGUE,
        _1_one="SIZE = 1  # items\nOTHER = 1  # items\nprint('one', SIZE)",
        _2_two="SIZE = 2  # items\nOTHER = 2  # items\nprint('two', SIZE)",
        _3_new="print('not in the catalogue')",
    )
    return tmp_path
