"""The pages and pictures of the repository's own results."""

from collections.abc import Iterable

from backstage.bench.conclusions import describe
from backstage.bench.groups import Group, group_rows
from backstage.bench.results import BENCHMARKS, Results, Row, load
from backstage.bench.svg import draw_svgs
from backstage.bench.tables import format_figure, format_table
from backstage.course.catalogue import PICTURES, README, ROOT
from backstage.errors import LabError
from backstage.files import replace_block, write_atomically

RESULTS = BENCHMARKS / "results.json"
PAGE = ROOT / "lab" / "RESULTS.md"
PREFIX = "results"  # of the pictures' names
# The README's lines: a group, one of its rows, and the row to compare it with.
HEADLINES = [
    ("waiting", "asyncio tasks", "sequential"),
    ("computing", "pure Python, processes", "pure Python, sequential"),
]


def write_results() -> None:
    """Write RESULTS into PAGE, into its pictures and into the README.

    Pictures of groups that are no longer in RESULTS are removed. Nothing is
    written if there is a mistake.

    Raises:
        LabError: If RESULTS lacks a row, or the README lacks a marker.
        UsageError: If RESULTS cannot be read.
        OSError: If another file cannot be read or written.
    """
    results = load(RESULTS)
    lines = format_headlines(results)
    pictures = {
        f"{PREFIX}-{group}.svg": picture
        for group, picture in draw_svgs(results).items()
    }
    page = _format_page(results, pictures)
    text = README.read_text("utf-8")
    readme = replace_block(text, "results", lines, README.name)
    write_atomically(README, readme)
    for name, picture in pictures.items():
        write_atomically(PICTURES / name, picture)
    for path in PICTURES.glob(f"{PREFIX}*.svg"):
        if path.name not in pictures:
            path.unlink()
    write_atomically(PAGE, page)


def format_headlines(results: Results) -> str:
    """Return the README's lines on the results that matter most.

    Raises:
        LabError: If a row of HEADLINES is missing.
    """
    rows = {(row.group, row.name): row for row in results.rows}
    lines = [f"Measured on {results.environment}:\n"]
    try:
        for group, name, baseline in HEADLINES:
            lines.append(_compare(rows[group, name], rows[group, baseline]))
    except KeyError as error:
        raise LabError(f"no row {error} in {RESULTS.name}") from None
    return "\n".join(lines)


def _compare(row: Row, baseline: Row) -> str:
    """Return a line on how much faster a row is than another one."""
    return (
        f"- {row.group}: {row.name} {format_figure(row.median)} s, "
        f"{baseline.name} {format_figure(baseline.median)} s: "
        f"**{baseline.median / row.median:.1f} times faster**, "
        f"{format_figure(row.ideal_ratio)} times the ideal ({row.ideal_name})"
    )


def _format_page(results: Results, pictures: Iterable[str]) -> str:
    """Return the text of PAGE: a picture and a table for each group.

    Args:
        results: The results.
        pictures: The file name of each group's picture.
    """
    source = RESULTS.relative_to(ROOT).as_posix()
    blocks = [
        f"""# Results

[Back: which model?](README.md) · [Next: the toolbox](toolbox/README.md)

Measured on {results.environment}, by `uv run lab bench`;
written by `uv run lab results` from `{source}`.
"""
    ]
    groups = group_rows(results.rows)
    blocks += map(_format_group, groups, pictures)
    return "\n".join(blocks)


def _format_group(group: Group, picture: str) -> str:
    return f"""## {group.name}

![{describe(group)}](pictures/{picture})

```text
{format_table(group)}
```
"""
