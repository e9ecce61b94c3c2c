"""Made-up results of benchmarks, and a look into pictures of them."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from backstage.bench.groups import Group
from backstage.bench.results import Row


def make_entry(
    group: str,
    row: str,
    median: float,
    *terms: object,
    ideal: str = "its ideal",
    **figures: object,
) -> dict[str, Any]:
    """Return a row as it is in a JSON file of results.

    Args:
        group: Name of the group.
        row: Name of the row.
        median: Seconds; the rounds are up to 10 % shorter and longer.
        terms: Terms of the ideal, as for `measuring.measure`.
        ideal: Name of the ideal.
        figures: What else is kept with the row.
    """
    stats = {"median": median, "min": median * 0.9, "max": median * 1.1}
    info = {"row": row, "ideal": list(terms), "ideal is": ideal}
    return {
        "group": group,
        "stats": stats | {"rounds": 3},
        "extra_info": info | figures,
    }


def make_rows(medians: Mapping[str, float], **changes: Any) -> list[Row]:
    """Return rows of one group with these medians, by their names.

    Args:
        medians: Seconds; the rounds are up to 10 % shorter and longer.
        changes: Other values of the rows' fields.
    """
    return [
        Row(
            **{
                "group": "made up",
                "name": name,
                "unit": "seconds",
                "median": median,
                "shortest": median * 0.9,
                "longest": median * 1.1,
                "ideal": None,
                "ideal_name": "its ideal",
                **changes,
            }
        )
        for name, median in medians.items()
    ]


def make_group(medians: Mapping[str, float], **changes: Any) -> Group:
    """Return a group of rows that `make_rows` makes."""
    return Group(make_rows(medians, **changes))


def make_coordinating_group() -> Group:
    """Return a group of two sections, compared with its first row."""
    medians = {
        "threads, unsafe": 1.0,
        "threads, queue": 5.0,
        "threads, lock": 1.5,
        "processes, manager": 60.0,
        "processes, value": 20.0,
        "processes, array": 21.0,
    }
    return make_group(medians, ideal_name="threads, unsafe", ideal=1.0)


def make_clients(medians: Mapping[tuple[str, int], float]) -> Group:
    """Return a group of clients that fetch more and more pages.

    Args:
        medians: Seconds, by the client and the number of pages.
    """
    rows = []
    for (client, pages), median in medians.items():
        rows += make_rows({f"{client}, {pages:,}": median}, pages=pages)
    return Group(rows)


def read_texts(svg: str) -> dict[str, float]:
    """Return the texts in an SVG, with the height of each in pixels."""
    return {
        element.text or "": float(element.get("y", 0))
        for element in ElementTree.fromstring(svg).iter()
        if element.tag.endswith("text")
    }
