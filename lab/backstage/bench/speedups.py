"""How much faster the fastest rows are than the sequential one, in words."""

from backstage.bench.groups import (
    SIMILAR,
    Group,
    compare_times,
    find_fastest,
)
from backstage.bench.wording import (
    first_that_fits,
    format_number,
    format_span,
    join,
)


def compare_ways(group: Group, section: str, limit: int) -> str:
    """Return which rows of a section are the fastest, and the baseline's time.

    For example "threads or pool: 1.0 s instead of 10 s (sequential)". Rows
    that take about as long are named together. The slowest row is named too
    if it is slower than the baseline and there is room.

    Args:
        group: The group of the section.
        section: Its name in the group, which may be empty.
        limit: The most characters of the sentence.
    """
    rows = group.competitors(group.sections[section])
    baseline = group.baseline(rows)
    base_name = group.short_name(baseline)
    base_time = f"{format_number(baseline.median)} {group.symbol}"
    start = f"{section}: " if section else ""
    colon = "" if section else ":"
    rest = [row for row in rows if row is not baseline]
    if not rest:
        return f"{start}{base_name}{colon} {base_time}"

    slowest = max(rest, key=lambda row: row.median)
    end = ""
    if slowest.median > baseline.median * SIMILAR:
        time = f"{format_number(slowest.median)} {group.symbol}"
        end = f"; {group.short_name(slowest)}{colon} {time}"
    fastest = find_fastest(rest)
    if min(row.median for row in fastest) * SIMILAR >= baseline.median:
        sentence = (
            f"{start}nothing is over 10 % faster than {base_name}, {base_time}"
        )
        return first_that_fits(limit, sentence + end, sentence)

    span = format_span(row.median for row in fastest)
    times = f"{colon} {span} {group.symbol} instead of {base_time}"
    names = [group.short_name(row) for row in fastest]
    more = f" or {len(names) - 1} more" if len(names) > 1 else ""
    all_named = f"{start}{join(names, 'or')}{times}"
    first_named = f"{start}{names[0]}{more}{times}"
    base = f" ({base_name})"
    return first_that_fits(
        limit,
        all_named + base + end,
        all_named + end,
        all_named + base,
        all_named,
        first_named + base,
        first_named,
    )


def compare_sections(group: Group, limit: int) -> str:
    """Return how much faster than the baseline the best row of a section is.

    All sections are named, if there is room. If not, only the largest ratio
    is.

    Args:
        group: A group of several sections.
        limit: The most characters of the sentence.
    """
    base_names = set()
    ratios: dict[str, float] = {}
    for section, section_rows in group.sections.items():
        rows = group.competitors(section_rows)
        baseline = group.baseline(rows)
        fastest = min(rows, key=lambda row: row.median)
        base_names.add(group.short_name(baseline))
        ratios[section] = compare_times(baseline, fastest)
    base_name = base_names.pop() if len(base_names) == 1 else "the first row"
    (first, ratio), *rest = ratios.items()
    unit = f"times as fast as {base_name}"
    parts = [f"at best {format_number(ratio)} {unit} in {first}"]
    parts += [
        f"{format_number(ratio)} times in {section}" for section, ratio in rest
    ]
    best = format_number(max(ratios.values()))
    return first_that_fits(limit, ", ".join(parts), f"at best {best} {unit}")
