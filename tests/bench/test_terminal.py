"""Pictures of results as text."""

import pytest

from backstage.bench.conclusions import conclude, conclude_section
from backstage.bench.groups import Group, group_rows
from backstage.bench.results import Results
from backstage.bench.terminal import draw_text
from support.results import make_clients, make_group


def test_each_group_has_a_picture(results: Results) -> None:
    text = draw_text(results)
    assert max(map(len, text.splitlines())) < 80
    pictures = text.split("\n\n")
    for group, picture in zip(group_rows(results.rows), pictures, strict=True):
        name, *lines = picture.splitlines()
        assert name == group.name.upper()
        assert " ".join(lines).startswith(conclude(group))
        assert "Less is better." in picture


def test_sections_have_headings() -> None:
    group = make_group({"C, a": 2, "C, b": 1, "Py, a": 1, "Py, b": 2})
    lines = draw_text(Results(list(group.rows), "")).splitlines()
    for section in group.sections:
        assert conclude_section(group, section) in lines


def test_bars_begin_at_zero(results: Results) -> None:
    waiting, computing, *_ = draw_text(results).split("\n\n")
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


def test_dots_on_a_logarithmic_axis(results: Results) -> None:
    paying = draw_text(results).split("\n\n")[2]
    assert "x axis: median time in µs per update, logarithmic; " in paying
    assert "|  the time of unsafe threads, with which " in paying
    assert "ideal" not in paying
    assert "█" not in paying  # a bar would have no zero
    dots = [line.index("●") for line in paying.splitlines() if "●" in line]
    first, second, third = dots  # 0.5, 2 and 50 µs
    ratio = (third - first) / (second - first)
    assert ratio == pytest.approx(2 / 0.602, rel=0.1)  # decades


def test_lines_of_more_and_more_pages(results: Results) -> None:
    scale = draw_text(results).split("\n\n")[3]
    lines = scale.splitlines()
    assert "-  ideal: its ideal, 1.00 s" in lines
    grid = [line for line in lines if "│" in line]
    (a,) = (n for n, line in enumerate(grid) if "a threads 2.00 s" in line)
    (b,) = (n for n, line in enumerate(grid) if "b other 1.50 s" in line)
    (ideal,) = (n for n, line in enumerate(grid) if "---" in line)
    assert a < b < ideal  # slower is higher
    assert "pages at the same time, logarithmic" in " ".join(lines[2:6])
    assert lines[lines.index(grid[-1]) + 1].split() == ["10", "1,000"]


def test_a_picture_of_many_clients() -> None:
    group = make_clients(
        {
            (f"client number {n}", pages): n + 1.0
            for n in range(60)
            for pages in (10, 1_000)
        }
    )
    text = draw_text(Results(list(group.rows), ""))
    assert max(map(len, text.splitlines())) < 80
    assert "a client number 0 1.00 s" in text
    assert "h client number 59 60.0 s" in text
    assert text.count("client number") >= 60


def test_the_reasons_are_below_the_picture(
    measured: dict[str, Group],
) -> None:
    for group in measured.values():
        text = draw_text(Results(list(group.rows), ""))
        text = " ".join(text.split())
        for name, reason in group.description.reasons.items():
            if any(row.name.startswith(name) for row in group.rows):
                assert f"{name}: {reason.removesuffix('.')}" in text
