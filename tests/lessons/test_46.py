"""Lesson 46: downloads of pictures, and thumbnails of them."""

import re
from pathlib import Path

import pytest

from backstage.site.content import make_photo
from support.lessons import RunLesson, import_lesson

WAYS = [
    "download, one by one",
    "download, threads",
    "download, coroutines",
    "thumbnails, one by one",
    "thumbnails, threads",
    "thumbnails, processes",
]


@pytest.mark.slow
def test_each_way_downloads_all_pictures_and_opens_them(
    run_lesson: RunLesson,
) -> None:
    pages = [f"/photo/{n}?delay=0.25" for n in range(3)]
    result = run_lesson("46", PAGES=pages, IN_FLIGHT=2)
    assert result.status == 0
    in_flight = [int(request["in_flight"]) for request in result.requests]
    assert in_flight[:3] == [1, 1, 1]  # one by one
    assert max(in_flight[3:6]) == 2  # threads
    assert max(in_flight[6:]) == 2  # coroutines
    paths = [request["path"] for request in result.requests]
    assert sorted(paths) == sorted(pages * 3)
    *rows, cpu, thumbnails, last = result.lines
    for way, row in zip(WAYS, rows, strict=True):
        assert re.fullmatch(rf"{way}: 3 pictures in \d\.\d\d s", row)
    assert cpu.startswith("one by one, CPU time: downloads ")
    assert thumbnails.startswith("thumbnails: threads ")
    assert last.endswith(" times faster; opened 9 of 9 files")


def test_a_thumbnail_is_small(tmp_path: Path) -> None:
    file = tmp_path / "picture.jpg"
    file.write_bytes(make_photo(0))
    # 800 x 600 pixels become 200 x 150, with 3 bytes for each.
    assert len(import_lesson("46").make_thumbnail(file)) == 200 * 150 * 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (make_photo(0)[:100_000], "truncated"),
        (b"<html></html>", "cannot identify image file"),
    ],
    ids=["half a picture", "no picture"],
)
def test_a_file_that_is_no_whole_picture_is_an_error(
    tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "picture.jpg"
    file.write_bytes(content)
    with pytest.raises(OSError, match=message):
        import_lesson("46").make_thumbnail(file)
