"""groups.toml: what the groups measure, and why their times differ."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from backstage.bench import descriptions
from backstage.bench.descriptions import (
    Description,
    describe_group,
    explain_ideal,
)
from backstage.bench.results import BENCHMARKS
from backstage.bench.run import list_groups
from backstage.bench.svg import NOTE_CHARACTERS
from backstage.errors import LabError

ROW_REASON_CHARACTERS = 90  # they begin to the right of the rows' names
# Not every Python and every system has these.
OPTIONAL_ROWS = {
    "start, interpreter",
    "start, process (fork)",
    "start, process (forkserver)",
}
CASE = re.compile(r"test_(\w+)\.py::\w+\[(.+)\]")


def collect_rows() -> dict[str, set[str]]:
    """Return the names of the rows that the benchmarks have, by group.

    pytest finds them, as the results may be older than the benchmarks.
    """
    command = [sys.executable, "-m", "pytest", "-m", "benchmark", "-n0", "-q"]
    command += ["--collect-only", "--noconftest", "-p", "no:hypothesispytest"]
    output = subprocess.run(
        [*command, str(BENCHMARKS)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    groups: dict[str, set[str]] = {}
    for group, row in CASE.findall(output):
        groups.setdefault(group, set()).add(row)
    return groups


@pytest.mark.slow
def test_each_reason_is_that_of_a_row() -> None:
    groups = collect_rows()
    assert sorted(groups) == list_groups()
    for group, rows in groups.items():
        description = describe_group(group)
        assert description.measured.endswith(".")
        sections = {row.partition(", ")[0] for row in rows}
        clients = {row.rpartition(", ")[0] for row in rows}
        for name, reason in description.reasons.items():
            assert name in rows | sections | clients | OPTIONAL_ROWS
            assert len(reason) <= NOTE_CHARACTERS
            if name in rows:
                assert len(reason) <= ROW_REASON_CHARACTERS


def test_a_group_without_a_description_has_its_name() -> None:
    assert describe_group("mine") == Description("mine")


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("one delay", "the delay of one page"),
        ("work / 2.5 cores", "sequential time divided by 2.5 cores"),
        ("mine", "mine"),
    ],
)
def test_the_short_name_of_an_ideal_is_explained(
    name: str, meaning: str
) -> None:
    assert explain_ideal(name) == meaning


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[group.mine]\n=", r"^groups\.toml: .* \(at line 2, column 1\)$"),
        ("[group.mine]\nreason = 1", r"^groups\.toml: group\.mine: .*reason"),
    ],
)
def test_a_mistake_is_named_in_a_line(
    content: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "groups.toml"
    file.write_text(content, "utf-8")
    monkeypatch.setattr(descriptions, "FILE", file)
    with pytest.raises(LabError, match=message):
        describe_group("mine")
