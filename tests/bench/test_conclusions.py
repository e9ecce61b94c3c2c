"""What a group shows, as a title and as headings of its sections."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.bench import costs
from backstage.bench.conclusions import conclude, conclude_section, describe
from backstage.bench.descriptions import Description
from backstage.bench.groups import Group
from backstage.drawing.canvas import TITLE_CHARACTERS
from support.results import make_clients, make_coordinating_group, make_group


@pytest.mark.parametrize(
    ("medians", "title"),
    [
        (
            {"sequential": 10, "threads": 1.02, "pool": 1},
            "Threads or pool: 1.0 s instead of 10 s (sequential)",
        ),
        (
            {"one by one": 4, "at once": 2.2},
            "At once: 2.2 s instead of 4.0 s (one by one)",
        ),
        (
            {"threads": 2.6, "sequential": 2, "processes": 1},
            "Processes: 1.0 s instead of 2.0 s (sequential); threads: 2.6 s",
        ),
        (
            {"sequential": 2, "processes": 1, "processes + start": 0.9},
            "Processes: 1.0 s instead of 2.0 s (sequential)",
        ),
        (
            {"sequential": 2, "a": 1, "b": 1.04, "c": 1.06},
            "A, b or c: 1.0 to 1.1 s instead of 2.0 s (sequential)",
        ),
        (
            {"sequential": 2, "threads": 1.9},
            "Nothing is over 10 % faster than sequential, 2.0 s",
        ),
        (
            {"sequential": 2, "threads": 2.5},
            (
                "Nothing is over 10 % faster than sequential, 2.0 s; "
                "threads: 2.5 s"
            ),
        ),
        (
            {"sequential": 4} | dict.fromkeys(["a" * 20, "b" * 30, "c"], 1.0),
            f"A{'a' * 19} or 2 more: 1.0 s instead of 4.0 s (sequential)",
        ),
        ({"threads": 0.123}, "Threads: 0.12 s"),
        (
            {"C, sequential": 2, "C, threads": 1, "Py, sequential": 1},
            "At best 2.0 times as fast as sequential in C, 1.0 times in Py",
        ),
        (
            {"C, a": 2, "C, b": 1, "Py, c": 1},
            "At best 2.0 times as fast as the first row in C, 1.0 times in Py",
        ),
    ],
)
def test_the_title_compares_the_fastest_with_the_baseline(
    medians: dict[str, float], title: str
) -> None:
    assert conclude(make_group(medians)) == title


TIMES = st.floats(0.001, 10_000)


@given(TIMES, st.lists(TIMES, min_size=1, max_size=9))
def test_a_title_names_only_rows_that_are_fast(
    baseline: float, times: list[float]
) -> None:
    medians = {f"way {n}": time for n, time in enumerate(times)}
    title = conclude(make_group({"sequential": baseline} | medians))
    assert len(title) <= TITLE_CHARACTERS
    winners, instead, _ = title.partition("instead of")
    assert bool(instead) == (min(times) * 1.1 < baseline)
    if instead:
        names = re.findall(r"[Ww]ay \d", winners)
        assert names
        for name in names:
            assert medians[name.lower()] <= min(times) * 1.1


def test_a_part_of_the_work_does_not_compete() -> None:
    medians = {"fetching": 3.0, "sequential": 35.0, "both": 3.6}
    group = make_group(medians, parts=frozenset({"fetching"}))
    assert conclude(group) == "Both: 3.6 s instead of 35 s (sequential)"


def test_each_section_has_a_conclusion_of_its_own() -> None:
    group = make_group(
        {
            "C, sequential": 2,
            "C, threads": 1,
            "Py, sequential": 1,
            "Py, processes": 0.5,
            "Py, threads": 2,
        }
    )
    headings = [
        "C: threads 1.0 s instead of 2.0 s (sequential)",
        "Py: processes 0.50 s instead of 1.0 s (sequential); threads 2.0 s",
    ]
    sections = group.sections
    assert [conclude_section(group, name) for name in sections] == headings
    assert describe(group) == ". ".join([conclude(group), *headings])


def test_a_group_without_sections_is_described_by_its_title() -> None:
    group = make_group({"a": 1.0})
    assert conclude_section(group, "") == ""
    assert describe(group) == "A: 1.0 s"


def test_the_title_of_a_group_with_a_reference() -> None:
    medians = {"unsafe": 0.2, "RLock": 0.31, "lock": 0.3, "queue": 40.0}
    group = make_group(medians, ideal_name="unsafe", unit="µs per update")
    assert conclude(group) == (
        "Lock: 1.5 times as long per update as unsafe; queue: 200 times"
    )


@pytest.mark.parametrize(
    ("medians", "title"),
    [
        (
            {"t, unsafe": 1.0, "t, queue": 5.0, "p, queue": 20.0},
            "Queue (t): 5.0 times as long as unsafe; queue (p): 20 times",
        ),
        (
            {"t, unsafe": 1.0, "t, lock": 1.5, "p, manager": 20.0},
            "Lock: 1.5 times as long as unsafe; manager (p): 20 times",
        ),
        ({"t, unsafe": 1.0}, "T, unsafe: 1.00 s"),
    ],
)
def test_a_title_names_the_section_where_it_must(
    medians: dict[str, float], title: str
) -> None:
    assert conclude(make_group(medians, ideal_name="t, unsafe")) == title


@pytest.mark.parametrize(
    ("section", "title"),
    [
        (
            "",
            "Lock: 1.5 times as long as unsafe; manager (processes): 60 times",
        ),
        ("threads", "Lock: 1.5 times as long as unsafe; queue: 5.0 times"),
    ],
)
def test_a_title_can_be_about_one_section(
    section: str, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    description = Description("", title_section=section)
    monkeypatch.setattr(costs, "describe_group", lambda name: description)
    assert conclude(make_coordinating_group()) == title


def test_sections_are_compared_with_the_reference_and_in_themselves() -> None:
    group = make_coordinating_group()
    assert [conclude_section(group, name) for name in group.sections] == [
        (
            "Threads: lock takes 1.5 times as long as unsafe; queue 5.0 times"
            " as long"
        ),
        "Processes: value 20.0 s; manager takes 3.0 times as long",
    ]


@pytest.mark.parametrize(
    ("medians", "title"),
    [
        (
            {("a", 10): 1, ("b", 10): 9, ("a", 100): 2, ("b", 100): 1.3},
            "100 pages: 1.3 s (b) to 2.0 s (a)",
        ),
        (
            {("a", 10): 1, ("a", 1_000): 2, ("b", 10): 1},
            "10 pages: 1.0 s; 1,000: 2.0 s (a)",
        ),
        (  # the slowest of all is named, if not all can be
            {
                ("client on client", 10): 1.3,
                ("client alone", 10): 2,
                ("client alone", 100): 20,
            },
            "10 pages: 1.3 to 2.0 s; 100: 20 s (client alone)",
        ),
        (
            {
                ("client on client", 10): 1.3,
                ("client alone", 10): 20,
                ("client on client", 100): 2,
            },
            "10 pages: 1.3 s (client on client) to 20 s (client alone)",
        ),
    ],
)
def test_the_title_of_clients_that_fetch_more_and_more_pages(
    medians: dict[tuple[str, int], float], title: str
) -> None:
    assert conclude(make_clients(medians)) == title


def test_the_titles_of_the_repository_fit(measured: dict[str, Group]) -> None:
    for group in measured.values():
        assert len(conclude(group)) <= TITLE_CHARACTERS
