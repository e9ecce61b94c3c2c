"""Pictures of scripts whose behaviour is known."""

from pathlib import Path

import pytest

from backstage.course import catalogue
from backstage.watch import pictures


def test_pictures_are_of_all_lessons_or_none(
    traced: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Those with the same axis in the catalogue share it, and no others."""
    for n, seconds in enumerate([0.1, 1.1, 0.1]):
        source = f"import time; time.sleep({seconds})"
        (tmp_path / f"{n}_x.py").write_text(source, "utf-8")
    notes = {number: catalogue.Notes(axis="shared") for number in ("0", "1")}
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    paths = sorted(tmp_path.glob("*.py"))
    lessons = [catalogue.read(path, notes) for path in paths]
    folder = tmp_path / "pictures"
    monkeypatch.setattr(pictures, "lessons", lambda: lessons)
    monkeypatch.setattr(pictures, "FOLDER", folder)

    def read_pictures() -> list[str]:
        return [
            Path(folder, f"{n}_x.svg").read_text("utf-8") for n in range(3)
        ]

    pictures.draw_lessons()
    drawn = read_pictures()
    assert [">1 s<" in svg for svg in drawn] == [True, True, False]
    printed = capsys.readouterr().out.splitlines()
    assert printed[::2] == ["0_x.py", "1_x.py", "2_x.py"]

    (tmp_path / "1_x.py").write_text("1 / 0", "utf-8")
    with pytest.raises(ChildProcessError, match=r"1_x\.py failed"):
        pictures.draw_lessons()
    assert read_pictures() == drawn
