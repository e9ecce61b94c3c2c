"""What the groups measure, and why their times differ: groups.toml."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from backstage.bench.results import BENCHMARKS
from backstage.errors import LabError

FILE = BENCHMARKS / "groups.toml"


@dataclass(frozen=True)
class Description:
    """What can be said about a group without its results.

    Attributes:
        measured: What the times of its rows are, as a sentence.
        notes: What the names of its rows mean, as sentences.
        title_section: The section that the title is about, if the sections
            measure different things.
        reasons: Why the times of a row, of a section or of a client are as
            they are, by its name.
    """

    measured: str
    notes: list[str] = field(default_factory=list)
    title_section: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)


def describe_group(name: str) -> Description:
    """Return the description of a group: its name, if it has no other.

    Raises:
        LabError: If groups.toml has a mistake.
    """
    entries = _read(FILE).get("group", {}).get(name, {"measured": name})
    try:
        return Description(**entries)
    except TypeError as error:
        raise LabError(f"{FILE.name}: group.{name}: {error}") from None


def explain_ideal(name: str) -> str:
    """Return what an ideal is, from its short name in the tables."""
    for pattern, meaning in _read(FILE).get("ideals", {}).items():
        match = re.fullmatch(
            re.escape(pattern).replace(r"\{\}", r"(\S+)"), name
        )
        if match:
            return str(meaning.format(*match.groups()))
    return name


@cache
def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise LabError(f"{file.name}: {error}") from None
