"""The formal numbers of the repository: results.json, told in words."""

from .bench import FOLDER, Results, Row, figure, load, tables
from .catalogue import README, ROOT
from .files import replace_block, write_whole
from .picture import FOLDER as PICTURES
from .plot import svg

RESULTS = FOLDER / "results.json"
PAGE = ROOT / "lab" / "RESULTS.md"
PICTURE = PICTURES / "results.svg"
# What matters most: two groups, with a model in each and what it is against.
HEADLINES = [
    ("waiting", "asyncio together", "sequential"),
    ("computing", "pure Python, processes", "pure Python, sequential"),
]


def write() -> None:
    """Write RESULTS into PAGE, PICTURE and the README.

    Raises ValueError where RESULTS is none or lacks a row, or where the
    README lacks a marker; OSError where a file cannot be read or written.
    """
    results = load(RESULTS)
    lines = headlines(results)
    readme = README.read_text("utf-8")
    try:
        readme = replace_block(readme, "results", lines)
    except ValueError as error:
        raise ValueError(f"{README.name}: {error}") from None
    write_whole(README, readme)
    write_whole(PICTURE, svg(results.rows, results.about))
    write_whole(PAGE, page(results))


def page(results: Results) -> str:
    """Return the text of PAGE."""
    return f"""# Results

Measured on {results.about}, by `uv run lab bench`;
written by `uv run lab results` from `{RESULTS.relative_to(ROOT).as_posix()}`.

![Bars of the medians, and seconds by pages](pictures/{PICTURE.name})

```text
{tables(results.rows)}
```
"""


def headlines(results: Results) -> str:
    """Return the README's lines on the results that matter most.

    Raises ValueError where a row is missing.
    """
    rows = {(row.group, row.name): row for row in results.rows}
    told = [f"Measured on {results.about}:\n"]
    try:
        for group, name, other in HEADLINES:
            told.append(compare(rows[group, name], rows[group, other]))
    except KeyError as error:
        raise ValueError(f"no row {error} in {RESULTS.name}") from None
    return "\n".join(told)


def compare(one: Row, other: Row) -> str:
    """Return a line of a list on how much faster one row is than another."""
    return (
        f"- {one.group}: {one.name} {figure(one.median)} s, {other.name} "
        f"{figure(other.median)} s: **{other.median / one.median:.1f} times "
        f"faster**, {figure(one.times)} times the ideal ({one.about})"
    )
