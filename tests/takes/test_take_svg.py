"""A take as an animated SVG."""

import random
import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from backstage.errors import LabError
from backstage.takes import svg
from backstage.takes.session import COLUMNS, Output
from backstage.takes.svg import CHARACTER, MARGIN, MAX_SIZE, draw_take

SPACE = "{http://www.w3.org/2000/svg}"


def draw(outputs: list[Output], rows: int = 24, title: str = "A take") -> str:
    drawing = draw_take(outputs, rows, title)
    ElementTree.fromstring(drawing)
    return drawing


def screens_of(drawing: str) -> list[list[str]]:
    """Return the texts of each screen, from the top to the bottom."""
    root = ElementTree.fromstring(drawing)
    rows = {element.get("id"): element for element in root.iter()}
    (film,) = (x for x in root if x.get("class") == "film")
    return [
        [
            "".join(rows[(use.get("href") or "")[1:]].itertext())
            for use in screen
        ]
        for screen in film
    ]


def texts_of(drawing: str) -> list[Element]:
    return list(ElementTree.fromstring(drawing).iter(f"{SPACE}text"))


def test_each_screen_follows_at_its_time() -> None:
    outputs = [Output(0, "$ "), Output(1, "a\r\n"), Output(5, "b")]
    drawing = draw(outputs)
    assert screens_of(drawing) == [["$"], ["$ a"], ["$ a", "b"]]
    steps = re.findall(
        r"([\d.]+)% \{ transform: translateX\(-(\d+)px", drawing
    )
    width = int(steps[1][1])
    assert [int(x) for _, x in steps] == [0, width, 2 * width]
    total = 5 + svg.LAST_PAUSE
    times = [float(share) * total / 100 for share, _ in steps]
    assert times == pytest.approx([0, 1, 5], abs=0.01)
    assert f"film {total:.2f}s step-end infinite" in drawing


def test_without_animation_the_last_screen_is_shown() -> None:
    drawing = draw([Output(0, "a"), Output(1, "b"), Output(2, "c")])
    last = re.findall(r"translateX\(-(\d+)px", drawing)[-1]
    assert f".film {{ transform: translateX(-{last}px);" in drawing
    rule = (
        r"@media \(prefers-reduced-motion: reduce\) \{ \.film \{ animation: "
    )
    assert re.search(rule + "none; } }", drawing)


def test_equal_lines_are_in_the_file_once() -> None:
    outputs = [Output(n, f"line {n % 2}\r\n") for n in range(20)]
    assert len(texts_of(draw(outputs))) == 2


def test_only_the_rows_that_were_used_are_drawn() -> None:
    heights = []
    for lines in 1, 3, 30:
        text = "x\r\n" * (lines - 1) + "x"
        root = ElementTree.fromstring(draw([Output(0, text)]))
        heights.append(int(root.get("height") or 0))
        assert (root.get("viewBox") or "").split()[2:] == [
            root.get("width"),
            root.get("height"),
        ]
    first, second, full = heights
    assert second - first == 2 * svg.LINE
    assert full == 24 * svg.LINE + 2 * MARGIN


def test_columns_are_exact() -> None:
    text = "ab \x1b[31m\u6f22\u5b57x\u0302\x1b[1m!" + "\r\n" + "#" * COLUMNS
    places = [
        (float(x.get("x") or 0), float(x.get("textLength") or 0))
        for x in texts_of(draw([Output(0, text)]))
    ]
    columns = [(0, 2), (3, 5), (8, 1), (0, COLUMNS)]
    assert places == [
        pytest.approx((MARGIN + column * CHARACTER, width * CHARACTER))
        for column, width in columns
    ]


def test_colours() -> None:
    text = "a\x1b[32mb\x1b[38;2;1;2;3;1mc"
    drawing = draw([Output(0, text)])
    fills = [(x.get("fill"), x.get("font-weight")) for x in texts_of(drawing)]
    expected = [(None, None), ("#3fb950", None), ("#010203", "bold")]
    assert fills == expected
    assert ElementTree.fromstring(drawing).get("fill") == "#e6edf3"
    # A rule of CSS is stronger than the attributes.
    (rule,) = re.findall(r"\ntext \{[^}]*\}", drawing)
    assert "fill" not in rule


def test_characters_that_xml_forbids() -> None:
    bad = "\x01\x0b\ufffe\uffff\udcff<&>\"'"
    drawing = draw([Output(0, f"a{bad}b")], title=f"a{bad}b")
    drawing.encode()
    root = ElementTree.fromstring(drawing)
    title = root.findtext(f"{SPACE}title") or ""
    assert title == "a\ufffd\ufffd\ufffd\ufffd\ufffd<&>\"'b"
    (title,) = (x for (x,) in screens_of(draw([Output(0, "a<&>\"'b")])))
    assert title == "a<&>\"'b"


@pytest.mark.slow
def test_a_noisy_take_is_not_too_large() -> None:
    rng = random.Random(1)
    outputs = [
        Output(n / 20, f"{rng.random()} \x1b[3{n % 8}m{rng.random()}\r\n" * 8)
        for n in range(2000)
    ]
    drawing = draw(outputs)
    assert MAX_SIZE / 3 < len(drawing.encode()) <= MAX_SIZE
    assert len(screens_of(drawing)) > 10


def test_fewer_screens_make_a_small_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(svg, "MAX_SIZE", 6_000)
    outputs = [Output(n / 5, f"line {n}\r\n") for n in range(60)]
    drawing = draw(outputs, 8)
    assert len(drawing.encode()) <= 6_000
    assert 1 < len(screens_of(drawing)) < 40
    assert screens_of(drawing)[-1] == [f"line {n}" for n in range(53, 60)]


def test_a_screen_that_is_too_large_is_an_error() -> None:
    pixel = "".join(
        f"\x1b[38;2;{n % 256};{n // 256};0m#" for n in range(COLUMNS * 60)
    )
    with pytest.raises(LabError, match=r"no SVG: .* 300,000 bytes") as error:
        draw([Output(0, pixel)], 60)
    assert "\n" not in str(error.value)
