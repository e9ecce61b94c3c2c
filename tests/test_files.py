"""Text files that are written completely or not at all, and their blocks."""

from pathlib import Path

import pytest

from backstage.errors import LabError
from backstage.files import has_block, replace_block, write_atomically

BEGIN = "<!-- x: begin -->\n"
END = "<!-- x: end -->\n"


def test_a_text_that_cannot_be_encoded_leaves_the_old_file(
    tmp_path: Path,
) -> None:
    file = tmp_path / "file.txt"
    file.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(file, "\ud800")
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
        write_atomically(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_missing_folder_is_created(tmp_path: Path) -> None:
    file = tmp_path / "new" / "file.txt"
    write_atomically(file, "text")
    assert file.read_text() == "text"


def test_a_block_is_replaced_between_its_markers() -> None:
    text = f"before\n{BEGIN}old\nlines\n{END}after\n"
    replaced = replace_block(text, "x", "new", "PAGE.md")
    assert replaced == f"before\n{BEGIN}new\n{END}after\n"
    assert replace_block(replaced, "x", "new", "PAGE.md") == replaced
    assert has_block(text, "x")
    assert not has_block(text, "y")


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
    with pytest.raises(LabError, match=f"^PAGE.md: {message}$"):
        replace_block(text, "x", "new", "PAGE.md")
