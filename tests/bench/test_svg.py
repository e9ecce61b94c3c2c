"""Pictures of results as SVG."""

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from backstage.bench import svg_bars
from backstage.bench.conclusions import conclude, conclude_section
from backstage.bench.groups import Group, group_rows
from backstage.bench.results import Results
from backstage.bench.svg import draw_svg, draw_svgs, write_svgs
from support.results import (
    make_clients,
    make_group,
    make_rows,
    read_texts,
)


def find_shapes(svg: str, tag: str, *kinds: str) -> list[ElementTree.Element]:
    """Return the shapes in an SVG with these classes, except in its legend."""
    return [
        shape
        for shape in ElementTree.fromstring(svg).iter()
        if shape.tag.endswith(tag)
        and shape.get("class") in kinds
        and float(shape.get("x") or shape.get("cx") or 999) >= svg_bars.LEFT
    ]


def check_that_no_label_covers_another(levels: list[float]) -> None:
    ordered = sorted(levels)
    assert len(ordered) > 1
    for above, below in pairwise(ordered):
        assert below - above >= 13  # pixels of a letter


def test_each_group_has_a_picture(results: Results) -> None:
    pictures = draw_svgs(results)
    assert list(pictures) == ["waiting", "computing", "paying", "scale"]
    for group in group_rows(results.rows):
        texts = read_texts(pictures[group.name])
        assert conclude(group) in texts
        assert f"Measured on {results.environment}." in texts
        legend = "from the shortest to the longest of 3 rounds"
        assert any(text.startswith(legend) for text in texts)
        assert any("Less is better." in text for text in texts)
        assert not any(re.search(r"\bus\b", text) for text in texts)
        for row in group.rows:
            parts = row.name.split(", ")
            label = parts[0] if group.counts_pages else parts[-1]
            assert any(text.startswith(label) for text in texts)


def test_bars_begin_at_zero(results: Results) -> None:
    waiting = draw_svgs(results)["waiting"]
    slow, fast = find_shapes(waiting, "rect", "fastest", "slower")
    assert {slow.get("x"), fast.get("x")} == {f"{svg_bars.LEFT}"}
    assert float(slow.get("width", 0)) == pytest.approx(
        float(fast.get("width", 0)) * 10 / 1.01, rel=0.01
    )
    assert (slow.get("class"), fast.get("class")) == ("slower", "fastest")
    texts = read_texts(waiting)
    assert "x axis: median time in seconds. Less is better." in texts
    assert "ideal: its ideal, 1.00 s" in texts
    assert "10.0 s (10 times the ideal)" in texts
    assert {"0", "2 s", "10 s"} <= texts.keys()


def test_dots_on_a_logarithmic_axis(results: Results) -> None:
    paying = draw_svgs(results)["paying"]
    kinds = ["reference", "fastest", "fastest"]  # in sections of two and one
    assert not find_shapes(paying, "rect", *kinds)
    dots = find_shapes(paying, "circle", *kinds)
    assert [dot.get("class") for dot in dots] == kinds
    first, second, third = (float(dot.get("cx", 0)) for dot in dots)
    ratio = (third - first) / (second - first)
    assert ratio == pytest.approx(2 / 0.602, rel=0.01)
    texts = read_texts(paying)
    assert (
        "the time of unsafe threads, with which the others are compared:"
        " 0.500 µs"
    ) in texts
    assert "2.00 µs (4.0 times unsafe threads)" in texts
    assert {"1 µs", "10 µs"} <= texts.keys()
    assert not any("ideal" in text for text in texts)


def test_sections_have_headings() -> None:
    group = make_group({"C, a": 2, "C, b": 1, "Py, a": 1, "Py, b": 2})
    texts = read_texts(draw_svg(group, ""))
    for section in group.sections:
        assert conclude_section(group, section) in texts


def test_a_part_of_the_work_is_drawn_in_another_way() -> None:
    medians = {"fetching": 3.0, "sequential": 6.0, "both": 3.6}
    group = make_group(medians, parts=frozenset({"fetching"}))
    svg = draw_svg(group, "")
    bars = find_shapes(svg, "rect", "part", "slower", "fastest")
    assert [bar.get("class") for bar in bars] == ["part", "slower", "fastest"]
    assert "only a part of the work" in read_texts(svg)


def test_lines_differ_in_colour_and_marker(results: Results) -> None:
    scale = draw_svgs(results)["scale"]
    lines = find_shapes(scale, "polyline", "line s0", "line s1")
    assert len(lines) == 2
    markers = find_shapes(scale, "path", "line s0", "line s1")  # hollow
    signs = {(marker.get("class"), marker.get("d")) for marker in markers}
    assert len(signs) == len({path for _, path in signs}) == 2
    assert len(markers) == 3 + 2  # the points, and the labels
    texts = read_texts(scale)
    labels = {
        "threads: 2.00 s for 1,000 pages",
        "other: 1.50 s for 1,000 pages",
        "ideal: 1.00 s",
    }
    assert labels <= texts.keys()
    check_that_no_label_covers_another([texts[label] for label in labels])


def test_the_labels_of_many_clients_do_not_cover_each_other() -> None:
    group = make_clients(
        {
            (f"client number {n}", pages): n + 1.0
            for n in range(60)
            for pages in (10, 1_000)
        }
    )
    texts = read_texts(draw_svg(group, ""))
    levels = [y for label, y in texts.items() if "client" in label]
    check_that_no_label_covers_another(levels)


def test_the_notes_of_a_client_are_below_its_label() -> None:
    group = make_clients(
        {
            ("a", 10): 1.0,
            ("a", 5_000): 9.0,
            ("a", 10_000): 20.0,
            ("b", 5_000): 2.0,
        }
    )
    texts = read_texts(draw_svg(group, ""))
    label = texts["b: 2.00 s for 5,000 pages"]
    assert texts["not measured at 10,000 pages"] > label
    assert {"10", "5,000", "10,000"} <= texts.keys()  # along the x axis


def test_numbers_along_an_axis_do_not_cover_each_other() -> None:
    group = make_clients(
        {("a", pages): 1.0 for pages in (10, 1_000, 1_001, 1_002)}
    )
    texts = read_texts(draw_svg(group, ""))
    assert {"10", "1,002"} <= texts.keys()
    assert not {"1,000", "1,001"} & texts.keys()


@pytest.mark.parametrize(
    ("longest", "legend"),
    [
        ([1.2, 1.3], "from the shortest to the longest of 3 rounds"),
        (
            [1.2, 1.0],
            (
                "from the shortest to the longest of 3 rounds; not drawn"
                " where it is too short"
            ),
        ),
        (
            [1.0, 1.0],
            (
                "Each time is the median of 3 rounds, which differ too little"
                " to be drawn."
            ),
        ),
    ],
)
def test_the_legend_says_which_ranges_are_not_drawn(
    longest: list[float], legend: str
) -> None:
    rows = []
    for n, time in enumerate(longest):
        rows += make_rows({f"{n}": 1.0}, shortest=1.0, longest=time, rounds=3)
    texts = read_texts(draw_svg(Group(rows), ""))
    assert [text for text in texts if "3 rounds" in text] == [legend]


def test_a_reason_is_below_its_row() -> None:
    group = make_group({"sequential": 2, "mine": 1}, group="pipeline")
    reasons = group.description.reasons
    texts = read_texts(draw_svg(group, ""))
    shown = [name for name, reason in reasons.items() if reason in texts]
    assert shown == ["sequential"]
    reason = texts[reasons["sequential"]]
    assert texts["sequential"] < reason < texts["mine"]


def test_the_reasons_of_the_repository_are_drawn(
    measured: dict[str, Group],
) -> None:
    for group in measured.values():
        texts = " ".join(read_texts(draw_svg(group, "")))
        for name, reason in group.description.reasons.items():
            if any(row.name.startswith(name) for row in group.rows):
                assert reason in texts


def test_names_of_groups_become_names_of_files(tmp_path: Path) -> None:
    rows = []
    for name in ("My Group: 1/2", "my group 1 2", "../.."):
        rows += make_rows({"a": 1.0}, group=name)
    write_svgs(Results(rows, "a machine"), tmp_path / "x.svg")
    assert {path.name for path in tmp_path.iterdir()} == {
        "x-my-group-1-2.svg",
        "x-my-group-1-2-2.svg",
        "x-group.svg",
    }


def test_a_single_group_goes_into_the_file_itself(tmp_path: Path) -> None:
    file = tmp_path / "x.svg"
    write_svgs(Results(make_rows({"a": 1.0}), "a machine"), file)
    assert list(tmp_path.iterdir()) == [file]
    assert "Measured on a machine." in read_texts(file.read_text("utf-8"))
