"""lab/RESULTS.md, its pictures, and the README's lines on results."""

import json
import re
from pathlib import Path

import pytest

from backstage.bench import page
from backstage.bench.conclusions import conclude
from backstage.bench.groups import Group
from backstage.bench.results import Results
from backstage.bench.run import list_groups
from backstage.course.catalogue import PICTURES, README
from backstage.errors import LabError
from support.commands import Invoke


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Let the results be written into copies of the repository's files."""
    copies = {}
    for name in "README", "PAGE":
        original: Path = getattr(page, name)
        copies[name] = tmp_path / original.name
        copies[name].write_text(original.read_text("utf-8"), "utf-8")
        monkeypatch.setattr(page, name, copies[name])
    folder = tmp_path / "pictures"
    folder.mkdir()
    for original in PICTURES.glob("results*.svg"):
        copies[original.name] = folder / original.name
        copies[original.name].write_text(original.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(page, "PICTURES", folder)
    return copies


def find_pictures(pages: dict[str, Path]) -> Path:
    """Return the folder of the copied pictures."""
    return pages["README"].parent / "pictures"


def test_the_pages_show_the_results(pages: dict[str, Path]) -> None:
    """If this fails: `uv run lab results`."""
    before = {name: path.read_text("utf-8") for name, path in pages.items()}
    page.write_results()
    for name, path in pages.items():
        assert path.read_text("utf-8") == before[name]
    names = {path.name for path in find_pictures(pages).iterdir()}
    assert names == {f"results-{group}.svg" for group in list_groups()}


def test_a_picture_of_a_removed_group_is_removed(
    pages: dict[str, Path],
) -> None:
    removed = find_pictures(pages) / "results-removed.svg"
    lesson = find_pictures(pages) / "99_lesson.svg"
    for path in removed, lesson:
        path.touch()
    page.write_results()
    assert not removed.exists()
    assert lesson.exists()


def test_the_page_shows_a_picture_above_each_table(
    measured: dict[str, Group],
) -> None:
    text = page.PAGE.read_text("utf-8")
    pictures = re.findall(r"!\[(.+)\]\((.+)\)\n\n```text\n(\w+), ", text)
    assert [group for *_, group in pictures] == list(measured)
    for alternative, picture, group in pictures:
        assert (page.PAGE.parent / picture).is_file()
        assert alternative.startswith(conclude(measured[group]))


def test_the_results_are_of_every_group(measured: dict[str, Group]) -> None:
    assert sorted(measured) == list_groups()
    content = page.RESULTS.read_text("utf-8")
    assert not re.search(r"/(home|root|Users)/", content)


def test_the_headlines_are_computed_from_the_medians() -> None:
    entries = json.loads(page.RESULTS.read_text("utf-8"))["benchmarks"]
    medians = {
        (entry["group"], entry["extra_info"]["row"]): entry["stats"]["median"]
        for entry in entries
    }
    pattern = re.compile(
        r"^- (\w+): (.+) (\S+) s, (.+) (\S+) s: \*\*(\S+) times faster",
        re.MULTILINE,
    )
    headlines = pattern.findall(README.read_text("utf-8"))
    assert [group for group, *_ in headlines] == ["waiting", "computing"]
    for group, row, seconds, baseline, base_seconds, ratio in headlines:
        fast = medians[group, row]
        slow = medians[group, baseline]
        assert float(seconds) == pytest.approx(fast, abs=0.006)
        assert float(base_seconds) == pytest.approx(slow, abs=0.006)
        assert float(ratio) == pytest.approx(slow / fast, abs=0.06)


@pytest.mark.parametrize("marker", ["begin", "end"])
def test_without_a_marker_in_the_readme_nothing_is_written(
    marker: str, pages: dict[str, Path], invoke: Invoke
) -> None:
    line = f"<!-- results: {marker} -->"
    text = pages["README"].read_text("utf-8").replace(f"{line}\n", "")
    pages["README"].write_text(text, "utf-8")
    pages["PAGE"].write_text("old", "utf-8")
    for picture in find_pictures(pages).iterdir():
        picture.write_text("old", "utf-8")
    answer = invoke("results")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err == (
        f"lab: README.md: {line} is there 0 times, not once\n"
    )
    assert pages["README"].read_text("utf-8") == text
    for path in pages["PAGE"], *find_pictures(pages).iterdir():
        assert path.read_text("utf-8") == "old"


def test_there_are_no_headlines_if_a_row_is_missing(results: Results) -> None:
    with pytest.raises(LabError, match=r"no row \('waiting', 'async"):
        page.format_headlines(results)
