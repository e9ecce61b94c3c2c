"""The bodies of pages: HTML and pictures."""

import io
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image

from backstage.site.content import make_html, make_photo, make_png


@pytest.mark.parametrize("size", [0, 3_000, 50_000])
def test_a_page_has_at_least_its_size(size: int) -> None:
    html = make_html("A title", 0, size)
    assert html.startswith("<!DOCTYPE html>\n<html><head><title>A title</ti")
    assert html.endswith("</body></html>\n")
    assert size <= len(html) < size + 1_000


def test_a_page_has_the_elements_that_lessons_parse() -> None:
    html = make_html("A title", 0, 3_000)
    for tag in "<title>", "<h1>", "<h2>", "<table>", "<a href=", "<p>":
        assert tag in html


def test_pages_differ_in_their_sections() -> None:
    assert make_html("A title", 1, 3_000) != make_html("A title", 2, 3_000)


def test_a_picture_has_its_size_and_is_darkest_at_the_left() -> None:
    png = make_png(4, 2)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (4, 2)
    # Its data follow the header: 8 bytes + 25, and 8 for length and name.
    pixels = zlib.decompressobj().decompress(png[41:])
    assert pixels == bytes([0, 0, 63, 127, 191]) * 2


def test_photos_have_0_2_to_2_mb() -> None:
    sizes = [len(make_photo(n)) for n in (0, 1, 19)]
    assert 200_000 <= sizes[0] < sizes[1] < sizes[2] <= 2_000_000


def test_a_photo_is_a_whole_picture_of_many_colours() -> None:
    with Image.open(io.BytesIO(make_photo(1))) as image:
        image.load()
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert image.size == (876, 657)
        assert image.getcolors(maxcolors=1_000) is None  # it has more


def test_photos_differ_and_are_made_once() -> None:
    assert make_photo(1) is make_photo(1)
    assert make_photo(1) != make_photo(21)  # of the same size


def test_the_site_starts_without_pillow() -> None:
    code = "import sys, backstage.site.server; sys.exit('PIL' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
