"""SVGs, and the text that is written into them."""

from xml.etree import ElementTree

from backstage.drawing.canvas import canvas, finish, write_lines
from backstage.drawing.style import DARK, LIGHT, PATTERNS
from backstage.drawing.text import printable


def test_a_picture_has_its_title_also_for_those_who_cannot_see_it() -> None:
    source = finish(canvas("The finding", "What was measured"), 100)
    root = ElementTree.fromstring(source)
    texts = [element.text for element in root.iter()]
    assert texts.count("The finding") == 2
    assert texts.count("What was measured") == 2
    assert root.get("viewBox") == "0 0 800 100"


def test_every_pattern_that_the_style_sheet_names_is_defined() -> None:
    source = finish(canvas("", ""), 100)
    for name in PATTERNS:
        assert f"url(#{name})" in source
        assert f'id="{name}"' in source
    assert source.count("url(#") == 2 * len(PATTERNS)  # light and dark


def test_light_and_dark_pages_have_colours_of_their_own() -> None:
    source = finish(canvas("", ""), 100)
    light, dark = source.split("@media (prefers-color-scheme: dark)")
    assert LIGHT["dim"] in light
    assert LIGHT["dim"] not in dark
    assert DARK["dim"] in dark


def test_lines_are_written_below_each_other() -> None:
    picture = canvas("", "")
    assert write_lines(picture, ["a", "b"], 8, 10, height=20) == 50
    places = [(x.text, x.get("y")) for x in picture.iter("text") if x.text]
    assert places == [("a", "10"), ("b", "30")]


def test_what_cannot_be_shown_is_a_question_mark() -> None:
    assert printable("a\ud800\x02\n<") == "a???<"
