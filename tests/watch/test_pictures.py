"""The pictures of all lessons, drawn for their pages."""

from dataclasses import replace
from pathlib import Path

import pytest

from backstage.course.catalogue import PICTURES, ROOT, Lesson, lessons, parts
from backstage.course.selection import find
from backstage.errors import LabError
from backstage.watch import pictures
from backstage.watch.recording import Recording
from backstage.watch.svg.timeline import LEFT, RIGHT
from support.drawings import shapes, texts
from support.recordings import make_recording


class RunLessons:
    """Stands in for the watcher: it knows how each run ends.

    Attributes:
        recordings: The runs of lessons, by their numbers.
        watched: The numbers of the lessons that were run.
    """

    def __init__(self) -> None:
        self.recordings: dict[str, Recording] = {}
        self.watched: list[str] = []

    def watch(self, lesson: Lesson, *_: object, **__: object) -> Recording:
        """Return a lesson's run, by default an empty one of a second."""
        self.watched.append(lesson.number)
        return self.recordings.get(lesson.number, make_recording(1.0))


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunLessons:
    """Draw into the test's folder, without running the lessons."""
    runs = RunLessons()
    monkeypatch.setattr(pictures, "watch", runs.watch)
    monkeypatch.setattr(pictures, "PICTURES", tmp_path)
    return runs


def test_a_lesson_is_drawn_with_those_of_its_axis(
    runs: RunLessons, tmp_path: Path
) -> None:
    lesson = next(lesson for lesson in lessons() if lesson.notes.axis)
    pictures.draw_lessons([lesson])
    assert runs.watched == [
        other.number
        for other in lessons()
        if other.notes.axis == lesson.notes.axis
    ]
    assert len(runs.watched) > 1
    runs.watched.clear()
    alone = next(lesson for lesson in lessons() if not lesson.notes.axis)
    pictures.draw_lessons([alone])
    assert runs.watched == [alone.number]
    assert (tmp_path / f"{alone.path.stem}.svg").exists()


def test_by_default_every_lesson_is_drawn(
    runs: RunLessons, tmp_path: Path
) -> None:
    pictures.draw_lessons()
    shown = [lesson for lesson in lessons() if not lesson.missing]
    assert runs.watched == [lesson.number for lesson in shown]
    drawn = {file.name for file in tmp_path.iterdir()}
    assert drawn == {f"{lesson.path.stem}.svg" for lesson in shown}


def test_a_lesson_that_needs_a_newer_python_is_not_drawn(
    runs: RunLessons,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    old, new = find("01"), find("02")
    assert old.notes.axis == new.notes.axis
    new = replace(new, notes=replace(new.notes, python="3.999"))
    monkeypatch.setattr(pictures, "lessons", lambda: [old, new])
    pictures.draw_lessons([new])
    assert runs.watched == [old.number]
    (file,) = tmp_path.iterdir()
    assert file.stem == old.path.stem
    first, *_ = capsys.readouterr().out.splitlines()
    assert first == f"{new.name} is not drawn: {new.missing}"


def test_lessons_with_the_same_axis_share_its_length(
    runs: RunLessons, tmp_path: Path
) -> None:
    runs.recordings["01"] = make_recording(7.0)
    pictures.draw_lessons([find("01"), find("03")])
    for lesson in lessons():
        file = tmp_path / f"{lesson.path.stem}.svg"
        if file.exists():
            is_shared = lesson.notes.axis == find("01").notes.axis
            assert ("7 s" in texts(file.read_text("utf-8"))) == is_shared


def test_a_lesson_that_is_compared_fits_on_the_axis(
    runs: RunLessons, tmp_path: Path
) -> None:
    """It took ten seconds; here they begin three seconds after the start."""
    line = "10 pages in 10.00 s: 1.0 pages per second, 1 thread"
    runs.recordings["01"] = make_recording(10.5, lines=[(10.5, line)])
    line = "10 pages in 1.00 s: 10.0 pages per second, 10 threads"
    runs.recordings["02"] = make_recording(4, lines=[(4, line)])
    pictures.draw_lessons([find("02")])
    (file,) = tmp_path.glob("02_*.svg")
    (baseline,) = shapes(file.read_text("utf-8"), "baseline")
    second = (RIGHT - LEFT) / 13
    assert float(baseline["width"]) == pytest.approx(10 * second, abs=0.1)


def test_all_lessons_are_drawn_or_none(
    runs: RunLessons, tmp_path: Path
) -> None:
    lesson, *_ = (x for x in lessons() if x.notes.axis == "two jobs")
    failed = make_recording(1.0)
    failed.status = 1
    runs.recordings[lesson.number] = failed
    with pytest.raises(LabError, match=rf"{lesson.name} failed"):
        pictures.draw_lessons()
    stopped = make_recording(1.0)
    stopped.stopped = KeyboardInterrupt()
    runs.recordings[lesson.number] = stopped
    with pytest.raises(KeyboardInterrupt):
        pictures.draw_lessons()
    assert not list(tmp_path.iterdir())


def test_only_a_run_whose_prediction_held_is_drawn(
    runs: RunLessons, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed, held = (
        make_recording(1.0, lines=[(1.0, f"lost: {lost} of 9 cents")])
        for lost in (0, 1)
    )
    lesson = find("06")
    runs.recordings[lesson.number] = failed
    with pytest.raises(LabError, match="held in none of 5 runs: no new pic"):
        pictures.draw_lessons([lesson])
    assert not [file for file in tmp_path.iterdir() if "06" in file.name]
    numbers = [number for number in runs.watched if number == "06"]
    assert len(numbers) == pictures.MAX_RUNS
    assert "did not hold: lost: 0 of 9 cents\n" in capsys.readouterr().out

    runs.recordings["07"] = make_recording(1.0)
    runs.recordings[lesson.number] = held
    pictures.draw_lessons([lesson])
    assert (tmp_path / f"{lesson.path.stem}.svg").exists()


def test_each_run_is_summarized(
    runs: RunLessons, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = next(lesson for lesson in lessons() if not lesson.notes.axis)
    pictures.draw_lessons([lesson])
    name, summary = capsys.readouterr().out.splitlines()
    assert name == lesson.name
    assert summary.startswith("took 1.00 s")


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.number)
def test_every_lesson_has_its_picture_on_its_page(lesson: Lesson) -> None:
    file = PICTURES / f"{lesson.path.stem}.svg"
    written = texts(file.read_text("utf-8"))
    assert any(text.startswith(lesson.name) for text in written)
    page = next(
        ROOT / part.page for part in parts() if lesson.number in part.numbers
    )
    name = file.relative_to(page.parent, walk_up=True).as_posix()
    assert page.read_text("utf-8").count(f"]({name})") == 1


def test_no_picture_is_of_a_lesson_that_was_removed() -> None:
    names = {f"{lesson.path.stem}.svg" for lesson in lessons()}
    files = {file.name for file in PICTURES.iterdir()}
    files.discard("take.svg")  # the README's animated picture
    assert {name for name in files if "results" not in name} == names
