"""The formal numbers of the repository: pages and pictures of results.json."""

from backstage.bench.conclusions import Group
from backstage.bench.plot import svgs
from backstage.bench.run import (
    FOLDER,
    Results,
    Row,
    by_group,
    figure,
    load,
    tables,
)
from backstage.course.catalogue import README, ROOT
from backstage.errors import LabError
from backstage.files import replace_block, write_atomically

RESULTS = FOLDER / "results.json"
PAGE = ROOT / "lab" / "RESULTS.md"
PICTURES = ROOT / "lab" / "pictures"
PREFIX = "results"  # of the pictures' names
# What matters most: two groups, with a model in each and what it is against.
HEADLINES = [
    ("waiting", "asyncio tasks", "sequential"),
    ("computing", "pure Python, processes", "pure Python, sequential"),
]


def write() -> None:
    """Write RESULTS into PAGE, into its pictures and into the README.

    Pictures of groups that are no longer in RESULTS are removed.

    Raises ValueError where RESULTS is none or lacks a row, LabError where the
    README lacks a marker; OSError where a file cannot be read or written.
    """
    results = load(RESULTS)
    lines = headlines(results)
    readme = README.read_text("utf-8")
    try:
        readme = replace_block(readme, "results", lines)
    except LabError as error:
        raise LabError(f"{README.name}: {error}") from None
    write_atomically(README, readme)
    pictures = draw_pictures(results)
    for name, picture in pictures.items():
        write_atomically(PICTURES / name, picture)
    for path in PICTURES.glob(f"{PREFIX}*.svg"):
        if path.name not in pictures:
            path.unlink()
    write_atomically(PAGE, page(results))


def draw_pictures(results: Results) -> dict[str, str]:
    """Return the picture of each group as an SVG, by its file's name."""
    return {
        f"{PREFIX}-{group}.svg": picture
        for group, picture in svgs(results).items()
    }


def page(results: Results) -> str:
    """Return the text of PAGE: a picture and a table for each group."""
    source = RESULTS.relative_to(ROOT).as_posix()
    blocks = [
        f"""# Results

Measured on {results.about}, by `uv run lab bench`;
written by `uv run lab results` from `{source}`.
"""
    ]
    groups = by_group(results.rows).values()
    for name, rows in zip(draw_pictures(results), groups, strict=True):
        group = Group(rows)
        blocks.append(
            f"""## {group.name}

![{group.description}](pictures/{name})

```text
{tables(rows)}
```
"""
        )
    return "\n".join(blocks)


def headlines(results: Results) -> str:
    """Return the README's lines on the results that matter most.

    Raises ValueError where a row is missing.
    """
    rows = {(row.group, row.name): row for row in results.rows}
    lines = [f"Measured on {results.about}:\n"]
    try:
        for group, name, baseline in HEADLINES:
            lines.append(compare(rows[group, name], rows[group, baseline]))
    except KeyError as error:
        raise ValueError(f"no row {error} in {RESULTS.name}") from None
    return "\n".join(lines)


def compare(row: Row, baseline: Row) -> str:
    """Return a line of a list on how much faster one row is than another."""
    return (
        f"- {row.group}: {row.name} {figure(row.median)} s, {baseline.name} "
        f"{figure(baseline.median)} s: "
        f"**{baseline.median / row.median:.1f} times faster**, "
        f"{figure(row.times)} times the ideal ({row.about})"
    )
