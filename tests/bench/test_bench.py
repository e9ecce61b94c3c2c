"""`uv run lab bench`, `plot` and `results`: from JSON to tables and plots."""

import json
import os
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.bench import chart, conclusions, page, plot, run
from backstage.cli import app
from backstage.course.catalogue import README
from backstage.drawing import axes, canvas
from support.commands import interrupt_lab
from support.processes import is_site
from support.terminals import terminal


def entry(
    group: str, row: str, median: float, *ideal: object, **more: object
) -> dict[str, Any]:
    known = {"row": row, "ideal": list(ideal), "ideal is": "its ideal"}
    stats = {"median": median, "min": median * 0.9, "max": median * 1.1}
    stats["rounds"] = 3
    return {"group": group, "stats": stats, "extra_info": known | more}


MICRO = {"unit": "µs per update", "factor": 1e6 / 1_000}
COMPARED: dict[str, object] = {"ideal is": "threads, unsafe", **MICRO}
UNSAFE = ["threads, unsafe", 1]
ENTRIES = [
    entry("waiting", "sequential", 10.0, 1.0, site=0.004),
    entry("waiting", "together", 1.01, 1.0, site=0.02),
    entry("computing", "one by one", 4.0, ["one by one", 2]),
    entry("computing", "at once", 2.2, ["one by one", 2], 2.1),
    entry("computing", "alone", 2.2, ["not measured", 2]),
    entry("paying", "threads, unsafe", 0.0005, UNSAFE, **COMPARED),
    entry("paying", "threads, safe", 0.002, UNSAFE, **COMPARED),
    entry("paying", "processes, safe", 0.05, UNSAFE, **COMPARED),
    entry("scale", "threads, 10", 1.0, 1.0, count=10, cpu=0.2, memory=35e6),
    entry("scale", "threads, 1,000", 2.0, 1.0, count=1_000, cpu=1, memory=9e7),
    entry("scale", "other, 1,000", 1.5, 1.0, count=1_000),
]
GROUPS = ["waiting", "computing", "paying", "scale"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write made-up results."""
    path = tmp_path / "made_up.json"
    whole = {
        "machine_info": {"truth": "a machine"},
        "datetime": "2026-11-21T12:00:00",
        "benchmarks": ENTRIES,
    }
    path.write_text(json.dumps(whole), "utf-8")
    return path


def test_a_table_of_each_group(file: Path) -> None:
    found = run.load(file)
    assert found.about == "a machine, 2026-11-21"
    expected = """
waiting, seconds median  min   max site times  the ideal
sequential        10.00 9.00 11.00   0% 10.00  1.00 its ideal
together           1.01 0.91  1.11   2%  1.01  1.00 its ideal

computing, seconds median  min  max times  the ideal
one by one           4.00 3.60 4.40  2.00  2.00 its ideal
at once              2.20 1.98 2.42  1.05  2.10 its ideal
alone                2.20 1.98 2.42     -  its ideal

paying, µs per update median   min   max times  compared with
threads, unsafe         0.50  0.45  0.55  1.00  0.50 threads, unsafe
threads, safe           2.00  1.80  2.20  4.00  0.50 threads, unsafe
processes, safe        50.00 45.00 55.00   100  0.50 threads, unsafe

scale, seconds median  min  max  CPU MB times  the ideal
threads, 10      1.00 0.90 1.10 0.20 35  1.00  1.00 its ideal
threads, 1,000   2.00 1.80 2.20 1.00 90  2.00  1.00 its ideal
other, 1,000     1.50 1.35 1.65    -  -  1.50  1.00 its ideal
"""
    assert run.tables(found.rows) == expected.strip()


def rows_of(
    medians: dict[str, float], *parts: str, **changes: Any
) -> list[run.Row]:
    """Return made-up rows with these medians, without an ideal."""
    return [
        run.Row(
            **{
                "group": "made up",
                "name": name,
                "median": median,
                "least": median * 0.9,
                "most": median * 1.1,
                "ideal": None,
                "about": "its ideal",
                "unit": "seconds",
                "factor": 1.0,
                "more": {},
                "parts": frozenset(parts),
                **changes,
            }
        )
        for name, median in medians.items()
    ]


def counted(medians: dict[tuple[str, int], float]) -> list[run.Row]:
    """Return made-up rows of clients that fetch more and more pages."""
    return [
        row
        for (kind, count), median in medians.items()
        for row in rows_of(
            {f"{kind}, {count:,}": median}, more={"count": count}
        )
    ]


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
    ],
)
def test_the_title_is_the_conclusion(
    medians: dict[str, float], title: str
) -> None:
    group = conclusions.Group(rows_of(medians))
    assert group.title == title
    lines = plot.text(group.rows).splitlines()
    assert title in " ".join(lines[1:3])


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
    ],
)
def test_a_title_names_the_section_where_it_must(
    medians: dict[str, float], title: str
) -> None:
    group = conclusions.Group(rows_of(medians, about="t, unsafe"))
    assert group.title == title


def test_sections_are_compared_with_the_reference_and_in_themselves() -> None:
    medians = {
        "threads, unsafe": 1.0,
        "threads, queue": 5.0,
        "threads, lock": 1.5,
        "processes, manager": 60.0,
        "processes, value": 20.0,
        "processes, array": 21.0,
    }
    rows = rows_of(medians, about="threads, unsafe", ideal=1.0)
    group = conclusions.Group(rows)
    threads, processes = group.headings
    assert threads == (
        "Threads: lock takes 1.5 times as long as unsafe; queue 5.0 times as"
        " long"
    )
    assert processes == (
        "Processes: value 20.0 s; manager takes 3.0 times as long"
    )
    assert [
        [group.short_name(row) for row in section]
        for section in group.sections.values()
    ] == [["unsafe", "lock", "queue"], ["value", "array", "manager"]]
    fast = [row.name.split()[-1] for row in rows if group.is_fastest(row)]
    assert fast == ["lock", "value", "array"]
    by_name = {row.name: row for row in rows}
    assert group.label(by_name["processes, value"]) == (
        "20.0 s (20 times unsafe threads)"
    )


@given(st.floats(0.01, 1_000), st.floats(1, 1_000))
def test_a_label_agrees_with_the_times_that_are_shown(
    least: float, times: float
) -> None:
    medians = {"t, unsafe": least, "t, lock": least * times}
    rows = rows_of(medians, about="t, unsafe", ideal=least)
    group = conclusions.Group(rows)
    base, label = (re.sub(r"[^\d. ]", "", group.label(row)) for row in rows)
    factor = float(label.split()[1]) * float(base)
    assert float(label.split()[0]) == pytest.approx(factor, rel=0.051)


def test_each_section_has_a_conclusion_of_its_own() -> None:
    group = conclusions.Group(
        rows_of(
            {
                "C, sequential": 2,
                "C, threads": 1,
                "Py, sequential": 1,
                "Py, processes": 0.5,
                "Py, threads": 2,
            }
        )
    )
    headings = [
        "C: threads 1.0 s instead of 2.0 s (sequential)",
        "Py: processes 0.50 s instead of 1.0 s (sequential); threads 2.0 s",
    ]
    shown = plot.text(group.rows).splitlines()
    texts = svg_texts(chart.svg(group, ""))
    for heading in headings:
        assert heading in shown
        assert heading in texts
        assert heading in group.description


def test_a_part_of_the_work_is_not_the_fastest() -> None:
    medians = {"fetching": 3.0, "sequential": 35.0, "both": 3.6}
    group = conclusions.Group(rows_of(medians, "fetching"))
    assert group.title == "Both: 3.6 s instead of 35 s (sequential)"
    assert [group.is_fastest(row) for row in group.rows] == [0, 0, 1]


def test_the_title_says_what_costs_how_much_more() -> None:
    medians = {"unsafe": 0.2, "RLock": 0.31, "lock": 0.3, "queue": 40.0}
    group = conclusions.Group(
        rows_of(medians, about="unsafe", unit="µs per update")
    )
    assert group.title == (
        "Lock: 1.5 times as long per update as unsafe; queue: 200 times"
    )
    assert group.mark == (
        "the time of unsafe, with which the others are compared: 0.200 µs"
    )


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
def test_the_title_of_more_and_more_pages(
    medians: dict[tuple[str, int], float], title: str
) -> None:
    assert conclusions.Group(counted(medians)).title == title


TIMES = st.floats(0.001, 10_000)


@given(TIMES, st.lists(TIMES, min_size=1, max_size=9))
def test_a_title_is_true(baseline: float, others: list[float]) -> None:
    medians = {f"way {n}": time for n, time in enumerate(others)}
    rows = rows_of({"sequential": baseline} | medians)
    title = conclusions.Group(rows).title
    assert len(title) <= canvas.TITLE_CHARACTERS
    winners, instead, _ = title.partition("instead of")
    assert bool(instead) == (min(others) * 1.1 < baseline)
    if instead:
        named = re.findall(r"[Ww]ay \d", winners)
        assert named
        for name in named:
            assert medians[name.lower()] <= min(others) * 1.1


def test_a_text_picture_of_each_group(file: Path) -> None:
    shown = plot.text(run.load(file).rows)
    assert max(map(len, shown.splitlines())) < 80
    waiting, computing, paying, scale = shown.split("\n\n")
    blocks = [waiting, computing, paying, scale]
    assert [block.splitlines()[0].lower() for block in blocks] == GROUPS
    for block in blocks:
        assert "Less is better." in block
    bars = {
        line.split()[0]: line.count("█")
        for line in waiting.splitlines()
        if "█" in line
    }
    assert bars["sequential"] == pytest.approx(bars["together"] * 10, rel=0.2)
    marks = {line.find("|") for line in waiting.splitlines() if " s " in line}
    assert len(marks - {-1}) == 1  # one ideal, in one column
    assert "\n|  ideal: its ideal, 1.00 s" in waiting
    assert "Each time is the median of 3 rounds." in waiting
    assert "logarithmic" not in waiting + computing
    assert "x axis: median time in µs per update, logarithmic; " in paying
    assert "|  the time of unsafe threads, with which " in paying
    assert "ideal" not in paying
    assert "█" not in paying  # a bar would have no zero
    dots = [line.index("●") for line in paying.splitlines() if "●" in line]
    first, second, third = dots  # 0.5, 2 and 50 µs
    ratio = (third - first) / (second - first)
    assert ratio == pytest.approx(2 / 0.602, rel=0.1)  # decades


def test_a_text_picture_of_more_and_more_pages(file: Path) -> None:
    rows = [row for row in run.load(file).rows if row.group == "scale"]
    lines = plot.text(rows).splitlines()
    assert "-  ideal: its ideal, 1.00 s" in lines
    grid = [line for line in lines if "│" in line]
    (a,) = (n for n, line in enumerate(grid) if "a threads 2.00 s" in line)
    (b,) = (n for n, line in enumerate(grid) if "b other 1.50 s" in line)
    (ideal,) = (n for n, line in enumerate(grid) if "---" in line)
    assert a < b < ideal  # slower is higher
    assert "pages at the same time, logarithmic" in " ".join(lines[2:6])
    assert lines[lines.index(grid[-1]) + 1].split() == ["10", "1,000"]


def test_a_picture_of_many_clients() -> None:
    rows = counted(
        {
            (f"client number {n}", count): n + 1.0
            for n in range(60)
            for count in (10, 1_000)
        }
    )
    shown = plot.text(rows)
    assert max(map(len, shown.splitlines())) < 80
    assert "a client number 0 1.00 s" in shown
    assert "h client number 59 60.0 s" in shown
    assert shown.count("client number") >= 60
    labels = svg_texts(chart.svg(conclusions.Group(rows), ""))
    levels = [y for label, y in labels.items() if "client" in label]
    check_that_no_label_covers_another(levels)


def svg_texts(svg: str) -> dict[str, float]:
    """Return the heights of the texts in an SVG."""
    return {
        text.text or "": float(text.get("y", 0))
        for text in ElementTree.fromstring(svg).iter()
        if text.tag.endswith("text")
    }


def check_that_no_label_covers_another(levels: list[float]) -> None:
    ordered = sorted(levels)
    assert len(ordered) > 1
    for above, below in pairwise(ordered):
        assert below - above >= 13  # pixels of a letter


def test_an_svg_of_each_group(file: Path) -> None:
    loaded = run.load(file)
    svgs = plot.svgs(loaded)
    assert list(svgs) == GROUPS
    for name, rows in run.by_group(loaded.rows).items():
        group, texts = conclusions.Group(rows), svg_texts(svgs[name])
        assert group.title in texts
        assert f"Measured on {loaded.about}." in texts
        legend = "from the shortest to the longest of 3 rounds"
        assert any(text.startswith(legend) for text in texts)
        assert any("Less is better." in text for text in texts)
        assert not any(re.search(r"\bus\b", text) for text in texts)
        for row in rows:
            *_, in_section = row.name.split(", ")
            label = row.name.split(", ")[0] if name == "scale" else in_section
            assert any(text.startswith(label) for text in texts)


def shapes(svg: str, tag: str, *kinds: str) -> list[ElementTree.Element]:
    """Return the shapes in an SVG with a class, except in its legend."""
    return [
        shape
        for shape in ElementTree.fromstring(svg).iter()
        if shape.tag.endswith(tag)
        and shape.get("class") in kinds
        and float(shape.get("x") or shape.get("cx") or 999) >= chart.LEFT
    ]


def test_bars_begin_at_zero(file: Path) -> None:
    svgs = plot.svgs(run.load(file))
    slow, fast = shapes(svgs["waiting"], "rect", "fastest", "slower")
    assert {slow.get("x"), fast.get("x")} == {f"{chart.LEFT}"}
    assert float(slow.get("width", 0)) == pytest.approx(
        float(fast.get("width", 0)) * 10 / 1.01, rel=0.01
    )
    assert (slow.get("class"), fast.get("class")) == ("slower", "fastest")
    texts = svg_texts(svgs["waiting"])
    assert "x axis: median time in seconds. Less is better." in texts
    assert "ideal: its ideal, 1.00 s" in texts
    assert "10.0 s (10 times the ideal)" in texts
    assert {"0", "2 s", "10 s"} <= texts.keys()


def test_dots_on_a_logarithmic_axis(file: Path) -> None:
    paying = plot.svgs(run.load(file))["paying"]
    kinds = ["reference", "fastest", "fastest"]  # in sections of two and one
    assert not shapes(paying, "rect", *kinds)
    dots = shapes(paying, "circle", *kinds)
    assert [dot.get("class") for dot in dots] == kinds
    first, second, third = (float(dot.get("cx", 0)) for dot in dots)
    ratio = (third - first) / (second - first)
    assert ratio == pytest.approx(2 / 0.602, rel=0.01)
    texts = svg_texts(paying)
    assert (
        "the time of unsafe threads, with which the others are compared:"
        " 0.500 µs"
    ) in texts
    assert "2.00 µs (4.0 times unsafe threads)" in texts
    assert {"1 µs", "10 µs"} <= texts.keys()
    assert not any("ideal" in text for text in texts)


def test_lines_differ_in_colour_and_marker(file: Path) -> None:
    scale = plot.svgs(run.load(file))["scale"]
    lines = shapes(scale, "polyline", "line s0", "line s1")
    assert len(lines) == 2
    markers = shapes(scale, "path", "line s0", "line s1")  # hollow
    signs = {(marker.get("class"), marker.get("d")) for marker in markers}
    assert len(signs) == len({path for _, path in signs}) == 2
    assert len(markers) == 3 + 2  # the points, and the labels
    texts = svg_texts(scale)
    ends = {
        "threads: 2.00 s for 1,000 pages",
        "other: 1.50 s for 1,000 pages",
        "ideal: 1.00 s",
    }
    assert ends <= texts.keys()
    check_that_no_label_covers_another([texts[end] for end in ends])


def test_a_client_that_was_not_measured_at_the_largest_number() -> None:
    rows = counted(
        {
            ("a", 10): 1.0,
            ("a", 5_000): 9.0,
            ("a", 10_000): 20.0,
            ("b", 5_000): 2.0,
        }
    )
    group = conclusions.Group(rows)
    note = "not measured at 10,000 pages"
    assert f"b: {note}." in plot.text(rows).splitlines()
    texts = svg_texts(chart.svg(group, ""))
    assert note in texts
    assert texts[note] > texts["b: 2.00 s for 5,000 pages"]
    assert not any(f"a: {note}" in text for text in group.explanations)
    assert {"10", "5,000", "10,000"} <= texts.keys()  # along the x axis


def test_numbers_along_an_axis_do_not_cover_each_other() -> None:
    counts = [10, 1_000, 1_001, 1_002]
    rows = counted({("a", count): 1.0 for count in counts})
    texts = svg_texts(chart.svg(conclusions.Group(rows), ""))
    assert {"10", "1,002"} <= texts.keys()
    assert not {"1,000", "1,001"} & texts.keys()


def repeated(rounds: dict[str, int]) -> conclusions.Group:
    """Return a group of rows that were measured in so many rounds."""
    rows = [
        row
        for name, number in rounds.items()
        for row in rows_of({name: 1.0}, rounds=number)
    ]
    return conclusions.Group(rows)


@pytest.mark.parametrize(
    ("rounds", "words"),
    [
        ({"a": 3, "b": 3}, "Each time is the median of 3 rounds"),
        ({"a": 1, "b": 1}, "Each time is from 1 round"),
        (
            {"a": 3, "b": 3, "slow": 1},
            "Each time is the median of 3 rounds (slow: 1)",
        ),
        (
            {"a": 3, "b": 3, "c": 2, "d": 1},
            "Each time is the median of 1 to 3 rounds",
        ),
    ],
)
def test_a_picture_says_how_many_rounds(
    rounds: dict[str, int], words: str
) -> None:
    group = repeated(rounds)
    assert group.source == words
    assert f"{words}." in plot.text(group.rows).splitlines()


def test_a_picture_says_which_ranges_are_not_drawn() -> None:
    def legend(*longest: float) -> str:
        rows = [
            row
            for n, most in enumerate(longest)
            for row in rows_of({f"{n}": 1.0}, least=1.0, most=most, rounds=3)
        ]
        svg = chart.svg(conclusions.Group(rows), "")
        (text,) = (text for text in svg_texts(svg) if "3 rounds" in text)
        return text

    drawn = "from the shortest to the longest of 3 rounds"
    assert legend(1.2, 1.3) == drawn
    assert legend(1.2, 1.0) == f"{drawn}; not drawn where it is too short"
    assert legend(1.0, 1.0) == (
        "Each time is the median of 3 rounds, which differ too little to be"
        " drawn."
    )


@pytest.fixture
def measured() -> dict[str, conclusions.Group]:
    """Return the groups of the repository's own results."""
    rows = run.load(page.RESULTS).rows
    return {
        name: conclusions.Group(rows)
        for name, rows in run.by_group(rows).items()
    }


def test_each_group_shows_its_reasons(
    measured: dict[str, conclusions.Group],
) -> None:
    assert conclusions.REASONS.keys() == measured.keys()
    for name, group in measured.items():
        texts = svg_texts(chart.svg(group, ""))
        drawn = " ".join(texts)
        written = " ".join(plot.text(group.rows).split())
        for of, reason in conclusions.REASONS[name].items():
            assert reason in drawn  # so there is such a row
            assert f"{of}: {reason.removesuffix('.')}" in written
            assert len(reason) <= chart.NOTE_CHARACTERS
            if of in group.names:
                assert len(reason) <= 90  # beside the names
        assert len(group.title) <= canvas.TITLE_CHARACTERS


def test_a_reason_is_not_shown_without_its_row() -> None:
    rows = rows_of({"sequential": 2.0, "mine": 1.0}, group="pipeline")
    texts = svg_texts(chart.svg(conclusions.Group(rows), ""))
    reasons = conclusions.REASONS["pipeline"]
    shown = [name for name, reason in reasons.items() if reason in texts]
    assert shown == ["sequential"]
    below = {y for text, y in texts.items() if text == reasons["sequential"]}
    assert texts["sequential"] < below.pop() < texts["mine"]


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=9))
def test_an_axis_holds_its_numbers(numbers: list[float]) -> None:
    axis = axes.Axis(numbers)
    assert axis.logarithmic == (max(numbers) > 20 * min(numbers))
    assert len(axis.ticks) >= 2
    for number in [*numbers, *axis.ticks]:
        assert -1e-9 <= axis.place(number) <= 1 + 1e-9
    if axis.logarithmic:
        for tick in axis.ticks:
            assert axes.tick_label(tick).strip(",.0")[:1] in {"1", "2", "5"}


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(0.1, 10)),
        min_size=1,
        max_size=9,
    )
)
def test_labels_are_spread(labels: list[tuple[float, float]]) -> None:
    labels.sort()
    levels, heights = map(list, zip(*labels, strict=True))
    places = axes.spread(levels, heights, 110)
    ends = [y + height for y, height in zip(places, heights, strict=True)]
    for end, below in zip(ends, [*places[1:], 110], strict=True):
        assert end <= below + 1e-9
    if all(
        level + height <= below
        for (level, height), below in zip(
            labels, [*levels[1:], 110], strict=True
        )
    ):
        assert places == pytest.approx(levels)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "nonsense",
        '{"benchmarks": 1}',
        '{"benchmarks": []}',
        '{"benchmarks": [{"group": null, "stats": {}, "extra_info": {}}]}',
        json.dumps({"benchmarks": ENTRIES}),
    ],
)
def test_other_files_are_refused_in_a_line(
    content: str, tmp_path: Path
) -> None:
    file = tmp_path / "x.json"
    file.write_text(content, "utf-8")
    with pytest.raises(ValueError, match="no results of the benchmarks in"):
        run.load(file)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bench", "nonsense"], "no group 'nonsense'; there are computing, "),
        (["bench", "--", "--benchmark-json"], "expected one argument"),
        (["bench", "--", "--benchmark-json", "no/x.json"], "no/x.json"),
        (["plot", "no/such/file"], "'no/such/file'"),
        (["plot", str(README)], "no results of the benchmarks in"),
        (["plot"], "FILE"),
    ],
)
def test_bad_usage(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert message in shown.err


def test_plot_draws_a_file_of_results(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    svg = file.with_name("mine.svg")
    assert app.run(["plot", str(file), "--svg", str(svg)]) == 0
    shown = capsys.readouterr().out
    assert shown.strip() == plot.text(run.load(file).rows).strip()
    assert {path.name for path in file.parent.glob("*.svg")} == {
        f"mine-{group}.svg" for group in GROUPS
    }
    texts = svg_texts(file.with_name("mine-computing.svg").read_text("utf-8"))
    assert "2.20 s (1.0 times the ideal)" in texts


def test_plot_draws_a_single_group_into_the_file_itself(file: Path) -> None:
    whole = json.loads(file.read_text("utf-8"))
    whole["benchmarks"] = ENTRIES[:2]
    file.write_text(json.dumps(whole), "utf-8")
    svg = file.with_name("mine.svg")
    assert app.run(["plot", str(file), "--svg", str(svg)]) == 0
    assert list(file.parent.glob("*.svg")) == [svg]
    assert "10.0 s (10 times the ideal)" in svg_texts(svg.read_text("utf-8"))


def test_names_of_groups_become_names_of_files() -> None:
    rows = [
        row
        for name in ("My Group: 1/2", "my group 1 2", "../..")
        for row in rows_of({"a": 1.0}, group=name)
    ]
    names = list(plot.svgs(run.Results(rows, "a machine")))
    assert names == ["my-group-1-2", "my-group-1-2-2", "group"]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a pytest of its own not take itself for one of xdist's workers."""
    for name in [name for name in os.environ if "XDIST" in name]:
        monkeypatch.delenv(name)


INI = """
[pytest]
filterwarnings = error
"""
HOOKS = """
def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true")

def pytest_benchmark_generate_machine_info():
    return {"truth": "a machine"}
"""
TINY = """
import pytest

@pytest.mark.benchmark(group="GROUP")
@pytest.mark.parametrize("row", ["one, 10", "two"])
def test_row(row, benchmark):
    benchmark.extra_info |= {"row": row, "ideal": [1.0], "ideal is": "it"}
    assert benchmark.pedantic(lambda: row != "wrong", rounds=3)
"""


@pytest.fixture
def tiny(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of two groups with two small benchmarks each."""
    (tmp_path / "pytest.ini").write_text(INI, "utf-8")
    (tmp_path / "conftest.py").write_text(HOOKS, "utf-8")
    for group in "first", "second":
        source = TINY.replace("GROUP", group)
        (tmp_path / f"test_{group}.py").write_text(source, "utf-8")
    monkeypatch.setattr(run, "FOLDER", tmp_path)
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_bench_prints_tables_and_keeps_the_json(
    tiny: Path, traced: None, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run.groups() == ["first", "second"]
    options = ["--benchmark-json", "kept.json"]
    assert run.bench(["first", "second"], options) == 0
    rows = run.load(tiny / "kept.json").rows
    assert [(row.group, row.name, row.ideal) for row in rows] == [
        ("first", "one, 10", 1.0),
        ("first", "two", 1.0),
        ("second", "one, 10", 1.0),
        ("second", "two", 1.0),
    ]
    shown = capfd.readouterr()
    assert shown.err == ""  # no bar, as there is no terminal
    lines = shown.out.splitlines()
    assert re.sub(" +", " ", lines[0]) == (
        "first, seconds median min max times the ideal"
    )
    starts = ["first,", "one,", "two", "", "second,", "one,", "two"]
    assert [line.partition(" ")[0] for line in lines] == starts


def test_bench_shows_one_bar_for_all_rows(
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with terminal() as (outer, read, _):
        with open(outer, "w", encoding="utf-8", closefd=False) as stream:
            monkeypatch.setattr(sys, "stderr", stream)
            assert run.bench(["first", "second"], []) == 0
        shown = read()
    assert re.findall(r"(\d/4) \|.{20}\| (\w+, .*?) *\r", shown) == [
        ("0/4", "first, one, 10"),
        ("1/4", "first, two"),
        ("2/4", "second, one, 10"),
        ("3/4", "second, two"),
    ]
    assert shown.rpartition("\r")[0].rpartition("\r")[2].isspace()  # cleared
    assert capsys.readouterr().out.startswith("first, seconds")


@pytest.mark.skipif(os.name == "nt", reason="no sessions there")
def test_a_terminal_sends_ctrl_c_to_bench_alone(tiny: Path) -> None:
    file = tiny / "test_first.py"
    session = "import os, pathlib\n"
    session += "pathlib.Path('session').write_text(str(os.getsid(0)))\n"
    file.write_text(session + file.read_text("utf-8"), "utf-8")
    assert run.bench(["first"], []) == 0
    assert int((tiny / "session").read_text()) != os.getsid(0)


def test_bench_shows_what_failed(
    tiny: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tiny / "test_second.py"
    source = file.read_text("utf-8").replace('"two"', '"wrong"')
    file.write_text(source, "utf-8")
    assert run.bench(["first", "second"], []) == 1
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "E   assert False" in shown.err
    assert "\nFAILED test_second.py::test_row[wrong] - " in shown.err
    assert not re.search(r"^row \d", shown.err, re.MULTILINE)


def test_bench_refuses_an_unknown_option_in_a_line(
    tiny: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match=r"^unrecognized arguments: --bad$"):
        run.bench(["first"], ["--bad"])
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_bench_refuses_a_file_that_is_not_there_in_a_line(tiny: Path) -> None:
    with pytest.raises(ValueError, match=r"^file .* not found: no_file\.py$"):
        run.bench(["first"], ["no_file.py"])


def test_options_for_pytest_benchmark_follow_two_dashes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[tuple[list[str], list[str]]]()

    def bench_in_name(groups: list[str], options: list[str]) -> int:
        asked.append((groups, options))
        return 7

    monkeypatch.setattr(run, "bench", bench_in_name)
    assert app.run(["bench", "scale", "--", "--quiet", "-x"]) == 7
    assert app.run(["bench"]) == 7
    assert asked == [(["scale"], ["--quiet", "-x"]), (run.groups(), [])]


@pytest.mark.timing
def test_ctrl_c_ends_the_benchmarks(traced: None, alone: None) -> None:
    def has_a_site(director: psutil.Process) -> bool:
        return any(map(is_site, director.children(recursive=True)))

    assert interrupt_lab(has_a_site, "bench", "waiting") == [
        "lab: stopped by Ctrl-C"
    ]


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Let the results be written into copies of the repository's files."""
    copies = {}
    for name in "README", "PAGE":
        original: Path = getattr(page, name)
        copies[name] = tmp_path / original.name
        copies[name].write_text(original.read_text("utf-8"), "utf-8")
        monkeypatch.setattr(page, name, copies[name])
    folder = tmp_path / "pictures"
    folder.mkdir()
    for original in page.PICTURES.glob("results*.svg"):
        copies[original.name] = folder / original.name
        copies[original.name].write_text(original.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(page, "PICTURES", folder)
    return copies


def test_the_pages_have_the_results(pages: dict[str, Path]) -> None:
    """If this fails: `uv run lab results`."""
    before = {name: path.read_text("utf-8") for name, path in pages.items()}
    page.write()
    for name, path in pages.items():
        assert path.read_text("utf-8") == before[name]
    shown = {path.name for path in page.PICTURES.iterdir()}
    assert shown == {f"results-{group}.svg" for group in run.groups()}


def test_a_picture_of_a_group_that_is_gone_is_removed(
    pages: dict[str, Path],
) -> None:
    gone = page.PICTURES / "results-gone.svg"
    lesson = page.PICTURES / "99_lesson.svg"
    for path in gone, lesson:
        path.touch()
    page.write()
    assert not gone.exists()
    assert lesson.exists()


def test_the_page_shows_a_picture_above_each_table() -> None:
    text = page.PAGE.read_text("utf-8")
    groups = run.by_group(run.load(page.RESULTS).rows)
    pictures = re.findall(r"!\[(.+)\]\((.+)\)\n\n```text\n(\w+), ", text)
    assert [group for *_, group in pictures] == list(groups)
    for alternative, picture, group in pictures:
        assert (page.PAGE.parent / picture).is_file()
        assert alternative.startswith(conclusions.Group(groups[group]).title)


def test_the_headlines_are_of_the_medians() -> None:
    entries = json.loads(page.RESULTS.read_text("utf-8"))["benchmarks"]
    medians = {
        (entry["group"], entry["extra_info"]["row"]): entry["stats"]["median"]
        for entry in entries
    }
    headline = re.compile(
        r"^- (\w+): (.+) (\S+) s, (.+) (\S+) s: \*\*(\S+) times faster",
        re.MULTILINE,
    )
    found = headline.findall(README.read_text("utf-8"))
    assert [group for group, *_ in found] == ["waiting", "computing"]
    for group, name, seconds, other, others_seconds, times in found:
        fast = medians[group, name]
        slow = medians[group, other]
        assert float(seconds) == pytest.approx(fast, abs=0.006)
        assert float(others_seconds) == pytest.approx(slow, abs=0.006)
        assert float(times) == pytest.approx(slow / fast, abs=0.06)


@pytest.mark.parametrize("marker", ["begin", "end"])
def test_without_a_marker_the_readme_stays_as_it_was(
    marker: str, pages: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    line = f"<!-- results: {marker} -->"
    text = pages["README"].read_text("utf-8").replace(f"{line}\n", "")
    pages["README"].write_text(text, "utf-8")
    others = {
        path: path.read_bytes() if path.exists() else None
        for name, path in pages.items()
        if name != "README"
    }
    assert app.run(["results"]) == 1
    assert capsys.readouterr() == (
        "",
        f"lab: README.md: {line} is there 0 times, not once\n",
    )
    assert pages["README"].read_text("utf-8") == text
    for path, content in others.items():
        assert (path.read_bytes() if path.exists() else None) == content


def test_the_results_are_of_every_group() -> None:
    rows = run.load(page.RESULTS).rows
    assert sorted({row.group for row in rows}) == run.groups()
    assert max(map(len, run.tables(rows).splitlines())) <= 80
    assert not re.search(r"/(home|root|Users)/", page.RESULTS.read_text())


def test_no_headlines_where_a_row_is_missing(file: Path) -> None:
    with pytest.raises(ValueError, match=r"no row \('waiting', 'async"):
        page.headlines(run.load(file))
