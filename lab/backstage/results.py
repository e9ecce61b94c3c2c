"""The formal numbers of the repository: results.json, told in words."""

from .bench import FOLDER, Results, Row, figure, load, tables
from .catalogue import README, ROOT
from .files import write_whole
from .picture import FOLDER as PICTURES
from .plot import svg

RESULTS = FOLDER / "results.json"
PAGE = ROOT / "lab" / "RESULTS.md"
PICTURE = PICTURES / "results.svg"
BEGIN, END = "<!-- results: begin -->\n", "<!-- results: end -->\n"
# What matters most: two groups, with a model in each and what it is against.
HEADLINES = [
    ("waiting", "asyncio together", "sequential"),
    ("computing", "pure Python, processes", "pure Python, sequential"),
]


def write() -> None:
    """Write RESULTS into PAGE, PICTURE and the README.

    Raises ValueError or OSError where RESULTS is none, or lacks a row.
    """
    results = load(RESULTS)
    write_whole(PICTURE, svg(results.rows, results.about))
    write_whole(PAGE, page(results))
    write_whole(README, headlines(README.read_text("utf-8"), results))


def page(results: Results) -> str:
    """Return the text of PAGE."""
    return f"""# Results

Measured on {results.about}, by `uv run --group compare lab bench`;
written by `uv run lab results` from `{RESULTS.relative_to(ROOT).as_posix()}`.

![Bars of the medians, and seconds by pages](pictures/{PICTURE.name})

```text
{tables(results.rows)}
```
"""


def headlines(text: str, results: Results) -> str:
    """Return the README's text with the results that matter most."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    rows = {(row.group, row.name): row for row in results.rows}
    told = [f"Measured on {results.about}:\n"]
    try:
        for group, name, other in HEADLINES:
            told.append(compare(rows[group, name], rows[group, other]))
    except KeyError as error:
        raise ValueError(f"no row {error} in {RESULTS.name}") from None
    return before + begin + "\n".join(told) + "\n" + end + after


def compare(one: Row, other: Row) -> str:
    """Return a line of a list on how much faster one row is than another."""
    return (
        f"- {one.group}: {one.name} {figure(one.median)} s, {other.name} "
        f"{figure(other.median)} s: **{other.median / one.median:.1f} times "
        f"faster**, {figure(one.times)} times the ideal ({one.about})"
    )
