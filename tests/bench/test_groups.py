"""Groups, their sections, and what is compared with what."""

import pytest

from backstage.bench.groups import group_rows
from backstage.bench.results import Results
from support.results import make_coordinating_group, make_group


def test_rows_are_grouped_in_their_order(results: Results) -> None:
    groups = group_rows(results.rows)
    names = [group.name for group in groups]
    assert names == ["waiting", "computing", "paying", "scale"]
    assert [len(group.rows) for group in groups] == [2, 3, 3, 3]
    symbols = [group.symbol for group in groups]
    assert symbols == ["s", "s", "µs", "s"]


@pytest.mark.parametrize(
    ("names", "sections"),
    [
        (["C, a", "C, b", "Py, a"], {"C": ["a", "b"], "Py": ["a"]}),
        (["C, a", "b"], {"": ["C, a", "b"]}),
        (["a", "b"], {"": ["a", "b"]}),
    ],
)
def test_sections_need_two_parts_in_every_name(
    names: list[str], sections: dict[str, list[str]]
) -> None:
    group = make_group(dict.fromkeys(names, 1.0))
    assert {
        section: [group.short_name(row) for row in rows]
        for section, rows in group.sections.items()
    } == sections


def test_with_a_reference_sections_begin_with_the_fastest_row() -> None:
    group = make_coordinating_group()
    assert group.reference_name == "unsafe threads"
    assert [
        [group.short_name(row) for row in rows]
        for rows in group.sections.values()
    ] == [["unsafe", "lock", "queue"], ["value", "array", "manager"]]
    fastest = [row.name for row in group.rows if group.is_fastest(row)]
    assert fastest == ["threads, lock", "processes, value", "processes, array"]


def test_a_part_of_the_work_is_not_the_fastest() -> None:
    medians = {"fetching": 3.0, "sequential": 35.0, "both": 3.6}
    group = make_group(medians, parts=frozenset({"fetching"}))
    fastest = [row.name for row in group.rows if group.is_fastest(row)]
    assert fastest == ["both"]
