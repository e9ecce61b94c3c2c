"""Files that are there whole, or not at all."""

from pathlib import Path

import pytest

from backstage.files import write_whole


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
