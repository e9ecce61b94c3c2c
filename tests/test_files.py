"""Files that are there whole, or not at all, and blocks of text in them."""

from pathlib import Path

import pytest

from backstage.files import replace_block, write_whole


def test_a_text_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path,
) -> None:
    file = tmp_path / "file.txt"
    file.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(file, "\ud800")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_cannot_be_replaced_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(self: Path, target: Path) -> Path:
        raise PermissionError(target)

    file = tmp_path / "file.txt"
    file.write_text("old")
    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(PermissionError):
        write_whole(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "file.txt"
    write_whole(file, "text")
    assert file.read_text() == "text"


BEGIN = "<!-- x: begin -->\n"
END = "<!-- x: end -->\n"


def test_a_block_is_replaced_between_its_markers() -> None:
    text = f"before\n{BEGIN}old\nlines\n{END}after\n"
    replaced = replace_block(text, "x", "new")
    assert replaced == f"before\n{BEGIN}new\n{END}after\n"
    assert replace_block(replaced, "x", "new") == replaced


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (END, "<!-- x: begin --> is there 0 times, not once"),
        (BEGIN, "<!-- x: end --> is there 0 times, not once"),
        (BEGIN + END + END, "<!-- x: end --> is there 2 times, not once"),
        (END + BEGIN, "<!-- x: end --> stands before <!-- x: begin -->"),
    ],
)
def test_a_block_has_both_markers_once(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        replace_block(text, "x", "new")
